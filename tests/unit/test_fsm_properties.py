"""Properties of the model: each holds for whatever operators send, whenever blocks come.

The rules are said a second time here, as plainly as possible, and compared with the model.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_sdk.errors import SpecError
from agent_sdk.fsm.examples import oracle
from agent_sdk.fsm.model import (
    CHAIN,
    OPEN_AUTONOMY,
    App,
    AppRules,
    Background,
    Draw,
    Effect,
    Event,
    Operators,
    Payload,
    RoundRules,
    Semantics,
    Store,
    app_rules,
    equivocates,
    keeper_of,
    new_round,
    threshold_of,
    tolerated,
)
from agent_sdk.fsm.model.app import CASCADE, KEEPER_KEY
from agent_sdk.fsm.model.values import identity
from agent_sdk.fsm.simulate import Fault, simulate
from agent_sdk.fsm.spec import RoundKind

#: The same examples each time: what a mutant survives, it survives for everybody.
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)

NAMES = [f"p{number}" for number in range(7)]
VALUES = st.sampled_from([None, "x", "y", 0, 1, False, True])
BALLOTS = st.sampled_from([None, True, True, False, 1])
SEMANTICS = st.sampled_from([CHAIN, OPEN_AUTONOMY])
THIS_ROUND = 5


# --- the rules of single rounds, said plainly -----------------------------------------------------


def equal(one: Sequence[Any], other: Sequence[Any], semantics: Semantics) -> bool:
    """Say whether two votes are for the same."""
    if semantics is OPEN_AUTONOMY:
        return list(one) == list(other)
    return [(type(v), v) for v in one] == [(type(v), v) for v in other]


class Plain:
    """A round by the book: a list of what was taken, looked through each time."""

    def __init__(
        self,
        rules: RoundRules,
        everyone: list[str],
        active: list[str],
        k: int,
        semantics: Semantics,
    ) -> None:
        self.rules, self.semantics, self.k = rules, semantics, k
        self.everyone = everyone
        self.active = everyone if semantics is CHAIN else active
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.full_at: int | None = None
        self.confirmations = 0

    @property
    def kind(self) -> str:
        return self.rules.kind.value

    def offer(self, payload: Payload, previous: str | None, keeper: str | None) -> str:
        if payload.kind != "R":
            return "late_payload_type" if payload.kind == previous else "wrong_payload_type"
        sent = payload.sender in [sender for sender, _ in self.taken]
        known = [
            each
            for _, each in self.taken
            if equal(list(each.values()), payload.values, self.semantics)
        ]
        if self.kind == "CollectSameUntilAll" and not sent and self.taken and not known:
            return "different_value"
        if self.kind == "CollectDifferentUntilAll" and not sent and known:
            return "duplicate_value"
        if payload.round_count != THIS_ROUND:
            return "wrong_round_count"
        open_to_all = self.kind.endswith("UntilAll") and self.semantics is OPEN_AUTONOMY
        rejoins = self.rules.rejoin and self.kind != "OnlyKeeperSends"
        allowed = self.everyone if rejoins or self.semantics is CHAIN else self.active
        if payload.sender not in allowed and not open_to_all:
            return "not_participant"
        if self.kind == "OnlyKeeperSends":
            if sent:
                return "keeper_already_set"
            if payload.sender != keeper:
                return "not_keeper"
        if sent:
            return "already_sent"
        self.taken.append((payload.sender, dict(payload.attributes)))
        return "ok"

    def end(self, height: int) -> tuple[str, dict[str, Any]] | None:
        rows = [[sender, each] for sender, each in self.taken]
        collected = {"col": {"__collection__": rows}} if self.rules.collection else {}
        if self.kind in ("CollectSameUntilThreshold", "Voting"):
            return self._count(collected)
        if self.kind == "OnlyKeeperSends":
            return self._keeper()
        if self.kind.endswith("UntilAll"):
            return self._all(collected)
        if len(self.taken) < self.k:
            return None
        self.full_at = height if self.full_at is None else self.full_at
        self.confirmations = 1 + height - self.full_at
        if height < self.full_at + self.rules.confirmations:
            return None
        if self.kind == "CollectDifferentUntilThreshold":
            return "DONE", collected
        return self._non_empty(collected)

    def _count(self, collected: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        voting = self.kind == "Voting"
        votes = [list(each.values())[: 1 if voting else None] for _, each in self.taken]
        sizes = [sum(equal(v, other, self.semantics) for other in votes) for v in votes]
        for vote, size in zip(votes, sizes, strict=True):
            if size < self.k:
                continue
            if voting:
                names = [("DONE", True), ("NEGATIVE", False), ("NONE", None)]
                for name, ballot in names:
                    if equal(vote, [ballot], self.semantics):
                        return name, collected if name == "DONE" else {}
                continue
            failed = all(value is None for value in vote)
            if self.rules.opens_period and self.semantics is OPEN_AUTONOMY:
                return "DONE", {}
            if failed:
                return "NONE", {}
            return "DONE", {**dict(zip(self.rules.keys, vote, strict=False)), **collected}
        left = len(self.active) - len(votes)
        if votes and left + max(sizes) < self.k:
            return "NO_MAJORITY", {}
        return None

    def _keeper(self) -> tuple[str, dict[str, Any]] | None:
        if not self.taken:
            return None
        values = list(self.taken[0][1].values())
        if all(value is None for value in values):
            return "FAIL", {}
        return "DONE", dict(zip(self.rules.keys, values, strict=False))

    def _all(self, collected: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
        if len(self.taken) < len(self.everyone):
            return None
        writes = dict(collected)
        if self.kind == "CollectSameUntilAll":
            first = list(self.taken[0][1].values())
            writes |= dict(zip(self.rules.keys, first, strict=False))
        if self.semantics is OPEN_AUTONOMY:
            writes["participants"] = sorted(sender for sender, _ in self.taken)
        return "DONE", writes

    def _non_empty(self, collected: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        writes = dict(collected)
        given = {
            sender: list(each.values())
            for sender, each in self.taken
            if any(value is not None for value in each.values())
        }
        keys = self.rules.keys
        if self.semantics is CHAIN:
            writes |= {key: {} for key in keys}
            for sender, values in given.items():
                for key, value in zip(keys, values, strict=False):
                    writes[key] |= {} if value is None else {sender: value}
            return "DONE" if given else "NONE", writes
        full = {s: [value for value in values if value is not None] for s, values in given.items()}
        if len(keys) == 1:
            writes[keys[0]] = {sender: values[0] for sender, values in full.items()}
        else:
            writes |= {s: dict(zip(keys, values, strict=False)) for s, values in full.items()}
        return "DONE" if given else "NONE", writes


@st.composite
def services(draw: st.DrawFn) -> tuple[list[str], list[str], int | None, int]:
    """Draw operators, those taking part, an override and the threshold."""
    everyone = NAMES[: draw(st.integers(1, 7))]
    active = [name for name in everyone if draw(st.integers(0, 5))] or everyone[:1]
    n = len(everyone)
    least = next(k for k in range(n + 1) if 3 * k >= 2 * n + 1)
    override = draw(st.sampled_from([None, None, *range(least, n + 1)]))
    return everyone, active, override, override or least


@st.composite
def payload_lists(
    draw: st.DrawFn, everyone: list[str], fields: int, kind: RoundKind, keeper: str | None
) -> list[list[Payload]]:
    """Draw the payloads of some blocks: most fit, some are anything."""
    values = BALLOTS if kind is RoundKind.VOTING else VALUES
    favourites = [draw(values) for _ in range(fields)]
    blocks = []
    for _ in range(draw(st.integers(1, 5))):
        block = []
        for _ in range(draw(st.integers(0, 6))):
            sender = draw(st.sampled_from([*everyone, *everyone, *everyone, "outsider"]))
            if keeper and draw(st.booleans()):
                sender = keeper
            own = draw(st.integers(0, 2)) == 0
            chosen = [draw(values) if own else favourite for favourite in favourites]
            block.append(
                Payload(
                    sender,
                    draw(st.sampled_from(["R"] * 12 + ["PREV", "X"])),
                    THIS_ROUND + draw(st.sampled_from([0] * 10 + [1, -1])),
                    {f"v{index}": value for index, value in enumerate(chosen)},
                )
            )
        blocks.append(block)
    return blocks


NESTED = st.recursive(
    st.sampled_from([None, 0, 1, True, 1.0, "1", b"1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=3,
)


def typed(value: Any) -> Any:
    """Return a value with the type of each part; a mapping in any order."""
    if isinstance(value, dict):
        return dict, {name: typed(each) for name, each in value.items()}
    if isinstance(value, list):
        return list, [typed(each) for each in value]
    return type(value), value


@EXAMPLES
@given(st.lists(NESTED, min_size=1, max_size=2), st.lists(NESTED, min_size=1, max_size=2))
@example([[1]], [[True]])
@example([{"a": 1, "b": [None]}], [{"b": [None], "a": 1}])
@example([{"a": b"1"}], [{"a": b"1"}])
def test_votes_of_nested_values_are_equal_by_type_on_the_chain_and_by_value_in_compat(
    one: list[Any], other: list[Any]
) -> None:
    for left, right in ((one, other), (one, copy.deepcopy(one))):
        exact = identity(tuple(left), exact=True) == identity(tuple(right), exact=True)
        assert exact == (typed(left) == typed(right))
        loose = identity(tuple(left), exact=False) == identity(tuple(right), exact=False)
        assert loose == (left == right)


@pytest.mark.parametrize("kind", RoundKind)
@EXAMPLES
@given(data=st.data())
def test_a_round_refuses_writes_and_ends_by_the_book(kind: RoundKind, data: st.DataObject) -> None:
    everyone, active, override, k = data.draw(services())
    semantics = data.draw(SEMANTICS)
    fields = data.draw(st.integers(1, 2))
    rules = RoundRules(
        name="Round",
        kind=kind,
        payload="R",
        keys=("key0", "key1")[: data.draw(st.integers(1, fields))],
        collection=data.draw(st.sampled_from(["col", "col", None])),
        confirmations=data.draw(st.integers(0, 2)),
        rejoin=data.draw(st.booleans()) and not kind.value.endswith("UntilAll"),
        opens_period=kind is RoundKind.COLLECT_SAME_UNTIL_THRESHOLD and data.draw(st.booleans()),
    )
    keeper = data.draw(st.sampled_from(everyone)) if kind is RoundKind.ONLY_KEEPER_SENDS else None
    previous = data.draw(st.sampled_from(["PREV", None]))
    operators = Operators.of(everyone, active=active, override=override)
    real = new_round(
        rules,
        operators=operators,
        round_count=THIS_ROUND,
        semantics=semantics,
        previous_payload=previous,
        keeper=keeper,
    )
    book = Plain(rules, everyone, active, k, semantics)
    blocks = data.draw(payload_lists(everyone, fields, kind, keeper))
    for height, block in enumerate(blocks, start=data.draw(st.integers(0, 3))):
        for payload in block:
            before = dict(real.collection)
            said = real.offer(payload)
            assert book.offer(payload, previous, keeper) == (said or "ok")
            if said:
                assert real.collection == before
        expected, actual = book.end(height), real.end(height)
        assert expected == (None if actual is None else (actual.event, dict(actual.writes)))
        assert book.confirmations == real.confirmations
        if actual is not None:
            break


@EXAMPLES
@given(st.integers(1, 200))
def test_two_thresholds_share_an_honest_operator_and_the_honest_suffice(n: int) -> None:
    k, f = threshold_of(n), tolerated(n)
    assert 3 * k >= 2 * n + 1 > 3 * (k - 1)
    assert 3 * f < n <= 3 * (f + 1)
    assert 2 * k - n > f
    assert n - f >= k
    assert threshold_of(n, n) == n
    for wrong in (k - 1, n + 1):
        with pytest.raises(SpecError, match=f"choose {k} to {n}"):
            threshold_of(n, wrong)


@EXAMPLES
@given(data=st.data())
def test_faulty_operators_within_the_bound_change_no_agreed_value(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 7))
    everyone = NAMES[:n]
    faulty = data.draw(st.permutations(everyone))[: tolerated(n)]
    kind = data.draw(st.sampled_from([RoundKind.COLLECT_SAME_UNTIL_THRESHOLD, RoundKind.VOTING]))
    right, wrong = ("right", VALUES) if kind is not RoundKind.VOTING else (True, BALLOTS)
    rules = RoundRules(name="Round", kind=kind, payload="R", keys=("key",))
    current = new_round(
        rules, operators=Operators.of(everyone), round_count=THIS_ROUND, semantics=CHAIN
    )
    for height, name in enumerate(data.draw(st.permutations(everyone))):
        value = data.draw(wrong) if name in faulty else right
        if name not in faulty or data.draw(st.booleans()):
            assert current.offer(Payload(name, "R", THIS_ROUND, {"v": value})) is None
        outcome = current.end(height)
        if outcome is not None:
            assert (outcome.event, outcome.values) == (Event.DONE, (right,))
            return
    raise AssertionError("the honest operators did not suffice")


@settings(EXAMPLES, max_examples=12)
@given(st.integers(0, 1_000), st.sampled_from([4, 5, 7]), st.permutations(list(Fault)))
def test_the_oracle_ends_every_period_with_a_true_price(
    seed: int, operators: int, faults: list[Fault]
) -> None:
    found = simulate(oracle.APP, operators=operators, faults=faults, periods=3, seed=seed)
    assert (found.periods, found.wrong_values, found.stalled) == (3, 0, 0)


# --- apps -----------------------------------------------------------------------------------------

SAME, DIFFERENT = (
    RoundKind.COLLECT_SAME_UNTIL_THRESHOLD,
    RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD,
)
RULES = AppRules(
    table={
        ("A", "DONE"): "B",
        ("A", "LATE"): "A",
        ("B", "DONE"): "K",
        ("B", "NONE"): "A",
        ("B", "NO_MAJORITY"): "B",
        ("B", "FAIL"): "A",
        ("B", "SOON"): "C",
        ("B", "LATE"): "A",
        ("K", "DONE"): "C",
        ("K", "FAIL"): "K",
        ("K", "SOON"): "K",
        ("C", "DONE"): "A",
        ("C", "NONE"): "F",
        ("C", "NO_MAJORITY"): "A",
        ("C", "LATE"): "B",
    },
    start="A",
    rounds={
        "A": RoundRules("A", DIFFERENT, "PA", collection="all", confirmations=1),
        "B": RoundRules("B", SAME, "PB", keys=("b",), executes=True),
        "K": RoundRules("K", RoundKind.ONLY_KEEPER_SENDS, "PK", keys=("k",)),
        "C": RoundRules("C", SAME, "PB", keys=("c",), opens_period=True),
    },
    timeouts={
        "A": {"LATE": 10.0},
        "B": {"LATE": 7.0, "SOON": 3.0},
        "K": {"SOON": 3.0},
        "C": {"LATE": 10.0},
    },
    cross_period=("all_participants", "b"),
    depth=2,
    previous_depth=6,
)
ANYTHING = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([None, "x", "x", "x", "y"])), max_size=6
)
AGREED = st.sampled_from(["x", "x", "y", None]).map(lambda v: [(who, v) for who in range(4)])
CALLS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 1, 1, 1, 2, 2, 3, 4, 10, 11, 200]),
        st.one_of(AGREED, AGREED, ANYTHING),
        st.integers(0, 9),
    ),
    min_size=8,
    max_size=30,
)


def everything(app: App) -> dict[str, Any]:
    """Return all that an app remembers."""
    return {
        "state": app.state,
        "count": app.round_count,
        "pending": list(app.pending),
        "previous": list(app.previous),
        "periods": copy.deepcopy(app.store.periods),
        "collection": dict(app.round.collection) if app.round else None,
        "keeper": app.round.keeper if app.round else None,
        "rotations": app.rotations,
    }


def run(app: App, calls: list[Any], names: list[str]) -> Any:
    """Yield (before, now, step, payloads) of each call."""
    now = 0
    for height, (passed, sent, entropy) in enumerate(calls):
        now += passed
        before = everything(app)
        kind = app.round.rules.payload if app.round else "PA"
        payloads = [
            Payload(names[who % len(names)], kind, app.round_count, {"v": value})
            for who, value in sent
        ]
        step = app.call(payloads, time=now, height=height, entropy=entropy)
        yield before, now, step, payloads


@EXAMPLES
@given(st.sampled_from(sorted(RULES.table)))
def test_a_table_with_a_hole_is_refused_and_one_without_is_not(hole: tuple[str, str]) -> None:
    store = Store({"all_participants": [NAMES]})
    App(RULES, store)
    table = {pair: target for pair, target in RULES.table.items() if pair != hole}
    with pytest.raises(SpecError, match=f"state {hole[0]} can end with {hole[1]}"):
        App(replace(RULES, table=table), store)


@EXAMPLES
@given(st.sampled_from(sorted(oracle.APP.spec.transition_func)))
def test_only_what_was_confirmed_is_final(pair: tuple[str, str]) -> None:
    spec = oracle.APP.spec
    table = {**spec.transition_func, pair: "FinishedOracleRound"}
    # After a round of single operators no k of them agree by these.
    undecided = pair[0] in ("AgreeRound", "VerifyRound") and pair[1] in (
        "NO_MAJORITY",
        "ROUND_TIMEOUT",
    )
    agrees = spec.rounds[pair[0]].kind.is_agreement
    confirms = not undecided and (agrees or pair[1] != "DONE")
    assert app_rules(spec).depth == 2
    if confirms:
        app_rules(replace(spec, transition_func=table))
    else:
        with pytest.raises(SpecError, match="without a round in which k operators agree"):
            app_rules(replace(spec, transition_func=table))


@EXAMPLES
@given(st.sampled_from(["x", "y", None]), SEMANTICS)
def test_a_call_is_made_once_agreed_on_and_decides_how_the_round_ends(
    value: str | None, semantics: Semantics
) -> None:
    asked: list[Any] = []
    store = Store({"all_participants": [NAMES[:4]], "participants": [NAMES[:4]]})
    app = App(
        replace(RULES, start="B"),
        store,
        semantics=semantics,
        execute=lambda values: (asked.append(values), values != ("y",))[1],
    )
    sent = [Payload(name, "PB", 0, {"v": value}) for name in NAMES[:3]]
    assert app.call(sent[:2], time=1, height=1).event is None
    assert asked == []
    step = app.call(sent[2:], time=2, height=2)
    assert step.event == {"x": "DONE", "y": "FAIL", None: "NONE"}[value]
    assert asked == ([] if value is None else [(value,)])
    assert store.latest("b") == ("x" if value == "x" else None)


@EXAMPLES
@given(CALLS, SEMANTICS, st.integers(1, 4))
def test_only_transitions_of_the_table_happen_each_counted_and_remembered(
    calls: list[Any], semantics: Semantics, n: int
) -> None:
    names = NAMES[:n]
    store = Store({"all_participants": [names], "participants": [names], "b": [None]})
    store.append({KEEPER_KEY: names[0]} if semantics is OPEN_AUTONOMY else {})
    app = App(RULES, store, semantics=semantics, execute=lambda values: values != ("y",))
    for before, now, step, _ in run(app, calls, names):
        events = [*step.timeouts, *([step.event] if step.event else [])]
        state, path = before["state"], []
        for event in events:
            path.append(state)
            state = RULES.table[(state, event)]
        assert app.state == state
        assert app.round_count == before["count"] + len(events)
        assert app.previous == [*before["previous"], *path][-6:]
        assert (app.round is None) == (app.state == "F") == app.ended
        assert len(step.timeouts) <= CASCADE
        if not events:
            assert app.pending == before["pending"]
        elif step.event:
            timers = RULES.timeouts.get(str(app.state), {})
            assert app.pending == sorted((now + s, e) for e, s in timers.items())
        if app.state == "F":
            app.restart(time=now)
            assert (app.state, app.previous[-1]) == ("A", "F")
            assert app.store.current.keys() <= {"all_participants", "b"}
        assert len(app.store.periods) <= 2 or semantics is OPEN_AUTONOMY


@EXAMPLES
@given(CALLS, st.integers(1, 4))
def test_timeouts_fire_when_due_earliest_first_each_from_its_own_deadline(
    calls: list[Any], n: int
) -> None:
    names = NAMES[:n]
    app = App(RULES, Store({"all_participants": [names]}))
    for before, now, step, payloads in run(app, calls, names):
        pending, state, fired = before["pending"], before["state"], []
        while pending and pending[0][0] <= now and len(fired) < 8:
            at, event = pending[0]
            fired.append(event)
            state = RULES.table[(state, event)]
            pending = sorted((at + s, e) for e, s in RULES.timeouts[state].items())
        assert step.timeouts == tuple(fired)
        if pending and pending[0][0] <= now:
            assert set(step.refusals) <= {"timeouts_due"}
            assert step.event is None
        elif before["state"] != "F" and not fired:
            assert len(step.refusals) == len(payloads)
            assert "timeouts_due" not in step.refusals
        if not step.event:
            assert app.pending == pending


@EXAMPLES
@given(CALLS, st.integers(1, 4))
def test_an_operator_votes_once_in_a_round_and_a_refusal_changes_nothing(
    calls: list[Any], n: int
) -> None:
    names = NAMES[:n]
    app = App(RULES, Store({"all_participants": [names]}))
    taken: set[tuple[str, int]] = set()
    for before, _, step, payloads in run(app, calls, names):
        for payload, refusal in zip(payloads, step.refusals, strict=True):
            if refusal is None:
                assert (payload.sender, payload.round_count) not in taken
                taken.add((payload.sender, payload.round_count))
        if step.refusals and all(step.refusals) and not step.timeouts and not step.event:
            after = everything(app)
            assert after == before
        assert app.round is None or len(app.round.collection) <= n


@EXAMPLES
@given(CALLS, st.integers(2, 4))
def test_the_same_calls_give_the_same_state_and_keepers_take_turns(
    calls: list[Any], n: int
) -> None:
    names = NAMES[:n]
    one, other = (App(RULES, Store({"all_participants": [names]})) for _ in range(2))
    keeper, period = None, -1
    for _ in run(other, calls, names):
        pass
    for before, _, step, _ in run(one, calls, names):
        moved = len(step.timeouts) + (step.event is not None)
        if one.state == "K" and moved:
            assert one.round is not None
            assert one.round.keeper in names
            if keeper is not None and period == one.store.period and moved == 1:
                assert one.rotations == before["rotations"] + 1
                assert one.round.keeper == names[(names.index(keeper) + 1) % n]
            keeper, period = one.round.keeper, one.store.period
    assert everything(one) == everything(other)


@EXAMPLES
@given(CALLS, st.integers(1, 4))
def test_a_period_begins_with_what_crosses_it_and_old_ones_are_overwritten(
    calls: list[Any], n: int
) -> None:
    names = NAMES[:n]
    app = App(RULES, Store({"all_participants": [names]}))
    for before, _, step, _ in run(app, calls, names):
        last = max(before["periods"])
        done = step.event == "DONE"
        writes = dict(step.outcome.writes) if step.outcome else {}
        if done and app.previous[-1] == "C":
            assert app.store.period == last + 1
            assert list(app.store.periods) == list(range(max(0, last), last + 2))
            assert app.store.periods[last]["c"][-1] == writes["c"]
            found = {key: h[-1:] for key, h in before["periods"][last].items()}
            crossing = {key: found[key] for key in ("all_participants", "b") if key in found}
            assert app.store.current == crossing
        else:
            assert app.store.period == last
            for key, value in writes.items():
                assert app.store.current[key] == [*before["periods"][last].get(key, []), value]


@EXAMPLES
@given(
    st.lists(st.tuples(st.sampled_from(["add", "open", "prune"]), st.integers(0, 3)), max_size=20)
)
def test_the_store_keeps_what_it_is_told_to(moves: list[tuple[str, int]]) -> None:
    store, slots = Store({"a": [0]}), [{"a": [0]}]
    numbers = [0]
    for move, number in moves:
        if move == "add":
            store.append({"ab"[number % 2]: number})
            slots[-1].setdefault("ab"[number % 2], []).append(number)
        elif move == "open":
            store.open(("b", "z"))
            slots.append({"b": slots[-1]["b"][-1:]} if "b" in slots[-1] else {})
            numbers.append(numbers[-1] + 1)
        else:
            history = None if number == 3 else number
            store.prune(number, history)
            slots, numbers = slots[-max(1, number) :], numbers[-max(1, number) :]
            if history is not None:
                slots[-1] = {key: each[-max(1, history) :] for key, each in slots[-1].items()}
        assert store.periods == dict(zip(numbers, slots, strict=True))
        assert store.latest("b", "none") == (slots[-1].get("b") or ["none"])[-1]
        assert store.latest("missing") is None


@EXAMPLES
@given(CALLS, st.integers(0, 3), st.sampled_from([None, 0, 1, 2]))
def test_pruning_keeps_the_latest_and_at_least_one_of_each(
    calls: list[Any], depth: int, history: int | None
) -> None:
    app = App(RULES, Store({"all_participants": [NAMES[:2]]}), entropy=depth)
    for _ in run(app, calls, NAMES[:2]):
        pass
    before = everything(app)
    app.prune(depth, history)
    assert app.previous == before["previous"][-(depth or 1) :]
    assert list(app.store.periods) == list(before["periods"])[-(depth or 1) :]
    for key, values in app.store.current.items():
        whole = before["periods"][app.store.period][key]
        assert values == (whole if history is None else whole[-(history or 1) :])


def test_what_nobody_says_is_the_least() -> None:
    rules = RoundRules("Round", SAME, "P")
    assert (rules.keys, rules.collection, rules.confirmations, rules.events) == ((), None, 0, {})
    assert (rules.rejoin, rules.opens_period, rules.executes) == (False, False, False)
    app = AppRules({}, "A", {})
    assert (app.timeouts, app.cross_period, app.depth, app.previous_depth) == ({}, (), 2, 64)
    table = {("A", "DONE"): "K", ("A", "SOON"): "K"}
    table |= {("K", "DONE"): "A", ("K", "FAIL"): "K", ("K", "SOON"): "K"}
    rounds = {
        "A": RoundRules("A", DIFFERENT, "PA"),
        "K": RoundRules("K", RoundKind.ONLY_KEEPER_SENDS, "PK"),
    }
    soon = {"A": {"SOON": 5.0}, "K": {"SOON": 5.0}}
    service = App(AppRules(table, "A", rounds, soon), Store({"all_participants": [NAMES]}))
    assert service.pending == [(5.0, "SOON")]
    first = App(AppRules(table, "K", rounds, soon), Store({"all_participants": [NAMES]})).round
    assert first is not None
    assert first.keeper == NAMES[0]
    for time, keeper in ((5, 0), (10, 1), (15, 2)):
        service.poke(time=time, height=time)
        assert service.round is not None
        assert service.round.keeper == NAMES[keeper]


# --- keepers, background, proofs ------------------------------------------------------------------


@EXAMPLES
@given(st.integers(0, 2**64), st.integers(1, 7), st.sets(st.sampled_from(NAMES)))
def test_so_many_attempts_ask_every_live_operator_once(
    entropy: int, n: int, excluded: set[str]
) -> None:
    live = [name for name in NAMES[:n] if name not in excluded] or NAMES[:n]
    draws = [Draw(entropy)]
    for _ in live[1:]:
        draws.append(draws[-1].again())
    asked = [keeper_of(draw, NAMES[:n], excluded) for draw in draws]
    assert sorted(asked) == live
    assert asked[0] == live[entropy % len(live)]


@EXAMPLES
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([*Effect, Effect.PAUSE]),
            st.sampled_from([0] * 9 + [1]),
        ),
        max_size=40,
    )
)
def test_the_background_follows_a_threshold_of_single_votes(
    votes: list[tuple[int, Effect, int]],
) -> None:
    everyone = NAMES[:5]
    background = Background(Operators.of(everyone))
    term, paused, over = 0, False, False
    cast: dict[Effect, list[str]] = {effect: [] for effect in Effect}
    for who, effect, off in votes:
        payload = Payload(NAMES[who], effect.value, term + off, {})
        assert background.takes(payload)
        said = background.offer(payload)
        wrong_time = (effect is Effect.PAUSE and paused) or (effect is Effect.RESUME and not paused)
        if over:
            assert said == "ended"
        elif off:
            assert said == "wrong_round_count"
        elif who == 5:
            assert said == "not_participant"
        elif wrong_time:
            assert said == "wrong_payload_type"
        elif NAMES[who] in cast[effect]:
            assert said == "already_sent"
        else:
            assert said is None
            cast[effect].append(NAMES[who])
        wanted = [effect for effect in Effect if len(cast[effect]) == 4]
        assert background.end() == (wanted[0] if wanted else None)
        if wanted:
            term, cast = term + 1, {each: [] for each in Effect}
            paused, over = wanted[0] is Effect.PAUSE, wanted[0] is Effect.TERMINATE
        assert (background.term, background.paused, background.terminated) == (term, paused, over)
    assert not background.takes(Payload("p0", "PA", 0, {}))


@EXAMPLES
@given(st.sampled_from([0, 5, 9.5]), st.integers(0, 300), st.sampled_from([0, 1, 4]), st.booleans())
def test_a_pause_stops_the_clocks_and_the_round(
    at: float, stood: int, after: float, half: bool
) -> None:
    names = NAMES[:4]
    app = App(RULES, Store({"all_participants": [names]}))

    def vote(effect: Effect, time: float, count: int = 3) -> Any:
        term = app.background.term
        ballots = [Payload(name, effect.value, term, {}) for name in names[:count]]
        return app.call(ballots, time=time, height=1)

    if half:
        assert vote(Effect.PAUSE, 0, 2).effect is None
        assert not app.background.paused
    app.background = Background(app.operators)
    assert vote(Effect.PAUSE, at).effect is Effect.PAUSE
    deadline = app.pending[0][0]
    still = app.call([Payload("p0", "PA", 0, {"v": "x"})], time=at + stood, height=2)
    assert (still.timeouts, still.refusals, still.event) == ((), ("paused",), None)
    resumed = vote(Effect.RESUME, at + stood)
    assert (resumed.effect, resumed.refusals) == (Effect.RESUME, (None, None, None))
    assert app.pending == [(deadline + stood, "LATE")]
    fired = app.poke(time=at + stood + after, height=3).timeouts
    assert fired == (("LATE",) if at + after >= 10 else ())


@EXAMPLES
@given(st.booleans())
def test_an_end_is_final_and_comes_before_the_round(paused: bool) -> None:
    names = NAMES[:4]
    app = App(RULES, Store({"all_participants": [names]}))
    if paused:
        app.call([Payload(n, Effect.PAUSE.value, 0, {}) for n in names[:3]], time=1, height=1)
    ballots = [Payload(name, Effect.TERMINATE.value, app.background.term, {}) for name in names[:3]]
    sent = [Payload(name, "PA", 0, {"v": 1}) for name in names]
    step = app.call([*sent, *ballots], time=1, height=2)
    assert (step.effect, step.event, app.ended) == (Effect.TERMINATE, None, True)
    later = app.call([*sent, *ballots], time=500, height=9)
    assert set(later.refusals) == {"ended"}
    assert (later.timeouts, later.event, app.pending, app.state) == ((), None, [], "A")
    with pytest.raises(SpecError, match="terminated the app"):
        app.restart(time=501)


@EXAMPLES
@given(
    st.tuples(*[st.sampled_from(["p0", "p1"])] * 2),
    st.tuples(*[st.sampled_from(["PA", "PB"])] * 2),
    st.tuples(*[st.sampled_from([1, 2])] * 2),
    st.tuples(VALUES, VALUES),
)
def test_two_different_payloads_of_one_operator_for_one_round_prove_equivocation(
    senders: tuple[str, str],
    kinds: tuple[str, str],
    counts: tuple[int, int],
    values: tuple[Any, Any],
) -> None:
    one, other = (
        Payload(sender, kind, count, {"v": value})
        for sender, kind, count, value in zip(senders, kinds, counts, values, strict=True)
    )
    same = all(first == second for first, second in (senders, kinds, counts))
    assert equivocates(one, other) == (same and not equal([values[0]], [values[1]], CHAIN))

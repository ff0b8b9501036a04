"""Properties of apps: each holds for whatever operators send, whenever blocks come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sdk.errors import SpecError
from agent_sdk.fsm.examples import oracle
from agent_sdk.fsm.model import (
    OPEN_AUTONOMY,
    App,
    Payload,
    Semantics,
    Store,
    app_rules,
)
from agent_sdk.fsm.model.app import CASCADE, KEEPER_KEY
from tests.unit.fsm_worlds import (
    CALLS,
    EXAMPLES,
    NAMES,
    RULES,
    SEMANTICS,
    everything,
    run,
)


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

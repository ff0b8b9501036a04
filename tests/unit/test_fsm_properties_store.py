"""Properties of an app's store, and of what nobody says."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent_sdk.fsm.model import (
    App,
    AppRules,
    RoundRules,
    Store,
)
from agent_sdk.fsm.spec import RoundKind
from tests.unit.fsm_worlds import (
    CALLS,
    DIFFERENT,
    EXAMPLES,
    NAMES,
    RULES,
    SAME,
    everything,
    run,
)


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

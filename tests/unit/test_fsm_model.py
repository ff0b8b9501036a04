"""Apps under way: deadlines, periods, settlement, and where the chain is stricter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agent_sdk.errors import SpecError
from agent_sdk.fsm.examples import hello, oracle
from agent_sdk.fsm.model import (
    CHAIN,
    OPEN_AUTONOMY,
    App,
    AppRules,
    Effect,
    Operators,
    Payload,
    RoundRules,
    Semantics,
    Store,
    app_rules,
)
from agent_sdk.fsm.model.app import CASCADE
from agent_sdk.fsm.spec import RoundKind, Spec

NAMES = ["p0", "p1", "p2", "p3"]
WAIT = AppRules(
    table={("Wait", "DONE"): "Wait", ("Wait", "LATE"): "Wait"},
    start="Wait",
    rounds={"Wait": RoundRules("Wait", RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD, "P")},
    timeouts={"Wait": {"LATE": 10.0}},
)


def begin(rules: AppRules = WAIT, semantics: Semantics = CHAIN, **more: Any) -> App:
    store = Store({"all_participants": [NAMES], "participants": [NAMES]})
    return App(rules, store, semantics=semantics, **more)


def everybody(app: App, value: Any) -> list[Payload]:
    kind = app.round.rules.payload if app.round else "P"
    return [Payload(name, kind, app.round_count, {"v": value}) for name in NAMES]


class TestDeadlines:
    """the first round · a timeout that is missed · many of them in one call."""

    def test_the_first_round_has_one_on_the_chain(self) -> None:
        assert begin(time=5.0).pending == [(15.0, "LATE")]
        assert begin(semantics=OPEN_AUTONOMY).pending == []

    def test_a_deadline_is_due_at_its_second(self) -> None:
        app = begin()
        assert app.poke(time=9.9, height=1).timeouts == ()
        assert app.poke(time=10.0, height=2).timeouts == ("LATE",)

    def test_a_round_entered_late_counts_from_the_missed_deadline_on_the_chain(self) -> None:
        ours, theirs = begin(), begin(semantics=OPEN_AUTONOMY)
        theirs.pending = [(10.0, "LATE")]
        for app in (ours, theirs):
            app.poke(time=17.0, height=1)
        assert (ours.pending, theirs.pending) == ([(20.0, "LATE")], [(27.0, "LATE")])

    def test_one_call_fires_at_most_eight_and_takes_nothing_while_more_are_due(self) -> None:
        app = begin()
        step = app.call(everybody(app, 1), time=95.0, height=1)
        assert (len(step.timeouts), CASCADE, app.round_count) == (8, 8, 8)
        assert set(step.refusals) == {"timeouts_due"}
        assert step.event is None
        assert app.poke(time=95.0, height=1).timeouts == ("LATE",)
        assert app.call(everybody(app, 1), time=95.0, height=1).event == "DONE"


def test_a_dead_end_stops_open_autonomy_and_is_refused_on_the_chain() -> None:
    rules = replace(WAIT, table={("Wait", "LATE"): "Wait"})
    app = begin(rules, OPEN_AUTONOMY)
    assert app.call(everybody(app, 1), time=1, height=1).event == "DONE"
    assert (app.state, app.ended) == (None, True)
    with pytest.raises(SpecError, match="state Wait can end with DONE: add a transition"):
        begin(rules)


def test_a_timeout_without_a_transition_is_refused() -> None:
    with pytest.raises(SpecError, match="state Wait can end with LATE"):
        begin(replace(WAIT, table={("Wait", "DONE"): "Wait"}))


def test_a_settlement_that_can_fail_needs_a_transition() -> None:
    executing = RoundRules("Pay", RoundKind.COLLECT_SAME_UNTIL_ALL, "P", executes=True)
    table = {("Pay", "DONE"): "Pay"}
    with pytest.raises(SpecError, match="state Pay can end with FAIL"):
        begin(AppRules(table, "Pay", {"Pay": executing}))


@pytest.mark.parametrize("works", [True, False])
def test_a_call_that_fails_is_the_event_fail_and_writes_nothing(works: bool) -> None:
    kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
    rules = AppRules(
        table={("Pay", e): "Pay" for e in ("DONE", "FAIL", "NONE", "NO_MAJORITY")},
        start="Pay",
        rounds={"Pay": RoundRules("Pay", kind, "P", keys=("paid",), executes=True)},
    )
    asked: list[tuple[Any, ...]] = []
    app = begin(rules, execute=lambda values: asked.append(values) or works)
    step = app.call(everybody(app, "call"), time=1, height=1)
    assert step.event == ("DONE" if works else "FAIL")
    assert app.store.latest("paid") == ("call" if works else None)
    assert asked == [("call",)]
    app.call(everybody(app, None), time=2, height=2)
    assert asked == [("call",)]


def test_a_late_payload_of_the_round_before_is_told_apart() -> None:
    app = begin(oracle.APP.rules)
    sent = [Payload(name, "CollectRound", 0, {"price": 1}) for name in NAMES]
    app.call(sent[:3], time=1, height=1)
    assert app.poke(time=2, height=2).event == "DONE"
    late = app.call([sent[3], Payload("p0", "VerifyRound", 1, {})], time=3, height=3)
    assert late.refusals == ("late_payload_type", "wrong_payload_type")


def test_a_keeper_the_operators_agreed_on_comes_before_the_draw() -> None:
    rules = AppRules(
        table={("Send", "DONE"): "Send", ("Send", "FAIL"): "Send"},
        start="Send",
        rounds={"Send": RoundRules("Send", RoundKind.ONLY_KEEPER_SENDS, "P")},
    )
    drawn = begin(rules, entropy=6)
    agreed = App(
        rules, Store({"all_participants": [NAMES], "most_voted_keeper_address": ["p3"]}), entropy=6
    )
    assert drawn.round is not None
    assert agreed.round is not None
    assert (drawn.round.keeper, agreed.round.keeper) == ("p2", "p3")
    assert drawn.call(everybody(drawn, None), time=1, height=1).event == "FAIL"
    assert (drawn.round.keeper, drawn.rotations) == ("p3", 1)


def test_pruning_keeps_at_least_one_of_each() -> None:
    app = begin()
    for number in range(4):
        app.call(everybody(app, number), time=number, height=number)
    app.store.open(("all_participants",))
    app.prune(0)
    assert (app.previous, list(app.store.periods)) == (["Wait"], [1])


def test_restart_is_for_final_states() -> None:
    app = begin(hello.APP.rules)
    with pytest.raises(SpecError, match="state GreetRound is not final"):
        app.restart(time=1)
    app.call(everybody(app, "hi"), time=1, height=1)
    assert (app.state, app.ended) == ("FinishedHelloRound", True)
    assert set(app.call(everybody(app, "hi"), time=2, height=2).refusals) == {"ended"}
    app.restart(time=9)
    assert (app.state, app.store.period, app.pending) == (
        "GreetRound",
        1,
        [(39.0, "ROUND_TIMEOUT")],
    )
    assert app.store.latest("greeting") is None


def test_what_is_terminated_does_not_restart() -> None:
    app = begin(hello.APP.rules)
    app.call([Payload(name, Effect.TERMINATE, 0, {}) for name in NAMES], time=1, height=1)
    with pytest.raises(SpecError, match="terminated the app"):
        app.restart(time=2)


def test_rules_need_a_round_for_each_state() -> None:
    bare = Spec.from_dict(hello.APP.spec.to_dict())
    with pytest.raises(SpecError, match="HelloAbciApp: state GreetRound has no round"):
        app_rules(bare)


@pytest.mark.parametrize("last", ["PublishRound", "CollectRound"])
def test_what_nobody_confirmed_is_not_final(last: str) -> None:
    document = oracle.APP.spec.to_document()
    document["transition_func"][f"({last}, DONE)"] = "FinishedOracleRound"
    with pytest.raises(SpecError, match=f"writes in state {last} reaches the final state Finished"):
        app_rules(Spec.from_dict(document))


def test_two_rounds_without_agreement_confirm_nothing() -> None:
    document = oracle.APP.spec.to_document()
    document["transition_func"]["(CollectRound, DONE)"] = "PublishRound"
    app_rules(Spec.from_dict(document))
    document["transition_func"]["(PublishRound, FAIL)"] = "FinishedOracleRound"
    with pytest.raises(SpecError, match="writes in state CollectRound reaches the final"):
        app_rules(Spec.from_dict(document))


def test_rules_of_a_specification() -> None:
    rules = oracle.APP.rules
    assert rules.timeouts["PublishRound"] == {"KEEPER_TIMEOUT": 15}
    assert rules.rounds["ResetRound"].opens_period
    assert rules.rounds["CollectRound"].collection == "observations"
    assert rules.rounds["AgreeRound"].keys == ("prices",)
    assert rules.cross_period == ("all_participants", "consensus_threshold", "price")
    assert rules.rounds["PublishRound"].endings == ("DONE", "FAIL")


def test_a_service_needs_an_operator() -> None:
    with pytest.raises(SpecError, match="no operators"):
        Operators.of([])

"""Rounds one by one: when each kind ends, and where the chain differs from open-autonomy.

CollectSameUntilThreshold ── k equal ── None? NONE : DONE
└─ no value can reach k: NO_MAJORITY
CollectDifferentUntilThreshold ── k payloads, confirmed: DONE
CollectNonEmptyUntilThreshold ── k payloads, confirmed ── all None? NONE : DONE
CollectSameUntilAll, CollectDifferentUntilAll ── all N: DONE
OnlyKeeperSends ── the keeper's payload ── None? FAIL : DONE
Voting ── k True: DONE · k False: NEGATIVE · k None: NONE · else NO_MAJORITY
"""

from __future__ import annotations

from typing import Any

import pytest

from agent_sdk.fsm.model import (
    CHAIN,
    OPEN_AUTONOMY,
    Operators,
    Payload,
    Round,
    RoundRules,
    Semantics,
    new_round,
)
from agent_sdk.fsm.spec import RoundKind

NAMES = ["p0", "p1", "p2", "p3"]
SAME = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
DIFFERENT = RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD
NON_EMPTY = RoundKind.COLLECT_NON_EMPTY_UNTIL_THRESHOLD
SAME_ALL = RoundKind.COLLECT_SAME_UNTIL_ALL
DIFFERENT_ALL = RoundKind.COLLECT_DIFFERENT_UNTIL_ALL
KEEPER, VOTING = RoundKind.ONLY_KEEPER_SENDS, RoundKind.VOTING


def begin(
    kind: RoundKind,
    semantics: Semantics = CHAIN,
    *,
    active: list[str] | None = None,
    keys: tuple[str, ...] = ("key",),
    **more: Any,
) -> Round:
    return new_round(
        RoundRules("Round", kind, "P", keys=keys, collection="all", **more),
        operators=Operators.of(NAMES, active=active),
        round_count=1,
        semantics=semantics,
        keeper="p1",
    )


def send(current: Round, *values: Any) -> list[str]:
    """Send one value of each operator, in their order; tell what was said of each."""
    said = []
    for name, value in zip([*NAMES, "outsider"], values, strict=False):
        attributes = value if isinstance(value, dict) else {"v": value}
        said.append(current.offer(Payload(name, "P", 1, attributes)) or "ok")
    return said


def event(current: Round, height: int = 1) -> str | None:
    outcome = current.end(height)
    return None if outcome is None else outcome.event.value


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (SAME, [], None),
        (SAME, ["x", "x"], None),
        (SAME, ["x", "x", "x"], "DONE"),
        (SAME, ["y", "x", "x", "x"], "DONE"),
        (SAME, [None, None, None], "NONE"),
        (SAME, ["x", "y"], None),
        (SAME, ["x", "y", "z"], "NO_MAJORITY"),
        (SAME, ["x", "x", "y", "y"], "NO_MAJORITY"),
        (DIFFERENT, ["x", "y"], None),
        (DIFFERENT, ["x", "y", None], "DONE"),
        (DIFFERENT, [None, None, None], "DONE"),
        (NON_EMPTY, [None, None, "x"], "DONE"),
        (NON_EMPTY, [None, None, None], "NONE"),
        (SAME_ALL, ["x", "x", "x"], None),
        (SAME_ALL, ["x", "x", "x", "x"], "DONE"),
        (DIFFERENT_ALL, ["a", "b", "c"], None),
        (DIFFERENT_ALL, ["a", "b", "c", None], "DONE"),
        (KEEPER, ["x"], None),
        (KEEPER, ["x", "y"], "DONE"),
        (KEEPER, ["x", None], "FAIL"),
        (VOTING, [True, True, True], "DONE"),
        (VOTING, [False, False, False], "NEGATIVE"),
        (VOTING, [None, None, None], "NONE"),
        (VOTING, [True, False], None),
        (VOTING, [True, False, None], "NO_MAJORITY"),
    ],
)
@pytest.mark.parametrize("semantics", [CHAIN, OPEN_AUTONOMY], ids=["chain", "open-autonomy"])
def test_a_kind_ends_as_it_should(
    kind: RoundKind, values: list[Any], expected: str | None, semantics: Semantics
) -> None:
    current = begin(kind, semantics)
    send(current, *values)
    assert expected == event(current)


def test_a_window_of_confirmations_takes_more_payloads() -> None:
    current = begin(DIFFERENT, confirmations=2)
    send(current, "a", "b", "c")
    assert [event(current, 7), event(current, 7), event(current, 8)] == [None, None, None]
    assert current.offer(Payload("p3", "P", 1, {"v": "d"})) is None
    outcome = current.end(9)
    assert outcome is not None
    assert len(outcome.writes["all"]["__collection__"]) == 4
    assert current.confirmations == 3


def test_a_vote_counts_by_its_first_value_alone() -> None:
    current = begin(VOTING)
    send(current, *({"vote": True, "why": number} for number in range(3)))
    assert event(current) == "DONE"


class TestDifferences:
    """one set of operators · exact values · aligned keys · agreeing on None opens no period."""

    def test_a_subset_takes_part_only_under_open_autonomy(self) -> None:
        theirs, ours = (begin(SAME, s, active=["p0"]) for s in (OPEN_AUTONOMY, CHAIN))
        assert send(theirs, "x", "x") == ["ok", "not_participant"]
        assert event(theirs) == "NO_MAJORITY"
        assert send(ours, "x", "x", "x") == ["ok", "ok", "ok"]
        assert event(ours) == "DONE"

    def test_strangers_fill_a_round_of_all_only_under_open_autonomy(self) -> None:
        theirs, ours = (begin(DIFFERENT_ALL, s) for s in (OPEN_AUTONOMY, CHAIN))
        assert send(theirs, "a", "b", "c", "c", "e")[3:] == ["duplicate_value", "ok"]
        assert event(theirs) == "DONE"
        assert send(ours, "a", "b", "c", "c", "e")[3:] == ["duplicate_value", "not_participant"]
        assert event(ours) is None

    def test_one_and_true_are_the_same_only_under_open_autonomy(self) -> None:
        theirs, ours = (begin(SAME, s) for s in (OPEN_AUTONOMY, CHAIN))
        for current in (theirs, ours):
            send(current, 1, True, 1)
        assert (event(theirs), event(ours)) == ("DONE", None)

    def test_a_vote_of_one_is_no_yes_on_the_chain(self) -> None:
        theirs, ours = (begin(VOTING, s) for s in (OPEN_AUTONOMY, CHAIN))
        for current in (theirs, ours):
            send(current, 1, True, True)
        assert (event(theirs), event(ours)) == ("DONE", None)

    def test_a_value_keeps_its_key_on_the_chain(self) -> None:
        found = {}
        for semantics in (OPEN_AUTONOMY, CHAIN):
            current = begin(NON_EMPTY, semantics, keys=("one", "two"))
            send(current, *({"a": None, "b": "x"} for _ in range(3)))
            outcome = current.end(1)
            assert outcome is not None
            found[semantics] = {key: outcome.writes.get(key) for key in ("p0", "one", "two")}
        assert found == {
            OPEN_AUTONOMY: {"p0": {"one": "x"}, "one": None, "two": None},
            CHAIN: {"p0": None, "one": {}, "two": dict.fromkeys(("p0", "p1", "p2"), "x")},
        }

    def test_one_key_takes_the_first_value_there_is_only_under_open_autonomy(self) -> None:
        found = {}
        for semantics in (OPEN_AUTONOMY, CHAIN):
            current = begin(NON_EMPTY, semantics)
            send(current, {"a": None, "b": "x"}, {"a": "y", "b": None}, {"a": None, "b": None})
            outcome = current.end(1)
            assert outcome is not None
            found[semantics] = outcome.writes["key"]
        assert found == {OPEN_AUTONOMY: {"p0": "x", "p1": "y"}, CHAIN: {"p1": "y"}}

    def test_a_keeper_that_takes_no_part_may_not_rejoin_by_sending(self) -> None:
        theirs, ours = (
            begin(KEEPER, s, active=["p0"], rejoin=True) for s in (OPEN_AUTONOMY, CHAIN)
        )
        assert send(theirs, "x", "x") == ["not_keeper", "not_participant"]
        assert send(ours, "x", "x") == ["not_keeper", "ok"]

    def test_agreeing_on_none_opens_no_period_on_the_chain(self) -> None:
        theirs, ours = (begin(SAME, s, opens_period=True) for s in (OPEN_AUTONOMY, CHAIN))
        for current in (theirs, ours):
            send(current, None, None, None)
        assert (event(theirs), event(ours)) == ("DONE", "NONE")

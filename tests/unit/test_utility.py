"""Liberty, utility, runway."""

from __future__ import annotations

import dataclasses

import pytest

from agent_sdk.types import Policy
from agent_sdk.utility import Balance, Funds, open_actions, runway, utility

POLICY = Policy(action_cap=50, budget=100, window=60, reserve=20)
COSTS = {"pay": 10}
NAMES = ["hold", "pay"]


@pytest.mark.parametrize(
    ("treasury", "run", "budget_left", "expected"),
    [
        (100, 100, 100, ["hold", "pay"]),
        (25, 100, 100, ["hold"]),
        (100, 100, 9, ["hold"]),
        (30, 0, 100, ["hold", "pay"]),
        (10, 5, 100, []),
        (0, 0, 100, []),
    ],
    ids=["rich", "under reserve", "no budget", "just enough", "no step", "empty"],
)
def test_an_action_is_open_when_policy_and_balance_allow(
    treasury: int, run: int, budget_left: int, expected: list[str]
) -> None:
    found = open_actions(
        NAMES,
        balance=Balance(treasury=treasury, run=run),
        step_cost=20,
        policy=POLICY,
        budget_left=budget_left,
        costs=COSTS,
    )
    assert found == expected


def test_an_action_above_the_cap_is_closed() -> None:
    found = open_actions(
        NAMES,
        balance=Balance(treasury=1_000, run=0),
        step_cost=20,
        policy=dataclasses.replace(POLICY, action_cap=9),
        budget_left=100,
        costs=COSTS,
    )
    assert found == ["hold"]


def funds(*, treasury: int = 100, run: int = 100, budget_left: int = 100) -> Funds:
    """What an agent with steps of 20 wei has."""
    return Funds(
        balance=Balance(treasury=treasury, run=run),
        step_cost=20,
        policy=POLICY,
        budget_left=budget_left,
    )


@pytest.mark.parametrize(
    ("costs", "expected"),
    [([50], True), ([51], False), ([40, 40], True), ([40, 41], False), ([], True)],
    ids=["cap", "over cap", "reserve", "under reserve", "free"],
)
def test_actions_of_one_decision_are_paid_together(costs: list[int], expected: bool) -> None:
    assert funds().pays(costs) == expected


def test_one_more_step_is_paid_besides() -> None:
    assert funds(treasury=60, run=0).pays([40])
    assert not funds(treasury=59, run=0).pays([40])
    assert not funds(budget_left=39).pays([40])


def test_what_is_left_has_paid_for_actions_and_step() -> None:
    left = funds(run=15).after(30)
    assert (left.balance, left.budget_left) == (Balance(treasury=65, run=0), 70)
    broke = funds(treasury=1, run=0, budget_left=2).after(9)
    assert (broke.balance.total, broke.budget_left) == (0, 0)


def test_utility_is_liberty_and_being_alive() -> None:
    assert utility(3, balance=1) == 4.0
    assert utility(0, balance=0) == 0.0


def test_runway_counts_the_treasury_above_its_reserve() -> None:
    found = runway(
        Balance(treasury=120, run=100),
        step_cost=20,
        interval=60,
        reserve=20,
        paid=[8, 12],
        times=[1_000, 1_030],
    )
    assert (found.steps, found.seconds) == (10, 600)
    assert (found.typical_steps, found.typical_seconds) == (20, 600)
    assert str(found) == "10 steps (10 min) at the caps, 20 steps (10 min) at recent cost"


def test_runway_before_the_first_step_assumes_the_caps() -> None:
    found = runway(
        Balance(treasury=0, run=100), step_cost=20, interval=60, reserve=0, paid=[], times=[]
    )
    assert (found.typical_steps, found.typical_seconds) == (found.steps, found.seconds)


def test_an_agent_without_a_loop_has_no_runway() -> None:
    found = runway(
        Balance(treasury=9, run=9), step_cost=0, interval=0, reserve=0, paid=[1], times=[1]
    )
    assert (found.steps, found.typical_steps) == (0, 0)

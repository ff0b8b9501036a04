"""Liberty, utility, runway."""

from __future__ import annotations

import dataclasses

import pytest

from agent_sdk.types import Policy
from agent_sdk.utility import Balance, open_actions, runway, utility

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

"""What a daemon decides at one price: pure functions over a record and its slot."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pytest

from agent_sdk.daemons.decisions import (
    Prices,
    bid_for,
    clock,
    fee_cap,
    last_seconds,
    longest_pause,
    paid_gas_price,
    prices_for,
    seconds_left,
    should_answer,
    should_execute,
    should_expire,
    should_resume,
    tip,
)
from agent_sdk.daemons.declines import (
    is_beyond,
    is_early,
    is_fruitless,
    is_last_call,
    should_decline,
)
from agent_sdk.types import ZERO_ADDRESS, ZERO_HASH, Job, JobSlot, Pricing, Timing

GWEI = 10**9
NOW = 1_000_000
GAS = 100_000

TASK = Job(
    owner="0x" + "11" * 20,
    target="0x" + "22" * 20,
    provider=ZERO_ADDRESS,
    model_id=ZERO_HASH,
    input=ZERO_HASH,
    timing=Timing(interval=60, heartbeat=600, window=100, gas_limit=50_000),
    pricing=Pricing(max_gas_price=20 * GWEI, max_priority_fee=2 * GWEI, amount=1_000, fee=0),
    salt=ZERO_HASH,
)
INFERENCE = replace(
    TASK,
    provider="0x" + "33" * 20,
    pricing=Pricing(max_gas_price=20 * GWEI, max_priority_fee=2 * GWEI, amount=9_000, fee=5_000),
)
CALM = Prices(time=NOW, base_fee=GWEI, gas_price=2 * GWEI)


def slot(due: int = NOW) -> JobSlot:
    return JobSlot(commitment=7, due=due, runs=3, failures=0)


@pytest.mark.parametrize(
    ("elapsed", "expected"), [(-5, 0), (0, 0), (25, 250), (100, 1_000), (10_000, 1_000)]
)
def test_tip_rises_linearly_from_due_to_the_end_of_the_window(elapsed: int, expected: int) -> None:
    assert expected == tip(TASK, slot(), NOW + elapsed)


def test_tip_without_a_ramp_is_whole_at_once() -> None:
    at_once = replace(TASK, timing=replace(TASK.timing, window=0))
    assert tip(at_once, slot(), NOW) == 1_000


@pytest.mark.parametrize(
    ("base_fee", "gas_price", "expected"),
    [(1, 2, 2), (1, 9, 3), (19, 30, 20), (30, 31, 20)],
)
def test_owner_repays_the_least_of_price_and_caps(
    base_fee: int, gas_price: int, expected: int
) -> None:
    prices = Prices(time=NOW, base_fee=base_fee * GWEI, gas_price=gas_price * GWEI)
    assert expected * GWEI == paid_gas_price(TASK, prices)


def test_bid_never_asks_for_more_priority_than_the_owner_repays() -> None:
    bid = bid_for(TASK, base_fee=3 * GWEI, priority=50 * GWEI)
    assert (bid.max_fee, bid.priority) == (8 * GWEI, 2 * GWEI)


def test_bid_stays_below_the_owners_cap_where_it_can() -> None:
    assert bid_for(TASK, base_fee=15 * GWEI, priority=GWEI).max_fee == 20 * GWEI
    assert bid_for(TASK, base_fee=40 * GWEI, priority=GWEI).max_fee == 41 * GWEI


def test_a_due_task_is_executed_for_its_tip() -> None:
    decision = should_execute(TASK, slot(NOW - 50), CALM, gas=GAS)
    assert (decision.act, decision.reason, decision.profit) == (True, "due", 500)


def test_a_task_waits_for_its_time() -> None:
    decision = should_execute(TASK, slot(NOW + 9), CALM, gas=GAS)
    assert (decision.act, decision.reason, decision.wait) == (False, "not due", 9)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (JobSlot(commitment=0, due=0, runs=3, failures=0), "over"),
        (JobSlot(commitment=7, due=0, runs=3, failures=0), "dormant"),
    ],
)
def test_a_task_that_is_over_or_dormant_is_left(state: JobSlot, reason: str) -> None:
    assert reason == should_execute(TASK, state, CALM, gas=GAS).reason


def test_a_task_above_its_gas_cap_is_left_until_prices_fall() -> None:
    dear = prices_for(TASK, time=NOW, base_fee=21 * GWEI, priority=GWEI)
    decision = should_execute(TASK, slot(), dear, gas=GAS)
    assert not decision.act
    assert decision.profit == GAS * -2 * GWEI


def test_less_than_the_least_profit_is_left() -> None:
    assert not should_execute(TASK, slot(NOW - 50), CALM, gas=GAS, min_profit=501).act
    assert should_execute(TASK, slot(NOW - 50), CALM, gas=GAS, min_profit=500).act


def test_an_inference_is_not_executed_and_a_task_not_expired() -> None:
    assert not should_execute(INFERENCE, slot(), CALM, gas=GAS).act
    assert not should_expire(TASK, slot(NOW - 1_000), CALM, gas=GAS).act


@pytest.mark.parametrize(("due", "act"), [(NOW - 99, False), (NOW - 100, True), (NOW - 900, True)])
def test_a_run_expires_when_its_window_is_over(due: int, act: bool) -> None:
    assert act == should_expire(INFERENCE, slot(due), CALM, gas=GAS).act


def test_bounty_counts_as_profit() -> None:
    assert should_expire(INFERENCE, slot(NOW - 100), CALM, gas=GAS, bounty=77).profit == 77


def test_only_dormant_inferences_are_resumed() -> None:
    dormant = slot(0)
    assert should_resume(INFERENCE, dormant, CALM, gas=GAS).act
    assert not should_resume(INFERENCE, slot(), CALM, gas=GAS).act
    assert not should_resume(TASK, dormant, CALM, gas=GAS).act


def test_a_job_that_its_provider_left_is_resumed_only_where_its_target_can_move_it() -> None:
    left = replace(slot(0), is_resigned=True)
    assert should_resume(INFERENCE, left, CALM, gas=GAS).act
    silent = replace(INFERENCE, timing=replace(INFERENCE.timing, gas_limit=0))
    assert not should_resume(silent, left, CALM, gas=GAS).act
    assert should_resume(silent, slot(0), CALM, gas=GAS).act


class TestShouldAnswer:
    """before due: wait · in the window: answer for the fee · after it, or too late to: leave."""

    @pytest.mark.parametrize(
        ("due", "act"), [(NOW + 1, False), (NOW, True), (NOW - 99, True), (NOW - 100, False)]
    )
    def test_answers_from_due_until_the_window_closes(self, due: int, act: bool) -> None:
        assert act == should_answer(INFERENCE, slot(due), CALM, gas=GAS).act

    def test_earns_the_fee_that_was_accepted(self) -> None:
        assert should_answer(INFERENCE, slot(), CALM, gas=GAS).profit == 5_000

    def test_at_last_takes_a_loss_below_the_penalty(self) -> None:
        dear = Prices(time=NOW, base_fee=30 * GWEI, gas_price=31 * GWEI)
        loss = GAS * 11 * GWEI - 5_000
        assert not should_answer(INFERENCE, slot(), dear, gas=GAS).act
        assert should_answer(INFERENCE, slot(), dear, gas=GAS, penalty=loss + 1).profit == -loss
        for penalty, act in ((loss + 1, True), (loss, False)):
            found = should_answer(INFERENCE, slot(), dear, gas=GAS, penalty=penalty, min_profit=9)
            assert act == found.act

    def test_the_last_seconds_are_a_quarter_of_the_window_or_a_minute(self) -> None:
        long = replace(INFERENCE, timing=replace(INFERENCE.timing, window=600))
        assert (last_seconds(INFERENCE), last_seconds(long)) == (25, 60)
        assert seconds_left(INFERENCE, slot(NOW - 90), NOW) == 10

    @pytest.mark.parametrize(
        ("left", "pause"),
        [
            *((100, 25), (77, 2), (75, 25), (52, 2), (51, 26), (50, 25)),
            *((27, 2), (26, 1), (3, 1), (0, inf), (-9, inf)),
        ],
    )
    def test_it_is_looked_at_again_when_more_may_be_done(self, left: int, pause: float) -> None:
        assert pause == longest_pause(INFERENCE, left)

    def test_our_clock_counts_where_the_chain_goes_by_it(self) -> None:
        assert [clock(NOW, NOW + s) for s in (-9.5, 0.0, 9.5, 61.0, -61.0)] == [
            NOW,
            NOW,
            NOW + 9.5,
            NOW,
            NOW,
        ]

    def test_leaves_a_job_whose_gas_cap_is_below_the_base_fee(self) -> None:
        dear = prices_for(INFERENCE, time=NOW, base_fee=21 * GWEI, priority=0)
        assert (
            should_answer(INFERENCE, slot(), dear, gas=GAS).reason
        ) == "the base fee is above the job's cap"


def test_an_urgent_delivery_may_bid_what_a_miss_costs() -> None:
    cap = fee_cap(INFERENCE, gas=GAS, penalty=0)
    urgent = fee_cap(INFERENCE, gas=GAS, penalty=10**16)
    assert (cap, urgent) == (20 * GWEI, 20 * GWEI + (10**16 + 5_000) // GAS)
    bid = bid_for(INFERENCE, base_fee=25 * GWEI, priority=GWEI, cap=urgent)
    # A block or two of rising base fee do not strand it.
    assert bid.max_fee == 51 * GWEI
    assert bid_for(INFERENCE, base_fee=25 * GWEI, priority=GWEI, cap=cap).max_fee == 26 * GWEI


class TestShouldDecline:
    """first half and cheaper than a miss: hand back · later, or too dear: leave."""

    @pytest.mark.parametrize(
        ("due", "act"), [(NOW + 1, False), (NOW, True), (NOW - 49, True), (NOW - 50, False)]
    )
    def test_it_is_for_the_first_half_of_the_window(self, due: int, act: bool) -> None:
        found = should_decline(INFERENCE, slot(due), CALM, gas=GAS, penalty=10**16)
        assert act == found.act
        assert is_early(INFERENCE, 51)
        assert not is_early(INFERENCE, 50)

    def test_an_engine_that_fails_is_asked_again_for_a_quarter_or_five_minutes(self) -> None:
        found = [left for left in range(101) if is_fruitless(INFERENCE, left)]
        assert (found[0], found[-1]) == (51, 75)
        long = replace(INFERENCE, timing=replace(INFERENCE.timing, window=3_600))
        assert [is_fruitless(long, left) for left in (3_301, 3_300, 1_801, 1_800)] == [
            False,
            True,
            True,
            False,
        ]

    def test_the_last_call_to_hand_back_is_before_the_first_half_ends(self) -> None:
        long = replace(INFERENCE, timing=replace(INFERENCE.timing, window=3_600))
        assert [is_last_call(long, left) for left in (1_861, 1_860, 1_801, 1_800)] == [
            False,
            True,
            True,
            False,
        ]

    def test_it_costs_less_than_a_miss(self) -> None:
        cost = GAS * 2 * GWEI
        found = should_decline(INFERENCE, slot(), CALM, gas=GAS, penalty=cost + 1)
        assert (found.act, found.profit) == (True, -cost)
        assert not should_decline(INFERENCE, slot(), CALM, gas=GAS, penalty=cost).act

    @pytest.mark.parametrize(
        ("base_fee", "elapsed", "beyond"),
        [(20, 30, False), (21, 30, False), (70, 30, True), (70, 24, False), (70, 50, False)],
    )
    def test_far_over_the_cap_it_costs_less_than_an_answer(
        self, base_fee: int, elapsed: int, beyond: bool
    ) -> None:
        dear = prices_for(INFERENCE, time=NOW, base_fee=base_fee * GWEI, priority=GWEI)
        assert beyond == is_beyond(INFERENCE, slot(NOW - elapsed), dear, gas=GAS)

"""What a daemon does with one job at one price: pure functions, no chain, no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from agent_sdk.types import Fees, Job, JobSlot

__all__ = [
    "Decision",
    "Prices",
    "bid_for",
    "clock",
    "engine_seconds",
    "fee_cap",
    "last_seconds",
    "longest_pause",
    "not_before",
    "paid_gas_price",
    "prices_for",
    "seconds_left",
    "should_answer",
    "should_execute",
    "should_expire",
    "should_resume",
    "should_wake",
    "tip",
]


LAST_SECONDS: Final = 60
"""s before the end of a window, or a quarter of it, that are for delivering alone"""

ENGINE_SECONDS: Final = 300
"""s after the due time, or a quarter of the window, in which an engine that fails is asked again"""

CLOCKS_APART: Final = 60
"""s; a chain further from our clock than that goes by another one"""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the moment costs."""

    time: int
    """Unix s, by the chain"""
    base_fee: int
    """wei per gas"""
    gas_price: int
    """wei per gas that a transaction of ours would pay: base fee and our priority fee"""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Whether to act, and why."""

    act: bool
    reason: str
    """`due`, or what stands against it"""
    profit: int = 0
    """wei expected; below zero = loss"""
    wait: int = 0
    """s until a second look is worth it; 0 = the next tick"""


def bid_for(job: Job, *, base_fee: int, priority: int, cap: int = 0) -> Fees:
    """Return what to bid for a transaction on this job: nothing that its owner does not repay.

    Args:
        job: The record.
        base_fee: wei per gas, of the newest block.
        priority: wei per gas that the network asks for now.
        cap: wei per gas; the job's own if 0.
    """
    tip_ = min(priority, job.pricing.max_priority_fee)
    now, most = base_fee + tip_, cap or job.pricing.max_gas_price
    return Fees(max_fee=max(now, min(now + base_fee, most)), priority=tip_)


def fee_cap(job: Job, *, gas: int, penalty: int, own_cap: int | None = None) -> int:
    """Return the most that a delivery may bid, wei per gas.

    Args:
        job: The record.
        gas: Gas of the transaction.
        penalty: wei that a miss costs, if the window is about to close; 0 = there is time.
        own_cap: wei per gas that owners repay; the lowest one where several jobs share it.
    """
    spare = (job.pricing.fee + penalty) // max(1, gas) if penalty else 0
    return (job.pricing.max_gas_price if own_cap is None else own_cap) + spare


def prices_for(job: Job, *, time: int, base_fee: int, priority: int) -> Prices:
    """Return what a transaction for this job costs with the bid of `bid_for`.

    Args:
        job: The record.
        time: Unix s, by the chain.
        base_fee: wei per gas.
        priority: wei per gas that the network asks for now.
    """
    bid = bid_for(job, base_fee=base_fee, priority=priority)
    return Prices(time=time, base_fee=base_fee, gas_price=base_fee + bid.priority)


def paid_gas_price(job: Job, prices: Prices) -> int:
    """Return what the job's owner pays for a unit of gas, wei.

    Source: IScheduler.execute: min(gas price, base fee + maxPriorityFee, maxGasPrice).
    """
    capped = prices.base_fee + job.pricing.max_priority_fee
    return min(prices.gas_price, capped, job.pricing.max_gas_price)


def tip(job: Job, slot: JobSlot, time: int) -> int:
    """Return the tip of a task run at `time`, wei.

    It rises linearly from 0 at the due time to `amount` at the end of the window.
    """
    window = job.timing.window
    elapsed = max(0, time - slot.due)
    return job.pricing.amount if elapsed >= window else job.pricing.amount * elapsed // window


def should_execute(
    job: Job, slot: JobSlot, prices: Prices, *, gas: int, min_profit: int = 0
) -> Decision:
    """Decide on running a task now.

    Args:
        job: The record.
        slot: Its slot at the block that `prices` speak of.
        prices: What the moment costs.
        gas: Gas of the whole transaction, as simulated.
        min_profit: wei; less is not worth it.
    """
    if job.is_inference:
        return Decision(act=False, reason="an inference is for its provider")
    waiting = not_before(slot, prices.time, slot.due)
    return waiting or _priced(
        job, prices, gas=gas, extra=tip(job, slot, prices.time), min_profit=min_profit
    )


def should_expire(
    job: Job, slot: JobSlot, prices: Prices, *, gas: int, bounty: int = 0, min_profit: int = 0
) -> Decision:
    """Decide on ending a run that its provider missed.

    Args:
        job: The record.
        slot: Its slot.
        prices: What the moment costs.
        gas: Gas of the whole transaction, as simulated.
        bounty: wei that the provider's stake pays to the keeper.
        min_profit: wei; less is not worth it.
    """
    if not job.is_inference:
        return Decision(act=False, reason="a task does not expire")
    waiting = not_before(slot, prices.time, slot.due + job.timing.window)
    return waiting or _priced(job, prices, gas=gas, extra=bounty, min_profit=min_profit)


def should_resume(
    job: Job, slot: JobSlot, prices: Prices, *, gas: int, min_profit: int = 0
) -> Decision:
    """Decide on booking a dormant inference again; one that its provider left can only move."""
    if not slot.is_dormant or not job.is_inference:
        return Decision(act=False, reason="not dormant")
    if slot.is_resigned and job.timing.gas_limit == 0:
        return Decision(act=False, reason="its provider left it, and its target is never told")
    return _priced(job, prices, gas=gas, extra=0, min_profit=min_profit)


def should_wake(
    job: Job, slot: JobSlot, prices: Prices, *, gas: int, min_profit: int = 0
) -> Decision:
    """Decide on bringing an agent's next step forward; the agent repays the gas, see `bid_for`.

    Args:
        job: The record of its loop.
        slot: Its slot.
        prices: What the moment costs.
        gas: Gas of the whole transaction, as simulated.
        min_profit: wei; less is not worth it.
    """
    if slot.due <= prices.time:
        return Decision(act=False, reason="its next step does not lie ahead")
    return _priced(job, prices, gas=gas, extra=0, min_profit=min_profit)


def clock(head_time: int, our_time: float) -> float:
    """Return what time the next block will have at least, Unix s.

    Args:
        head_time: Unix s, of the newest block.
        our_time: Unix s, by this machine; counts only where the chain goes by the same clock.
    """
    return max(head_time, our_time) if abs(our_time - head_time) <= CLOCKS_APART else head_time


def seconds_left(job: Job, slot: JobSlot, time: float) -> float:
    """Return s from `time` (Unix s) to the end of the run's window; negative after it."""
    return slot.due + job.timing.window - time


def last_seconds(job: Job) -> float:
    """Return s before the end of a window from which on an answer is no longer waited for."""
    return min(LAST_SECONDS, job.timing.window / 4)


def engine_seconds(job: Job) -> float:
    """Return s after the due time in which an engine that fails is asked again."""
    return min(ENGINE_SECONDS, job.timing.window / 4)


def longest_pause(job: Job, left: float) -> float:
    """Return s after which a refused answer must be looked at again, `left` s before the end.

    More may be done then: the run of an engine that fails, or is at others, is handed back; later
    a loss is taken, and at last the empty answer goes out; each second counts.
    """
    if left <= 0:
        return math.inf
    last, window = last_seconds(job), job.timing.window
    marks = (window - engine_seconds(job), window / 2 + last, 2 * last, last)
    return next((left - mark for mark in marks if left - mark > 1), 1.0)


def should_answer(
    job: Job, slot: JobSlot, prices: Prices, *, gas: int, penalty: int = 0, min_profit: int = 0
) -> Decision:
    """Decide on answering an inference.

    Args:
        job: The record.
        slot: Its slot.
        prices: What the moment costs.
        gas: Gas of the delivery, simulated or the most it can be.
        penalty: wei that a miss costs, if the window is about to close; 0 = there is time.
        min_profit: wei; less is not worth it, unless the penalty is dearer.
    """
    waiting = not_before(slot, prices.time, slot.due)
    if waiting:
        return waiting
    closes = slot.due + job.timing.window
    if prices.time >= closes:
        return Decision(act=False, reason="the window has closed", wait=60)
    if prices.base_fee > job.pricing.max_gas_price and not penalty:
        return Decision(act=False, reason="the base fee is above the job's cap", wait=5)
    least = min(min_profit, 1 - penalty) if penalty else min_profit
    return _priced(job, prices, gas=gas, extra=job.pricing.fee, min_profit=least)


def not_before(slot: JobSlot, time: int, opens: int) -> Decision | None:
    """Return the refusal of a job that is over, dormant, or not yet due; None when it is time."""
    if not slot.is_booked:
        return Decision(act=False, reason="over")
    if slot.due == 0:
        return Decision(act=False, reason="dormant")
    if time < opens:
        return Decision(act=False, reason="not due", wait=opens - time)
    return None


def _priced(job: Job, prices: Prices, *, gas: int, extra: int, min_profit: int) -> Decision:
    """Weigh what the owner pays against what the transaction costs."""
    profit = gas * (paid_gas_price(job, prices) - prices.gas_price) + extra
    if profit < min_profit:
        return Decision(
            act=False,
            reason=f"a profit of {profit} wei is below {min_profit}",
            profit=profit,
            wait=5,
        )
    return Decision(act=True, reason="due", profit=profit)

"""When a provider hands a run back: pure functions, no chain, no clock."""

from __future__ import annotations

from typing import Final

from agent_sdk.daemons.decisions import (
    Decision,
    Prices,
    engine_seconds,
    last_seconds,
    not_before,
    seconds_left,
)
from agent_sdk.types import Job, JobSlot

__all__ = ["is_beyond", "is_early", "is_fruitless", "is_last_call", "should_decline"]

DELIVER_GAS: Final = 140_000
"""gas of the dearest delivery besides target, record and decision. Source: InferenceBook.sol"""

BYTE_GAS: Final = 40
"""gas of the dearest byte of a decision. Source: EIP-7623, InferenceBook.sol"""


def should_decline(job: Job, slot: JobSlot, prices: Prices, *, gas: int, penalty: int) -> Decision:
    """Decide on handing back a run that cannot be answered.

    Args:
        job: The record.
        slot: Its slot.
        prices: What the moment costs.
        gas: Gas of declining, as simulated: nobody repays it.
        penalty: wei that a miss costs.
    """
    waiting = not_before(slot, prices.time, slot.due)
    if waiting:
        return waiting
    if not is_early(job, seconds_left(job, slot, prices.time)):
        return Decision(act=False, reason="the first half of the window is over")
    cost = gas * prices.gas_price
    if cost >= penalty:
        return Decision(act=False, reason=f"declining costs {cost} wei, a miss {penalty}")
    return Decision(act=True, reason="cannot be answered", profit=-cost)


def is_early(job: Job, left: float) -> bool:
    """Whether `left` s before its end a window is in its first half: runs are handed back then."""
    return left > job.timing.window / 2


def is_fruitless(job: Job, left: float) -> bool:
    """Whether `left` s before its end a run whose engine fails is handed back, not asked again."""
    return is_early(job, left) and left <= job.timing.window - engine_seconds(job)


def is_last_call(job: Job, left: float) -> bool:
    """Whether `left` s before its end it is nearly too late to hand a run back."""
    return is_early(job, left) and left <= job.timing.window / 2 + last_seconds(job)


def is_beyond(job: Job, slot: JobSlot, prices: Prices, *, gas: int) -> bool:
    """Whether the base fee is so far above the owner's cap that declining costs us less.

    It may still fall, so the first quarter of the window is left to that.

    Args:
        job: The record.
        slot: Its slot.
        prices: What the moment costs.
        gas: Gas of declining.
    """
    cap, timing = job.pricing.max_gas_price, job.timing
    left = seconds_left(job, slot, prices.time)
    if prices.base_fee <= cap or left > timing.window * 3 / 4 or not is_early(job, left):
        return False
    most = DELIVER_GAS + slot.record_gas + timing.gas_limit + BYTE_GAS * timing.output_limit
    return most * (prices.gas_price - cap) - job.pricing.fee > gas * prices.gas_price

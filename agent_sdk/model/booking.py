"""Booking the loop, changing and ending it, and what every end of a run shares.

Source: contracts/core/InferenceBook.sol, contracts/types/JobSlot.sol.
"""

from __future__ import annotations

from dataclasses import replace

from agent_sdk.model.frame import Revert, Transaction, label, require
from agent_sdk.model.money import record_gas, reserve, worst_cost
from agent_sdk.model.state import EMPTY_SLOT
from agent_sdk.payloads import bucket
from agent_sdk.types import RUNNING, Account, Job, JobSlot

__all__ = ["begun", "cancel", "find", "request", "reserved_cost", "settle", "update"]

_MAX_HORIZON = 604_800
_MAX_WINDOW = 86_400


def find(tx: Transaction, job: Job) -> JobSlot:
    """Return the slot of the loop if it is booked with exactly this record."""
    slot = tx.chain.slot
    require(slot.commitment == job.commitment(), "Scheduler_NotBooked", tx.setting.loop_id)
    return slot


def reserved_cost(job: Job, slot: JobSlot) -> int:
    """Return what a run of this booking has reserved, wei."""
    return worst_cost(job.timing, job.pricing, slot.record_gas)


def begun(slot: JobSlot) -> JobSlot:
    """Return the slot of a loop whose next run has begun. Source: JobSlotLib.begun."""
    return replace(slot, due=RUNNING, runs=slot.runs + 1)


def request(tx: Transaction, job: Job, due: int) -> None:
    """Book the loop, which must not be booked. Source: InferenceBook.request."""
    slot = tx.chain.slot
    require(slot.commitment == 0, "Scheduler_AlreadyBooked", tx.setting.loop_id)
    _book(tx, slot, job, due)


def update(tx: Transaction, old: Job, job: Job, due: int) -> None:
    """Put another record in place of the one booked. Source: InferenceBook.updateInference."""
    _book(tx, _end(tx, old), job, due)


def cancel(tx: Transaction, job: Job) -> None:
    """End the loop; its count of runs stays. Source: InferenceBook.cancelInference."""
    agent = tx.setting.agent
    require(job.owner == agent, "Scheduler_NotOwner", job.owner, agent)
    tx.change(slot=_end(tx, job))
    tx.emit(tx.setting.everloop, "JobCancelled", tx.setting.loop_id, agent)


def settle(
    tx: Transaction,
    job: Job,
    before: JobSlot,
    provider: Account,
    *,
    due: int,
    failures: int,
    paid: int,
) -> tuple[int, int, bool]:
    """End a run: book again where that is possible, and take what it cost. [LED-2].

    Source: InferenceBook._settle.

    Args:
        tx: the transaction.
        job: the record.
        before: the slot that the run began with.
        provider: the provider's account now.
        due: Unix s of the next run; 0 = none.
        failures: failed runs in a row.
        paid: wei

    Returns:
        The loop's due time now, wei taken, and whether reservation and open run carry over.
    """
    worst = reserved_cost(job, before)
    charged = min(paid, worst)
    owner, slot, again = tx.account(job.owner), tx.chain.slot, False
    if slot.due == RUNNING:
        keeps = provider.capacity != 0 and provider.open <= provider.capacity
        again = due != 0 and owner.free >= charged and keeps
        after = replace(slot, due=due if again else 0, failures=failures)
        tx.change(slot=after if due else replace(EMPTY_SLOT, runs=slot.runs))
        due = due if again else 0
    else:
        due = slot.due
    kept = owner.reserved if again else owner.reserved - worst
    tx.write(job.owner, replace(owner, balance=owner.balance - charged, reserved=kept))
    return due, charged, again


def release(tx: Transaction, job: Job, slot: JobSlot) -> None:
    """Release reservation and open run of what is booked. Source: InferenceBook._release."""
    owner = tx.account(job.owner)
    left = owner.reserved - reserved_cost(job, slot)
    tx.write(job.owner, replace(owner, reserved=left))
    close(tx, job.provider)


def close(tx: Transaction, provider: str) -> None:
    """Count one open inference of a provider less."""
    account = tx.account(provider)
    tx.write(provider, replace(account, open=account.open - 1))


def _book(tx: Transaction, slot: JobSlot, job: Job, due: int) -> None:
    """Check and effects of a booking. Source: InferenceBook._request."""
    require(due < RUNNING, "Scheduler_BadTerms", label("due"), due, RUNNING)
    heartbeat, interval = job.timing.heartbeat, job.timing.interval
    sound = interval == 0 if heartbeat == 0 else heartbeat >= interval
    require(sound, "Scheduler_BadTerms", label("heartbeat"), heartbeat, interval)
    horizon = tx.now + _MAX_HORIZON
    require(due <= horizon, "Scheduler_BadTerms", label("due"), due, horizon)
    require(
        heartbeat <= _MAX_HORIZON, "Scheduler_BadTerms", label("heartbeat"), heartbeat, _MAX_HORIZON
    )
    account = tx.account(job.provider)
    require(account.capacity != 0, "Inference_NotServing", job.provider)
    counts = (job.provider, account.open, account.capacity)
    require(account.open < account.capacity, "Inference_NoCapacity", *counts)
    completed = replace(job, pricing=replace(job.pricing, fee=_accepted_fee(tx, job)))
    booked = JobSlot(
        commitment=completed.commitment(),
        due=max(due, tx.now),
        runs=slot.runs,
        failures=0,
        record_gas=record_gas(job),
    )
    tx.change(slot=booked, record=completed)
    tx.write(job.provider, replace(account, open=account.open + 1))
    reserve(tx, job.owner, reserved_cost(completed, booked))
    where = (tx.setting.loop_id, job.provider, bucket(booked.due))
    values = (booked.pack(), completed.to_tuple(), b"")
    tx.emit(tx.setting.everloop, "InferenceRequested", *where, *values)


def _end(tx: Transaction, job: Job) -> JobSlot:
    """Release what the owner ends and return its slot without it. Source: InferenceBook._end."""
    slot = find(tx, job)
    closes = slot.due + job.timing.window
    outside = slot.due == RUNNING or tx.now < slot.due or tx.now >= closes
    require(outside, "Inference_InsideWindow", tx.setting.loop_id, closes, tx.now)
    booked = slot.due not in (0, RUNNING)
    if booked:
        release(tx, job, slot)
    return replace(EMPTY_SLOT, runs=slot.runs + booked)


def _accepted_fee(tx: Transaction, job: Job) -> int:
    """Return the fee that the provider's offer asks, wei. Source: InferenceBook._acceptedFee."""
    offer = tx.setting.offers.get((job.provider, job.model_id))
    refused = "Inference_OfferRefuses"
    if offer is None:
        raise Revert(refused, label("modelId"), int.from_bytes(job.model_id, "big"), 0)
    window, gas_limit = job.timing.window, job.timing.gas_limit
    price, amount = job.pricing.max_gas_price, job.pricing.amount
    require(window >= offer.min_window, refused, label("window"), window, offer.min_window)
    require(window <= _MAX_WINDOW, "Scheduler_BadTerms", label("window"), window, _MAX_WINDOW)
    least = offer.min_max_gas_price
    require(price >= least, refused, label("maxGasPrice"), price, least)
    most = offer.max_callback_gas
    require(gas_limit <= most, refused, label("gasLimit"), gas_limit, most)
    fee = offer.fee(job.timing.output_limit)
    require(fee <= amount, refused, label("fee"), fee, amount)
    return fee

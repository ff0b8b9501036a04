"""D not answered: expired, declined and resigned runs, and waking what is dormant.

"Collateral in the form of staked tokens" is what a provider loses here.
Source: contracts/core/Misses.sol.
"""

from __future__ import annotations

from dataclasses import replace

from agent_sdk.model import loop
from agent_sdk.model.booking import begun, find, release, reserved_cost, settle
from agent_sdk.model.frame import Transaction, require
from agent_sdk.model.money import (
    GWEI,
    charged_gas_price,
    credit,
    reserve,
    take_penalty,
    with_decline,
    with_miss,
)
from agent_sdk.model.runs import report
from agent_sdk.model.transition import on_missed
from agent_sdk.model.treasury import refuel
from agent_sdk.payloads import bucket
from agent_sdk.types import Job, JobSlot, Miss

__all__ = ["decline", "expire", "resign", "resume"]

_RESUME_WORST = 170_000
_REFUEL_GAS = 120_000
_MISS_GAS = 300_000


def expire(tx: Transaction, job: Job) -> None:
    """End a run that nobody answered in time: penalty, bounty, another provider. [REG-3]."""
    slot, name = find(tx, job), tx.setting.loop_id
    closes = slot.due + job.timing.window
    require(slot.due != 0, "Inference_Dormant", name)
    require(tx.now >= closes, "Inference_InsideWindow", name, closes, tx.now)
    tx.change(slot=begun(slot))
    tx.write(job.provider, with_miss(tx.account(job.provider)))
    tx.attempt(lambda: on_missed(tx, job, Miss.EXPIRED))

    price = charged_gas_price(tx, job.pricing)
    cost = min(tx.metered.owner_gas * price, reserved_cost(job, slot))
    bounty, repaid = take_penalty(tx, job.provider, cost)
    tx.write(job.owner, credit(tx.account(job.owner), repaid))
    paid = tx.metered.gas * price
    due, charged = _settle_miss(tx, job, slot, max(paid, repaid))
    earned = bounty + min(paid, charged)
    tx.write(tx.sender, credit(tx.account(tx.sender), earned))
    where = (name, job.provider, bucket(due))
    words = (report(slot.runs, Miss.EXPIRED, due, earned), tx.sender)
    tx.emit(tx.setting.everloop, "InferenceExpired", *where, *words)


def decline(tx: Transaction, job: Job, run: int) -> None:
    """Hand a due run back, in the first half of its window. Source: Misses.decline."""
    slot, name, window = find(tx, job), tx.setting.loop_id, job.timing.window
    speaks = tx.sender == job.provider
    require(speaks, "Inference_NotProvider", job.provider, tx.sender)
    require(run == slot.runs, "Inference_WrongRun", name, slot.runs, run)
    counted = tx.chain.base_fee <= job.pricing.max_gas_price
    opens, latest = slot.due, slot.due + window // 2
    inside = opens != 0 and opens <= tx.now < opens + window
    require(inside, "Inference_OutsideWindow", name, opens, opens + window, tx.now)
    early = not counted or tx.now < latest
    require(early, "Inference_TooLateToDecline", name, latest, tx.now)
    tx.change(slot=begun(slot))
    if counted:
        tx.write(job.provider, with_decline(tx.account(job.provider)))
    tx.attempt(lambda: on_missed(tx, job, Miss.DECLINED))
    due, _ = _settle_miss(tx, job, slot, 0)
    where = (name, job.provider, bucket(due))
    words = (report(slot.runs, Miss.DECLINED, due, 0), counted)
    tx.emit(tx.setting.everloop, "InferenceDeclined", *where, *words)


def resign(tx: Transaction, job: Job) -> None:
    """Leave the loop between two runs, without a mark. Source: Misses.resign."""
    slot, name = find(tx, job), tx.setting.loop_id
    speaks = tx.sender == job.provider
    require(speaks, "Inference_NotProvider", job.provider, tx.sender)
    outside = slot.due == 0 or tx.now < slot.due
    closes = slot.due + job.timing.window
    require(outside, "Inference_InsideWindow", name, closes, tx.now)
    require(not slot.is_resigned, "Inference_Resigned", name)
    if slot.due:
        release(tx, job, slot)
    left = replace(slot, due=0, failures=0, runs=slot.runs + 1, is_resigned=True)
    tx.change(slot=left)
    tx.attempt(lambda: on_missed(tx, job, Miss.RESIGNED))
    due = tx.chain.slot.due
    where = (name, job.provider, bucket(due))
    word = report(slot.runs, Miss.RESIGNED, due, 0)
    tx.emit(tx.setting.everloop, "InferenceResigned", *where, word)


def resume(tx: Transaction, job: Job) -> None:
    """Wake a dormant loop, refuelled where it must be; the caller is paid. Source: resume."""
    slot, name = _find_dormant(tx, job), tx.setting.loop_id
    ready = tx.chain.resumable_at
    require(tx.now >= ready, "Inference_ResumedLately", name, ready, tx.now)
    tx.change(resumable_at=tx.now + (job.timing.interval or job.timing.window))

    price = charged_gas_price(tx, job.pricing)
    gas = _RESUME_WORST + _REFUEL_GAS + slot.record_gas + min(job.timing.gas_limit, _MISS_GAS)
    aside = gas * price + job.pricing.max_data_fee * GWEI
    if tx.account(job.owner).free < aside + reserved_cost(job, slot):
        tx.attempt(lambda: refuel(tx, tx.setting.everloop))
        slot = _find_dormant(tx, job)
    reserve(tx, job.owner, aside)
    provider = tx.account(job.provider)
    rebooked = provider.open < provider.capacity and not slot.is_resigned
    if rebooked:
        tx.change(slot=replace(slot, due=tx.now + job.timing.interval))
        tx.write(job.provider, replace(provider, open=provider.open + 1))
        reserve(tx, job.owner, reserved_cost(job, slot))
    else:
        tx.attempt(lambda: on_missed(tx, job, Miss.UNSERVED))
    _pay_caller(tx, job, aside, min(tx.metered.gas * price, aside), slot, rebooked)


def _pay_caller(
    tx: Transaction, job: Job, aside: int, paid: int, slot: JobSlot, rebooked: bool
) -> None:
    """Pay who resumed, whatever came of it, and tell."""
    owner, due = tx.account(job.owner), tx.chain.slot.due
    left = replace(owner, balance=owner.balance - paid, reserved=owner.reserved - aside)
    tx.write(job.owner, left)
    tx.write(tx.sender, credit(tx.account(tx.sender), paid))
    engine, name = tx.setting.everloop, tx.setting.loop_id
    if rebooked:
        word = report(slot.runs, 0, due, paid)
        tx.emit(engine, "InferenceResumed", name, job.provider, bucket(due), word)
    else:
        told = "InferenceMoved" if due else "InferenceUnserved"
        tx.emit(engine, told, name, job.provider, tx.sender, paid)


def _settle_miss(tx: Transaction, job: Job, slot: JobSlot, paid: int) -> tuple[int, int]:
    """Settle a run that went unanswered; return the next due time and wei charged."""
    provider = tx.account(job.provider)
    due = loop.after_miss(job.timing, now=tx.now)
    due, charged, again = settle(
        tx, job, slot, provider, due=due, failures=slot.failures, paid=paid
    )
    if not again:
        provider = tx.account(job.provider)
        tx.write(job.provider, replace(provider, open=provider.open - 1))
    return due, charged


def _find_dormant(tx: Transaction, job: Job) -> JobSlot:
    slot = find(tx, job)
    require(slot.due == 0, "Inference_NotDormant", tx.setting.loop_id, slot.due)
    return slot

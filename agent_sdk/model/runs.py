"""D answered: one run of the loop delivered, paid, and the next one booked.

"A call to a decision engine is a transaction to a compute provider."
Source: contracts/core/Deliveries.sol.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent_sdk.model import loop
from agent_sdk.model.booking import begun, settle
from agent_sdk.model.frame import Transaction, require
from agent_sdk.model.money import (
    charged_gas_price,
    credit,
    take_share,
    with_delivery,
)
from agent_sdk.model.transition import on_inference
from agent_sdk.payloads import bucket
from agent_sdk.types import Ending, Job, JobSlot, Result
from agent_sdk.types.words import pack

__all__ = ["Answer", "deliver", "report"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """r_t, the response of a decision engine call D_t, as its provider delivers it."""

    job: Job
    run: int
    pinned_block: int
    pinned_hash: bytes
    """32 bytes; its low 20 are sent"""
    chain_hash: bytes
    """32 bytes: what the chain knows the block by; zero where it knows none"""
    decision: bytes


def deliver(tx: Transaction, answer: Answer) -> None:
    """Answer a run: T, the charge, the next due time. Source: Deliveries.deliver. [INF-1]."""
    job, slot = answer.job, tx.chain.slot
    _check(tx, answer, slot)
    tx.change(slot=begun(slot))
    result, wish = on_inference(
        tx,
        answer.decision,
        run=answer.run,
        pinned_block=answer.pinned_block,
        pinned_hash=answer.chain_hash,
    )
    rejected = result == Result.REJECTED
    due = loop.after_success(job.timing, due=slot.due, wish=wish, now=tx.now)
    paid = job.pricing.fee + tx.metered.gas * charged_gas_price(tx, job.pricing)
    share = take_share(tx, job.pricing.fee)
    provider = tx.account(job.provider)
    due, paid, again = settle(tx, job, slot, provider, due=due, failures=0, paid=paid)
    if not again:
        provider = replace(provider, open=provider.open - 1)
    provider = with_delivery(provider, tx.now - slot.due)
    tx.write(job.provider, credit(provider, paid - share))
    where = (tx.setting.loop_id, job.provider, bucket(due))
    ending = Ending.REJECTED if rejected else Ending.ACCEPTED
    words = (report(answer.run, ending, due, paid), answer.decision)
    tx.emit(tx.setting.everloop, "InferenceDelivered", *where, *words)


def report(run: int, ending: int, due: int, paid: int) -> int:
    """Return how a run ended, in one word. Source: RunReportLib.pack."""
    return pack(("run", run, 32), ("ending", int(ending), 8), ("due", due, 40), ("paid", paid, 80))


def _check(tx: Transaction, answer: Answer, slot: JobSlot) -> None:
    """Why an answer is not taken, in the order of the rules. Source: Deliveries._refusal."""
    job, name = answer.job, tx.setting.loop_id
    booked = slot.commitment == job.commitment()
    require(booked, "Scheduler_NotBooked", name)
    speaks = tx.sender == job.provider
    require(speaks, "Inference_NotProvider", job.provider, tx.sender)
    require(answer.run == slot.runs, "Inference_WrongRun", name, slot.runs, answer.run)
    closes = slot.due + job.timing.window
    is_open = slot.due <= tx.now < closes
    require(is_open, "Inference_OutsideWindow", name, slot.due, closes, tx.now)
    length, limit = len(answer.decision), job.timing.output_limit
    require(length <= limit, "Inference_DecisionTooLong", length, limit)
    known = any(answer.chain_hash) and answer.chain_hash[12:] == answer.pinned_hash[12:]
    unknown = "Inference_WrongPinnedBlock"
    require(known, unknown, answer.pinned_block, answer.chain_hash)

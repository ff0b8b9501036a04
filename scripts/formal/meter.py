"""What the EVM measured, taken from a receipt, and whether it can be right."""

from __future__ import annotations

from collections.abc import Sequence

from agent_sdk.model.booking import reserved_cost
from agent_sdk.model.frame import Emitted, Metered, Transaction
from agent_sdk.model.money import charged_gas_price
from agent_sdk.types import Job, RunReport

__all__ = ["check", "measure"]


def measure(tx: Transaction, job: Job | None, events: Sequence[Emitted]) -> Metered:
    """Return the gas behind what was paid; where a cap hid it, the least that reaches the cap."""
    told = {event.name: event.values for event in events}
    if job is None:
        return Metered()
    price = charged_gas_price(tx, job.pricing)
    if "InferenceDelivered" in told:
        paid = RunReport.unpack(told["InferenceDelivered"][3]).paid
        return Metered(gas=_gas(paid - job.pricing.fee, price))
    if "InferenceExpired" in told:
        _, bounty, repaid, _ = told["Slashed"]
        earned = RunReport.unpack(told["InferenceExpired"][3]).paid
        return Metered(gas=_gas(earned - bounty, price), owner_gas=_gas(repaid, price))
    if "InferenceResumed" in told:
        return Metered(gas=_gas(RunReport.unpack(told["InferenceResumed"][3]).paid, price))
    for name in ("InferenceMoved", "InferenceUnserved"):
        if name in told:
            return Metered(gas=_gas(told[name][3], price))
    return Metered()


def check(tx: Transaction, job: Job, name: str, gas_used: int) -> str | None:
    """Say why a metered gas cannot be right, or None.

    Args:
        tx: the transaction, metered.
        job: the record.
        name: of the move.
        gas_used: of the receipt, refunds taken off.
    """
    gas, price = tx.metered.gas, charged_gas_price(tx, job.pricing)
    if name == "deliver":
        worst = reserved_cost(job, tx.chain.slot) if tx.chain.slot.record_gas else None
        if worst is not None and gas * price + job.pricing.fee > worst + price:
            return f"{gas} gas at {price} wei is more than the {worst} wei reserved"
    return None


def _gas(wei: int, price: int) -> int:
    return -(-wei // price)

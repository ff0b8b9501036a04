"""What the EVM measured, taken from a receipt, and whether it can be right."""

from __future__ import annotations

from collections.abc import Sequence

from agent_sdk.model.booking import reserved_cost
from agent_sdk.model.frame import Emitted, Metered, Transaction
from agent_sdk.model.money import charged_gas_price
from agent_sdk.model.state import EMPTY_ACCOUNT, Chain
from agent_sdk.types import Job, RunReport

__all__ = ["check", "measure"]

FIRST_CREDIT = 17_100
"""gas more for a word that was zero: 20,000 instead of 2,900. Source: EIP-2200"""
REFUND = 4_800
"""gas given back for a word that becomes zero. Source: EIP-3529"""


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


def check(tx: Transaction, before: Chain, gas_used: int) -> str | None:
    """Say why a metered gas cannot be right, or None.

    The guarantee: what is charged is what the transaction used before refunds, or up to 5 % more,
    but for the first credit of an account, whose word was zero.

    Args:
        tx: the transaction, made.
        before: B when it began.
        gas_used: of the receipt, refunds taken off.
    """
    gas, job = tx.metered.gas, before.record
    if gas == 0 or job is None:
        return None
    most = (gas_used + REFUND) * 105 // 100
    if gas > most:
        return f"{gas} gas are charged where {gas_used} were used: at most {most} may be"
    known = tx.setting
    credited = (known.protocol_receiver, tx.sender)
    first = sum(before.account(known.agent, of) == EMPTY_ACCOUNT for of in credited)
    price = charged_gas_price(tx, job.pricing)
    capped = gas * price + job.pricing.fee >= reserved_cost(job, before.slot)
    if not capped and gas < (least := gas_used - FIRST_CREDIT * first):
        return f"{gas} gas are charged where {gas_used} were used: at least {least} must be"
    return None


def _gas(wei: int, price: int) -> int:
    return -(-wei // price)

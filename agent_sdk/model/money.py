"""The engine's money rules: reservation, charge, fee, share, penalty. All amounts in wei.

Source: Ledger, InferenceBook._worstCost and _settle, Deliveries._takeShare, DisputeBook._split.
"""

from __future__ import annotations

from dataclasses import replace

from agent_sdk.model.frame import Revert, Transaction, require
from agent_sdk.types import Account, Job, Pricing, Timing

__all__ = [
    "MIN_STAKE",
    "PENALTY",
    "charge",
    "charged_gas_price",
    "credit",
    "deposit",
    "record_gas",
    "reserve",
    "take_penalty",
    "take_share",
    "with_delivery",
    "worst_cost",
]

GWEI = 10**9
PENALTY = 10**16
"""wei of stake that one missed run takes. Source: StakeBook.PENALTY"""
MIN_STAKE = 10 * PENALTY

_WORST_OVERHEAD = 140_000
_DECISION_BYTE = 40
_FILLED_IN = 8 * 12
_BPS = 10_000
_BOUNTY_DIVISOR = 10
_MAX_BALANCE = 2**80 - 1
_MAX_12_BITS = 2**12 - 1
_MAX_24_BITS = 2**24 - 1


def record_gas(job: Job) -> int:
    """Return gas of a record as call data, its fee taken as eight bytes that are not zero.

    Source: CallDataGas.ofInference of the record as booked, whose fee is still zero.
    """
    words = replace(job, pricing=replace(job.pricing, fee=0)).to_tuple()
    nonzero = sum(len(data) - data.count(0) for data in map(_bytes, words))
    return len(words) * 32 * 4 + nonzero * 12 + _FILLED_IN


def worst_cost(timing: Timing, pricing: Pricing, record: int) -> int:
    """Return what one run can cost its owner at most: what is reserved.

    Args:
        timing: of the record.
        pricing: of the record.
        record: gas of the record as call data.
    """
    gas = _WORST_OVERHEAD + record + timing.gas_limit + timing.output_limit * _DECISION_BYTE
    return gas * pricing.max_gas_price + pricing.fee + pricing.max_data_fee * GWEI


def charged_gas_price(tx: Transaction, pricing: Pricing) -> int:
    """Return wei for a unit of gas: never more than spent, nor than the caps. [SCH-4]."""
    tipped = tx.chain.base_fee + pricing.max_priority_fee
    return min(tx.gas_price, tipped, pricing.max_gas_price)


def credit(account: Account, amount: int) -> Account:
    """Return an account with more balance, within 80 bits."""
    if amount > _MAX_BALANCE - account.balance:
        raise Revert("Account_BalanceOverflow", account.balance, amount)
    return replace(account, balance=account.balance + amount)


def deposit(tx: Transaction, of: str, sender: str, amount: int) -> None:
    """Pay ETH into an account. Source: Ledger.deposit."""
    tx.write(of, credit(tx.account(of), amount))
    tx.emit(tx.setting.everloop, "Deposited", of, sender, amount)


def charge(tx: Transaction, of: str, amount: int) -> None:
    """Take from the free part. Source: Ledger._charge. [LED-2]."""
    account = tx.account(of)
    require(amount <= account.free, "Ledger_NotEnoughFree", of, account.free, amount)
    tx.write(of, replace(account, balance=account.balance - amount))


def reserve(tx: Transaction, of: str, amount: int) -> None:
    """Set a part of the free balance aside for a run. Source: Ledger._reserve."""
    account = tx.account(of)
    require(amount <= account.free, "Ledger_NotEnoughFree", of, account.free, amount)
    tx.write(of, replace(account, reserved=account.reserved + amount))


def take_share(tx: Transaction, fee: int) -> int:
    """Credit the protocol's part of a fee and return it. Source: Deliveries._takeShare."""
    share = fee * tx.setting.protocol_bps // _BPS
    if tx.setting.protocol_bps:
        receiver = tx.setting.protocol_receiver
        tx.write(receiver, credit(tx.account(receiver), share))
    return share


def with_delivery(account: Account, seconds: int) -> Account:
    """Return a track record with one more answer. Source: AccountLib.withDelivery."""
    latency = (account.latency * 7 + min(seconds, _MAX_12_BITS)) // 8
    delivered = min(account.delivered + 1, _MAX_24_BITS)
    return replace(account, delivered=delivered, latency=latency)


def with_miss(account: Account) -> Account:
    """Return a track record with one more miss. Source: AccountLib.withMiss."""
    return replace(account, missed=min(account.missed + 1, _MAX_12_BITS))


def with_decline(account: Account) -> Account:
    """Return a track record with one more decline. Source: AccountLib.withDecline."""
    return replace(account, declined=min(account.declined + 1, _MAX_12_BITS))


def take_penalty(tx: Transaction, provider: str, owner_cost: int) -> tuple[int, int]:
    """Take a penalty from a stake; return bounty and what the owner is repaid. [REG-3].

    Source: DisputeBook.slash: a tenth to the keeper, up to half in all, the rest is burned.
    """
    stake = tx.chain.stakes[provider]
    taken = min(stake.bonded, PENALTY)
    bounty = taken // _BOUNTY_DIVISOR
    repaid = min(owner_cost, taken // 2 - bounty)
    tx.emit(tx.setting.registry, "Slashed", provider, bounty, repaid, taken - bounty - repaid)
    stake = replace(stake, bonded=stake.bonded - taken)
    tx.change(stakes={**tx.chain.stakes, provider: stake})
    sync(tx, provider, stake.serving)
    return bounty, repaid


def sync(tx: Transaction, provider: str, serving: bool) -> None:
    """Mirror to the engine how much work a stake covers. Source: StakeBook._sync."""
    stake = tx.chain.stakes[provider]
    serving = serving and stake.bonded >= MIN_STAKE
    if stake.serving != serving:
        stake = replace(stake, serving=serving)
        tx.change(stakes={**tx.chain.stakes, provider: stake})
        tx.emit(tx.setting.registry, "ServingChanged", provider, serving)
    elif not serving:
        return
    capacity = min(stake.bonded // PENALTY, 2**16 - 1) if serving else 0
    tx.write(provider, replace(tx.account(provider), capacity=capacity))
    tx.emit(tx.setting.everloop, "CapacityChanged", provider, capacity)


def _bytes(value: object) -> bytes:
    """Return the bytes of a word of a record, leading zeros aside."""
    if isinstance(value, bytes):
        return value
    number = int(value, 16) if isinstance(value, str) else value
    assert isinstance(number, int)
    return number.to_bytes(32, "big")

"""What a signed transaction says and bids, and what replaces it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import rlp

from agent_sdk.types import Call, Fees

__all__ = ["Sent", "over", "raised", "read", "to_bytes", "to_hex", "under"]

RAISE_PERCENT: Final = 25
"""more fee in a replacement; nodes ask for at least 10"""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a signed transaction says."""

    call: Call
    gas: int
    fees: Fees


def read(raw: str) -> Sent:
    """Read a signed transaction, 0x and hex. Source: EIP-1559."""
    fields = rlp.decode(to_bytes(raw)[1:])
    priority, max_fee, gas = (int.from_bytes(field, "big") for field in fields[2:5])
    to, value, data = fields[5:8]
    return Sent(
        call=Call(to_hex(to), data, int.from_bytes(value, "big")),
        gas=gas,
        fees=Fees(max_fee=max_fee, priority=priority),
    )


def raised(fees: Fees) -> Fees:
    """Return fees for which a node takes a replacement."""
    return Fees(
        max_fee=fees.max_fee * (100 + RAISE_PERCENT) // 100 + 1,
        priority=fees.priority * (100 + RAISE_PERCENT) // 100 + 1,
    )


def over(fees: Fees, market: Fees) -> Fees:
    """Return fees that replace others and that suffice now, whatever they are."""
    least = raised(fees)
    return Fees(
        max_fee=max(least.max_fee, market.max_fee), priority=max(least.priority, market.priority)
    )


def under(fees: Fees, market: Fees, *, cap: int) -> Fees:
    """Return fees that replace others and that suffice now if `cap`, wei per gas, lets them."""
    least = raised(fees)
    return Fees(max_fee=max(least.max_fee, min(market.max_fee, cap)), priority=least.priority)


def to_hex(data: bytes) -> str:
    """Write bytes as 0x and hex digits."""
    return "0x" + data.hex()


def to_bytes(text: str) -> bytes:
    """Read hex digits, with or without 0x."""
    return bytes.fromhex(text.removeprefix("0x"))

"""What is sent to a chain and what is read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Block", "Call", "Event", "Fees", "Prepared", "RawLog", "Receipt"]


@dataclass(frozen=True, kw_only=True)
class Block:
    """One block."""

    number: int
    hash: bytes
    """32 bytes"""
    time: int
    """Unix s"""
    base_fee: int
    """wei per gas"""


@dataclass(frozen=True, kw_only=True)
class Fees:
    """What a transaction pays for a unit of gas. Source: EIP-1559."""

    max_fee: int
    """wei per gas, most in all"""
    priority: int
    """wei per gas, most above the base fee"""


@dataclass(frozen=True)
class Call:
    """A call to a contract, encoded and not yet sent."""

    to: str
    data: bytes
    value: int = 0
    """wei"""
    note: str = ""
    """what the call does, for messages: `Everloop.deposit`"""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A signed transaction that has not been handed to the node."""

    hash: bytes
    """32 bytes"""
    raw: bytes = field(repr=False)
    nonce: int
    fees: Fees
    gas: int
    """gas limit"""


@dataclass(frozen=True, kw_only=True)
class RawLog:
    """One log as the node gives it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: bytes
    tx: bytes
    """32 bytes"""
    index: int
    """place of the log in its block"""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One decoded log: records are dataclasses, enums are enums, hashes are bytes."""

    name: str
    address: str
    args: Mapping[str, Any]
    block: int
    block_hash: bytes
    tx: bytes
    """32 bytes"""
    index: int
    """place of the log in its block"""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A mined transaction."""

    tx: bytes
    """32 bytes"""
    block: int
    status: bool
    """False = reverted"""
    gas_used: int
    """gas"""
    gas_price: int
    """wei per gas"""
    sender: str
    to: str | None
    created: str | None
    """address of the contract it made"""
    logs: tuple[RawLog, ...]

    @property
    def cost(self) -> int:
        """What the sender paid for gas, wei."""
        return self.gas_used * self.gas_price

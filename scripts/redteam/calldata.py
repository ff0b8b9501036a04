"""Call data as a hostile provider writes it: correct, or wrong on purpose."""

from __future__ import annotations

import re
from typing import Any

from eth_abi.abi import encode

from agent_sdk.payloads import selector

__all__ = ["MAX", "batch", "call", "invoke", "patch", "selector", "shared", "transfer", "word"]

MAX = 2**256 - 1


def call(signature: str, *arguments: Any) -> bytes:
    """Return the call data of `name(type,…)`; types without tuples."""
    kinds = re.findall(r"[\w\[\]]+", signature[signature.index("(") :])
    return selector(signature) + encode(kinds, list(arguments))


def transfer(to: str, amount: int) -> bytes:
    """Return the action that sends ETH."""
    return call("transfer(address,uint256)", to, amount)


def invoke(target: str, data: bytes, value: int = 0) -> bytes:
    """Return the action that calls another contract."""
    return call("call(address,uint256,bytes)", target, value, data)


def batch(*calls: bytes) -> bytes:
    """Return a decision of several calls, however many."""
    return call("batch(bytes[])", list(calls))


def shared(one: bytes, count: int) -> bytes:
    """Return a batch whose items all point at one encoding."""
    padding = bytes(-len(one) % 32)
    head = word(32) + word(count) + word(32 * count) * count
    return selector("batch(bytes[])") + head + word(len(one)) + one + padding


def patch(data: bytes, index: int, value: int) -> bytes:
    """Put another word in the place of one behind the selector."""
    at = 4 + 32 * index
    return data[:at] + word(value) + data[at + 32 :]


def word(value: int) -> bytes:
    """Return a number as 32 bytes."""
    return value.to_bytes(32, "big")

"""What a node's refusal means: a revert, missing funds, or something else; pure functions."""

from __future__ import annotations

from typing import Any

from agent_sdk.errors import ChainError, InsufficientFunds, RpcRefused
from agent_sdk.payloads import keccak
from agent_sdk.reverts import explain
from agent_sdk.types import Call
from agent_sdk.units import format_wei

__all__ = ["call_fault", "revert_data", "submit_fault"]

_EXECUTION_REVERTED = 3
_FUNDS = (
    *("insufficient funds", "insufficient balance", "outoffunds", "out of funds"),
    # What an estimate at a price says of an account that cannot pay for so much gas.
    "gas required exceeds allowance",
)
_KNOWN = ("already known", "already imported", "known transaction")


def call_fault(error: RpcRefused, *, call: Call, sender: str | None) -> ChainError:
    """Return the exception for a refused `eth_call` or `eth_estimateGas`."""
    reason = error.reason.lower()
    if _lacks_funds(reason):
        worth = f" of {format_wei(call.value)}" if call.value else ""
        return InsufficientFunds(
            f"{sender or 'the sender'} cannot pay for {call.note or 'the call'}{worth}: "
            "send ETH to it, or use another --account"
        )
    data = revert_data(error)
    if data or error.code == _EXECUTION_REVERTED or "revert" in reason:
        return explain(data, action=call.note or f"the call to {call.to}", reason=error.reason)
    return error


def submit_fault(error: RpcRefused, *, raw: bytes, note: str) -> ChainError | bytes:
    """Return the exception for a refused transaction, or its hash when the node has it already."""
    reason = error.reason.lower()
    if any(word in reason for word in _KNOWN):
        return keccak(raw)
    if _lacks_funds(reason):
        return InsufficientFunds(
            f"the sender cannot pay for {note}, value and gas: send ETH to it, or use another "
            "--account"
        )
    return error


def revert_data(error: RpcRefused) -> bytes:
    """Return the revert data that a node sent along, wherever it puts it; may be empty."""
    found: Any = error.data
    while isinstance(found, dict):
        found = found.get("data") or found.get("output") or found.get("result")
    if isinstance(found, str) and (at := found.find("0x")) >= 0:
        digits = found[at + 2 :].split()
        try:
            return bytes.fromhex(digits[0]) if digits else b""
        except ValueError:
            return b""
    return b""


def _lacks_funds(reason: str) -> bool:
    return any(word in reason for word in _FUNDS)

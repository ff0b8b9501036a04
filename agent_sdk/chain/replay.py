"""Why a mined transaction failed: it is run again as it was, or as nearly so as the node can."""

from __future__ import annotations

from typing import Any

from agent_sdk.errors import RpcRefused
from agent_sdk.faults import revert_data
from agent_sdk.reverts import NO_CONTRACT
from agent_sdk.rpc import Rpc
from agent_sdk.types import Receipt

__all__ = ["failure_of"]

OUT_OF_GAS = ("it ran out of gas", "send more")
PASSES_NOW = (
    "it passes when it is run again",
    "a time or a state that it depends on has changed; look again before you send it anew",
)
NOT_KNOWN = ("the node cannot run it again", "ask one that keeps the state of that block")
UNKNOWN = ("", NO_CONTRACT)


def failure_of(
    rpc: Rpc, receipt: Receipt, request: dict[str, Any]
) -> tuple[bytes, tuple[str, str]]:
    """Return revert data of a failed transaction and, where there is none, cause and next action.

    Time decides about many calls, so the state before the block alone does not do: the time of the
    block goes with it, or the state after it is taken.

    Args:
        rpc: The node.
        receipt: Of the transaction.
        request: The transaction as a call: from, to, data, value and gas, as JSON-RPC has them.
    """
    if receipt.gas_used == int(request["gas"], 16):
        return b"", OUT_OF_GAS
    traced = _trace(rpc, receipt.tx)
    if traced is not None:
        return traced, UNKNOWN
    known = NOT_KNOWN
    for params in _replays(rpc, receipt):
        try:
            rpc.request("eth_call", request, *params)
            known = PASSES_NOW
        except RpcRefused as error:
            data = revert_data(error)
            if data or "revert" in error.reason.lower():
                return data, (error.reason, NO_CONTRACT)
    return b"", known


def _trace(rpc: Rpc, tx: bytes) -> bytes | None:
    """Return what the transaction reverted with; None where the node does not trace."""
    options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
    try:
        found = rpc.request("debug_traceTransaction", f"0x{tx.hex()}", options)
    except RpcRefused:
        return None
    output = found.get("output") if isinstance(found, dict) and found.get("error") else None
    try:
        return bytes.fromhex(output.removeprefix("0x")) if isinstance(output, str) else None
    except ValueError:
        return None


def _replays(rpc: Rpc, receipt: Receipt) -> list[list[Any]]:
    """Return block and overrides of each replay, the most faithful first."""
    before, own = hex(receipt.block - 1), hex(receipt.block)
    block = rpc.request("eth_getBlockByNumber", own, False)
    moment = {"number": own, "time": block["timestamp"]} if block else {}
    return [[before, {}, moment], [own], [before]]

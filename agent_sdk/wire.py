"""JSON-RPC values to records and back; pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_utils.address import to_checksum_address

from agent_sdk.types import Block, RawLog, Receipt

__all__ = ["hex_data", "hex_number", "read_block", "read_bytes", "read_log", "read_receipt"]


def hex_number(number: int) -> str:
    """Write a quantity."""
    return hex(number)


def hex_data(data: bytes) -> str:
    """Write bytes."""
    return "0x" + data.hex()


def read_bytes(text: str) -> bytes:
    """Read bytes."""
    return bytes.fromhex(text.removeprefix("0x"))


def read_block(block: Mapping[str, Any]) -> Block:
    """Read a block of `eth_getBlockByNumber`."""
    return Block(
        number=int(block["number"], 16),
        hash=read_bytes(block["hash"]),
        time=int(block["timestamp"], 16),
        base_fee=int(block.get("baseFeePerGas", "0x0"), 16),
    )


def read_log(log: Mapping[str, Any]) -> RawLog:
    """Read a log of `eth_getLogs` or of a receipt."""
    return RawLog(
        address=to_checksum_address(log["address"]),
        topics=tuple(read_bytes(topic) for topic in log["topics"]),
        data=read_bytes(log["data"]),
        block=int(log["blockNumber"], 16),
        block_hash=read_bytes(log["blockHash"]),
        tx=read_bytes(log["transactionHash"]),
        index=int(log["logIndex"], 16),
    )


def read_receipt(receipt: Mapping[str, Any]) -> Receipt:
    """Read a receipt of `eth_getTransactionReceipt`."""
    return Receipt(
        tx=read_bytes(receipt["transactionHash"]),
        block=int(receipt["blockNumber"], 16),
        status=int(receipt["status"], 16) == 1,
        gas_used=int(receipt["gasUsed"], 16),
        gas_price=int(receipt.get("effectiveGasPrice", "0x0"), 16),
        sender=to_checksum_address(receipt["from"]),
        to=_address(receipt.get("to")),
        created=_address(receipt.get("contractAddress")),
        logs=tuple(read_log(log) for log in receipt["logs"]),
    )


def _address(text: str | None) -> str | None:
    return None if text is None else to_checksum_address(text)

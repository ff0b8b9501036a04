"""What web3 reads, as records of the SDK; pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_sdk.types import Block, RawLog, Receipt

__all__ = ["read_block", "read_log", "read_receipt"]


def read_block(block: Mapping[str, Any]) -> Block:
    """Return the record of `eth.get_block`."""
    return Block(
        number=block["number"],
        hash=bytes(block["hash"]),
        time=block["timestamp"],
        base_fee=block.get("baseFeePerGas") or 0,
    )


def read_log(log: Mapping[str, Any]) -> RawLog:
    """Return the record of one log of `eth.get_logs` or of a receipt."""
    return RawLog(
        address=log["address"],
        topics=tuple(bytes(topic) for topic in log["topics"]),
        data=bytes(log["data"]),
        block=log["blockNumber"],
        block_hash=bytes(log["blockHash"]),
        tx=bytes(log["transactionHash"]),
        index=log["logIndex"],
    )


def read_receipt(receipt: Mapping[str, Any]) -> Receipt:
    """Return the record of `eth.get_transaction_receipt`."""
    return Receipt(
        tx=bytes(receipt["transactionHash"]),
        block=receipt["blockNumber"],
        status=receipt["status"] == 1,
        gas_used=receipt["gasUsed"],
        gas_price=receipt.get("effectiveGasPrice") or 0,
        sender=receipt["from"],
        to=receipt.get("to"),
        created=receipt.get("contractAddress"),
        logs=tuple(read_log(log) for log in receipt["logs"]),
    )

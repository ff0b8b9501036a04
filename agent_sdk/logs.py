"""Event logs: fetched in bounded ranges, decoded into `Event` by the compiled ABIs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agent_sdk.abi import decode_event, entry
from agent_sdk.errors import ConfigError, RpcRefused
from agent_sdk.rpc import Rpc
from agent_sdk.types import Choice, Ending, Event, Job, Offer, Outcome, RawLog, Result
from agent_sdk.wire import hex_data, hex_number, read_bytes, read_log

__all__ = ["address_topic", "decode", "fetch", "topic"]

Topics = Sequence[bytes | Sequence[bytes] | None]

_READERS: Mapping[str, Any] = {
    "job": Job.from_tuple,
    "offer": Offer.from_tuple,
    "outcome": Outcome,
    "ending": Ending,
    "result": Result,
    "providers": lambda items: tuple(Choice(provider=p, model_id=m) for p, m in items),
}
"""How arguments become records, by their Solidity names."""


def topic(contract: str, event: str) -> bytes:
    """Return the first topic of an event, 32 bytes."""
    return entry(contract, "event", event).topic


def address_topic(address: str) -> bytes:
    """Return an address as an indexed topic, 32 bytes."""
    return bytes(12) + read_bytes(address)


def decode(contract: str, logs: Iterable[RawLog]) -> list[Event]:
    """Read logs by the ABI of one contract; those of other events are left out."""
    events = []
    for log in logs:
        found = decode_event(contract, log.topics, log.data)
        if found is None:
            continue
        name, arguments = found
        events.append(
            Event(
                name=name,
                address=log.address,
                args={key: _typed(key, value) for key, value in arguments.items()},
                block=log.block,
                block_hash=log.block_hash,
                tx=log.tx,
                index=log.index,
            )
        )
    return events


def fetch(
    rpc: Rpc,
    *,
    first: int,
    last: int,
    address: str | Sequence[str] | None = None,
    topics: Topics = (),
    step: int = 2_000,
) -> list[RawLog]:
    """Return the logs of blocks `first` to `last`, in order.

    Args:
        rpc: the node.
        first: number of the first block.
        last: number of the last block, itself included.
        address: of one contract or several; None for all.
        topics: what must stand where; None for anything, a sequence for one of several.
        step: most blocks in one request; halved when the node finds the answer too large.
    """
    found: list[RawLog] = []
    while first <= last:
        end = min(first + step - 1, last)
        request: dict[str, Any] = {
            "fromBlock": hex_number(first),
            "toBlock": hex_number(end),
            "topics": [_wire_topic(t) for t in topics],
        }
        if address is not None:
            request["address"] = address if isinstance(address, str) else list(address)
        try:
            answer = rpc.request("eth_getLogs", request)
        except RpcRefused:
            if end == first:
                raise
            step = max(1, (end - first + 1) // 2)
            continue
        found += [read_log(log) for log in answer if not log.get("removed")]
        first = end + 1
    return sorted(found, key=lambda log: (log.block, log.index))


def _typed(name: str, value: Any) -> Any:
    reader = _READERS.get(name)
    try:
        return value if reader is None else reader(value)
    except ValueError as error:
        raise ConfigError(
            f"event argument {name} is {value}, which this version does not know"
        ) from error


def _wire_topic(wanted: bytes | Sequence[bytes] | None) -> str | list[str] | None:
    if wanted is None:
        return None
    if isinstance(wanted, bytes):
        return hex_data(wanted)
    return [hex_data(one) for one in wanted]

"""Event logs, decoded into `Event` by the compiled ABIs; pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eth_typing import HexStr
from eth_utils.conversions import to_bytes

from agent_sdk.abi import decode_event, entry
from agent_sdk.errors import ConfigError
from agent_sdk.types import Choice, Ending, Event, Job, Offer, Outcome, RawLog, Result

__all__ = ["address_topic", "decode", "topic"]

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
    return bytes(12) + to_bytes(hexstr=HexStr(address))


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


def _typed(name: str, value: Any) -> Any:
    reader = _READERS.get(name)
    try:
        return value if reader is None else reader(value)
    except ValueError as error:
        raise ConfigError(
            f"event argument {name} is {value}, which this version does not know"
        ) from error

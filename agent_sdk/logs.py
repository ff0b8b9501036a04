"""Event logs, decoded into `Event` by the compiled ABIs; pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any

from eth_typing import HexStr
from eth_utils.conversions import to_bytes

from agent_sdk.abi import decode_event, entry
from agent_sdk.errors import ConfigError
from agent_sdk.types import (
    Choice,
    Ending,
    Event,
    Job,
    JobSlot,
    Miss,
    Offer,
    Outcome,
    RawLog,
    Refusal,
    Result,
    RunReport,
    StepReport,
)

__all__ = ["address_topic", "decode", "topic"]

_READERS: Mapping[str, Any] = {
    "job": Job.from_tuple,
    "task": Job.from_tuple,
    "offer": Offer.from_tuple,
    "outcome": Outcome,
    "refusal": Refusal,
    "providers": lambda items: tuple(Choice(provider=p, model_id=m) for p, m in items),
}
"""How arguments become records, by their Solidity names."""

_ENDINGS: Mapping[str, tuple[str, type[IntEnum]]] = {
    "TaskExecuted": ("outcome", Outcome),
    "InferenceDelivered": ("ending", Ending),
    "SignedInferenceDelivered": ("ending", Ending),
    "InferenceExpired": ("reason", Miss),
    "InferenceDeclined": ("reason", Miss),
    "InferenceResigned": ("reason", Miss),
}
"""What the ending of a run's report means, by event."""


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
                args=_expanded(name, arguments),
                block=log.block,
                block_hash=log.block_hash,
                tx=log.tx,
                index=log.index,
            )
        )
    return events


def _expanded(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Type the arguments, and put the fields of packed words beside them."""
    args = {key: _typed(key, value) for key, value in arguments.items()}
    if "task" in args:
        args["job"] = args.pop("task")
    if "slot" in args:
        slot = args["slot"] = JobSlot.unpack(args["slot"])
        args |= {"runs": slot.runs, "due": slot.due}
    if "report" in args:
        args |= _reported(name, args.pop("report"))
    return args


def _reported(name: str, word: int) -> dict[str, Any]:
    if name == "Stepped":
        step = StepReport.unpack(word)
        return {
            "run": step.run,
            "pinnedBlock": step.pinned_block,
            "time": step.time,
            "result": _known(Result, step.result, "result"),
            "step": step.step,
        }
    run = RunReport.unpack(word)
    args: dict[str, Any] = {"run": run.run, "due": run.due, "paid": run.paid}
    if name in _ENDINGS:
        label, kind = _ENDINGS[name]
        args[label] = _known(kind, run.ending, label)
    return args


def _typed(name: str, value: Any) -> Any:
    reader = _READERS.get(name)
    return value if reader is None else _known(reader, value, name)


def _known(reader: Callable[[Any], Any], value: Any, name: str) -> Any:
    try:
        return reader(value)
    except ValueError as error:
        raise ConfigError(
            f"event argument {name} is {value}, which this version does not know"
        ) from error

"""What a transaction really did, by the node's traces: money, calls and storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent_sdk.chain import Chain

__all__ = ["Diff", "Frame", "diff_of", "frames_of"]


@dataclass(frozen=True)
class Frame:
    """One call that was not undone.

    Attributes:
        kind: opcode, such as `CALL`.
        sender: in lower case.
        to: in lower case; empty where nothing was created.
        value: wei moved by this call; 0 for DELEGATECALL, which moves nothing.
        data: call data.
    """

    kind: str
    sender: str
    to: str
    value: int
    data: bytes


@dataclass(frozen=True)
class Diff:
    """What a transaction changed.

    Attributes:
        balances: account to (before, after) in wei, where it changed.
        storage: account to slot to value after, where it changed; all in lower case.
    """

    balances: Mapping[str, tuple[int, int]]
    storage: Mapping[str, Mapping[int, int]]


def frames_of(chain: Chain, tx: bytes) -> list[Frame]:
    """Return all calls of a transaction but those that were undone, outermost first."""
    top = chain.rpc("debug_traceTransaction", "0x" + tx.hex(), {"tracer": "callTracer"})
    return list(_walk(top))


def diff_of(chain: Chain, tx: bytes) -> Diff:
    """Return what a transaction changed in balances and storage."""
    options = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
    found = chain.rpc("debug_traceTransaction", "0x" + tx.hex(), options)
    before, after = _lower(found["pre"]), _lower(found["post"])
    balances, storage = {}, {}
    for account in before.keys() | after.keys():
        old, new = before.get(account, {}), after.get(account, {})
        if "balance" in new:
            balances[account] = (_number(old.get("balance", 0)), _number(new["balance"]))
        # A slot that was cleared stands in the first half only.
        slots = old.get("storage", {}).keys() | new.get("storage", {}).keys()
        if slots:
            words = new.get("storage", {})
            storage[account] = {_number(slot): _number(words.get(slot, 0)) for slot in slots}
    return Diff(balances, storage)


def _walk(frame: Mapping[str, Any]) -> Iterator[Frame]:
    if frame.get("error") or frame.get("revertReason"):
        return
    kind = str(frame["type"])
    yield Frame(
        kind=kind,
        sender=str(frame["from"]).lower(),
        to=str(frame.get("to") or "").lower(),
        value=0 if kind == "DELEGATECALL" else _number(frame.get("value", 0)),
        data=bytes.fromhex(str(frame.get("input", "0x"))[2:]),
    )
    for inner in frame.get("calls", ()):
        yield from _walk(inner)


def _lower(accounts: Mapping[str, Any]) -> dict[str, Any]:
    return {account.lower(): state for account, state in accounts.items()}


def _number(value: str | int) -> int:
    return value if isinstance(value, int) else int(value, 16)

"""Changes of an agent's policy: made, queued, and in force for the action `call`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from agent_sdk.abi import decode_call, signature_of
from agent_sdk.manifest import Manifest
from agent_sdk.types import Event, Receipt, Rule
from agent_sdk.units import format_seconds, format_wei

__all__ = [
    "GRACE",
    "Change",
    "QueuedChange",
    "Setback",
    "Stage",
    "TargetRule",
    "queued",
    "setbacks",
]

GRACE: Final = 604_800
"""s in which a change that is ready can be put in force. Source: AgentOwner.GRACE"""


class Stage(StrEnum):
    """How far a queued change is."""

    WAITING = "waiting"
    """it can be put in force later"""
    READY = "ready"
    """it can be put in force now"""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change of the policy: in force, or in the queue because it lets more out."""

    receipt: Receipt
    ready_at: int
    """Unix s from which the same call puts it in force, for a week; 0 = it is in force"""
    change: bytes
    """32 bytes, its hash in the queue; empty where it is in force"""
    data: bytes
    """its call data"""
    tightened: Receipt | None = None
    """of the half that tightens, in force since; None where the change was not split"""


@dataclass(frozen=True, kw_only=True)
class QueuedChange:
    """A change that waits until its owner sends it again."""

    change: bytes
    """32 bytes, its hash"""
    ready_at: int
    """Unix s from which it can be put in force"""
    data: bytes
    """call data, to be sent again as it is"""
    by_former_owner: bool
    """whether the agent has changed hands since: the present owner did not ask for it"""

    @property
    def lapses_at(self) -> int:
        """Unix s; after this it is forgotten."""
        return self.ready_at + GRACE

    def stage(self, time: int) -> Stage:
        """Return how far it is at a time (Unix s)."""
        return Stage.WAITING if time < self.ready_at else Stage.READY

    def text(self, manifest: Manifest) -> str:
        """Return what it changes in words; actions by the names of the manifest."""
        found = decode_call("IAgent", self.data)
        if found is None:
            return f"call data 0x{self.data[:4].hex()}…"
        name, args = found
        return _TEXTS[name](args, manifest) if name in _TEXTS else name


@dataclass(frozen=True, kw_only=True)
class Setback:
    """A queued change that says otherwise than one that was made beside it."""

    queued: QueuedChange
    limits: Mapping[str, str]
    """the limits that it would set otherwise, and to what; empty where it is not one of limits"""

    def text(self, manifest: Manifest) -> str:
        """Return what it would do in words; actions by the names of the manifest."""
        if not self.limits:
            return self.queued.text(manifest)
        return "set " + ", ".join(f"{name} to {value}" for name, value in self.limits.items())


@dataclass(frozen=True, kw_only=True)
class TargetRule:
    """What the action `call` may do with one function of a contract."""

    target: str
    selector: bytes
    """4 bytes; zeros for call data that is shorter"""
    rule: Rule

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "target": self.target,
            "selector": f"0x{self.selector.hex()}",
            "signature": signature_of(self.selector),
            "pay": self.rule is Rule.PAY,
        }


def queued(events: Sequence[Event], ready_at: Callable[[bytes], int]) -> list[QueuedChange]:
    """Return the changes that wait or are ready, oldest first.

    Args:
        events: all `ChangeQueued` and `OwnerChanged` of the agent, in order.
        ready_at: says when a change (its hash) can be put in force, in Unix s; 0 = not queued.
    """
    numbered = list(enumerate(events))
    handed_over = max((at for at, event in numbered if event.name == "OwnerChanged"), default=-1)
    newest = {
        bytes(event.args["change"]): (at, bytes(event.args["data"]))
        for at, event in numbered
        if event.name == "ChangeQueued"
    }
    return [
        QueuedChange(change=change, ready_at=ready, data=data, by_former_owner=at < handed_over)
        for change, (at, data) in newest.items()
        if (ready := ready_at(change))
    ]


def setbacks(data: bytes, waiting: Sequence[QueuedChange]) -> list[Setback]:
    """Return the queued changes that would set otherwise what a change has set, or is to set.

    A change of limits states them all, as they were when it was made.

    Args:
        data: call data of the change.
        waiting: what is queued; the change itself may be among it.
    """
    made = decode_call("IAgent", data)
    if made is None:
        return []
    found = []
    for one in waiting:
        other = decode_call("IAgent", one.data)
        if other is None or one.data == data or _subject(made) != _subject(other):
            continue
        ours, theirs = _stated(made[1]), _stated(other[1])
        show = format_wei if "limits" in other[1] else str
        limits = {
            name: format_seconds(value) if name == "window" else show(value)
            for name, value in theirs.items()
            if value != ours[name]
        }
        found.append(Setback(queued=one, limits=limits))
    return found


def _subject(call: tuple[str, Mapping[str, Any]]) -> tuple[Any, ...]:
    """Return what a change is about: its function, and all arguments but what it says of them."""
    name, args = call
    return name, *(value for key, value in args.items() if key not in _SAID)


def _stated(args: Mapping[str, Any]) -> dict[str, int]:
    """Return the limits that a change states; none where it is about something else."""
    values = args.get("limits") or args.get("limit") or ()
    return dict(zip(("action cap", "budget", "window", "reserve"), values, strict=False))


def _limits(args: Mapping[str, Any], _: Manifest) -> str:
    cap, budget, window, reserve = args["limits"]
    return (
        f"limits: {format_wei(cap)} an action, {format_wei(budget)} in {format_seconds(window)}, "
        f"reserve {format_wei(reserve)}"
    )


def _recipient(args: Mapping[str, Any], _: Manifest) -> str:
    return f"{'allow' if args['listed'] else 'forbid'} {args['to']}"


def _function(selector: bytes) -> str:
    """Return a function as people name it; by its selector where no compiled contract has it."""
    return signature_of(selector) or f"0x{selector.hex()}"


def _target(args: Mapping[str, Any], _: Manifest) -> str:
    verb = {Rule.NONE: "close", Rule.CALL: "allow", Rule.PAY: "allow, with ETH,"}[
        Rule(args["rule"])
    ]
    return f"{verb} {_function(bytes(args['selector']))} of {args['target']}"


def _token(args: Mapping[str, Any], _: Manifest) -> str:
    cap, budget, window = args["limit"]
    return f"token {args['token']}: {cap} an action, {budget} in {format_seconds(window)}"


def _action(args: Mapping[str, Any], manifest: Manifest) -> str:
    selector = bytes(args["selector"])
    known = {tool.selector: tool.name for tool in manifest.tools}
    verb = "enable" if args["enabled"] else "disable"
    return f"{verb} {known.get(selector, f'0x{selector.hex()}')}"


_TEXTS: Final = {
    "setLimits": _limits,
    "setRecipient": _recipient,
    "setTarget": _target,
    "setTokenPolicy": _token,
    "setAction": _action,
}
"""setters whose change may wait, and how it reads"""

_SAID: Final = ("limits", "limit", "listed", "rule", "enabled")
"""arguments of those setters that are said of the rest"""

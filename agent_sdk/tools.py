"""The parts of a manifest: an agent's tools, their arguments, and worked examples of their use.

An argument may be an action itself, such as what `scheduleAction` takes: an object in JSON, a call
in text, its call data on chain. Such an action takes none in turn: nesting is one deep. What was
read from the chain may be nested deeper, hold a batch, or bytes where an action was expected.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_utils.crypto import keccak

from agent_sdk import arguments
from agent_sdk.errors import SpecError

__all__ = [
    "HOLD",
    "SELECTOR_LENGTH",
    "Action",
    "Example",
    "Input",
    "Tool",
    "object_schema",
    "shown",
]

SELECTOR_LENGTH = 4
"""Bytes of a decision below which nothing is called. Source: AgentActions.SELECTOR_LENGTH."""


@dataclass(frozen=True)
class Action:
    """A tool and the values of its arguments, in the JSON form of `agent_sdk.arguments`."""

    name: str
    args: Mapping[str, Any]

    def __str__(self) -> str:
        """As a call: `pay(25)`."""
        return f"{self.name}({', '.join(_shown(value) for value in self.args.values())})"

    @property
    def inner(self) -> tuple[Action, ...]:
        """The actions among its arguments."""
        found = (v for v in self.args.values() if isinstance(v, Mapping))
        return tuple(Action(v["action"], v["args"]) for v in found)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, the one a model answers in."""
        return {"action": self.name, "args": dict(self.args)}


HOLD = Action("hold", {})
"""Do nothing; what every refusal becomes."""


@dataclass(frozen=True)
class Input:
    """One argument of an action."""

    name: str
    type: str
    doc: str = ""
    min: int | None = None
    """least value of an integer, least length of anything else; None = the type's own"""
    max: int | None = None
    is_action: bool = False
    """whether the bytes are the call data of an action of the same manifest"""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        found: dict[str, Any] = {"name": self.name, "type": self.type, "doc": self.doc}
        found |= {
            key: getattr(self, key) for key in ("min", "max") if getattr(self, key) is not None
        }
        return found | ({"action": True} if self.is_action else {})


@dataclass(frozen=True)
class Tool:
    """One function of the agent that a model may call."""

    name: str
    doc: str = ""
    inputs: tuple[Input, ...] = ()
    cost: int = 0
    """wei, the least ETH that it moves"""

    @property
    def takes_action(self) -> bool:
        """Whether an argument is an action itself."""
        return any(i.is_action for i in self.inputs)

    @cached_property
    def selector(self) -> bytes:
        """The first 4 bytes of the call data."""
        return keccak(text=f"{self.name}({','.join(i.type for i in self.inputs)})")[:4]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "selector": "0x" + self.selector.hex(),
            "doc": self.doc,
            "inputs": [i.to_dict() for i in self.inputs],
        } | ({"cost": str(self.cost)} if self.cost else {})

    def check(self, args: Any, *, encode_action: Callable[[Any], bytes] | None = None) -> list[Any]:
        """Return the arguments in ABI order, ready for `eth_abi`.

        Args:
            args: by name, in JSON form.
            encode_action: gives the call data of an argument that is an action; None refuses it.

        Raises:
            SpecError: one is missing, unknown, of another type or out of range.
        """
        names = [i.name for i in self.inputs]
        if not isinstance(args, Mapping) or set(args) != set(names):
            given = sorted(map(str, args)) if isinstance(args, Mapping) else args
            raise SpecError(f"{self.name} is given {given!r}: it takes {names}; give exactly these")
        return [self._value(i, args[i.name], encode_action) for i in self.inputs]

    def schema(self, actions: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """Return the JSON schema of one call of this tool.

        Args:
            actions: schemas of the calls that an argument may be which is an action itself.
        """
        args = {
            i.name: {"anyOf": list(actions)}
            if i.is_action
            else arguments.schema(i.type, low=i.min, high=i.max)
            for i in self.inputs
        }
        return object_schema({"action": {"const": self.name}, "args": object_schema(args)})

    def _value(self, taken: Input, given: Any, encode_action: Callable[[Any], bytes] | None) -> Any:
        what = f"{self.name}.{taken.name}"
        if not taken.is_action:
            return arguments.from_json(taken.type, given, low=taken.min, high=taken.max, what=what)
        if encode_action is None:
            raise SpecError(
                f"{what}: an action in an action takes none in turn; choose a plain action"
            )
        return encode_action(given)


@dataclass(frozen=True)
class Example:
    """An observation, worded as `prompt()` words it, and the actions it calls for."""

    observation: str
    actions: tuple[Action, ...]

    @property
    def used(self) -> tuple[Action, ...]:
        """The actions, and those among their arguments."""
        return tuple(inner for action in self.actions for inner in (action, *action.inner))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"observation": self.observation, "actions": [a.to_dict() for a in self.actions]}


def object_schema(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def shown(actions: Sequence[Action] | None, decision: bytes | None) -> str:
    """Return in a line what a decision was.

    Args:
        actions: as a manifest reads it; None where it cannot.
        decision: its bytes; None where no event holds them.
    """
    if actions:
        return "; ".join(map(str, actions))
    if decision is None:
        return "a decision that no event holds"
    if len(decision) < SELECTOR_LENGTH:
        return "no action"
    return f"call data 0x{decision[:SELECTOR_LENGTH].hex()}… ({len(decision)} bytes)"


def _shown(value: Any) -> str:
    if isinstance(value, Action):
        return str(value)
    if isinstance(value, Mapping):
        return str(Action(value["action"], value["args"]))
    if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        return f"[{', '.join(map(_shown, value))}]"
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    # Strangers' text moves no cursor: JSON itself escapes line breaks and ESC, but not U+009B.
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)

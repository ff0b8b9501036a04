"""The parts of a manifest: an agent's tools, their arguments, and worked examples of their use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_utils.crypto import keccak

from agent_sdk import arguments
from agent_sdk.errors import SpecError

__all__ = ["HOLD", "Action", "Example", "Input", "Tool", "object_schema"]


@dataclass(frozen=True)
class Action:
    """A tool and the values of its arguments, in the JSON form of `agent_sdk.arguments`."""

    name: str
    args: Mapping[str, Any]

    def __str__(self) -> str:
        """As a call: `pay(25)`."""
        return f"{self.name}({', '.join(_compact(value) for value in self.args.values())})"

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

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        found: dict[str, Any] = {"name": self.name, "type": self.type, "doc": self.doc}
        return found | {
            key: getattr(self, key) for key in ("min", "max") if getattr(self, key) is not None
        }


@dataclass(frozen=True)
class Tool:
    """One function of the agent that a model may call."""

    name: str
    doc: str = ""
    inputs: tuple[Input, ...] = ()

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
        }

    def check(self, args: Any) -> list[Any]:
        """Return the arguments in ABI order, ready for `eth_abi`.

        Raises:
            SpecError: one is missing, unknown, of another type or out of range.
        """
        names = [i.name for i in self.inputs]
        if not isinstance(args, Mapping) or set(args) != set(names):
            given = sorted(map(str, args)) if isinstance(args, Mapping) else args
            raise SpecError(f"{self.name} is given {given!r}: it takes {names}; give exactly these")
        return [
            arguments.from_json(
                i.type, args[i.name], low=i.min, high=i.max, what=f"{self.name}.{i.name}"
            )
            for i in self.inputs
        ]

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of one call of this tool."""
        args = {i.name: arguments.schema(i.type, low=i.min, high=i.max) for i in self.inputs}
        return object_schema({"action": {"const": self.name}, "args": object_schema(args)})


@dataclass(frozen=True)
class Example:
    """An observation, worded as `prompt()` words it, and the actions it calls for."""

    observation: str
    actions: tuple[Action, ...]

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


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

"""What an agent can do, as a provider reads it from the chain: `manifest()`.

    Manifest            name, instructions
    ├── Tool            one action: name, selector, what it does
    │   └── Input       one argument: name, ABI type, range
    └── Example         an observation and the actions it calls for
        └── Action      a tool and the values of its arguments

Canonical text is JSON with sorted keys, no spaces, UTF-8: equal manifests are equal bytes.
On chain a table of the actions' costs stands before it, for contracts that read no JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from agent_sdk.errors import SpecError
from agent_sdk.strict_json import load_json
from agent_sdk.tools import HOLD, Action, Example, Input, Tool, object_schema

__all__ = [
    "BATCH",
    "HOLD",
    "MAX_ACTIONS",
    "MAX_BYTES",
    "Action",
    "Example",
    "Input",
    "Manifest",
    "Tool",
    "counted",
]

MAX_ACTIONS = 8
"""Actions of one decision. Source: AgentActions.MAX_BATCH."""
MAX_BYTES = 24_575
"""Bytes of table and text: stored as code after a zero byte, where EIP-170 allows 24,576."""
MAX_TOOLS = 255
"""Actions of an agent: the table counts them in a byte."""
BATCH = keccak(text="batch(bytes[])")[:4]
"""What holds several actions. Source: AgentActions.batch."""
_T = TypeVar("_T")


@dataclass(frozen=True)
class Manifest:
    """All that a provider must know to serve an agent."""

    name: str
    instructions: str
    tools: tuple[Tool, ...]
    examples: tuple[Example, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Manifest:
        """Read what the agent's `manifest()` returned.

        Raises:
            SpecError: not JSON, not a manifest, a wrong selector, an example that does not fit.
        """
        if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise SpecError(
                f"manifest has over {MAX_BYTES} bytes: code data holds no more; shorten examples"
            )
        return cls.from_dict(load_json(text, what="manifest"))

    @classmethod
    def from_dict(cls, data: Any) -> Manifest:
        """Check and take over the JSON form; see {parse}."""
        from agent_sdk.manifest_reader import read_manifest

        return read_manifest(data)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "everloop": 1,
            "name": self.name,
            "instructions": self.instructions,
            "actions": [t.to_dict() for t in self.tools],
            "examples": [e.to_dict() for e in self.examples],
        }

    def dumps(self) -> str:
        """Return the canonical text: what is stored on chain."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def code_data(self) -> bytes:
        """Return what is stored on chain behind the zero byte: the table, then the text.

        Source: ManifestTable.

        Returns:
            Number of actions (1 byte), for each its selector (4) and its cost in wei (12); the
            canonical text.

        Raises:
            SpecError: it is larger than code can be.
        """
        rows = b"".join(t.selector + t.cost.to_bytes(12, "big") for t in self.tools)
        data = len(self.tools).to_bytes(1, "big") + rows + self.dumps().encode()
        if len(data) > MAX_BYTES:
            raise SpecError(
                f"{self.name}: its manifest has {len(data)} bytes, code data holds {MAX_BYTES}; "
                "shorten the examples"
            )
        return data

    @property
    def costs(self) -> dict[str, int]:
        """The least ETH (wei) that each action moves, by its name."""
        return {t.name: t.cost for t in self.tools}

    def tool(self, name: str) -> Tool:
        """Return the tool of that name.

        Raises:
            SpecError: the agent has no such action.
        """
        found = next((t for t in self.tools if t.name == name), None)
        if found is None:
            raise SpecError(
                f"action {name!r} is not one of {[t.name for t in self.tools]}: choose one of these"
            )
        return found

    def schema(
        self, names: Sequence[str] | None = None, *, most: int = MAX_ACTIONS
    ) -> dict[str, Any]:
        """Return the JSON schema that an answer must obey.

        `anyOf` rather than `oneOf`: strict endpoints know no other; constants keep it exclusive.

        Args:
            names: actions that are allowed now; None = all.
            most: actions in one answer, at most.
        """
        allowed = [t for t in self.tools if names is None or t.name in names]
        plain = [t.schema() for t in allowed if not t.takes_action]
        calls = [t.schema(plain) for t in allowed]
        return object_schema(
            {
                "actions": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": most,
                    "items": {"anyOf": calls},
                }
            }
        )

    def read_answer(self, answer: str, names: Sequence[str] | None = None) -> tuple[Action, ...]:
        """Check a model's answer against all that {schema} asks, and more.

        Raises:
            SpecError: not JSON, another shape, no such action, an argument that does not fit.
        """
        data = load_json(answer, what="answer")
        if (
            not isinstance(data, dict)
            or set(data) != {"actions"}
            or not isinstance(data["actions"], list)
        ):
            raise SpecError(
                f"answer {answer[:80]!r} must be an object with one key 'actions', a list"
            )
        found = tuple(self.read_action(item) for item in data["actions"])
        used = [inner for action in found for inner in (action, *action.inner)]
        for action in used:
            if names is not None and action.name not in names:
                raise SpecError(
                    f"action {action.name!r} is not allowed now; choose one of {list(names)}"
                )
        return counted(found)

    def read_action(self, item: Any, *, is_nested: bool = False) -> Action:
        """Check `{"action": …, "args": {…}}`; arguments come in ABI order.

        Args:
            item: the JSON form.
            is_nested: whether it is an argument itself, and so takes no action in turn.

        Raises:
            SpecError: another shape, no such action, an argument that does not fit.
        """
        if (
            not isinstance(item, Mapping)
            or set(item) != {"action", "args"}
            or not isinstance(item["action"], str)
        ):
            raise SpecError(
                f"action {str(item)[:80]!r} must be an object with the keys 'action' and 'args'"
            )
        tool, args = self.tool(item["action"]), item["args"]
        tool.check(args, encode_action=None if is_nested else self._nested)
        return Action(
            tool.name,
            {
                i.name: self.read_action(args[i.name], is_nested=True).to_dict()
                if i.is_action
                else args[i.name]
                for i in tool.inputs
            },
        )

    def encode(self, actions: Sequence[Action] | Action) -> bytes:
        """Return the decision: call data of one self-call of the agent.

        Source: AgentActions.batch.

        Returns:
            One action as its own call data, 2 to 8 wrapped in `batch(bytes[])`.

        Raises:
            SpecError: no or too many actions, no such action, an argument that does not fit.
        """
        given = (actions,) if isinstance(actions, Action) else actions
        calls = [self._call(action) for action in counted(given)]
        return calls[0] if len(calls) == 1 else BATCH + encode(["bytes[]"], [calls])

    def decode(self, decision: bytes) -> tuple[Action, ...]:
        """Read a decision back, for people: whatever the contract takes, honest or not.

        Raises:
            SpecError: it is no call of this agent's actions.
        """
        from agent_sdk.decision_reader import read_decision

        return read_decision(self, decision)

    def try_decode(self, decision: bytes) -> tuple[Action, ...] | None:
        """Read a decision back as `decode` does; None where it is no call of this agent's."""
        try:
            return self.decode(decision)
        except SpecError:
            return None

    def _call(self, action: Action, *, is_nested: bool = False) -> bytes:
        tool = self.tool(action.name)
        values = tool.check(action.args, encode_action=None if is_nested else self._nested)
        return tool.selector + encode([i.type for i in tool.inputs], values)

    def _nested(self, item: Any) -> bytes:
        given = item.to_dict() if isinstance(item, Action) else item
        return self._call(self.read_action(given, is_nested=True), is_nested=True)


def counted(actions: Sequence[_T]) -> tuple[_T, ...]:
    """Return the actions of a decision, or their call data.

    Raises:
        SpecError: there are none, or too many.
    """
    if not 1 <= len(actions) <= MAX_ACTIONS:
        raise SpecError(
            f"a decision of {len(actions)} actions: it has 1 to {MAX_ACTIONS}; hold() is one"
        )
    return tuple(actions)

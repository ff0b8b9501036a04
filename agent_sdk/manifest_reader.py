"""Check a manifest from a stranger, field by field; every message names the field and the rule."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from agent_sdk import arguments
from agent_sdk.errors import SpecError
from agent_sdk.manifest import MAX_TOOLS, Example, Input, Manifest, Tool

__all__ = ["read_manifest"]

_COST = re.compile(r"0|[1-9][0-9]{0,28}")
_MOST_COST = 2**96 - 1
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_T = TypeVar("_T")


def read_manifest(data: Any) -> Manifest:
    """Return the manifest of its JSON form.

    Raises:
        SpecError: a field is missing, unknown or of another type; a selector or example is wrong.
    """
    fields = _fields(data, "manifest", {"everloop", "name", "instructions", "actions", "examples"})
    if fields["everloop"] != 1 or isinstance(fields["everloop"], bool):
        raise SpecError(
            f"manifest.everloop is {fields['everloop']!r}: this SDK reads version 1; update the SDK"
        )
    tools = tuple(
        _tool(t, f"manifest.actions[{i}]")
        for i, t in enumerate(_list(fields["actions"], "manifest.actions"))
    )
    if len(tools) > MAX_TOOLS:
        raise SpecError(
            f"manifest.actions are {len(tools)}: the table holds {MAX_TOOLS}; use fewer"
        )
    names = [t.name for t in tools]
    if len(set(names)) != len(names):
        raise SpecError(
            f"manifest.actions are {names}: names must differ, also of overloads; rename one"
        )
    if not any(t.name == "hold" and not t.inputs for t in tools):
        raise SpecError(
            f"manifest.actions are {names}: hold() must be there, a refusal becomes it; add it"
        )
    bare = Manifest(
        _name(fields["name"], "manifest.name"),
        _text(fields["instructions"], "manifest.instructions"),
        tools,
    )
    found = _list(fields["examples"], "manifest.examples")
    examples = tuple(_example(bare, e, f"manifest.examples[{i}]") for i, e in enumerate(found))
    return Manifest(bare.name, bare.instructions, tools, examples)


def _tool(data: Any, what: str) -> Tool:
    fields = _fields(data, what, {"name", "selector", "doc", "inputs"}, optional={"cost"})
    inputs = tuple(
        _input(x, f"{what}.inputs[{i}]")
        for i, x in enumerate(_list(fields["inputs"], f"{what}.inputs"))
    )
    names = [i.name for i in inputs]
    if len(set(names)) != len(names):
        raise SpecError(f"{what}.inputs are {names}: names must differ; rename one")
    tool = Tool(
        _name(fields["name"], f"{what}.name"),
        _text(fields["doc"], f"{what}.doc"),
        inputs,
        _cost(fields.get("cost", "0"), f"{what}.cost"),
    )
    if fields["selector"] != "0x" + tool.selector.hex():
        raise SpecError(
            f"{what}.selector is {fields['selector']!r}: {tool.name} with these types has "
            f"0x{tool.selector.hex()}; build the manifest anew"
        )
    return tool


def _input(data: Any, what: str) -> Input:
    fields = _fields(data, what, {"name", "type", "doc"}, optional={"min", "max", "action"})
    kind = _text(fields["type"], f"{what}.type")
    arguments.check_type(kind)
    low, high = (_bound(fields.get(key), f"{what}.{key}") for key in ("min", "max"))
    arguments.check_range(kind, low, high, what=what)
    is_action = fields.get("action", False)
    if is_action not in (True, False) or (is_action and (kind != "bytes" or low or high)):
        raise SpecError(
            f"{what} of type {kind} has action {is_action!r}: true marks plain bytes without a "
            "range; correct it"
        )
    return Input(
        _name(fields["name"], f"{what}.name"),
        kind,
        _text(fields["doc"], f"{what}.doc"),
        low,
        high,
        bool(is_action),
    )


def _example(manifest: Manifest, data: Any, what: str) -> Example:
    fields = _fields(data, what, {"observation", "actions"})
    try:
        actions = tuple(
            manifest.read_action(a) for a in _list(fields["actions"], f"{what}.actions")
        )
        manifest.encode(actions)
    except SpecError as error:
        raise SpecError(f"{what}: {error}") from None
    return Example(_text(fields["observation"], f"{what}.observation"), actions)


def _fields(
    data: Any, what: str, keys: set[str], optional: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise SpecError(f"{what} is {str(data)[:60]!r}: it must be a JSON object")
    missing, unknown = keys - set(data), set(data) - keys - optional
    if missing or unknown:
        raise SpecError(
            f"{what} lacks {sorted(missing)} and has unknown {sorted(unknown)}: "
            f"its keys are {sorted(keys)}"
        )
    return data


def _list(data: Any, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise SpecError(f"{what} is {str(data)[:60]!r}: it must be a JSON array")
    return data


def _text(data: Any, what: str) -> str:
    if not isinstance(data, str):
        raise SpecError(f"{what} is {str(data)[:60]!r}: it must be a JSON string")
    return data


def _name(data: Any, what: str) -> str:
    if not _NAME.fullmatch(_text(data, what)):
        raise SpecError(f"{what} is {data[:60]!r}: it must be a Solidity name")
    return str(data)


def _cost(data: Any, what: str) -> int:
    text = _text(data, what)
    if not _COST.fullmatch(text) or int(text) > _MOST_COST:
        raise SpecError(f"{what} is {text[:60]!r}: it must be a decimal number of wei below 2^96")
    return int(text)


def _bound(data: Any, what: str) -> int | None:
    if data is not None and (not isinstance(data, int) or isinstance(data, bool)):
        raise SpecError(f"{what} is {str(data)[:60]!r}: it must be a whole number")
    return data

"""Read the worked examples of NatSpec: `OBSERVATION => pay(25, "now"); scheduleAction(9, hold())`.

calls     call; call; …
call      name(value, …)
value     25, -1_000, 0x00ff, true, false, "text", [value, …], or a call
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from agent_sdk.errors import SpecError
from agent_sdk.manifest import Manifest
from agent_sdk.tools import Tool

__all__ = ["read_example"]

_NAME = re.compile(r"([A-Za-z_$][\w$]*)\s*\(")
_PLAIN = re.compile(r'"(?:[^"\\]|\\.)*"|0x[0-9a-fA-F]*|-?[0-9][0-9_]*|true\b|false\b')
_SPACE = re.compile(r"\s*")
_DEPTH = 8
"""Brackets in brackets: more than any type has."""
_SHOWN = 160
"""Characters of an example in a message."""


def read_example(manifest: Manifest, text: str, others: Collection[str] = ()) -> dict[str, Any]:
    """Return a worked example in the JSON form of manifests.

    Args:
        manifest: the actions that it may use.
        text: as the NatSpec has it.
        others: functions of the contract that are no actions.

    Raises:
        SpecError: no arrow, no observation, something that is no call of an action, or one that
            does not fit; the message quotes the example.
    """
    observation, arrow, calls = text.partition("=>")
    try:
        if not arrow or not observation.strip():
            raise SpecError("write OBSERVATION => action(1); action(2)")
        actions = _Reader(manifest, calls, others).calls()
        manifest.encode([manifest.read_action(action) for action in actions])
    except SpecError as error:
        raise SpecError(f"`@custom:example {_shortened(text)}`: {error}") from None
    return {"observation": observation.strip(), "actions": actions}


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class _Reader:
    """Reads the calls of one example from left to right."""

    def __init__(self, manifest: Manifest, text: str, others: Collection[str]) -> None:
        self._manifest = manifest
        self._text = text.strip()
        self._others = others
        self._at = 0

    def calls(self) -> list[dict[str, Any]]:
        found = []
        while self._at < len(self._text):
            found.append(self._call())
            if self._at < len(self._text) and not self._takes(";"):
                raise self._no_call()
        return found

    def _call(self, depth: int = 0) -> dict[str, Any]:
        start = self._at
        name = _NAME.match(self._text, self._at)
        if name is None:
            raise self._no_call()
        self._at = name.end()
        inputs = self._tool(name[1]).inputs
        values = self._list(")", depth)
        if len(values) != len(inputs):
            raise SpecError(
                f"{self._text[start : self._at]} has {len(values)} arguments: it takes "
                f"{[i.name for i in inputs]}"
            )
        args = {i.name: v for i, v in zip(inputs, values, strict=True)}
        return {"action": name[1], "args": args}

    def _tool(self, name: str) -> Tool:
        if name in self._others and name not in self._manifest.costs:
            raise SpecError(
                f"{name} is a function without the modifier `action`: write `external action`, or "
                "change the example"
            )
        return self._manifest.tool(name)

    def _list(self, end: str, depth: int) -> list[Any]:
        found: list[Any] = []
        if self._takes(end):
            return found
        while True:
            found.append(self._value(depth + 1))
            if self._takes(end):
                return found
            if not self._takes(","):
                raise self._no_call()

    def _value(self, depth: int) -> Any:
        if depth > _DEPTH:
            raise SpecError(f"brackets nest at most {_DEPTH} deep: take some out")
        if self._takes("["):
            return self._list("]", depth)
        if _NAME.match(self._text, self._at):
            return self._call(depth)
        plain = _PLAIN.match(self._text, self._at)
        if plain is None:
            raise self._no_value() if self._text[self._at :] else self._no_call()
        self._skip_to(plain.end())
        return _plain(plain[0])

    def _takes(self, sign: str) -> bool:
        self._skip_to(self._at)
        found = self._text.startswith(sign, self._at)
        if found:
            self._skip_to(self._at + len(sign))
        return found

    def _skip_to(self, position: int) -> None:
        space = _SPACE.match(self._text, position)
        self._at = space.end() if space else position

    def _no_call(self) -> SpecError:
        return SpecError(
            f"{self._text[self._at :][:40]!r} is no call or its end; write name(1, 2); other()"
        )

    def _no_value(self) -> SpecError:
        return SpecError(
            f"{self._text[self._at :][:40]!r} is no argument: "
            'arguments are numbers, 0x…, true, false, "text", [lists] or a call'
        )


def _plain(text: str) -> Any:
    if text.startswith("0x"):
        return text
    try:
        return json.loads(text if text.startswith('"') else text.replace("_", ""))
    except ValueError:
        raise SpecError(
            f'{text[:80]}: arguments are numbers, 0x…, true, false, "text", [lists] or a call'
        ) from None

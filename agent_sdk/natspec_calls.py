"""Read the worked examples of NatSpec: `OBSERVATION => pay(25, "now"); scheduleAction(9, hold())`.

calls     call; call; …
call      name(value, …)
value     25, -1_000, 0x00ff, true, false, "text", [value, …], or a call
"""

from __future__ import annotations

import json
import re
from typing import Any

from agent_sdk.errors import SpecError
from agent_sdk.manifest import Manifest

__all__ = ["read_example"]

_NAME = re.compile(r"([A-Za-z_$][\w$]*)\s*\(")
_PLAIN = re.compile(r'"(?:[^"\\]|\\.)*"|0x[0-9a-fA-F]*|-?[0-9][0-9_]*|true\b|false\b')
_SPACE = re.compile(r"\s*")
_DEPTH = 8
"""Brackets in brackets: more than any type has."""


def read_example(manifest: Manifest, text: str) -> dict[str, Any]:
    """Return a worked example in the JSON form of manifests.

    Args:
        manifest: the actions that it may use.
        text: as the NatSpec has it.

    Raises:
        SpecError: no arrow, no observation, or something that is no call of an action.
    """
    observation, arrow, calls = text.partition("=>")
    if not arrow or not observation.strip():
        raise SpecError(f"@custom:example {text[:80]!r}: write OBSERVATION => action(1); action(2)")
    return {"observation": observation.strip(), "actions": _Reader(manifest, calls).calls()}


class _Reader:
    """Reads the calls of one example from left to right."""

    def __init__(self, manifest: Manifest, text: str) -> None:
        self._manifest = manifest
        self._text = text.strip()
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
        values = self._list(")", depth)
        inputs = self._manifest.tool(name[1]).inputs
        if len(values) != len(inputs):
            raise SpecError(
                f"{self._text[start : self._at]} has {len(values)} arguments: it takes "
                f"{[i.name for i in inputs]}"
            )
        args = {i.name: v for i, v in zip(inputs, values, strict=True)}
        return {"action": name[1], "args": args}

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
            raise SpecError(f"@custom:example {self._text[:80]!r}: brackets nest {_DEPTH} deep")
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
            f"@custom:example {self._text[:80]!r}: {self._text[self._at :][:40]!r} is no call or "
            "its end; write name(1, 2); other()"
        )

    def _no_value(self) -> SpecError:
        return SpecError(
            f"@custom:example {self._text[:80]!r}: {self._text[self._at :][:40]!r} is no argument: "
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

"""The first section of a specification as far as it can be read, with what is wrong about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from agent_sdk.fsm.finding import Finding, shown
from agent_sdk.fsm.rounds import RoundSpec, parse_rounds

__all__ = ["FIELDS", "LISTS", "OPEN_AUTONOMY", "Draft", "parse"]

OPEN_AUTONOMY = "open-autonomy"
"""Name of the framework whose verdicts `compat` gives."""

FIELDS = (
    "label",
    "default_start_state",
    "start_states",
    "states",
    "final_states",
    "alphabet_in",
    "transition_func",
)
"""The seven fields of a specification."""

LISTS = ("start_states", "states", "final_states", "alphabet_in")

_KEY = re.compile(r"\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*,\s*([A-Za-z_][A-Za-z0-9_]*)\s*\)")
# The framework looks for a pair anywhere in the key, in letters of any script.
_LOOSE_KEY = re.compile(r"\((\w+),\s*(\w+)\)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass
class Draft:
    """What could be read of a specification; None for a field that is missing or of a wrong type.

    Attributes:
        lists: each list field, without repetitions, in the order of the file.
        transitions: target by (state, event).
        rounds: the second section.
    """

    file: str
    label: str | None = None
    default_start_state: str | None = None
    lists: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    transitions: dict[tuple[str, str], str] | None = None
    rounds: dict[str, RoundSpec] = field(default_factory=dict)


def parse(data: Any, *, file: str, compat: bool = False) -> tuple[Draft, list[Finding]]:
    """Read a specification; every field that cannot be read gives findings."""
    reader = _Reader(file, compat)
    if not isinstance(data, dict):
        what = "is empty" if data is None else f"holds {shown(data)}"
        reader.note("wrong-type", f"the file {what}; write the fields {', '.join(FIELDS)}")
        return reader.draft, reader.findings
    reader.read(data)
    return reader.draft, reader.findings


class _Reader:
    """Read the fields of one file."""

    def __init__(self, file: str, compat: bool) -> None:
        self.compat = compat
        self.draft = Draft(file, lists=dict.fromkeys(LISTS))
        self.findings: list[Finding] = []

    def note(self, rule: str, message: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(self.draft.file, rule, message))

    def read(self, data: dict[Any, Any]) -> None:
        """Fill the draft."""
        for name in FIELDS:
            if name not in data:
                self.note("missing-field", f"field `{name}` is missing; add it")
        for name in data:
            if name not in FIELDS and (self.compat or name != "rounds"):
                self.note("unknown-field", f"field {shown(name)} is unknown; remove it")
        self.draft.label = self._text(data, "label")
        self.draft.default_start_state = self._text(data, "default_start_state")
        for name in LISTS:
            if name in data:
                self.draft.lists[name] = self._names(name, data[name])
        if "transition_func" in data:
            self.draft.transitions = self._transitions(data["transition_func"])
        if "rounds" in data and not self.compat:
            self.draft.rounds, found = parse_rounds(data["rounds"], file=self.draft.file)
            self.findings += found

    def _text(self, data: dict[Any, Any], name: str) -> str | None:
        if name not in data:
            return None
        value = data[name]
        if not isinstance(value, str):
            self.note("wrong-type", f"`{name}` is {shown(value)}; write text")
            return None
        if not self.compat and not value.isprintable():
            self.note("name", f"`{name}` is {shown(value)}; write printable characters")
        return value

    def _names(self, name: str, value: Any) -> tuple[str, ...] | None:
        if not isinstance(value, list):
            self.note("wrong-type", f"`{name}` is {shown(value)}; write a list")
            return None
        seen: dict[str, int] = {}
        for item in value:
            if not isinstance(item, str):
                self.note("wrong-type", f"`{name}` holds {shown(item)}; write a name, in quotes")
                continue
            seen[item] = seen.get(item, 0) + 1
            if not self.compat and not _NAME.fullmatch(item):
                self.note("name", f"`{name}` holds {shown(item)}; write letters, digits and _")
        for item, count in seen.items():
            if count > 1:
                self.note("repeated-value", f"`{name}` holds {shown(item)} {count} times; keep one")
        return tuple(seen)

    def _transitions(self, value: Any) -> dict[tuple[str, str], str] | None:
        if not isinstance(value, dict):
            self.note(
                "wrong-type",
                f"`transition_func` is {shown(value)}; map (State, EVENT) to State",
            )
            return None
        found: dict[tuple[str, str], str] = {}
        for key, target in value.items():
            pair = self._pair(key)
            if pair is None:
                continue
            if not isinstance(target, str):
                self.note(
                    "wrong-type",
                    f"transition of state {pair[0]} on event {pair[1]} goes to {shown(target)}; "
                    "write the name of a state, in quotes",
                )
                continue
            if pair in found and not self.compat:
                self.note(
                    "transition-twice",
                    f"state {pair[0]} has two transitions on event {pair[1]}, to {found[pair]} and "
                    f"to {shown(target)}; keep one",
                )
            found[pair] = target
        return found

    def _pair(self, key: Any) -> tuple[str, str] | None:
        match = None
        if isinstance(key, str):
            match = _LOOSE_KEY.search(key) if self.compat else _KEY.fullmatch(key)
        if match is None:
            self.note(
                "transition-key", f"key {shown(key)} of `transition_func` is not (State, EVENT)"
            )
            return None
        return match[1], match[2]

"""Write the Python bindings of a compiled table: names for its numbers, types for its data."""

from __future__ import annotations

from collections.abc import Iterable

from agent_sdk.fsm.table import Table

__all__ = ["bindings"]

_CODE_COLUMNS = 64


def bindings(table: Table) -> str:
    """Return the source of a module: states, events, payload types, transitions and the code."""
    lines = [
        f'"""Bindings of {_plain(table.label)}; written by `everloop fsm table --python`."""',
        "",
        "from enum import IntEnum",
        "",
        "",
        *_enum("State", table.states),
        *_enum("Event", table.events),
        f"START = State.{table.start}",
        "",
        "PAYLOADS: dict[State, str] = {",
        *(f'    State.{state}: "{spec.payload}",' for state, spec in table.rounds.items()),
        "}",
        "",
        "KEYS: dict[State, tuple[str, ...]] = {",
        *(f"    State.{state}: {_tuple(spec.keys)}," for state, spec in table.rounds.items()),
        "}",
        "",
        "TRANSITIONS: dict[tuple[State, Event], State] = {",
        *(
            f"    (State.{state}, Event.{event}): State.{target},"
            for (state, event), target in table.transitions.items()
        ),
        "}",
        "",
        "CODE = bytes.fromhex(",
        *(f'    "{part}"' for part in _parts(table.code.hex())),
        ")",
    ]
    return "\n".join(lines) + "\n"


def _enum(name: str, values: Iterable[str]) -> list[str]:
    members = [f"    {value} = {number}" for number, value in enumerate(values)]
    return [f"class {name}(IntEnum):", *members, "", ""]


def _tuple(values: Iterable[str]) -> str:
    quoted = [f'"{value}"' for value in values]
    return f"({', '.join(quoted)}{',' if len(quoted) == 1 else ''})"


def _parts(text: str) -> list[str]:
    return [text[at : at + _CODE_COLUMNS] for at in range(0, len(text), _CODE_COLUMNS)]


def _plain(label: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "?" for c in label)

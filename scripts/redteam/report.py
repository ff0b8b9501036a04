"""The table of a red team, and what it misses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from analysis.shared import table

from redteam.stage import Found

__all__ = ["misses", "summary", "to_json"]

_HEADS = (
    "family",
    "cases",
    "steps",
    "refused",
    "acted",
    "wei out",
    "wei outside",
    "unlisted",
    "alive",
    "intact",
)


def summary(found: Sequence[Found]) -> str:
    """Return a row for each family, the totals, and two lines in words."""
    families = list(dict.fromkeys(one.case.family for one in found))
    rows = [_row(name, [f for f in found if f.case.family == name]) for name in families]
    total = _row("all", found)
    obeyed = sum(one.obeyed for one in found)
    asked = sum(one.case.name.endswith("obedient") for one in found)
    broken = sum(bool(one.violations) for one in found)
    outside = sum(one.wei_outside for one in found)
    words = [
        f"an obedient model took {obeyed} demands from {asked} texts, and delivered them",
        f"{len(found)} cases, {broken} with a violation, {outside} wei outside policy",
    ]
    return "\n".join([table(_HEADS, [*rows, total]), *words])


def misses(found: Sequence[Found], *, least: int = 0) -> list[str]:
    """Return a line for each violation, and one where fewer cases ran than there were once."""
    lines = [f"{one.case.id}: {text}" for one in found for text in one.violations]
    if len(found) < least:
        lines.append(f"{len(found)} cases ran, fewer than the floor of {least}")
    return lines


def to_json(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Return each case as JSON data."""
    kept = [f.name for f in fields(Found) if f.name != "case"]
    return [
        {"id": one.case.id, "says": one.case.says, **{name: getattr(one, name) for name in kept}}
        for one in found
    ]


def _row(name: str, found: Sequence[Found]) -> list[str]:
    sums = ("steps", "refused", "acted", "wei_out", "wei_outside", "unlisted", "is_alive")
    cells = [sum(int(getattr(one, key)) for one in found) for key in (*sums, "is_intact")]
    return [name, str(len(found)), *(f"{cell:,}" for cell in cells)]

"""JSON from a stranger: a model, a contract, a recording."""

from __future__ import annotations

import json
from typing import Any

from agent_sdk.errors import SpecError

__all__ = ["load_json"]


def load_json(text: str, *, what: str) -> Any:
    """Parse JSON from a stranger: no repeated keys, no NaN, no bottomless nesting.

    Raises:
        SpecError: it is not such JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise SpecError(
            f"{what} {text[:60]!r} is not JSON ({str(error)[:80]}): is it cut off?"
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number")

"""Compiled contracts: ABI, bytecode and manifest, one JSON file each, made by `make build`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from agent_sdk.errors import ConfigError

__all__ = ["Artifact", "artifact", "names"]

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One compiled contract."""

    name: str
    abi: tuple[Mapping[str, Any], ...] = field(repr=False)
    bytecode: bytes = field(repr=False)
    """creation code; empty for interfaces"""
    manifest: Mapping[str, Any] | None = field(repr=False)
    """what the agent publishes; None for other contracts"""


def names() -> list[str]:
    """Return the names of all compiled contracts, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


@cache
def artifact(name: str) -> Artifact:
    """Return one compiled contract.

    Raises:
        ConfigError: there is no contract of that name.
    """
    path = _FOLDER / f"{name}.json"
    if not name.isidentifier() or not path.is_file():
        raise ConfigError(
            f"there is no compiled contract {name!r}: use one of {', '.join(names())}, or `make "
            "build`"
        )
    content = json.loads(path.read_text(encoding="utf-8"))
    return Artifact(
        name=name,
        abi=tuple(content["abi"]),
        bytecode=bytes.fromhex(content["bytecode"].removeprefix("0x")),
        manifest=content.get("manifest"),
    )

"""Compiled contracts: ABI, bytecode and manifest, one JSON file each.

Those of this package are made by `make build`; those of `everloop agent build` are in `OWN` of the
working directory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

from agent_sdk.errors import ConfigError

__all__ = ["MAX_CODE", "OWN", "Artifact", "agent_artifact", "artifact", "names", "packaged"]

MAX_CODE: Final = 24_576
"""bytes; largest deployed code. Source: EIP-170."""

OWN = Path(".everloop") / "artifacts"
"""where `everloop agent build` puts agents that a developer wrote"""

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


def packaged() -> set[str]:
    """Return the names of the compiled contracts of this package."""
    return {path.stem for path in _FOLDER.glob("*.json")}


def names() -> list[str]:
    """Return the names of all compiled contracts, sorted."""
    return sorted(packaged() | {path.stem for path in OWN.glob("*.json")})


@cache
def artifact(name: str) -> Artifact:
    """Return one compiled contract.

    Raises:
        ConfigError: there is no contract of that name.
    """
    path = _FOLDER / f"{name}.json"
    if not path.is_file():
        path = OWN / f"{name}.json"
    if not name.isidentifier() or not path.is_file():
        raise ConfigError(
            f"there is no compiled contract {name!r}: use one of {', '.join(names())}, or compile "
            "yours with `everloop agent build FILE`"
        )
    content = json.loads(path.read_text(encoding="utf-8"))
    return Artifact(
        name=name,
        abi=tuple(content["abi"]),
        bytecode=bytes.fromhex(content["bytecode"].removeprefix("0x")),
        manifest=content.get("manifest"),
    )


def agent_artifact(name: str) -> Artifact:
    """Return one compiled agent.

    Raises:
        ConfigError: there is no contract of that name, or it is no agent.
    """
    if name not in names():
        agents = [known for known in names() if artifact(known).manifest is not None]
        near = get_close_matches(name, agents, 1)
        raise ConfigError(
            f"there is no compiled agent {name!r}: use {near[0] if near else ', '.join(agents)}, "
            "or compile yours with `everloop agent build FILE`"
        )
    found = artifact(name)
    if found.manifest is None:
        raise ConfigError(f"{name} is no agent: it has no functions with the `action` modifier")
    return found

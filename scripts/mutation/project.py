"""The sources under test, their tests, and what a result depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTRACTS = "contracts"
TESTS = "tests/forge"
#: Folders whose functions are mutated, by group.
GROUPS = {
    "core": ("contracts/core", "contracts/libraries", "contracts/types"),
    "agent": ("contracts/agent",),
}
#: What else decides about a result: compiler settings, pinned tools and packages.
PINS = ("foundry.toml", "package-lock.json")
#: Raised when the meaning of a stored result changes.
FORMAT = "1"


@dataclass(frozen=True)
class Project:
    """Everything a run reads from the tree, read once.

    Attributes:
        root: folder of the tree.
        contracts: text of every file below contracts/.
        tests: text of every file below tests/forge/.
    """

    root: Path
    contracts: Mapping[str, str]
    tests: Mapping[str, str]

    @classmethod
    def read(cls, root: Path) -> Project:
        """Read the tree."""
        return cls(root, _texts(root, CONTRACTS), _texts(root, TESTS))

    @property
    def sources(self) -> dict[str, str]:
        """Return contracts and tests together."""
        return {**self.contracts, **self.tests}

    @property
    def packages_key(self) -> str:
        """Hash the pinned compiler and packages."""
        return _digest([(self.root / "package-lock.json").read_text("utf-8")])

    @property
    def key(self) -> str:
        """Hash all that a verdict depends on: every contract, every test, settings, tools."""
        pins = [(self.root / name).read_text("utf-8") for name in PINS]
        return _digest([FORMAT, *pins, json.dumps(self.sources, sort_keys=True)])

    def members(self, group: str) -> list[str]:
        """Return the files of a group."""
        folders = tuple(f"{folder}/" for folder in GROUPS[group])
        return [path for path in self.contracts if path.startswith(folders)]


def tree_settings() -> dict[str, Any]:
    """Return compiler settings that are enough for a syntax tree."""
    openzeppelin = "node_modules/@openzeppelin/contracts/"
    return {"remappings": [f"@openzeppelin/contracts/={openzeppelin}"], "evmVersion": "osaka"}


def _texts(root: Path, folder: str) -> dict[str, str]:
    paths = sorted((root / folder).rglob("*.sol"))
    return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in paths}


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]

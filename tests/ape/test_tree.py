"""Ape sees the one tree of contracts that solc and forge see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ape
from ethpm_types import ContractType

ARTIFACTS = Path(__file__).resolve().parent.parent.parent / "agent_sdk" / "artifacts"


def test_ape_compiles_the_contracts_of_the_artifacts(project: Any) -> None:
    """An old build of Ape's shows here by name; `make clean` removes it."""
    different = []
    for path in ARTIFACTS.glob("*.json"):
        made = ContractType(contractName=path.stem, abi=json.loads(path.read_text("utf-8"))["abi"])
        found = project.contracts.get(path.stem)
        if found is None or _selectors(found) != _selectors(made):
            different.append(path.stem)
    assert different == []


def _selectors(contract: ContractType) -> set[str]:
    """Return every constructor, function, event and error with its types."""
    return {entry.selector for entry in contract.abi if hasattr(entry, "selector")}


def test_custom_errors_decode_by_name_and_argument(project: Any, accounts: Any) -> None:
    executor = accounts[0].deploy(project.Executor)
    with ape.reverts(project.Executor.Executor_NotEverloop, caller=accounts[1].address):
        executor.run(accounts[2], 50_000, b"", sender=accounts[1])

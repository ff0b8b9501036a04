"""Ape sees the one tree of contracts that solc and forge see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ape

ARTIFACTS = Path(__file__).resolve().parent.parent.parent / "agent_sdk" / "artifacts"


def test_ape_compiles_every_contract_of_the_artifacts(project: Any) -> None:
    expected = {path.stem for path in ARTIFACTS.glob("*.json")}
    assert expected - set(project.contracts.keys()) == set()


def test_custom_errors_decode_by_name_and_argument(project: Any, accounts: Any) -> None:
    executor = accounts[0].deploy(project.Executor)
    with ape.reverts(project.Executor.Executor_NotEverloop, caller=accounts[1].address):
        executor.run(accounts[2], 50_000, b"", sender=accounts[1])

"""The README's agent is the example agent: the same code and the same manifest."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agent_sdk.natspec import build_manifest
from tests.unit.scripts import load_script

ROOT = Path(__file__).resolve().parent.parent.parent
NAME = "CounterAgent"
SOURCE = f"contracts/examples/{NAME}.sol"
LIMIT = 18
"""lines of code besides comments and blank lines"""


def snippet() -> str:
    """Return the README's Solidity."""
    (block,) = re.findall(
        r"^```solidity\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S
    )
    return str(block)


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return scripts/build.py, made to give the code of one contract only."""
    module = load_script("build")
    # The tree of every source: the manifest inherits from all of them.
    wanted = {"*": {"": ["ast"]}, SOURCE: {NAME: ["abi", "evm.deployedBytecode.object"]}}
    monkeypatch.setitem(module.SETTINGS, "outputSelection", wanted)
    return module


def test_readme_agent_is_about_fifteen_lines() -> None:
    code = [line for line in snippet().splitlines() if line.strip() and "//" not in line[:7]]
    assert len([line for line in code if not line.strip().startswith("///")]) <= LIMIT


def test_readme_agent_compiles_to_the_example(build: Any) -> None:
    output = build.compile_sources({SOURCE: snippet()})
    assert build.warnings_of(output) == []
    compiled = output["contracts"][SOURCE][NAME]
    # The artifact is what the example compiles to; `make lint` checks that.
    example = json.loads((ROOT / f"agent_sdk/artifacts/{NAME}.json").read_text("utf-8"))
    assert example["deployedBytecode"] == "0x" + compiled["evm"]["deployedBytecode"]["object"]
    assert example["abi"] == compiled["abi"]
    assert example["manifest"] == build_manifest(output, SOURCE, NAME)

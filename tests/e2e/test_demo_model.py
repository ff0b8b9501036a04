"""The demo as a user runs it: with the embedded language model, and its answers asked for again."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent_sdk.demo import run_demo
from agent_sdk.demo_check import check_file
from agent_sdk.engines import engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    text = io.StringIO()
    code = run_demo(folder, console=Console(file=text, width=100))
    assert (code, text.getvalue()) == (0, text.getvalue())
    return folder


@pytest.fixture
def report(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return content


def test_the_agent_lives_by_the_embedded_model(report: dict[str, Any]) -> None:
    assert report["ok"] is True
    assert report["engine"] == "llama"
    assert report["model_sha256"] == engine("llama").model_sha256
    assert all(decision["tokens"] > 0 for decision in report["decisions"])
    assert (report["human_transactions"], report["history_verified"]) == (0, True)


def test_the_report_passes_its_check(folder: Path) -> None:
    assert check_file(folder / "demo.json", ask_again=False) == []


@pytest.mark.parametrize("field", ["", "tokens", "raw_output"])
def test_the_model_gives_its_answer_again_and_no_other(
    folder: Path, report: dict[str, Any], tmp_path: Path, field: str
) -> None:
    decision = report["decisions"][0]
    if field:
        decision[field] = decision[field] + 1 if field == "tokens" else decision[field] + " "
    report["decisions"] = [decision]
    (tmp_path / "demo.json").write_text(json.dumps(report))
    found = check_file(tmp_path / "demo.json", state=folder / "demo-state.json")
    refused = {line.partition(":")[0] for line in found if line.startswith("decisions[")}
    assert refused == ({f"decisions[0].{field}"} if field else set())

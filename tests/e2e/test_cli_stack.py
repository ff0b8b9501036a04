"""`everloop up` and `doctor` see when a process of the local stack has died."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_sdk.cli import main
from agent_sdk.cli.stack import STACK
from agent_sdk.stack import LocalStack
from tests.e2e.test_readme import ROOT, environment


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    """A stack in an empty folder, by command."""
    monkeypatch.chdir(tmp_path)
    for name in ("RPC", "CHAIN_ID", "DEPLOYMENT", "ACCOUNT", "PASSWORD_FILE"):
        monkeypatch.delenv(f"EVERLOOP_{name}", raising=False)
    words = ["up", "--engine", "exemplar", "--providers", "1"]
    # In a process of its own: it leaves the stack behind.
    subprocess.run(
        [sys.executable, "-m", "agent_sdk.cli", *words],
        env=environment(PYTHONPATH=str(ROOT)),
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=90,
    )
    found = LocalStack.attach(STACK)
    assert found is not None
    yield found
    assert main(["down"]) == 0


def test_a_dead_keeper_is_named(stack: LocalStack, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert "3 processes run" in capsys.readouterr().out
    assert main(["up"]) == 2
    assert "a stack is up already here: `everloop down` stops it" in capsys.readouterr().err
    stack.kill("keeper")
    assert main(["doctor"]) == 1
    assert "keeper of the local stack died: run `everloop down`" in capsys.readouterr().out
    assert main(["up"]) == 2
    assert "a stack is up already here whose keeper died" in capsys.readouterr().err

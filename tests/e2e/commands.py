"""Commands in this process against the test's node."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_sdk.cli import main
from agent_sdk.network import Everloop


def stand(
    net: Everloop, deployment_file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run commands in an empty folder; they find the node by environment."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVERLOOP_RPC", net.chain.url)
    monkeypatch.setenv("EVERLOOP_DEPLOYMENT", str(deployment_file))
    for name in ("CHAIN_ID", "ACCOUNT", "PASSWORD_FILE"):
        monkeypatch.delenv(f"EVERLOOP_{name}", raising=False)


def succeeding(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return what runs a command that succeeds and returns its JSON."""

    def succeed(*words: str) -> Any:
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return succeed


def failing(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what runs a command that fails with a code and returns its one line."""

    def fail(code: int, *words: str) -> str:
        assert main(list(words)) == code
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        return lines[0]

    return fail

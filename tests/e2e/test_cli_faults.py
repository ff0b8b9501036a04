"""Bad input and bad surroundings: one line each, with its exit code."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.anvil import free_port
from agent_sdk.cli import main
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
NOBODY = "0x" + 40 * "9"


def test_wrong_chain_id(refuse: Callable[..., str]) -> None:
    line = refuse(2, "agent", "list", "--chain-id", "1")
    assert "serves chain 31337 and chain 1 is meant" in line


def test_deployment_of_another_chain(tmp_path: Path, refuse: Callable[..., str]) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(path.read_text().replace('"chain_id": 31337', '"chain_id": 5'))
    assert "is for chain 5" in refuse(2, "agent", "list")


def test_deployment_of_a_chain_that_was_started_anew(
    tmp_path: Path, net: Everloop, refuse: Callable[..., str]
) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(path.read_text().replace(net.deployment.everloop, NOBODY))
    line = refuse(2, "agent", "list")
    assert f"no code at everloop {NOBODY}" in line
    assert "deploy again" in line


def test_missing_funds(net: Everloop, refuse: Callable[..., str]) -> None:
    net.chain.set_balance(accounts.dev(6).address, 10**16)
    words = ["agent", "create", "TreasuryAgent", "--fund", "1 ether", "--account", "dev:6"]
    line = refuse(4, *words)
    assert f"{accounts.dev(6).address} cannot pay for AgentFactory.create of 1 ether" in line
    assert net.agents.list() == []


def test_unknown_agent(refuse: Callable[..., str]) -> None:
    assert f"there is no agent {NOBODY}" in refuse(2, "agent", "inspect", NOBODY)
    assert "is no address" in refuse(2, "agent", "verify", "bob")


def test_unreachable_rpc(refuse: Callable[..., str]) -> None:
    rpc = f"http://127.0.0.1:{free_port()}"
    assert f"no node answers at {rpc}" in refuse(3, "agent", "list", "--rpc", rpc)


def test_refused_by_a_contract(
    agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    line = refuse(4, "agent", "create", "TreasuryAgent", "--fund", "1 ether", "--salt", "agent")
    assert "choose another salt" in line


def test_an_engine_that_does_not_exist() -> None:
    words = ["provider", "run", "--account", "dev:2", "--engine", "oracle"]
    done = subprocess.run(
        [sys.executable, "-m", "agent_sdk.cli", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("everloop: engine 'oracle' is unknown: choose llama")


def test_settings_of_a_daemon_are_checked_at_once(refuse: Callable[..., str]) -> None:
    line = refuse(2, "keeper", "run", "--poll-seconds", "0", "--account", "dev:1")
    assert "poll_seconds 0.0 must be" in line


@pytest.mark.parametrize(
    "words",
    [
        ["keeper", "run", "--account", "dev:1"],
        ["provider", "run", "--account", "dev:2", "--engine", "exemplar"],
    ],
)
def test_a_health_port_in_use_is_one_line(words: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "agent_sdk.cli", *words, "--health-port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [f"everloop: health port {port} is in use; name another, or none"],
    )


def test_manifest_that_does_not_parse(
    net: Everloop, agent: Agent, refuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "agent_sdk.contracts.AgentContract.manifest_text", lambda _: '{"everloop":1,'
    )
    line = refuse(2, "agent", "inspect", agent.address)
    assert f"the manifest of agent {agent.address} does not parse" in line


def test_port_in_use(net: Everloop, refuse: Callable[..., str]) -> None:
    port = net.chain.url.rpartition(":")[2]
    assert f"port {port} is in use" in refuse(2, "up", "--engine", "exemplar", "--port", port)
    assert main(["down"]) == 0

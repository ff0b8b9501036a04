"""Commands against a real node: what they print, and the exit codes of bad input."""

from __future__ import annotations

import json
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
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from agent_sdk.units import ETHER, FINNEY, GWEI

Answer = Callable[..., Receipt]
NOBODY = "0x" + 40 * "9"
INSPECT_KEYS = {
    "address",
    "owner",
    "context",
    "steps",
    "history_head",
    "history_verified",
    "balance_wei",
    "runway_steps",
    "runway_seconds",
    "liberty",
    "utility",
    "next_due",
    "last_step",
    "policy",
    "provider",
    "health",
}


@pytest.fixture(autouse=True)
def _here(
    net: Everloop, deployment_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands run in an empty folder and find the node by environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVERLOOP_RPC", net.chain.url)
    monkeypatch.setenv("EVERLOOP_DEPLOYMENT", str(deployment_file))
    for name in ("CHAIN_ID", "ACCOUNT", "PASSWORD_FILE"):
        monkeypatch.delenv(f"EVERLOOP_{name}", raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command that succeeds and return its JSON."""

    def succeed(*words: str) -> Any:
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return succeed


@pytest.fixture
def refuse(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that fails with a code and return its one line."""

    def fail(code: int, *words: str) -> str:
        assert main(list(words)) == code
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        return lines[0]

    return fail


def test_an_agent_is_made_funded_inspected_and_verified(
    net: Everloop, answer: Answer, run: Callable[..., Any]
) -> None:
    # Earlier blocks may share a second and do not know the agent.
    net.chain.rpc("evm_setNextBlockTimestamp", net.chain.block().time + 10)
    made = run("agent", "create", "TreasuryAgent", "--fund", "1 ether", "--salt", "cli")
    address = made["address"]
    run("agent", "fund", address, "0.5 ether")
    agent = net.agents.at(address)
    answer(agent, HOLD)
    found = run("agent", "inspect", address)
    assert INSPECT_KEYS - found.keys() == set()
    assert sum(found["balance_wei"].values()) == agent.balance.total > 1.4 * ETHER
    assert found["history_verified"] is True
    assert found["health"] == "ok"
    (step,) = run("agent", "history", address, "--verify")
    assert step == found["last_step"]
    verified = run("agent", "verify", address)
    assert (verified["verified"], verified["steps"], verified["findings"]) == (True, 1, [])
    assert run("agent", "list") == [{"address": address, "steps": 1, "health": "ok"}]


@pytest.mark.parametrize(
    "words",
    [
        ["agent", "inspect", "AGENT"],
        ["agent", "history", "AGENT"],
        ["agent", "verify", "AGENT"],
        ["agent", "list"],
        ["provider", "list"],
        ["provider", "status", "PROVIDER"],
    ],
    ids=" ".join,
)
def test_every_read_prints_for_people_too(
    agent: Agent, answer: Answer, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answer(agent, HOLD)
    named = {"AGENT": agent.address, "PROVIDER": accounts.dev(2).address}
    assert main([named.get(word, word) for word in words]) == 0
    assert capsys.readouterr().out.strip()


def test_an_owner_withdraws_and_stops_and_nobody_else_does(
    net: Everloop, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    before = agent.balance
    run("agent", "withdraw", agent.address, "5 finney", "--to", NOBODY)
    assert net.chain.balance(NOBODY) == 5 * FINNEY
    assert agent.balance.treasury == before.treasury - 5 * FINNEY
    for words in (["withdraw", agent.address, "all"], ["stop", agent.address]):
        if words[0] == "stop":
            net.chain.advance(3_600)  # past the open window
        line = refuse(4, "agent", *words, "--account", "dev:3")
        assert "only the agent's owner may do this; use the owner's account" in line
    assert "holds 0." in refuse(2, "agent", "withdraw", agent.address, "9 ether")
    assert "more than nothing" in refuse(2, "agent", "withdraw", agent.address, "0 wei")
    assert "is no address" in refuse(2, "agent", "withdraw", agent.address, "all", "--to", "bob")

    run("agent", "stop", agent.address)
    assert agent.health == "stopped"
    assert "stopped already" in refuse(2, "agent", "stop", agent.address)
    run("agent", "withdraw", agent.address, "all", "--to", NOBODY)
    assert agent.balance.total == 0
    assert net.chain.balance(NOBODY) == before.total
    assert "holds 0 " in refuse(2, "agent", "withdraw", agent.address, "all")


def test_withdrawing_and_stopping_print_for_people_too(
    net: Everloop, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    net.chain.advance(3_600)
    assert main(["agent", "stop", agent.address]) == 0
    assert f"Stopped {agent.address}" in capsys.readouterr().out
    assert main(["agent", "withdraw", agent.address, "all"]) == 0
    shown = capsys.readouterr().out
    assert f"Withdrew from {agent.address}" in shown
    assert str(agent.balance) in shown


def test_a_loop_is_not_stopped_while_its_provider_may_answer(
    net: Everloop, agent: Agent, refuse: Callable[..., str]
) -> None:
    net.chain.advance(1)
    line = refuse(4, "agent", "stop", agent.address)
    assert "the provider may still answer; wait until the window closes" in line
    assert agent.health == "ok"


def test_a_provider_withdraws_its_earnings(
    net: Everloop,
    agent: Agent,
    answer: Answer,
    run: Callable[..., Any],
    refuse: Callable[..., str],
) -> None:
    words = ["provider", "withdraw", "--account", "dev:2"]
    assert "more than nothing" in refuse(2, *words, "all")
    answer(agent, HOLD)
    earned = net.engine.free_of(accounts.dev(2).address)
    assert "ask for less" in refuse(4, *words, "1 ether")
    left = run(*words, "1 gwei", "--to", NOBODY)
    assert left["earnings_wei"] == earned - GWEI
    assert run(*words, "all", "--to", NOBODY)["earnings_wei"] == 0
    assert net.chain.balance(NOBODY) == earned
    assert "is no provider" in refuse(2, "provider", "withdraw", "all", "--account", "dev:8")


def test_options_of_the_loop_and_the_example_are_used(
    net: Everloop, run: Callable[..., Any]
) -> None:
    words = ["--fund", "1 ether", "--interval", "5 min", "--option", "cash_target=100 finney"]
    made = run("agent", "create", "TreasuryAgent", *words)
    agent = net.agents.at(made["address"])
    job = agent.job()
    assert job is not None
    assert job.timing.interval == 300
    assert "100 finney" in agent.state.context


def test_a_provider_registers_is_whitelisted_and_serves(
    net: Everloop, run: Callable[..., Any]
) -> None:
    newcomer = accounts.dev(5).address
    made = run("provider", "register", "--account", "dev:5", "--stake", "0.5 ether")
    assert (made["serving"], made["whitelisted"]) == (False, False)
    assert run("provider", "whitelist", newcomer)["whitelisted"]
    served = run("provider", "serve", "--account", "dev:5")
    assert (served["serving"], served["stake_wei"]) == (True, ETHER // 2)
    assert [p["address"] for p in run("provider", "list")][-1] == newcomer
    assert not run("provider", "serve", "--off", "--account", "dev:5")["serving"]


def test_a_governor_whitelists_itself_when_it_registers(run: Callable[..., Any]) -> None:
    for _ in range(2):
        assert run("provider", "register", "--account", "dev:0")["serving"]


def test_deploying_writes_a_file_that_works_and_is_not_overwritten(
    net: Everloop, tmp_path: Path, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    path = str(tmp_path / "new.json")
    made = run("deploy", "--deployment", path, "--whitelist-delay", "2 h")
    assert made["everloop"] != net.deployment.everloop
    assert run("provider", "list", "--deployment", path) == []
    line = refuse(2, "deploy", "--deployment", path)
    assert "--force" in line


def test_an_agent_of_ones_own_is_published_and_cloned(
    net: Everloop, answer: Answer, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    run("agent", "publish", "CounterAgent")
    made = run("agent", "create", "CounterAgent", "--fund", "1 ether")
    agent = net.agents.at(made["address"])
    assert agent.manifest.name == "CounterAgent"
    answer(agent, HOLD)
    assert len(agent.history(verify=True)) == 1
    assert "has no known options" in refuse(
        2, "agent", "create", "CounterAgent", "--fund", "1 ether", "--option", "a=b"
    )
    assert "is no agent" in refuse(2, "agent", "publish", "SavingsVault")
    assert "no compiled contract" in refuse(2, "agent", "publish", "DreamAgent")


def test_doctor_finds_nothing_missing(run: Callable[..., Any]) -> None:
    assert all(check["ok"] for check in run("doctor"))


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


def test_provider_without_stake(refuse: Callable[..., str], run: Callable[..., Any]) -> None:
    poor = accounts.dev(7).address
    run("provider", "register", "--account", "dev:7", "--stake", "1 finney")
    for command in ("serve", "run"):
        line = refuse(2, "provider", command, "--account", "dev:7")
        assert f"provider {poor} has a stake of 0.001 ether and needs 0.1 ether" in line
        assert "everloop provider register --stake" in line


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


def test_provider_that_never_registered(refuse: Callable[..., str]) -> None:
    for command in ("serve", "run"):
        assert "is no provider" in refuse(2, "provider", command, "--account", "dev:8")


def test_provider_that_is_not_whitelisted(
    net: Everloop, refuse: Callable[..., str], run: Callable[..., Any]
) -> None:
    run("provider", "register", "--account", "dev:7")
    line = refuse(4, "provider", "serve", "--account", "dev:7")
    assert "Registry_NotWhitelisted" in line
    assert "must whitelist it first" in refuse(2, "provider", "run", "--account", "dev:7")


def test_whitelisting_is_the_governors(refuse: Callable[..., str]) -> None:
    line = refuse(4, "provider", "whitelist", accounts.dev(2).address, "--account", "dev:3")
    assert "use the governor's account" in line


def test_manifest_that_does_not_parse(
    net: Everloop, agent: Agent, refuse: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "agent_sdk.contracts.AgentContract.manifest_text", lambda _: '{"everloop":1,'
    )
    line = refuse(2, "agent", "inspect", agent.address)
    assert f"the manifest of agent {agent.address} does not parse" in line


def test_an_answer_that_fits_no_action_is_shown_as_such(
    agent: Agent, answer: Answer, run: Callable[..., Any]
) -> None:
    answer(agent, decision=b"I would rather not")
    (step,) = run("agent", "history", agent.address, "--verify")
    assert (step["actions"], step["result"]) == (None, "failed")


def test_port_in_use(net: Everloop, refuse: Callable[..., str]) -> None:
    port = net.chain.url.rpartition(":")[2]
    assert f"port {port} is in use" in refuse(2, "up", "--engine", "exemplar", "--port", port)
    assert main(["down"]) == 0


def test_a_history_that_does_not_verify_exits_with_1(
    net: Everloop,
    agent: Agent,
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer(agent, HOLD)
    monkeypatch.setattr("agent_sdk.contracts.AgentContract.history_head", lambda _: bytes(28))
    assert main(["agent", "verify", agent.address]) == 1
    assert "DOES NOT VERIFY" in capsys.readouterr().out
    assert main(["agent", "history", agent.address, "--verify"]) == 1
    assert main(["agent", "inspect", agent.address, "--json"]) == 0


def test_a_clone_that_is_no_agent_does_not_spoil_the_list(
    net: Everloop, agent: Agent, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    returns_one_zero_byte = bytes.fromhex("60015ff3")
    stops = net.chain.deploy(accounts.dev(5), returns_one_zero_byte).created
    assert stops is not None
    stranger = Everloop(net.chain, net.deployment, signer=accounts.dev(5))
    fake = stranger.agents.create(stops, fund=10, run_balance=0, init=b"")
    assert run("agent", "list") == [
        {"address": agent.address, "steps": 0, "health": "ok"},
        {"address": fake.address, "steps": None, "health": "no agent"},
    ]
    assert main(["agent", "list"]) == 0
    assert "no agent" in capsys.readouterr().out


def test_a_provider_that_serves_no_longer_answers_its_open_runs(
    agent: Agent,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran: list[Any] = []
    monkeypatch.setattr("agent_sdk.daemons.run_provider", lambda s: ran.append(s) or 0)
    words = ["provider", "run", "--account", "dev:2", "--engine", "exemplar"]
    run("provider", "serve", "--off", "--account", "dev:2")
    assert main(words) == 0
    assert "until then the 1 open runs are answered" in capsys.readouterr().err
    assert len(ran) == 1


def test_a_provider_without_service_and_runs_is_refused(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    run("provider", "serve", "--off", "--account", "dev:2")
    line = refuse(2, "provider", "run", "--account", "dev:2", "--engine", "exemplar")
    assert "run `everloop provider serve`" in line

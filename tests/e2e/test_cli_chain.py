"""Commands of agents against a real node: what they do and print."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from agent_sdk.units import ETHER, FINNEY

pytestmark = pytest.mark.usefixtures("here")

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
    assert run("agent", "list") == [
        {
            "address": address,
            "name": "TreasuryAgent",
            "owner": accounts.dev(0).address,
            "steps": 1,
            "health": "ok",
        }
    ]


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


def test_deploying_writes_a_file_that_works_and_is_not_overwritten(
    net: Everloop,
    tmp_path: Path,
    run: Callable[..., Any],
    refuse: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(tmp_path / "new.json")
    made = run("deploy", "--deployment", path, "--whitelist-delay", "2 h")
    assert made["everloop"] != net.deployment.everloop
    assert main(["deploy", "--deployment", str(tmp_path / "other.json")]) == 0
    shown = capsys.readouterr().out
    for part in ("everloop", "executor", "orders", "registry", "factory", "Lens", "SavingsVault"):
        assert re.search(rf"^  {part} +0x[0-9a-fA-F]{{40}}$", shown, re.M), part
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
    assert "no compiled agent" in refuse(2, "agent", "publish", "DreamAgent")


def test_doctor_finds_nothing_missing(run: Callable[..., Any]) -> None:
    assert all(check["ok"] for check in run("doctor"))


def test_an_answer_that_fits_no_action_is_shown_as_such(
    agent: Agent, answer: Answer, run: Callable[..., Any]
) -> None:
    answer(agent, decision=b"I would rather not")
    (step,) = run("agent", "history", agent.address, "--verify")
    assert (step["actions"], step["result"]) == (None, "failed")


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
    assert [(one["address"], one["name"], one["health"]) for one in run("agent", "list")] == [
        (agent.address, "TreasuryAgent", "ok"),
        (fake.address, None, "no agent"),
    ]
    assert main(["agent", "list"]) == 0
    assert "no agent" in capsys.readouterr().out

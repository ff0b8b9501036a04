"""Commands of providers against a real node."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from agent_sdk.units import ETHER, FINNEY, GWEI

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
NOBODY = "0x" + 40 * "9"


def test_a_provider_withdraws_its_earnings(
    net: Everloop,
    agent: Agent,
    answer: Answer,
    run: Callable[..., Any],
    refuse: Callable[..., str],
) -> None:
    words = ["provider", "withdraw", "--account", "dev:2"]
    assert "there is nothing to withdraw" in refuse(2, *words, "all")
    answer(agent, HOLD)
    earned = net.engine.free_of(accounts.dev(2).address)
    assert "no more than that" in refuse(2, *words, "1 ether")
    left = run(*words, "1 gwei", "--to", NOBODY)
    assert left["free_wei"] == earned - GWEI
    assert run(*words, "all", "--to", NOBODY)["balance_wei"] == 0
    assert net.chain.balance(NOBODY) == earned
    assert "is no provider" in refuse(2, "provider", "withdraw", "all", "--account", "dev:8")


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


def test_provider_without_stake(net: Everloop, refuse: Callable[..., str]) -> None:
    poor = accounts.dev(7).address
    net.chain.send(accounts.dev(7), net.registry.register(poor))
    net.chain.send(accounts.dev(7), net.registry.stake(poor, value=FINNEY))
    for command in ("serve", "run"):
        line = refuse(2, "provider", command, "--account", "dev:7")
        assert f"provider {poor} has a stake of 0.001 ether and needs 0.1 ether" in line
        assert "everloop provider register --stake" in line


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


def test_a_provider_that_serves_no_longer_answers_its_open_runs(
    net: Everloop,
    agent: Agent,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran: list[Any] = []

    def note(settings: Any) -> int:
        ran.append(settings)
        return 0

    monkeypatch.setattr("agent_sdk.daemons.run_provider", note)
    words = ["provider", "run", "--account", "dev:2", "--engine", "utility"]
    run("provider", "serve", "--off", "--account", "dev:2")
    assert main([*words, "--record", "answers.json"]) == 0
    assert "until then the 1 open runs are answered" in capsys.readouterr().err
    (told,) = ran
    assert (told.engine, told.engine_record) == ("utility", "answers.json")
    assert told.agent_lens == net.deployment.contracts["AgentLens"]


def test_a_provider_without_service_and_runs_is_refused(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    run("provider", "serve", "--off", "--account", "dev:2")
    line = refuse(2, "provider", "run", "--account", "dev:2", "--engine", "exemplar")
    assert "run `everloop provider serve`" in line


KEY = accounts.dev(4).address
MAIN = accounts.dev(2).address


def test_a_key_is_authorised_used_and_revoked(
    net: Everloop,
    run: Callable[..., Any],
    refuse: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[Any] = []

    def note(settings: Any) -> int:
        ran.append(settings)
        return 0

    monkeypatch.setattr("agent_sdk.daemons.run_provider", note)
    words = ["provider", "run", "--account", "dev:4", "--provider", MAIN, "--engine", "exemplar"]
    line = refuse(2, *words)
    assert line == (
        f"everloop: provider {MAIN} has not authorised the key {KEY}: run `everloop provider "
        f"authorise {KEY}` with the provider's account"
    )
    assert "is no provider" in refuse(2, "provider", "authorise", KEY, "--account", "dev:8")
    made = run("provider", "authorise", KEY, "--account", "dev:2")
    assert (made["provider"], made["key"], made["authorised"]) == (MAIN, KEY, True)
    assert main([*words, "--model", "m@1"]) == 0
    assert (ran[0].provider, ran[0].account, ran[0].models) == (MAIN, "dev:4", ("m@1",))
    assert (
        run("provider", "authorise", KEY, "--revoke", "--account", "dev:2")["authorised"] is False
    )
    assert not net.engine.is_authorised(MAIN, KEY)
    assert "has not authorised" in refuse(2, *words)


def test_doctor_looks_at_a_key(
    net: Everloop, capsys: pytest.CaptureFixture[str], run: Callable[..., Any]
) -> None:
    words = ["doctor", "--account", "dev:4", "--provider", MAIN]
    assert main([*words, "--json"]) == 1
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert f"everloop provider authorise {KEY}" in found["key"]["text"]
    net.providers.authorise(accounts.dev(2), KEY)
    found = {check["name"]: check for check in run(*words)}
    assert found["key"] == {
        "name": "key",
        "ok": True,
        "text": f"{KEY} answers for provider {MAIN}",
        "exit_code": 0,
    }


def test_a_provider_leaves_its_inferences_between_runs(
    net: Everloop,
    agent: Agent,
    answer: Answer,
    run: Callable[..., Any],
    refuse: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    id = f"0x{agent.loop_id.hex()}"
    words = ["provider", "resign", "--account", "dev:2"]
    assert run(*words, "--all") == {"provider": MAIN, "resigned": [], "open": [id], "cost_wei": 0}
    answer(agent, HOLD)
    found = run(*words, id)
    assert (found["resigned"], found["open"]) == ([id], [])
    assert found["cost_wei"] > 0
    assert (agent.slot().is_resigned, agent.slot().is_dormant) == (True, True)
    assert run(*words, "--all")["resigned"] == []
    assert "is not booked with provider" in refuse(2, *words, "0x" + 64 * "1")
    assert "has other than 32 bytes" in refuse(2, *words, "0x12")
    assert main(words) == 2
    assert "--all" in capsys.readouterr().err


def test_a_key_resigns_for_its_provider(
    net: Everloop, agent: Agent, answer: Answer, run: Callable[..., Any]
) -> None:
    answer(agent, HOLD)
    net.providers.authorise(accounts.dev(2), KEY)
    run("provider", "resign", "--all", "--provider", MAIN, "--account", "dev:4")
    assert agent.slot().is_resigned

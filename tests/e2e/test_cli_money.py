"""What was paid in, earned or staked comes out again by commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from agent_sdk.units import ETHER

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
NOBODY = "0x" + 40 * "9"
PROVIDER = accounts.dev(2).address
DELAY = 14 * 86_400


def test_what_an_account_paid_in_comes_out(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["account", "withdraw", "--account", "dev:5"]
    line = refuse(2, *words, "all")
    assert "has 0 wei free at Everloop: there is nothing to withdraw" in line
    run("account", "deposit", "1 wei", "--account", "dev:5")
    assert "withdraw more than nothing" in refuse(2, *words, "0 wei")
    run(*words, "all")
    run("account", "deposit", "1 ether", "--account", "dev:5")
    left = run(*words, "0.25 ether", "--to", NOBODY)
    assert (left["balance_wei"], left["free_wei"]) == (ETHER * 3 // 4, ETHER * 3 // 4)
    assert net.chain.balance(NOBODY) == ETHER // 4
    assert "no more than that" in refuse(2, *words, "1 ether")
    assert run(*words, "all", "--to", NOBODY)["balance_wei"] == 0
    assert net.chain.balance(NOBODY) == ETHER


def test_what_booked_runs_reserve_stays(
    net: Everloop, question: Any, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    net.chain.send(accounts.dev(1), net.engine.request(question, input_=b"question"))
    reserved = net.engine.account_of(question.owner).reserved
    words = ["account", "withdraw", "--account", "dev:1"]
    assert "more is reserved for booked runs" in refuse(2, *words, "1 ether")
    left = run(*words, "all", "--to", NOBODY)
    assert (left["balance_wei"], left["free_wei"]) == (reserved, 0)


def test_a_keepers_earnings_come_out(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    me = Everloop(net.chain, net.deployment, signer=accounts.dev(0))
    me.ledger.deposit("1 ether")
    vault = net.deployment.contracts["SavingsVault"]
    task = me.scheduler.schedule(vault, interval=0, gas_limit=50_000, salt="paid")
    keeper = accounts.dev(6)
    net.scheduler.execute(task.job, signer=keeper)
    earned = net.engine.free_of(keeper.address)
    assert earned
    run("account", "withdraw", "all", "--account", "dev:6", "--to", NOBODY)
    assert net.chain.balance(NOBODY) == earned


def test_a_provider_is_told_that_its_balance_is_one(
    net: Everloop, agent: Agent, answer: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(agent, HOLD)
    earned = net.engine.free_of(PROVIDER)
    assert main(["account", "deposit", "1 ether", "--account", "dev:2"]) == 0
    assert main(["provider", "status", PROVIDER]) == 0
    shown = capsys.readouterr().out
    assert "at Everloop, earned or paid in" in shown
    assert "earnings" not in shown
    assert main(["provider", "withdraw", "all", "--account", "dev:2", "--to", NOBODY]) == 0
    assert net.chain.balance(NOBODY) == ETHER + earned
    assert main(["provider", "withdraw", "--help"]) == 0
    assert "one balance there" in capsys.readouterr().out


def test_a_stake_comes_out_after_its_delay(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["--account", "dev:2"]
    line = refuse(2, "provider", "withdraw-stake", *words)
    assert "begin with `everloop provider unbond`" in line
    run("provider", "payout", NOBODY, *words)
    left = run("provider", "unbond", "0.4 ether", *words)
    (part,) = left["unbonding"]
    assert (left["stake_wei"], part["amount_wei"]) == (ETHER * 6 // 10, ETHER * 4 // 10)
    assert part["released_at"] == net.chain.block().time + DELAY
    assert left["serving"]
    assert "wait until then" in refuse(2, "provider", "withdraw-stake", *words)
    net.chain.advance(DELAY)
    found = run("provider", "status", PROVIDER)
    assert (found["withdrawable_wei"], found["payout"]) == (ETHER * 4 // 10, NOBODY)
    # Anybody may send it to where the owner said.
    run("provider", "withdraw-stake", "--provider", PROVIDER, "--account", "dev:7")
    assert net.chain.balance(NOBODY) == ETHER * 4 // 10


def test_the_release_of_a_stake_is_shown_to_people(
    net: Everloop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["provider", "unbond", "all", "--account", "dev:2"]) == 0
    shown = capsys.readouterr().out
    assert "1 ether released 20" in shown
    assert re.search(r"^  serving +no$", shown, re.M)


def test_stake_that_open_runs_bind_stays(
    net: Everloop, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["provider", "unbond", "--account", "dev:2"]
    line = refuse(2, *words, "1 ether")
    assert "1 open runs bind 0.01 ether: unbond more than nothing and at most 0.99 ether" in line
    assert run(*words, "all")["stake_wei"] == ETHER // 100
    assert "at most 0 wei" in refuse(2, *words, "all")


def test_stake_and_payout_are_the_owners(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    cold = accounts.dev(8)
    words = ["--account", "dev:7", "--owner", cold.address]
    run("provider", "register", "--stake", "0.5 ether", *words)
    hot = accounts.dev(7).address
    for command in (["unbond", "all"], ["payout", NOBODY]):
        assert "only the owner of the stake" in refuse(
            4, "provider", *command, "--account", "dev:7"
        )
    run("provider", "unbond", "all", "--provider", hot, "--account", "dev:8")
    net.chain.advance(DELAY)
    before = net.chain.balance(cold.address)
    run("provider", "withdraw-stake", "--account", "dev:7")
    assert net.chain.balance(cold.address) == before + ETHER // 2

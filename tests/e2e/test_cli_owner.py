"""What an agent's owner does after `agent stop`: another list of providers, and a new start."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.blueprints import default_loop
from agent_sdk.cli import main
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.providers import DEFAULT_MODEL
from agent_sdk.types import Receipt
from agent_sdk.units import ETHER, FINNEY, GWEI, format_seconds, format_wei

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
FIRST, SECOND = accounts.dev(2).address, accounts.dev(3).address
HOUR = 3_600


@pytest.fixture
def stopped(net: Everloop, agent: Agent) -> Agent:
    """An agent whose loop its owner has ended."""
    net.chain.advance(HOUR)
    agent.stop()
    return agent


@pytest.fixture
def second(net: Everloop) -> str:
    """A second provider, with two models."""
    signer = accounts.dev(3)
    net.providers.enroll(signer, governor=accounts.dev(0))
    offer = net.providers.status(SECOND).offers[DEFAULT_MODEL]
    net.providers.offer(signer, "better@2", offer)
    return signer.address


def test_a_stopped_agent_starts_again_as_before(
    net: Everloop, stopped: Agent, answer: Answer, run: Callable[..., Any]
) -> None:
    before = stopped.loop
    run("agent", "start", stopped.address)
    assert stopped.health == "ok"
    assert stopped.loop == before
    answer(stopped, HOLD)
    assert len(stopped.history(verify=True)) == 1


@pytest.fixture
def blocks(net: Everloop) -> Iterator[int]:
    """A chain with a block each 12 s, which is longer than the agent's interval."""
    net.chain.rpc("anvil_setBlockTimestampInterval", 12)
    yield 12
    net.chain.rpc("anvil_removeBlockTimestampInterval")


def test_a_loop_whose_window_is_open_at_each_block_is_stopped_by_way_of_a_pause(
    agent: Agent, answer: Answer, blocks: int, refuse: Callable[..., str], run: Callable[..., Any]
) -> None:
    assert agent.loop.interval < blocks
    for _ in range(3):
        answer(agent, HOLD)
        line = refuse(4, "agent", "stop", agent.address)
        assert "wait until the window closes; or stop it right after its next step" in line
        assert f"`everloop agent pause {agent.address}`: once its open run has ended" in line
        assert "the next is due 1 h later" in line
    run("agent", "pause", agent.address)
    assert "Inference_InsideWindow" in refuse(4, "agent", "stop", agent.address)
    answer(agent, HOLD)
    run("agent", "stop", agent.address)
    assert agent.health == "stopped"


def test_a_start_changes_the_pace(
    net: Everloop, stopped: Agent, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    made = run("agent", "start", stopped.address, "--interval", "2 h")
    assert (made["interval_seconds"], made["heartbeat_seconds"]) == (2 * HOUR, 2 * HOUR)
    job = stopped.job()
    assert job is not None
    assert (job.timing.interval, job.timing.heartbeat) == (2 * HOUR, 2 * HOUR)
    net.chain.advance(HOUR)
    assert main(["agent", "stop", stopped.address]) == 0
    capsys.readouterr()
    assert main(["agent", "start", stopped.address, "--heartbeat", "3 h"]) == 0
    assert "2 h, and 3 h at most" in capsys.readouterr().out


CAPS = [
    *("--window", "5 min", "--gas-limit", "500000", "--max-fee", "0.002 ether"),
    *("--max-gas-price", "50 gwei", "--max-priority-fee", "3 gwei", "--max-data-fee", "1.5 gwei"),
]
RAISED = {
    "window": 300,
    "gas_limit": 500_000,
    "max_fee": 2 * FINNEY,
    "max_gas_price": 50 * GWEI,
    "max_priority_fee": 3 * GWEI,
    "max_data_fee": 2,
}


def test_a_loops_caps_are_given_at_birth_and_at_a_start(
    net: Everloop, stopped: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["agent", "create", "TreasuryAgent", "--fund"]
    born = net.agents.at(run(*words, "1 ether", "--interval", "2 h", *CAPS)["address"])
    pace = {"interval": 2 * HOUR, "heartbeat": 2 * HOUR}
    assert born.loop == replace(default_loop(is_local=True), **RAISED, **pace)
    assert "two steps at the loop's caps take" in refuse(2, *words, "0.05 ether", *CAPS)
    run(*words, "0.05 ether")
    for option, most in (("--max-gas-price", "0.000281 ether"), ("--max-fee", "18.446744 ether")):
        assert f"{option} 20 ether is too much: at most {most}" in refuse(
            2, *words, "1 ether", option, "20 ether"
        )
    before = stopped.loop
    run("agent", "start", stopped.address, *CAPS)
    assert stopped.loop == replace(before, **RAISED)


def test_caps_rise_as_far_as_the_run_balance_of_the_birth_pays(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    born = net.agents.create("TreasuryAgent", fund="0.1 ether")
    net.chain.advance(HOUR)
    born.stop()
    born.fund("1 ether", to="run")
    line = refuse(4, "agent", "start", born.address, "--max-gas-price", "50 gwei")
    assert "at birth a run balance that pays the dearest step twice" in line
    assert run("agent", "start", born.address)["max_gas_price_wei"] == 20 * GWEI


def test_the_help_tells_the_loop_that_is_made_where_nothing_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["agent", "create", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    loop, local = default_loop(is_local=False), default_loop(is_local=True)
    assert (loop.interval, replace(loop, interval=local.interval)) == (60, local)
    for words in (
        f"once a minute (every {format_seconds(local.interval)} on chain 31337)",
        f"pauses for {format_seconds(loop.heartbeat)} at most",
        f"a decision gets {loop.gas_limit:,} gas",
        f"{format_wei(loop.max_fee)} for an answer within {format_seconds(loop.window)}",
        f"{format_wei(loop.max_gas_price)} for a unit of gas",
        f"{format_wei(loop.max_priority_fee)} above the base fee",
    ):
        assert words in shown
    assert not loop.max_data_fee


def test_a_start_that_cannot_be_is_refused_with_the_reason(
    net: Everloop, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["agent", "start", agent.address]
    assert "is running already" in refuse(2, *words)
    net.chain.advance(HOUR)
    agent.stop()
    assert "only the agent's owner" in refuse(4, *words, "--account", "dev:3")
    assert f"provider {SECOND} is not in the list" in refuse(2, *words, "--provider", SECOND)
    net.providers.serve(accounts.dev(2), on=False)
    assert "takes work now: name others with" in refuse(2, *words)
    net.providers.serve(accounts.dev(2))
    agent.withdraw("all")
    assert f"`everloop agent fund {agent.address} AMOUNT --to run`" in refuse(2, *words)
    net.agents.at(agent.address).fund("1 ether", to="run")
    run(*words)


def test_an_owner_chooses_other_providers(
    net: Everloop,
    agent: Agent,
    second: str,
    run: Callable[..., Any],
    refuse: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["agent", "providers", agent.address]
    assert run(*words) == [
        {"provider": FIRST, "model": DEFAULT_MODEL, "serving": True, "booked": True}
    ]
    assert "only the agent's owner" in refuse(4, *words, "--set", second, "--account", "dev:5")
    assert "does not offer other@1" in refuse(2, *words, "--set", f"{second}=other@1")
    assert "has 1 to 8 providers and 9" in refuse(2, *words, *9 * ["--set", FIRST])
    changed = run(*words, "--set", f"{second}=better@2", "--set", FIRST)["providers"]
    assert [(one["provider"], one["model"], one["booked"]) for one in changed] == [
        (second, "better@2", False),
        (FIRST, DEFAULT_MODEL, True),
    ]
    # The booked run stays where it is; the next start takes the list.
    net.chain.advance(HOUR)
    agent.stop()
    run("agent", "start", agent.address)
    job = agent.job()
    assert job is not None
    assert job.provider == second
    assert main(words) == 0
    assert re.search(rf"^{second}  better@2 .* yes +yes$", capsys.readouterr().out, re.M)


def test_the_money_of_a_stopped_agent_is_no_runway(
    stopped: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "inspect", stopped.address]) == 0
    assert "runway       none: the loop is stopped" in capsys.readouterr().out


def test_publishing_twice_is_asked_for(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["agent", "publish", "CounterAgent"]
    first = run(*words)["implementation"]
    nonce = net.chain.nonce(accounts.dev(0).address)
    assert f"is published already, at {first}" in refuse(2, *words)
    assert net.chain.nonce(accounts.dev(0).address) == nonce
    assert run(*words, "--force")["implementation"] != first
    line = refuse(2, "agent", "create", "CounterAgnt", "--fund", "1 ether")
    assert "everloop agent publish CounterAgnt" in line


def test_quiet_commands_print_the_address_and_no_more(
    net: Everloop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "publish", "CounterAgent", "-q"]) == 0
    published = capsys.readouterr()
    assert net.chain.code(published.out.removesuffix("\n"))
    assert main(["agent", "create", "CounterAgent", "--fund", "1 ether", "--quiet"]) == 0
    created = capsys.readouterr()
    assert created.out == f"{net.agents.list()[-1].address}\n"
    assert published.err == created.err == ""
    assert main(["agent", "create", "Nobody", "--fund", "1 ether", "--quiet"]) == 2
    assert capsys.readouterr().out == "", "nothing goes into the variable"


def test_costs_are_told_to_people_in_ether(
    net: Everloop, agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "fund", agent.address, "1 gwei"]) == 0
    shown = capsys.readouterr().out
    assert "cost_wei" not in shown
    assert re.search(r"^  cost +[\d.]+ (gwei|ether) for \d+ gas$", shown, re.M)


def test_ids_and_addresses_stay_whole_on_a_narrow_terminal(
    net: Everloop,
    agent: Agent,
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    run("account", "deposit", str(ETHER) + " wei")
    vault = net.deployment.contracts["SavingsVault"]
    made = run("task", "schedule", vault, "--gas-limit", "50000", "--in", "1 h")
    whole = {
        ("task", "list"): (made["id"], accounts.dev(0).address, vault),
        ("agent", "list"): (agent.address, accounts.dev(0).address),
        ("provider", "list"): (FIRST,),
    }
    for words, expected in whole.items():
        assert main(list(words)) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
        assert all(word in lines[1] for word in expected)

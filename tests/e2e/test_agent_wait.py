"""Waiting for steps: told how far it is, and given up where none can come."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import agent_waiting
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.deploy import publish
from agent_sdk.errors import CheckFailed, ConfigError
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from agent_sdk.units import format_time

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
HOUR = 3_600


def test_each_step_is_told_but_the_last(agent: Agent, answer: Answer) -> None:
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        answer(agent, HOLD)

    due = agent.slot().due
    assert agent.wait(steps=2, poll=0.01, tell=tell) == 2
    first, second = lines
    assert first == f"0 of 2 steps made; the next is due at {format_time(due)}"
    assert second.startswith("1 of 2 steps made; the next is due at ")


def test_a_long_wait_is_told_again_and_again(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_waiting, "LOOK", 0.1)
    lines: list[str] = []
    with pytest.raises(CheckFailed, match="made 0 of 1 steps"):
        agent.wait(timeout=1, poll=0.01, tell=lines.append)
    assert len(lines) > 2
    assert len(set(lines)) == 1


def test_no_step_is_waited_for_where_none_comes(
    net: Everloop, agent: Agent, answer: Answer, refuse: Callable[..., str]
) -> None:
    def refused() -> str:
        begun = time.monotonic()
        line = refuse(1, "agent", "wait", agent.address)
        assert time.monotonic() - begun < 60, "it gives up at once"
        return line

    agent.pause()
    assert "made 0 of 1 steps and is paused: it acts upon nothing and steps once a" in refused()
    agent.unpause()
    net.chain.advance(HOUR)
    agent.stop()
    assert f"is stopped: `everloop agent start {agent.address}` begins" in refused()
    agent.start()
    agent.withdraw("all")
    answer(agent, HOLD)
    assert "is dormant: it waits for money or a provider" in refused()


def test_a_run_that_is_due_after_the_timeout_is_not_waited_for(
    net: Everloop,
    answer: Answer,
    refuse: Callable[..., str],
) -> None:
    due = net.chain.block().time + HOUR
    later = net.agents.create("TreasuryAgent", fund="1 ether", salt="later", first_due=due)
    line = refuse(1, "agent", "wait", later.address, "--timeout", "50 min")
    assert f"made 0 of 1 steps, and its next run is at {format_time(due)}, in " in line
    assert line.endswith("after the timeout; wait longer")
    # The newest block is old, and the chain's clock goes on.
    net.chain.rpc("evm_increaseTime", hex(HOUR - 60))

    def tell(line: str) -> None:
        net.chain.mine()
        answer(later, HOLD)

    assert later.wait(timeout=100, tell=tell) == 1


def test_an_agent_that_can_be_woken_is_waited_for(net: Everloop) -> None:
    assert net.signer is not None
    known = publish(net.chain, net.signer, "OracleAgent", deployment=net.deployment)
    due = net.chain.block().time + HOUR
    oracle = Everloop(net.chain, known, signer=net.signer).agents.create(
        "OracleAgent", fund="1 ether", salt="oracle", first_due=due
    )
    with pytest.raises(CheckFailed, match=r"made 0 of 1 steps in 0\.1 s \(ok\)"):
        oracle.wait(timeout=0.1)


def test_the_command_tells_people_and_programs(
    agent: Agent, answer: Answer, capsys: pytest.CaptureFixture[str], run: Callable[..., Any]
) -> None:
    def soon() -> threading.Thread:
        thread = threading.Timer(1.0, answer, (agent, HOLD))
        thread.start()
        return thread

    thread = soon()
    assert main(["agent", "wait", agent.address]) == 0
    thread.join()
    shown = capsys.readouterr()
    assert shown.out == "1 more step, 1 in all\n"
    assert re.fullmatch(r"0 of 1 steps made; the next is due at .* UTC\n", shown.err)
    thread = soon()
    found = run("agent", "wait", agent.address)
    thread.join()
    assert found == {"address": agent.address, "more": 1, "steps": 2}
    assert capsys.readouterr().err == ""


def test_pausing_what_is_paused_is_refused(net: Everloop, agent: Agent) -> None:
    with pytest.raises(ConfigError, match="is not paused"):
        agent.unpause()
    agent.pause()
    with pytest.raises(ConfigError, match="is paused already"):
        agent.pause()


def test_a_paused_agent_has_no_liberty(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    agent.pause()
    assert main(["agent", "inspect", agent.address]) == 0
    assert re.search(r"^  liberty +0$", capsys.readouterr().out, re.M)

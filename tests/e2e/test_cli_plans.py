"""What an agent does later is listed, and its owner drops it, by command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.errors import ConfigError
from agent_sdk.manifest import Action
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
HOUR = 3_600


@pytest.fixture
def planner(net: Everloop, oracle: Agent, answer: Answer) -> Agent:
    """An agent that publishes a figure in an hour, and another one in two."""
    now = net.chain.block().time
    for number in (1, 2):
        plan = {"action": "publish", "args": {"figure_": number}}
        answer(oracle, Action("scheduleAction", {"when": now + number * HOUR, "plan": plan}))
    return oracle


def test_plans_are_listed_until_they_have_run(
    net: Everloop, planner: Agent, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("agent", "plans", planner.address)
    plans = run(*words)["plans"]
    assert [(plan["number"], plan["action"]) for plan in plans] == [
        (0, "publish(1)"),
        (1, "publish(2)"),
    ]
    assert plans[1]["due"] - plans[0]["due"] == HOUR
    net.chain.advance(plans[0]["due"] - net.chain.block().time)
    booked = net.engine.events("TaskScheduled", from_block=plans[0]["block"])
    net.chain.send(accounts.dev(9), net.engine.execute(booked[0].args["job"]))
    shown = run(*words)
    assert [(plan["number"], plan["overdue"]) for plan in shown["plans"]] == [(1, False)]
    ended = [(end["action"], end["result"]) for end in shown["ended"]]
    assert ended == [("publish(1)", "acted")], "it is no step, so nothing else tells"
    net.chain.advance(2 * HOUR)
    assert main([*words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if "publish(2)" in line and "overdue" in line]
    assert [line for line in lines if "publish(1)" in line and "acted" in line]


def test_agt3_the_owner_drops_plans(
    net: Everloop, planner: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ("agent", "plans", planner.address)
    assert "only the agent's owner" in refuse(4, *words, "--drop", "1", "--account", "dev:5")
    net.chain.advance(2 * HOUR)
    made = run(*words, "--drop", "0", "--drop", "1")
    assert [change["dropped"] for change in made["changes"]] == [0, 1]
    assert made["plans"] == []
    assert [end["result"] for end in made["ended"]] == ["dropped", "dropped"]
    ended = net.engine.events("JobCancelled", from_block=made["changes"][0]["block"])
    assert len(ended) == 2, "no keeper runs them"
    assert "has no plan 1: open are none" in refuse(2, *words, "--drop", "1")


def test_an_agent_that_plans_nothing_has_no_plans(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "plans", agent.address]) == 0
    assert "it takes no action later" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="has no plan 0: open are none"):
        agent.drop_plan(0)

"""AgentLens and agent_sdk.utility reckon the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.contracts.agent_lens import AgentLensContract
from agent_sdk.errors import Reverted
from agent_sdk.manifest import HOLD, Action
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from agent_sdk.units import ETHER, FINNEY
from agent_sdk.utility import open_actions, runway, utility

Answer = Callable[..., Receipt]


@pytest.fixture
def lens(net: Everloop) -> AgentLensContract:
    """The lens as deployed."""
    return AgentLensContract(net.chain, net.deployment.contracts["AgentLens"])


def check_same(net: Everloop, agent: Agent, lens: AgentLensContract) -> int:
    """Compare both on the agent as it is now; return its liberty."""
    job = agent.job()
    assert job is not None
    seen = lens.assess(agent.address, job)
    policy, balance = agent.contract.policy(), agent.balance
    step_cost = net.engine.worst_cost(job)
    tools = [t for t in agent.manifest.tools if agent.contract.is_enabled(t.selector)]
    expected = open_actions(
        [t.name for t in tools],
        balance=balance,
        step_cost=step_cost,
        policy=policy,
        budget_left=agent.contract.budget_left(),
        costs=agent.manifest.costs,
    )
    lasts = runway(
        balance,
        step_cost=step_cost,
        interval=job.timing.interval,
        reserve=policy.reserve,
        paid=[],
        times=[],
    )
    assert (seen.step_cost, seen.treasury, seen.run_balance) == (
        step_cost,
        balance.treasury,
        balance.run,
    )
    assert [agent.manifest.tool(name).selector for name in expected] == list(seen.open_actions)
    assert seen.liberty == len(expected)
    assert seen.utility == utility(len(expected), balance=balance.total)
    assert (seen.runway_steps, seen.runway_seconds) == (lasts.steps, lasts.seconds)
    weighed = lens.assess(agent.address, job, alpha=7, beta=100)
    assert weighed.utility == 7 * seen.liberty + 100 * (balance.total > 0)
    return seen.liberty


@pytest.mark.parametrize(
    "treasury",
    [0, 1, FINNEY - 1, FINNEY, 49 * FINNEY, 50 * FINNEY, 51 * FINNEY, ETHER, 10_000 * ETHER],
)
def test_both_agree_on_any_treasury(
    net: Everloop, agent: Agent, lens: AgentLensContract, treasury: int
) -> None:
    net.chain.set_balance(agent.address, treasury)
    check_same(net, agent, lens)


def test_both_agree_while_an_agent_lives(
    net: Everloop, agent: Agent, lens: AgentLensContract, answer: Answer
) -> None:
    all_open = check_same(net, agent, lens)
    assert all_open == len(agent.manifest.tools)
    answer(agent, Action("save", {"finney": 400}))
    check_same(net, agent, lens)
    answer(agent, Action("save", {"finney": 500}))
    check_same(net, agent, lens)
    answer(agent, HOLD)
    check_same(net, agent, lens)


def test_both_agree_on_a_spent_budget_and_a_paused_agent(
    net: Everloop, agent: Agent, lens: AgentLensContract
) -> None:
    owner = accounts.dev(0)
    policy = agent.contract.policy()
    tight = dataclasses.replace(policy, budget=FINNEY - 1)
    net.chain.send(owner, agent.contract._call("setLimits", tight.to_tuple()))
    assert check_same(net, agent, lens) == len(agent.manifest.tools) - 2, "pay and save are closed"
    selector = agent.manifest.tool("redeem").selector
    net.chain.send(owner, agent.contract._call("setAction", selector, False))
    assert check_same(net, agent, lens) == len(agent.manifest.tools) - 3
    net.chain.send(owner, agent.contract._call("pause"))
    assert check_same(net, agent, lens) == 0


def test_a_record_that_is_not_the_loops_is_refused(
    net: Everloop, agent: Agent, lens: AgentLensContract
) -> None:
    job = agent.job()
    assert job is not None
    other = dataclasses.replace(job, provider=accounts.dev(5).address)
    with pytest.raises(Reverted, match="AgentLens_NotLoop"):
        lens.assess(agent.address, other)

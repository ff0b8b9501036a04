"""A provider with the engine `utility` acts where the agent can afford it, and else holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.daemons.means import read_budget
from agent_sdk.demo_clock import Clock
from agent_sdk.deployment import Deployment
from agent_sdk.engines import Budget, engine
from agent_sdk.engines.utility import UtilityEngine
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.stack import LocalStack
from agent_sdk.types import Receipt
from agent_sdk.units import FINNEY
from tests.e2e.desks import ProviderDesk


def last_actions(agent: Agent) -> list[str]:
    """Return what the newest step did."""
    return [str(action) for action in agent.history(verify=True)[-1].actions or ()]


@pytest.fixture
def due(agent: Agent, answer: Callable[..., Receipt]) -> Agent:
    """An agent that has made a step, so that what is changed now counts for the next one."""
    answer(agent, HOLD)
    return agent


def come_due(net: Everloop, agent: Agent) -> None:
    """Move the clock to the next run."""
    net.chain.advance(agent.slot().due - net.chain.block().time)


def budget_of(net: Everloop, agent: Agent) -> Budget:
    """Return what the agent can afford now."""
    job = agent.job()
    assert job is not None
    lens = net.deployment.contracts["AgentLens"]
    block = net.chain.height()
    return read_budget(net.chain, net.engine, job, agent.manifest, block=block, lens=lens)


def test_an_agent_with_ample_money_does_what_its_example_says(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    desk = ProviderDesk(net, tmp_path, engine("utility"))
    assert desk.provider.tick()
    (done,) = last_actions(agent)
    entry = desk.entry(agent.loop_id)
    assert done.startswith("save("), entry.data["prompt"]
    assert (entry.data["engine"], entry.data["reason"], entry.data["tokens"]) == ("utility", "", 0)


@pytest.mark.parametrize(
    "limit", [{"action_cap": 1}, {"budget": FINNEY - 1}, {"reserve": "1 ether"}]
)
def test_an_agent_that_may_not_pay_holds(
    net: Everloop, tmp_path: Path, due: Agent, limit: dict[str, int | str]
) -> None:
    due.set_limits(**limit)  # type: ignore[arg-type]
    come_due(net, due)
    desk = ProviderDesk(net, tmp_path, engine("utility"))
    assert desk.provider.tick()
    assert last_actions(due) == ["hold()"]
    entry = desk.entry(due.loop_id, run=1)
    assert "above target" in entry.data["prompt"]
    assert entry.data["reason"] == ""


def test_an_action_that_is_disabled_is_not_taken(net: Everloop, tmp_path: Path, due: Agent) -> None:
    due.set_action("save", enabled=False)
    come_due(net, due)
    assert ProviderDesk(net, tmp_path, engine("utility")).provider.tick()
    assert last_actions(due) == ["hold()"]


def test_the_same_agent_acts_where_nothing_hinders_it(
    net: Everloop, tmp_path: Path, due: Agent
) -> None:
    come_due(net, due)
    assert ProviderDesk(net, tmp_path, engine("utility")).provider.tick()
    assert last_actions(due)[0].startswith("save(")


def test_anybody_derives_the_decision_again_from_the_pinned_block(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    assert ProviderDesk(net, tmp_path, engine("utility")).provider.tick()
    (step,) = agent.history(verify=True)
    job = net.engine.record_of(agent.loop_id, to_block=step.pinned_block)
    assert job is not None
    budget = read_budget(
        net.chain,
        net.engine,
        job,
        agent.manifest,
        block=step.pinned_block,
        lens=net.deployment.contracts["AgentLens"],
    )
    prompt = type(agent.contract)(net.chain, agent.address, block=step.pinned_block).prompt()
    found = UtilityEngine().decide(agent.manifest, prompt, budget)
    assert agent.manifest.encode(found.actions) == step.decision


class TestBudget:
    def test_is_what_the_agent_reads_of_itself(self, net: Everloop, agent: Agent) -> None:
        found = budget_of(net, agent)
        assert (found.treasury, found.run_balance) == (agent.balance.treasury, agent.balance.run)
        assert list(found.liberty or ()) == agent.open_actions
        assert found.policy == agent.contract.policy()
        assert found.budget_left == agent.contract.budget_left()
        assert (found.runway, found.step_cost) == (agent.runway.steps, agent.runway.step_cost)

    def test_of_a_paused_agent_leaves_it_hold(self, net: Everloop, agent: Agent) -> None:
        agent.pause()
        assert budget_of(net, agent).liberty == ("hold",)

    def test_without_a_lens_is_the_run_balance(self, net: Everloop, agent: Agent) -> None:
        job = agent.job()
        assert job is not None
        block = net.chain.height()
        found = read_budget(net.chain, net.engine, job, agent.manifest, block=block)
        assert found == Budget(run_balance=agent.balance.run)

    def test_of_a_target_that_is_no_loop_is_the_run_balance(
        self, net: Everloop, agent: Agent
    ) -> None:
        job = agent.job()
        assert job is not None
        other = net.agents.create("TreasuryAgent", fund="1 ether", salt="other")
        block, lens = net.chain.height(), net.deployment.contracts["AgentLens"]
        stray = replace(job, target=other.address)
        found = read_budget(net.chain, net.engine, stray, agent.manifest, block=block, lens=lens)
        assert found == Budget(run_balance=agent.balance.run)


def test_a_provider_process_answers_with_it(tmp_path: Path) -> None:
    with LocalStack.up(
        tmp_path, engine="utility", providers=1, block_seconds=None, poll_seconds=0.05
    ) as stack:
        info = stack.info
        assert isinstance(info.deployment, Deployment)
        net = Everloop.connect(info.rpc, account="dev:0", deployment=info.deployment)
        agent = net.agents.create("TreasuryAgent", fund="1 ether")
        Clock(net.chain, agent, lambda step: None).run_to(2)
        steps = agent.history(verify=True)
    assert [step.result.name for step in steps] == ["ACTED", "ACTED"]
    assert str((steps[0].actions or ())[0]).startswith("save(")
    assert steps[0].provider == accounts.dev(2).address

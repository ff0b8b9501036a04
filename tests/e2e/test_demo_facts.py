"""Whom a demo's facts count as machines and whom as people."""

from __future__ import annotations

from collections.abc import Callable

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.demo_facts import Facts, read_facts
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt

Answer = Callable[..., Receipt]
OWNER, PROVIDER, KEEPER, KEY = (accounts.dev(number) for number in (0, 2, 4, 5))


def facts(net: Everloop, agent: Agent) -> Facts:
    return read_facts(net.chain, net.deployment, agent.address, last=net.chain.height())


def test_providers_their_keys_and_keepers_are_machines(net: Everloop, answer: Answer) -> None:
    net.providers.authorise(PROVIDER, KEY.address)
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="agent")
    answer(agent, HOLD)
    answer(agent, HOLD, signer=KEY)
    job = agent.job()
    assert job is not None
    net.chain.send(PROVIDER, net.engine.resign(job))
    batch = net.chain.send(KEEPER, net.engine.execute_batch([]))
    found = facts(net, agent)
    assert found.human_transactions == 0
    assert found.keeper_blocks == (batch.block,)
    assert len(found.steps) == 2
    assert found.verified


def test_whoever_owns_the_agent_is_no_machine(net: Everloop, answer: Answer) -> None:
    net.providers.authorise(PROVIDER, KEY.address)
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="agent")
    net.chain.send(OWNER, net.engine.execute_batch([]))
    agent.fund("1 finney")
    net.providers.authorise(PROVIDER, KEY.address, on=False)
    answer(agent, HOLD)
    found = facts(net, agent)
    assert found.human_transactions == 3
    assert found.keeper_blocks == ()

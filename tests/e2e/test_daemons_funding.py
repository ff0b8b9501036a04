"""A keeper that was refused tries again at once when the owner of the job gets money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.daemons import funding
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from tests.e2e.desks import ME, KeeperDesk

Answer = Callable[..., Receipt]

OTHER = accounts.dev(5).address


@pytest.fixture
def desk(net: Everloop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeeperDesk]:
    """A keeper whose first pause outlasts the test."""
    monkeypatch.setattr("agent_sdk.daemons.patience.FIRST_PAUSE", 600.0)
    desk = KeeperDesk(net, tmp_path)
    yield desk
    desk.close()


def impoverish(net: Everloop, name: str, answer: Answer) -> Agent:
    """Return a dormant agent without any money."""
    agent = net.agents.create("TreasuryAgent", fund="0.1 ether", salt=name)
    net.chain.send(ME, agent.contract.drain(net.engine.free_of(agent.address)))
    agent.withdraw(net.chain.balance(agent.address))
    answer(agent, HOLD)
    assert agent.slot().is_dormant
    return agent


@pytest.fixture
def poor(net: Everloop, desk: KeeperDesk, answer: Answer) -> Agent:
    """An agent without money that the keeper was refused to resume."""
    agent = impoverish(net, "poor", answer)
    assert not desk.keeper.tick()
    return agent


@pytest.mark.parametrize("to", ["run", "treasury"])
def test_a_dormant_loop_is_resumed_at_once_when_it_is_funded(
    desk: KeeperDesk, poor: Agent, to: str
) -> None:
    poor.fund("1 ether", to=to)
    assert desk.keeper.tick()
    assert not poor.slot().is_dormant
    assert desk.did() == [("resume", 1, "mined")]


def test_money_for_others_ends_nobodys_pause(
    net: Everloop, desk: KeeperDesk, poor: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []
    monkeypatch.setattr(desk.keeper, "_weigh", lambda kind, *_: tries.append(kind))
    net.chain.send(ME, net.engine.deposit(OTHER, value=10**18))
    assert not desk.keeper.tick()
    assert tries == []
    poor.fund("1 ether", to="run")
    desk.keeper.tick()
    assert tries == ["resume"]


def test_every_treasury_is_looked_at_in_its_turn(
    net: Everloop, desk: KeeperDesk, poor: Agent, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funding, "LOOKS", 1)
    second = impoverish(net, "second", answer)
    assert not desk.keeper.tick()
    second.fund("1 ether")
    poor.fund("1 ether")
    for _ in range(2):
        desk.keeper.tick()
        net.chain.advance(1)
    assert [agent.slot().is_dormant for agent in (poor, second)] == [False, False]


def test_deposits_are_seen_however_many_owners_wait(
    desk: KeeperDesk, poor: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(funding, "MAX_OWNERS", 0)
    poor.fund("1 ether", to="run")
    assert desk.keeper.tick()
    assert not poor.slot().is_dormant


def test_a_task_runs_at_once_when_its_owner_pays(net: Everloop, desk: KeeperDesk) -> None:
    task = net.scheduler.schedule(
        "0x" + "99" * 20, raw=True, without_code=True, interval=3_600, gas_limit=50_000, tip=0
    )
    assert not desk.keeper.tick()
    net.chain.send(ME, net.engine.deposit(ME.address, value=10**18))
    assert desk.keeper.tick()
    assert net.engine.slot_of(task.id).runs == 1

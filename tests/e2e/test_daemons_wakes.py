"""A keeper wakes the agents that it was told of, when they call for it, and is paid by them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_sdk.agent import Agent
from agent_sdk.daemons.settings import KeeperSettings
from agent_sdk.errors import ConfigError
from agent_sdk.manifest import HOLD, Action
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from tests.e2e.desks import KEEPER, ME, KeeperDesk, settings_of

Answer = Callable[..., Receipt]
Desk = Callable[..., KeeperDesk]


@pytest.fixture
def desk_for(net: Everloop, tmp_path: Path) -> Iterator[Desk]:
    """A keeper that wakes some addresses."""
    desks: list[KeeperDesk] = []

    def make(*wake: str) -> KeeperDesk:
        desks.append(KeeperDesk(net, tmp_path, wake=wake))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


def test_an_agent_that_calls_for_it_is_woken_once_and_pays(
    net: Everloop, oracle: Agent, answer: Answer, desk_for: Desk
) -> None:
    desk = desk_for(oracle.address)
    # A first credit and a first expense of the day fill slots, which nobody repays.
    net.chain.send(ME, net.engine.deposit(KEEPER.address, value=1))
    answer(oracle, HOLD)
    cost = net.chain.balance(KEEPER.address)
    assert desk.keeper.tick()
    cost -= net.chain.balance(KEEPER.address)
    assert oracle.slot().due == net.chain.block().time
    assert desk.did() == [("wake", 1, "mined")]
    assert net.engine.balance_of(KEEPER.address) >= cost * 9 // 10
    assert not desk.keeper.tick()
    answer(oracle, HOLD)
    assert not desk.keeper.tick(), "at most once an interval"


def test_one_that_does_not_call_sleeps(oracle: Agent, answer: Answer, desk_for: Desk) -> None:
    desk = desk_for(oracle.address)
    answer(oracle, Action("publish", {"figure_": 1}))
    assert not desk.keeper.tick()
    assert desk.did() == []


def test_only_agents_named_are_woken(oracle: Agent, answer: Answer, desk_for: Desk) -> None:
    desk = desk_for()
    answer(oracle, HOLD)
    assert not desk.keeper.tick()


def test_addresses_that_cannot_be_woken_stop_nothing(
    net: Everloop, agent: Agent, oracle: Agent, answer: Answer, desk_for: Desk
) -> None:
    desk = desk_for(net.deployment.everloop, KEEPER.address, agent.address, oracle.address)
    answer(agent, HOLD)
    answer(oracle, HOLD)
    assert desk.keeper.tick()
    assert desk.did() == [("wake", 1, "mined")]
    assert oracle.slot().due == net.chain.block().time


def test_an_agent_that_refuses_is_left_alone_for_a_while(
    oracle: Agent, answer: Answer, desk_for: Desk
) -> None:
    desk = desk_for(oracle.address)
    answer(oracle, HOLD)
    oracle.pause()
    assert not desk.keeper.tick()
    assert desk.did() == []


def test_what_is_no_address_is_refused(net: Everloop, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"wake .* must be addresses of 20 bytes each"):
        KeeperSettings(**settings_of(net, tmp_path), account="dev:1", wake=("oracle",))

"""The example agents live on a real chain: keeper, provider and the exemplar engine do the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent_sdk.abi import decode_result, encode_call
from agent_sdk.agent import Agent
from agent_sdk.demo_clock import Clock, until
from agent_sdk.deploy import publish
from agent_sdk.network import Everloop
from agent_sdk.stack import LocalStack
from agent_sdk.types import Call
from agent_sdk.units import ETHER, FINNEY

UNIT = 10**18
EXAMPLES = ("PayerAgent", "GardenerAgent", "TraderAgent", "CounterAgent")


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everloop]:
    """A stack of its own, with every example to clone."""
    folder = tmp_path_factory.mktemp("examples")
    with LocalStack.up(folder, engine="exemplar", providers=1, poll_seconds=0.05) as stack:
        found = Everloop.connect(stack.info.rpc, account="dev:0", deployment=stack.info.deployment)
        assert found.signer is not None
        deployment = found.deployment
        for name in EXAMPLES:
            deployment = publish(found.chain, found.signer, name, deployment=deployment)
        yield Everloop(found.chain, deployment, signer=found.signer)


def let_live(net: Everloop, agent: Agent, steps: int) -> None:
    """Let time pass until an agent has made so many more steps."""
    Clock(net.chain, agent, lambda step: None).run_to(agent.contract.steps() + steps)


def grain_of(net: Everloop, holder: str) -> int:
    data = net.chain.call(
        Call(net.deployment.contracts["Grain"], encode_call("Grain", "balanceOf", holder))
    )
    return int(decode_result("Grain", "balanceOf", data))


def test_two_traders_close_a_trade(net: Everloop) -> None:
    seller = net.agents.create("TraderAgent", fund="1 ether", options={"lowest": "4 finney"})
    buyer = net.agents.create(
        "TraderAgent", fund="1 ether", options={"peer": seller.address, "target": "30"}
    )
    treasuries = [net.chain.balance(one.address) for one in (seller, buyer)]
    assert net.signer is not None
    grow = encode_call("Grain", "grow", seller.address, 40 * UNIT)
    net.chain.send(net.signer, Call(net.deployment.contracts["Grain"], grow))
    until_told(net, seller, "40 units are on offer.")
    until_told(net, buyer, "Stock is on target.")
    assert grain_of(net, buyer.address) == 30 * UNIT
    assert net.chain.balance(seller.address) == treasuries[0] + 120 * FINNEY
    assert net.chain.balance(buyer.address) == treasuries[1] - 120 * FINNEY
    done = [
        str(action)
        for one in (seller, buyer)
        for s in one.history(verify=True)
        for action in s.actions or ()
    ]
    assert {"sell(40, 4)", "buy(30, 4)"} <= set(done)


def until_told(net: Everloop, agent: Agent, text: str) -> None:
    """Let an agent live until that is what it tells its model; a few steps at most."""
    for _ in range(6):
        if agent.contract.prompt() == text:
            return
        let_live(net, agent, 1)
    assert agent.contract.prompt() == text


def dry_plant(net: Everloop) -> Agent:
    """An agent whose money pays the step that is booked, and no other."""
    plant = net.agents.create(
        "CounterAgent",
        fund=ETHER // 10,
        run_balance=ETHER // 10,
        first_due=net.chain.block().time + 120,
    )
    plant.withdraw("all")
    return plant


def test_the_gardener_saves_an_agent_that_would_have_dried_up(net: Everloop) -> None:
    plant, weed = dry_plant(net), dry_plant(net)
    gardener = net.agents.create("GardenerAgent", fund="1 ether", options={"plants": plant.address})
    let_live(net, gardener, 1)
    (step, *_) = gardener.history(verify=True)
    assert [action.name for action in step.actions or ()] == ["water"]
    let_live(net, plant, 3)
    until(lambda: weed.contract.steps() == 1, "the weed does not take its last step")
    assert (weed.health, plant.health) == ("dormant", "ok")
    assert gardener.contract.prompt() == "No plant is dry."


def test_the_payer_pays_what_falls_due(net: Everloop) -> None:
    first, second = "0x" + 40 * "1", "0x" + 40 * "2"
    payees = {first: "3600 finney", second: "7200 finney"}
    payer = net.agents.create("PayerAgent", fund="4 ether", options={"payees": payees})
    let_live(net, payer, 4)
    balances = [net.engine.balance_of(one) for one in (first, second)]
    assert all(balances), "both are paid into their balances at Everloop"
    held, *others = payer.history(verify=True)
    assert [action.name for action in held.actions or ()] == ["hold"]
    assert {action.name for step in others for action in step.actions or ()} == {"pay"}

"""Agents from birth to stop, through the facade."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from agent_sdk import accounts
from agent_sdk.accounts import Signer
from agent_sdk.agent import Agent
from agent_sdk.blueprints import DEFAULT_LOOP
from agent_sdk.errors import CheckFailed, ConfigError, InsufficientFunds, Reverted, SpecError
from agent_sdk.manifest import HOLD, Action
from agent_sdk.network import Everloop
from agent_sdk.types import Call, Loop, Pricing, Receipt, Result, Timing
from agent_sdk.units import ETHER, FINNEY, GWEI

Answer = Callable[..., Receipt]
NOBODY = "0x" + 40 * "9"


def test_an_agent_is_made_funded_and_booked_in_one_transaction(net: Everloop) -> None:
    agent = net.agents.create("TreasuryAgent", fund="2 ether", salt="one")
    assert agent.receipt is not None
    assert agent.contract.owner() == accounts.dev(0).address
    assert agent.balance.total == 2 * ETHER
    assert agent.slot().due == net.chain.block(agent.receipt.block).time
    job = agent.job()
    assert job is not None
    assert job.commitment() == agent.slot().commitment
    assert [a.address for a in net.agents.list()] == [agent.address]


def test_settings_that_do_not_decode_are_told_as_such(net: Everloop) -> None:
    with pytest.raises(Reverted, match="its _initialize may not decode these 5 bytes; give its"):
        net.agents.create("TreasuryAgent", fund="2 ether", init=b"short")


def test_the_chain_packs_a_loop_as_it_was_asked_for(net: Everloop) -> None:
    loop = Loop(
        interval=11,
        heartbeat=3_601,
        window=121,
        gas_limit=400_001,
        output_limit=1_023,
        max_gas_price=19 * GWEI,
        max_priority_fee=3 * GWEI,
        max_data_fee=7,
        max_fee=FINNEY + 1,
    )
    agent = net.agents.create("TreasuryAgent", fund="2 ether", loop=loop)
    job = agent.job()
    assert job is not None
    offer = net.engine.offer_of(job.provider, job.model_id)
    assert job.timing == Timing(
        interval=11, heartbeat=3_601, window=121, gas_limit=400_001, output_limit=1_023
    )
    assert job.pricing == Pricing(
        max_gas_price=19 * GWEI,
        max_priority_fee=3 * GWEI,
        max_data_fee=7,
        amount=FINNEY + 1,
        fee=offer.fee(1_023),
    )
    assert agent.balance.run >= 2 * net.engine.worst_cost(job)


def test_steps_are_read_back_with_actions_result_and_cost(
    net: Everloop, agent: Agent, answer: Answer
) -> None:
    receipt = answer(agent, Action("save", {"finney": 100}))
    answer(agent, HOLD)
    steps = agent.history(verify=True)
    assert [step.step for step in steps] == [0, 1]
    assert [step.actions for step in steps] == [(Action("save", {"finney": 100}),), (HOLD,)]
    assert steps[0].result == Result.ACTED
    assert steps[0].provider == accounts.dev(2).address
    assert steps[0].tx == receipt.tx
    assert steps[0].next_due == steps[0].time + 10
    assert steps[0].paid >= receipt.cost
    assert str(steps[0]).startswith(f"step 0 at {steps[0].time}: save(100) [acted] by 0x")


def test_state_is_context_history_and_balance(agent: Agent, answer: Answer) -> None:
    before = agent.state
    assert before.history_head == bytes(28)
    assert before.context.startswith("The cash target is")
    answer(agent, Action("save", {"finney": 100}))
    after = agent.state
    assert after.history_head != before.history_head
    assert after.balance.treasury == before.balance.treasury - 100 * FINNEY


@pytest.mark.parametrize(
    ("decision", "result"),
    [
        (b"", Result.REJECTED),
        (b"\x01\x02\x03\x04", Result.FAILED),
        (b"plain words", Result.FAILED),
    ],
    ids=["empty", "unknown selector", "prose"],
)
def test_an_answer_that_fits_no_action_is_a_step_and_the_loop_goes_on(
    agent: Agent, answer: Answer, decision: bytes, result: Result
) -> None:
    answer(agent, decision=decision)
    answer(agent, HOLD)
    first, second = agent.history(verify=True)
    assert (first.actions, first.result, first.decision) == (None, result, decision)
    assert second.result == Result.ACTED
    assert agent.health == "ok"


def test_money_sent_goes_where_it_is_meant_to(net: Everloop, agent: Agent) -> None:
    before = agent.balance
    agent.fund("0.5 ether")
    agent.fund(7, to="run")
    assert agent.balance.treasury == before.treasury + ETHER // 2
    assert agent.balance.run == before.run + 7
    with pytest.raises(ConfigError, match="use treasury or run"):
        agent.fund(1, to="elsewhere")


def test_inspect_has_every_key_and_agrees_with_the_chain(
    net: Everloop, agent: Agent, answer: Answer
) -> None:
    answer(agent, HOLD)
    found = agent.inspect()
    keys = "address owner context steps history_head history_verified balance_wei runway_steps "
    keys += "runway_seconds liberty utility next_due last_step policy provider health"
    assert set(keys.split()) - found.keys() == set()
    assert found["steps"] == agent.contract.steps() == 1
    assert found["history_head"] == "0x" + agent.contract.history_head().hex()
    assert found["history_verified"] is True
    assert found["balance_wei"]["treasury"] == net.chain.balance(agent.address)
    assert found["liberty"] == len(agent.manifest.tools)
    assert found["utility"] == found["liberty"] + 1
    assert found["runway_seconds"] == 10 * found["runway_steps"]
    assert found["runway_steps"] < found["runway_typical_steps"]
    assert found["next_due"] == agent.slot().due
    assert found["provider"] == accounts.dev(2).address
    assert found["last_step"]["actions"] == [{"action": "hold", "args": {}}]


def test_liberty_falls_with_the_treasury(net: Everloop, agent: Agent) -> None:
    assert {"pay", "save"} <= set(agent.open_actions)
    net.chain.set_balance(agent.address, 0)
    assert agent.open_actions
    assert {"pay", "save"}.isdisjoint(agent.open_actions)


def test_waiting_ends_with_the_step_or_says_how_the_agent_is(
    net: Everloop, agent: Agent, answer: Answer
) -> None:
    with pytest.raises(CheckFailed, match=r"made 0 of 1 steps in 0\.1 s \(ok\)"):
        agent.wait(steps=1, timeout=0.1)
    net.chain.advance(1_000)
    with pytest.raises(CheckFailed, match="overdue"):
        agent.wait(steps=1, timeout=0.1)


def test_an_agent_stopped_by_its_owner_is_stopped(
    net: Everloop, agent: Agent, answer: Answer
) -> None:
    answer(agent, HOLD)
    job = agent.job()
    assert job is not None
    net.chain.send(accounts.dev(0), agent.contract.stop(job))
    assert agent.health == "stopped"
    net.chain.send(accounts.dev(0), agent.contract.start(DEFAULT_LOOP))
    answer(agent, HOLD)
    assert len(agent.history(verify=True)) == 2


def test_a_second_agent_of_one_salt_is_refused(net: Everloop, agent: Agent) -> None:
    with pytest.raises(Reverted, match="choose another salt"):
        net.agents.create("TreasuryAgent", fund="1 ether", salt="agent")


def test_options_reach_the_agent_and_unknown_ones_are_named(net: Everloop) -> None:
    options = {"payee": NOBODY, "cash_target": "100 finney", "bill_per_hour": "36 finney"}
    agent = net.agents.create("TreasuryAgent", fund="1 ether", options=options)
    assert agent.contract.is_recipient(NOBODY)
    assert "100 finney" in agent.state.context
    assert "36 finney an hour" in agent.state.context
    with pytest.raises(ConfigError, match="no option colour: use payee"):
        net.agents.create("TreasuryAgent", fund="1 ether", options={"colour": "red"})


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        (NOBODY, "there is no agent"),
        ("agent", "is no address"),
    ],
)
def test_unknown_agents_are_named(net: Everloop, address: str, rule: str) -> None:
    with pytest.raises(ConfigError, match=rule):
        net.agents.at(address)


def test_a_contract_that_is_no_agent_is_told(net: Everloop) -> None:
    with pytest.raises(ConfigError, match="is no agent"):
        net.agents.at(net.deployment.registry)


def test_an_unknown_kind_of_agent_is_refused(net: Everloop) -> None:
    with pytest.raises(ConfigError, match="use one of TreasuryAgent"):
        net.agents.create("DreamAgent", fund="1 ether")


def test_more_than_the_account_has_cannot_be_given(net: Everloop) -> None:
    with pytest.raises(InsufficientFunds, match=r"cannot pay for AgentFactory\.create"):
        net.agents.create("TreasuryAgent", fund="1000000 ether")


def test_a_run_balance_above_the_funds_is_refused(net: Everloop) -> None:
    with pytest.raises(ConfigError, match="more than the funds"):
        net.agents.create("TreasuryAgent", fund="1 ether", run_balance="2 ether")


def test_without_a_serving_provider_nothing_is_made(net: Everloop) -> None:
    net.providers.serve(accounts.dev(2), on=False)
    with pytest.raises(ConfigError, match="no provider takes work now"):
        net.agents.create("TreasuryAgent", fund="1 ether")


def test_reading_needs_no_account_and_writing_says_so(net: Everloop, agent: Agent) -> None:
    reader = Everloop.connect(net.chain.url, deployment=net.deployment)
    assert reader.agents.at(agent.address).contract.steps() == 0
    with pytest.raises(ConfigError, match="--account"):
        reader.agents.at(agent.address).fund("1 ether")
    with pytest.raises(ConfigError, match="--account"):
        reader.agents.create("TreasuryAgent", fund="1 ether")


def test_a_manifest_that_does_not_parse_is_one_clear_line(net: Everloop, agent: Agent) -> None:
    """The manifest is code data; here its contract gets other bytes."""
    pointer = manifest_pointer(net)
    net.chain.rpc("anvil_setCode", pointer, "0x00" + b'{"everloop":1,'.hex())
    with pytest.raises(SpecError, match=f"manifest of agent {agent.address} does not parse"):
        net.agents.at(agent.address).inspect()


def test_a_loop_below_its_rules_is_refused(net: Everloop) -> None:
    loop = dataclasses.replace(DEFAULT_LOOP, gas_limit=1_000)
    with pytest.raises(Reverted, match="choose at least 300000, and") as refused:
        net.agents.create("TreasuryAgent", fund="1 ether", loop=loop)
    assert refused.value.name == "Agent_BadLoop"
    assert refused.value.arguments["field"] == "gasLimit"


def manifest_pointer(net: Everloop) -> str:
    """Return the contract that keeps the treasury agent's manifest: it was made just before it."""
    implementation = net.deployment.implementation("TreasuryAgent")
    last = ""
    for number in range(net.deployment.block, net.deployment.block + 10):
        block = net.chain.rpc("eth_getBlockByNumber", hex(number), False)
        receipt = net.chain.receipt(bytes.fromhex(block["transactions"][0][2:]))
        assert receipt is not None
        if receipt.created == implementation:
            return last
        last = receipt.created or ""
    raise AssertionError("the implementation was not made in the first blocks")


def test_a_plain_transfer_to_an_agent_is_a_gift(net: Everloop, agent: Agent) -> None:
    before = agent.balance.treasury
    net.chain.send(accounts.dev(4), Call(agent.address, b"", 5))
    assert agent.balance.treasury == before + 5


def test_the_run_balance_pays_the_dearest_step_twice(net: Everloop) -> None:
    loop = dataclasses.replace(DEFAULT_LOOP, max_fee=50 * FINNEY)
    agent = net.agents.create("TreasuryAgent", fund="0.3 ether", loop=loop)
    job = agent.job()
    assert job is not None
    dearest = dataclasses.replace(job, pricing=dataclasses.replace(job.pricing, fee=50 * FINNEY))
    most = net.engine.worst_cost(dearest) + 50 * FINNEY
    assert 2 * most <= agent.balance.run <= 2 * most + FINNEY
    assert agent.balance.treasury == 300 * FINNEY - agent.balance.run


def test_a_provider_that_raises_its_price_first_refuses_no_birth(
    net: Everloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its transaction stands before the creation, which was made by the price of before."""
    provider, send = accounts.dev(2), net.chain.send
    choice = net.providers.choice(provider.address)
    (model,) = net.providers.status(provider.address).offers
    offer = net.engine.offer_of(provider.address, choice.model_id)
    dearer = dataclasses.replace(
        offer, base_price=offer.base_price + DEFAULT_LOOP.max_fee - offer.fee(1_024)
    )

    def send_behind(signer: Signer, call: Call) -> Receipt:
        monkeypatch.setattr(net.chain, "send", send)
        net.providers.offer(provider, model, dearer)
        return send(signer, call)

    monkeypatch.setattr(net.chain, "send", send_behind)
    made = net.agents.create("TreasuryAgent", fund="0.05 ether")
    job = made.job()
    assert job is not None
    assert job.pricing.fee == DEFAULT_LOOP.max_fee


def test_funds_that_do_not_pay_two_steps_are_refused(net: Everloop) -> None:
    with pytest.raises(
        ConfigError, match=r"funds of 0\.01 ether are too little: .*more than that$"
    ):
        net.agents.create("TreasuryAgent", fund="0.01 ether")
    with pytest.raises(Reverted, match=r"runBalance.*pays the dearest step twice"):
        net.agents.create("TreasuryAgent", fund="1 ether", run_balance="0.02 ether")

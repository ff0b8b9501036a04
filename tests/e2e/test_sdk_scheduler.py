"""Tasks and inferences as their owners, keepers and providers see them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.booked import inferences, tasks
from agent_sdk.deploy import deploy_contract
from agent_sdk.errors import ConfigError, Reverted
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.types import Call, Outcome, Receipt
from agent_sdk.units import ETHER

Answer = Callable[..., Receipt]


@pytest.fixture
def paid(net: Everloop) -> Everloop:
    """Everloop where the account has a balance to pay tasks from."""
    signer = accounts.dev(0)
    net.chain.send(signer, net.engine.deposit(signer.address, value=ETHER))
    return net


@pytest.fixture
def target(net: Everloop) -> str:
    """A contract that counts its calls."""
    owner = accounts.dev(0)
    return deploy_contract(net.chain, owner, "CounterTask", net.deployment.everloop, owner.address)


def test_a_task_runs_when_it_is_due_and_pays_its_keeper(paid: Everloop, target: str) -> None:
    task = paid.scheduler.schedule(target, interval=60, gas_limit=100_000, salt="tick")
    assert task.job.commitment() == paid.engine.slot_of(task.id).commitment
    keeper = accounts.dev(4)
    receipt = paid.scheduler.execute(task.job, signer=keeper)
    (event,) = paid.engine.events_of(receipt, "TaskExecuted")
    assert event.args["outcome"] == Outcome.SUCCEEDED
    assert event.args["keeper"] == keeper.address
    assert event.args["paid"] == paid.engine.balance_of(keeper.address) > 0
    assert paid.engine.slot_of(task.id).runs == 1


def test_a_task_that_is_not_due_is_refused_alone_and_left_out_of_a_batch(
    paid: Everloop, target: str
) -> None:
    later = paid.chain.block().time + 1_000
    early = paid.scheduler.schedule(target, interval=60, gas_limit=100_000, first_due=later)
    with pytest.raises(Reverted, match="has not come; wait") as refused:
        paid.scheduler.execute(early.job)
    assert refused.value.arguments["due"] == later
    due = paid.scheduler.schedule(target, interval=60, gas_limit=100_000)
    receipt = paid.scheduler.execute_batch([early.job, due.job])
    skipped, executed = paid.engine.events_of(receipt)
    assert (skipped.name, skipped.args["outcome"]) == ("TaskSkipped", Outcome.NOT_DUE)
    assert (executed.name, executed.args["outcome"]) == ("TaskExecuted", Outcome.SUCCEEDED)
    assert (skipped.args["id"], executed.args["id"]) == (early.id, due.id)


def test_booked_tasks_are_listed_until_cancelled(paid: Everloop, target: str) -> None:
    task = paid.scheduler.schedule(target, interval=60, gas_limit=100_000, salt="tick")
    assert [booked.id for booked in paid.scheduler.booked()] == [task.id]
    assert tasks(paid.engine, owner=accounts.dev(5).address) == []
    paid.scheduler.cancel("tick")
    assert paid.scheduler.booked() == []
    with pytest.raises(Reverted, match="no such job is booked"):
        paid.scheduler.cancel("tick")


def test_a_raw_task_calls_with_its_data_as_it_is(paid: Everloop, target: str) -> None:
    task = paid.scheduler.schedule(
        target, interval=0, gas_limit=50_000, data=b"\x01\x02\x03\x04", raw=True
    )
    assert task.job.timing.is_raw
    receipt = paid.scheduler.execute(task.job)
    (event,) = paid.engine.events_of(receipt, "TaskExecuted")
    assert event.args["outcome"] == Outcome.FAILED


def test_a_gas_limit_that_fits_no_transaction_is_refused(paid: Everloop, target: str) -> None:
    most = paid.scheduler.draft(target, interval=60, gas_limit=16_000_000)
    assert most.timing.gas_limit == 16_000_000
    with pytest.raises(ConfigError, match="gas_limit 16000001 fits no transaction"):
        paid.scheduler.draft(target, interval=60, gas_limit=16_000_001)


def test_a_task_is_changed_in_place(paid: Everloop, target: str) -> None:
    task = paid.scheduler.schedule(target, interval=60, gas_limit=100_000, salt="tick")
    later = paid.chain.block().time + 1_000
    slower = paid.scheduler.draft(target, interval=600, gas_limit=200_000, salt="tick")
    changed = paid.scheduler.update(slower, due=later)
    assert (changed.id, changed.job) == (task.id, slower)
    (booked,) = paid.scheduler.booked()
    assert booked.job == slower
    # The run that was booked with the old record is over.
    assert (booked.slot.due, booked.slot.runs) == (later, 1)
    with pytest.raises(Reverted, match="read the record from the newest event"):
        paid.scheduler.execute(task.job)
    unknown = paid.scheduler.draft(target, interval=600, gas_limit=200_000, salt="other")
    with pytest.raises(Reverted) as refused:
        paid.scheduler.update(unknown)
    assert refused.value.name == "Scheduler_NotBooked"


def test_a_record_is_told_again_for_those_who_missed_it(paid: Everloop, target: str) -> None:
    task = paid.scheduler.schedule(target, interval=60, gas_limit=100_000)
    later = paid.chain.mine().number
    assert tasks(paid.engine, from_block=later) == []
    assert paid.engine.record_of(task.id, from_block=later) is None
    paid.scheduler.repost(task.job, signer=accounts.dev(4))
    (booked,) = tasks(paid.engine, owner=accounts.dev(0).address, from_block=later)
    assert (booked.id, booked.job) == (task.id, task.job)
    assert paid.engine.record_of(task.id, from_block=later) == task.job
    stranger = dataclasses.replace(task.job, data=b"other")
    with pytest.raises(Reverted) as refused:
        paid.scheduler.repost(stranger)
    assert refused.value.name == "Scheduler_NotBooked"


def test_a_task_that_its_owner_cannot_pay_is_refused_with_figures(
    paid: Everloop, target: str
) -> None:
    task = paid.scheduler.schedule(target, interval=60, gas_limit=100_000)
    owner = accounts.dev(0)
    free = paid.engine.free_of(owner.address)
    paid.chain.send(owner, paid.engine.withdraw(free, to=owner.address))
    with pytest.raises(Reverted, match="it must deposit more") as refused:
        paid.scheduler.execute(task.job)
    assert refused.value.name == "Scheduler_Unaffordable"
    assert refused.value.arguments["free"] == 0 < refused.value.arguments["required"]


def test_inferences_are_listed_by_provider(net: Everloop, agent: Agent, answer: Answer) -> None:
    answer(agent, HOLD)
    (booked,) = inferences(net.engine, provider=accounts.dev(2).address)
    assert booked.job == agent.job()
    assert booked.slot.runs == 1
    assert inferences(net.engine, provider=accounts.dev(3).address) == []


def test_one_cannot_aim_at_everloop(paid: Everloop) -> None:
    with pytest.raises(Reverted, match="choose another target"):
        paid.scheduler.schedule(paid.deployment.everloop, interval=60, gas_limit=100_000)


def test_booking_needs_an_account(net: Everloop, target: str) -> None:
    reader = Everloop(net.chain, net.deployment)
    with pytest.raises(ConfigError, match="--account"):
        reader.scheduler.schedule(target, interval=60, gas_limit=100_000)


def test_providers_stake_can_be_unbonded_and_offers_withdrawn(net: Everloop) -> None:
    provider = accounts.dev(2)
    net.chain.send(provider, net.registry.unbond(provider.address, ETHER // 2))
    status = net.providers.status(provider.address)
    assert (status.record.bonded, status.record.unbonding) == (ETHER // 2, ETHER // 2)
    with pytest.raises(Reverted, match="unbonding delay is not over"):
        net.chain.send(provider, net.registry.withdraw(provider.address))
    choice = net.providers.choice(provider.address)
    net.chain.send(provider, net.registry.withdraw_offer(choice.model_id))
    assert net.providers.serving() == []
    with pytest.raises(ConfigError, match="offers no model"):
        net.providers.choice(provider.address)


def test_an_owner_takes_money_out_of_its_agent(net: Everloop, agent: Agent) -> None:
    before = agent.balance
    free = net.engine.free_of(agent.address)
    net.chain.send(accounts.dev(0), agent.contract.drain(free))
    assert agent.balance.treasury == before.treasury + free
    nobody = "0x" + 40 * "9"
    net.chain.send(accounts.dev(0), agent.contract.withdraw(5, to=nobody))
    assert net.chain.balance(nobody) == 5
    with pytest.raises(Reverted, match="use the owner's account"):
        net.chain.send(accounts.dev(1), agent.contract.withdraw(5, to=nobody))
    net.chain.send(accounts.dev(1), agent.contract.refuel())
    assert agent.balance.run > before.run - free
    assert net.chain.call(Call(agent.address, b"")) == b""

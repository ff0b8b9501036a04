"""The keeper runs, expires and resumes what is due, once, and is never out of pocket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.accounts import Signer
from agent_sdk.agent import Agent
from agent_sdk.contracts import AgentContract
from agent_sdk.daemons.dispatch import MAX_FAILURES
from agent_sdk.daemons.lifecycle import Status
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.scheduler import Task
from agent_sdk.types import Prepared
from tests.e2e.desks import KEEPER, ME, KeeperDesk

HOUR = 3_600
GWEI = 10**9


@pytest.fixture
def desk(net: Everloop, tmp_path: Path) -> Iterator[KeeperDesk]:
    desk = KeeperDesk(net, tmp_path)
    yield desk
    desk.close()


def book(
    net: Everloop, *, tip: int = 0, funded: int = 10**18, max_gas_price: int = 20 * GWEI
) -> Task:
    if funded:
        net.chain.send(ME, net.engine.deposit(ME.address, value=funded))
    return net.scheduler.schedule(
        "0x" + "99" * 20,
        raw=True,
        without_code=True,
        interval=HOUR,
        gas_limit=50_000,
        tip=tip,
        window=0,
        max_gas_price=max_gas_price,
    )


def test_a_due_task_runs_once(net: Everloop, desk: KeeperDesk) -> None:
    task = book(net)
    assert desk.keeper.tick()
    assert not desk.keeper.tick()
    assert net.engine.slot_of(task.id).runs == 1
    assert desk.did() == [("execute", 0, "mined")]


def test_a_run_pays_what_it_cost_and_its_tip(net: Everloop, desk: KeeperDesk) -> None:
    tip = 10**13
    book(net, tip=tip)
    desk.keeper.tick()
    # The very first credit of a keeper writes a fresh slot, which no owner pays for.
    net.chain.advance(HOUR)
    desk.keeper.tick()
    data = desk.last().data
    assert data["earned_wei"] >= data["cost_wei"] + tip
    assert tip == data["expected_wei"]


def test_a_task_runs_again_when_it_is_due_again(net: Everloop, desk: KeeperDesk) -> None:
    task = book(net)
    desk.keeper.tick()
    net.chain.advance(HOUR)
    desk.keeper.tick()
    assert net.engine.slot_of(task.id).runs == 2


def test_a_task_that_cannot_pay_is_left_without_a_transaction(
    net: Everloop, desk: KeeperDesk
) -> None:
    task = book(net, funded=0)
    sent = net.chain.nonce(accounts.dev(1).address)
    assert not desk.keeper.tick()
    assert (net.engine.slot_of(task.id).runs, desk.did()) == (0, [])
    assert sent == net.chain.nonce(accounts.dev(1).address)


def test_tasks_that_nobody_pays_do_not_keep_the_others_waiting(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.keeper.BATCH", 2)
    poor = Everloop(net.chain, net.deployment, signer=accounts.dev(5))
    for _ in range(3):
        book(poor, funded=0)
    task = book(net)
    for _ in range(3):
        desk.keeper.tick()
    assert net.engine.slot_of(task.id).runs == 1


def test_a_task_whose_gas_cap_is_below_the_price_is_left(net: Everloop, desk: KeeperDesk) -> None:
    task = book(net, max_gas_price=net.chain.block().base_fee // 2)
    assert not desk.keeper.tick()
    assert net.engine.slot_of(task.id).runs == 0


def test_a_missed_run_is_expired_and_the_bounty_earned(
    net: Everloop, desk: KeeperDesk, agent: Agent
) -> None:
    job = agent.job()
    assert job is not None
    desk.keeper.tick()
    assert desk.did() == []
    net.chain.advance(job.timing.window)
    assert desk.keeper.tick()
    assert desk.did() == [("expire", 0, "mined")]
    assert agent.slot().runs == 1
    assert desk.last().data["earned_wei"] > desk.last().data["cost_wei"]


def test_a_dormant_loop_is_resumed_once_it_can_pay(
    net: Everloop, desk: KeeperDesk, answer: object
) -> None:
    assert callable(answer)
    agent = net.agents.create("TreasuryAgent", fund="0.1 ether", salt="poor")
    contract = AgentContract(net.chain, agent.address)
    free = net.engine.free_of(agent.address)
    net.chain.send(ME, contract.drain(free))
    answer(agent, HOLD)
    assert agent.slot().is_dormant
    desk.keeper.tick()
    assert not agent.slot().is_dormant
    assert desk.did() == [("resume", 1, "mined")]


def test_a_new_keeper_with_an_empty_directory_does_nothing_twice(
    net: Everloop, desk: KeeperDesk, tmp_path: Path
) -> None:
    task = book(net)
    desk.keeper.tick()
    second = KeeperDesk(net, tmp_path / "second")
    assert not second.keeper.tick()
    assert (net.engine.slot_of(task.id).runs, second.did()) == (1, [])


def test_status_tells_what_was_done(net: Everloop, desk: KeeperDesk) -> None:
    book(net)
    desk.keeper.tick()
    status = Status.read(desk.settings.directory / "keeper.json")
    assert status is not None
    assert (status["done"], status["jobs"], status["role"]) == (1, 1, "keeper")


def test_a_run_that_lost_its_money_is_run_once_it_is_paid(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = book(net)
    chain, prepare = net.chain, net.chain.prepare

    def outrun(*args: Any, **options: Any) -> Prepared:
        """The owner takes the money out between simulation and block."""
        monkeypatch.undo()
        chain.send(ME, net.engine.withdraw(net.engine.free_of(ME.address), to=ME.address))
        return prepare(*args, **options)

    monkeypatch.setattr(chain, "prepare", outrun)
    assert not desk.keeper.tick()
    assert desk.did() == [("execute", 0, "reverted")]
    assert desk.last().data["cost_wei"] > 0
    net.chain.send(ME, net.engine.deposit(ME.address, value=10**18))
    monkeypatch.setattr("agent_sdk.daemons.patience.Patience.allows", lambda *_: True)
    assert desk.keeper.tick()
    assert net.engine.slot_of(task.id).runs == 1
    assert desk.did() == [("execute", 0, "mined")]


def test_an_owner_who_outruns_keepers_costs_them_a_few_transactions(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(net)
    chain, prepare = net.chain, net.chain.prepare

    def outrun(signer: Signer, *args: Any, **options: Any) -> Prepared:
        if signer.address == KEEPER.address:
            free = net.engine.free_of(ME.address)
            chain.send(ME, net.engine.withdraw(free, to=ME.address))
        return prepare(signer, *args, **options)

    monkeypatch.setattr(chain, "prepare", outrun)
    monkeypatch.setattr("agent_sdk.daemons.patience.Patience.allows", lambda *_: True)
    for _ in range(MAX_FAILURES + 2):
        net.chain.send(ME, net.engine.deposit(ME.address, value=10**18))
        assert not desk.keeper.tick()
    assert desk.last().failures == MAX_FAILURES


def test_a_keeper_without_money_goes_on_once_it_has_some(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = book(net)
    monkeypatch.setattr("agent_sdk.daemons.patience.Patience.allows", lambda *_: True)
    had = net.chain.balance(KEEPER.address)
    net.chain.set_balance(KEEPER.address, 1_000)
    assert [desk.keeper.tick() for _ in range(5)] == [False] * 5
    assert (desk.last().stage, desk.last().attempts) == ("dropped", 5)
    net.chain.set_balance(KEEPER.address, had)
    assert desk.keeper.tick()
    assert net.engine.slot_of(task.id).runs == 1


def test_a_keeper_without_gas_money_is_not_ready(
    net: Everloop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.purse.LOOK_SECONDS", 0.0)
    desk = KeeperDesk(net, tmp_path)
    net.chain.set_balance(KEEPER.address, 0)
    desk.keeper.tick()
    status = Status.read(tmp_path / "keeper.json")
    assert status is not None
    assert (status["ready"], status["balance_wei"]) == (False, 0)
    assert status["unready"].startswith(f"account {KEEPER.address} has 0 wei and a transaction")
    net.chain.set_balance(KEEPER.address, 10**18)
    desk.keeper.tick()
    status = Status.read(tmp_path / "keeper.json")
    assert status is not None
    assert (status["ready"], status["unready"]) == (True, "")

"""The index follows the chain, and is rebuilt from it after a loss."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.daemons.index import JobIndex
from agent_sdk.daemons.settings import KeeperSettings
from agent_sdk.daemons.watch import Watch
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from agent_sdk.scheduler import Task
from agent_sdk.types import Receipt

HOUR = 3_600
TARGET = "0x" + "99" * 20


class Observer:
    """A watch with an index of its own."""

    def __init__(
        self,
        net: Everloop,
        path: Path,
        *,
        provider: str | None = None,
        lookback_hours: int = 6,
    ) -> None:
        self.index = JobIndex(path, chain_id=31337, everloop=net.deployment.everloop)
        self.watch = Watch(
            net.chain,
            net.engine,
            self.index,
            start_block=net.deployment.block,
            block_range=7,
            lookback_hours=lookback_hours,
            provider=provider,
        )
        self.watch.sync()


@pytest.fixture
def observer(net: Everloop, tmp_path: Path) -> Observer:
    return Observer(net, tmp_path / "first.sqlite")


def book(net: Everloop, due_in: int, salt: str = "task") -> Task:
    """Book an hourly task of a plain account; its first run is `due_in` seconds away."""
    if not net.engine.balance_of(accounts.dev(0).address):
        me = accounts.dev(0)
        net.chain.send(me, net.engine.deposit(me.address, value=10**18))
    return net.scheduler.schedule(
        TARGET,
        raw=True,
        without_code=True,
        interval=HOUR,
        gas_limit=50_000,
        first_due=net.chain.block().time + due_in,
        salt=salt,
    )


def test_a_booked_task_is_due_in_its_time(net: Everloop, observer: Observer) -> None:
    task = book(net, 100)
    head = observer.watch.sync()
    assert observer.index.due_tasks(head.time) == []
    assert [task.id] == [known.id for known in observer.index.due_tasks(head.time + 100)]


def test_a_run_moves_the_task_to_its_next_time(net: Everloop, observer: Observer) -> None:
    task = book(net, 0)
    net.scheduler.execute(task.job)
    head = observer.watch.sync()
    known = observer.index.get(task.id)
    assert known is not None
    assert (1, net.engine.slot_of(task.id)) == (known.slot.runs, known.slot)
    assert known.slot.due > head.time


def test_a_cancelled_task_is_dropped_when_looked_at(net: Everloop, observer: Observer) -> None:
    task = book(net, 0)
    observer.watch.sync()
    net.scheduler.cancel("task")
    head = observer.watch.sync()
    (known,) = observer.index.due_tasks(head.time)
    assert observer.watch.refresh(known, head) is None
    assert observer.index.get(task.id) is None


def test_an_agents_inference_is_followed_through_its_steps(
    net: Everloop, observer: Observer, agent: Agent, answer: object
) -> None:
    assert callable(answer)
    head = observer.watch.sync()
    assert [agent.loop_id] == [known.id for known in observer.index.due_inferences(head.time)]
    receipt = answer(agent, HOLD)
    assert isinstance(receipt, Receipt)
    head = observer.watch.sync()
    assert observer.index.due_inferences(head.time) == []
    known = observer.index.get(agent.loop_id)
    assert known is not None
    assert (agent.slot(), agent.job()) == (known.slot, known.job)
    assert known.booked < receipt.block


def test_a_provider_sees_its_own_inferences_alone(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    book(net, 0)
    own = Observer(net, tmp_path / "own.sqlite", provider=accounts.dev(2).address)
    other = Observer(net, tmp_path / "other.sqlite", provider=accounts.dev(3).address)
    assert (own.index.count(), other.index.count()) == (1, 0)


def test_a_lost_index_is_rebuilt_from_the_chain(
    net: Everloop, observer: Observer, tmp_path: Path, agent: Agent, answer: object
) -> None:
    assert callable(answer)
    task = book(net, 0)
    net.scheduler.execute(task.job)
    answer(agent, HOLD)
    head = observer.watch.sync()
    rebuilt = Observer(net, tmp_path / "second.sqlite")
    later = head.time + 2 * HOUR
    for find in ("due_tasks", "due_inferences", "expired"):
        first = getattr(observer.index, find)(later)
        assert first == getattr(rebuilt.index, find)(later)
    assert rebuilt.index.count() == 2


def test_a_rebuilt_index_finds_what_was_booked_long_ago_in_its_hour(
    net: Everloop, tmp_path: Path
) -> None:
    task = book(net, 10 * HOUR)
    fresh = Observer(net, tmp_path / "fresh.sqlite")
    assert fresh.index.get(task.id) is None
    net.chain.advance(10 * HOUR)
    head = fresh.watch.sync()
    assert [task.id] == [known.id for known in fresh.index.due_tasks(head.time)]


def test_a_reorganisation_takes_a_booking_back(net: Everloop, observer: Observer) -> None:
    kept = book(net, 0, "kept")
    snapshot = net.chain.rpc("evm_snapshot")
    book(net, 0, "orphan")
    observer.watch.sync()
    assert observer.index.count() == 2
    assert net.chain.rpc("evm_revert", snapshot)
    net.chain.advance(5)
    head = observer.watch.sync()
    assert [kept.id] == [known.id for known in observer.index.due_tasks(head.time)]
    assert observer.index.count() == 1


def test_nothing_is_read_again_while_the_head_stands(net: Everloop, observer: Observer) -> None:
    cursor = observer.index.cursor
    observer.watch.sync()
    assert cursor == observer.index.cursor


def test_a_short_reorganisation_is_repaired_without_starting_anew(
    net: Everloop, observer: Observer
) -> None:
    kept = book(net, 0, "kept")
    net.chain.mine(150)
    observer.watch.sync()
    observer.index.hour = 1_000_000_000
    snapshot = net.chain.rpc("evm_snapshot")
    net.scheduler.execute(kept.job)
    orphan = book(net, 0, "orphan")
    observer.watch.sync()
    assert net.chain.rpc("evm_revert", snapshot)
    net.chain.advance(5)
    observer.watch.sync()
    known = observer.index.get(kept.id)
    assert known is not None
    assert net.engine.slot_of(kept.id) == known.slot
    assert observer.index.get(orphan.id) is None
    assert observer.index.hour == 1_000_000_000


@pytest.mark.parametrize("most", [500, 50])
def test_a_new_index_knows_what_was_due_days_ago(
    net: Everloop, tmp_path: Path, agent: Agent, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.watch.MAX_HOURS", most)
    task = book(net, 0)
    net.chain.advance(72 * HOUR)
    settings = KeeperSettings(
        rpc=net.chain.url,
        chain_id=net.chain.chain_id,
        everloop=net.deployment.everloop,
        account="dev:1",
        directory=tmp_path,
    )
    hours = settings.lookback_hours
    fresh = Observer(net, tmp_path / "fresh.sqlite", lookback_hours=hours)
    now = net.chain.block().time
    assert [task.id] == [known.id for known in fresh.index.due_tasks(now)]
    assert [agent.loop_id] == [known.id for known in fresh.index.expired(now)]

"""What providers and strangers do to jobs reaches the index: reposts, declines, resignations."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.daemons.index import JobIndex, Known
from agent_sdk.daemons.watch import Watch
from agent_sdk.network import Everloop
from agent_sdk.types import Event

HOUR = 3_600
ME, PROVIDER = accounts.dev(0), accounts.dev(2)


class Observer:
    """A watch with an index of its own."""

    def __init__(self, net: Everloop, path: Path, *, provider: str | None = None) -> None:
        self.index = JobIndex(path, chain_id=31337, everloop=net.deployment.everloop)
        self.watch = Watch(
            net.chain, net.engine, self.index, start_block=net.deployment.block, provider=provider
        )
        self.watch.sync()

    def known(self, id: bytes) -> Known:
        found = self.index.get(id)
        assert found is not None
        return found


@pytest.fixture
def observer(net: Everloop, tmp_path: Path) -> Observer:
    return Observer(net, tmp_path / "first.sqlite")


def without_bookings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the node have forgotten the events that booked jobs."""
    events = Watch._events

    def forgetful(self: Watch, *args: Any, **options: Any) -> list[Event]:
        found = events(self, *args, **options)
        return [e for e in found if e.name not in ("TaskScheduled", "InferenceRequested")]

    monkeypatch.setattr(Watch, "_events", forgetful)
    monkeypatch.setattr("agent_sdk.daemons.watch.EverloopContract.job_events", lambda *_, **__: [])


def test_a_reposted_job_is_known_to_who_missed_its_booking(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    net.chain.send(ME, net.engine.deposit(ME.address, value=10**18))
    task = net.scheduler.schedule(
        "0x" + "99" * 20, raw=True, without_code=True, interval=HOUR, gas_limit=50_000
    )
    job = agent.job()
    assert job is not None
    without_bookings(monkeypatch)
    late = Observer(net, tmp_path / "late.sqlite")
    mine = Observer(net, tmp_path / "mine.sqlite", provider=PROVIDER.address)
    assert (late.index.count(), mine.index.count()) == (0, 0)
    net.scheduler.repost(task.job)
    net.scheduler.repost(job)
    late.watch.sync()
    mine.watch.sync()
    assert (late.known(task.id).job, late.known(agent.loop_id).job) == (task.job, job)
    assert mine.index.count() == 1
    assert late.known(task.id).booked == 0


def test_a_repost_does_not_change_when_a_job_was_booked(
    net: Everloop, tmp_path: Path, observer: Observer, agent: Agent
) -> None:
    observer.watch.sync()
    before = observer.known(agent.loop_id)
    job = agent.job()
    assert job is not None
    net.chain.mine(3)
    net.scheduler.repost(job)
    observer.watch.sync()
    assert observer.known(agent.loop_id) == before
    rebuilt = Observer(net, tmp_path / "second.sqlite")
    assert rebuilt.known(agent.loop_id).booked == before.booked


def test_a_declined_run_is_due_again_also_for_a_rebuilt_index(
    net: Everloop, tmp_path: Path, observer: Observer, agent: Agent
) -> None:
    job = agent.job()
    assert job is not None
    observer.watch.sync()
    net.chain.send(PROVIDER, net.engine.decline(job, run=0))
    observer.watch.sync()
    rebuilt = Observer(net, tmp_path / "second.sqlite")
    for index in (observer, rebuilt):
        assert index.known(agent.loop_id).slot == agent.slot()
    assert agent.slot().runs == 1


def test_a_resigned_job_is_dormant(
    net: Everloop, tmp_path: Path, observer: Observer, agent: Agent
) -> None:
    job = agent.job()
    assert job is not None
    net.chain.send(PROVIDER, net.engine.decline(job, run=0))
    observer.watch.sync()
    net.chain.send(PROVIDER, net.engine.resign(job))
    observer.watch.sync()
    rebuilt = Observer(net, tmp_path / "second.sqlite")
    for found in (observer.index, rebuilt.index):
        (known,) = found.dormant()
        assert known.slot.is_resigned
        assert known.id == agent.loop_id


def test_an_updated_task_has_its_new_record(net: Everloop, observer: Observer) -> None:
    net.chain.send(ME, net.engine.deposit(ME.address, value=10**18))
    task = net.scheduler.schedule(
        "0x" + "99" * 20, raw=True, without_code=True, interval=HOUR, gas_limit=50_000
    )
    observer.watch.sync()
    changed = dataclasses.replace(task.job, data=b"\x01")
    due = net.chain.block().time + 100
    net.scheduler.update(changed, due=due)
    observer.watch.sync()
    known = observer.known(task.id)
    assert (known.job, known.slot.due, known.slot.runs) == (changed, due, 1)

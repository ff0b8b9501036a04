"""A loop that `resume` moves to another provider: paid, indexed and remembered rightly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.daemons.index import JobIndex
from agent_sdk.daemons.watch import Watch
from agent_sdk.manifest import HOLD
from agent_sdk.network import Everloop
from tests.e2e.desks import KeeperDesk

OLD, NEW, ME = accounts.dev(2), accounts.dev(3), accounts.dev(1)


@pytest.fixture
def dormant(net: Everloop, answer: Any) -> Agent:
    """An agent whose provider serves no longer, and that knows another one."""
    net.providers.enroll(NEW, governor=accounts.dev(0))
    choices = sorted(net.providers.serving(), key=lambda c: c.provider != OLD.address)
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="agent", providers=choices)
    net.chain.send(OLD, net.registry.serve(False))
    answer(agent, HOLD)
    assert agent.slot().is_dormant
    return agent


def watch(net: Everloop, path: Path, provider: str) -> tuple[Watch, JobIndex]:
    index = JobIndex(path, chain_id=31337, everloop=net.deployment.everloop)
    found = Watch(net.chain, net.engine, index, start_block=net.deployment.block, provider=provider)
    found.sync()
    return found, index


def test_a_moved_loop_is_paid_indexed_and_remembered(
    net: Everloop, tmp_path: Path, dormant: Agent
) -> None:
    old, old_index = watch(net, tmp_path / "old.sqlite", OLD.address)
    new, new_index = watch(net, tmp_path / "new.sqlite", NEW.address)
    assert (old_index.count(), new_index.count()) == (1, 0)
    desk = KeeperDesk(net, tmp_path)
    keeper, journal = desk.keeper, desk.journal
    before = net.engine.balance_of(ME.address)
    assert keeper.tick()
    assert not keeper.tick()

    # The keeper's books name what it earned.
    (moved,) = net.engine.events("InferenceMoved", from_block=net.deployment.block)
    assert (moved.args["from"], moved.args["keeper"]) == (OLD.address, ME.address)
    (entry,) = journal.entries()
    assert (entry.kind, entry.stage, moved.tx.hex()) == (
        "resume",
        "mined",
        entry.data["tx"].removeprefix("0x"),
    )
    earned = net.engine.balance_of(ME.address) - before
    assert entry.data["earned_wei"] == moved.args["paid"] == earned > 0

    # Both providers' indexes and the keeper's say where the loop is now.
    old.sync()
    new.sync()
    assert old_index.count() == 0
    for index in (new_index, keeper.index):
        known = index.get(dormant.loop_id)
        assert known is not None
        assert (known.job.provider, known.slot) == (NEW.address, dormant.slot())

    # The next step comes from the new provider, and the history holds.
    job, slot = dormant.job(), dormant.slot()
    assert job is not None
    net.chain.advance(max(1, slot.due - net.chain.block().time))
    pinned = net.chain.block_at(slot.due)
    assert pinned is not None
    if pinned.number < moved.block:
        # Blocks of the same second that do not know the booking.
        pinned = net.chain.block(moved.block)
    decision = dormant.manifest.encode((HOLD,))
    call = net.engine.deliver(
        job, run=slot.runs, pinned_block=pinned.number, pinned_hash=pinned.hash, decision=decision
    )
    net.chain.send(NEW, call)
    steps = dormant.verify().steps
    assert [step.provider for step in steps] == [OLD.address, NEW.address]
    assert dormant.verify().findings == ()


def test_a_loop_that_its_provider_left_moves_and_never_returns(
    net: Everloop, tmp_path: Path, answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.patience.Patience.allows", lambda *_: True)
    net.providers.enroll(NEW, governor=accounts.dev(0))
    choices = sorted(net.providers.serving(), key=lambda c: c.provider != OLD.address)
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="agent", providers=choices)
    net.chain.send(NEW, net.registry.serve(False))
    answer(agent, HOLD)
    job = agent.job()
    assert job is not None
    net.chain.send(OLD, net.engine.resign(job))
    assert agent.slot().is_resigned
    desk = KeeperDesk(net, tmp_path)
    # Its old provider takes work, and still does not get it back.
    assert not desk.keeper.tick()
    assert desk.did() == []
    net.chain.send(NEW, net.registry.serve(True))
    assert desk.keeper.tick()
    moved, slot = agent.job(), agent.slot()
    assert moved is not None
    assert (moved.provider, slot.is_resigned, slot.is_dormant) == (NEW.address, False, False)
    assert [kind for kind, _, _ in desk.did()] == ["resume"]
    desk.close()

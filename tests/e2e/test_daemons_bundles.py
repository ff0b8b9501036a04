"""Due tasks of one moment share a transaction, and each is accounted for by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.chain import Chain
from agent_sdk.daemons.dispatch import FIRST_PAY
from agent_sdk.network import Everloop
from agent_sdk.scheduler import Task
from agent_sdk.types import Outcome, Prepared
from agent_sdk.units import GWEI
from tests.e2e.desks import KEEPER, KeeperDesk

HOUR = 3_600
OWNER, OTHER = accounts.dev(0), accounts.dev(5)


@pytest.fixture
def desk(net: Everloop, tmp_path: Path) -> Iterator[KeeperDesk]:
    desk = KeeperDesk(net, tmp_path)
    yield desk
    desk.close()


def book(
    net: Everloop,
    *,
    owner: accounts.Signer = OWNER,
    funded: int = 10**18,
    gas_limit: int = 50_000,
    max_priority_fee: int = 2 * GWEI,
) -> Task:
    if funded:
        net.chain.send(owner, net.engine.deposit(owner.address, value=funded))
    theirs = Everloop(net.chain, net.deployment, signer=owner)
    return theirs.scheduler.schedule(
        "0x" + "99" * 20,
        raw=True,
        without_code=True,
        interval=HOUR,
        gas_limit=gas_limit,
        max_priority_fee=max_priority_fee,
    )


def sent(net: Everloop) -> int:
    return net.chain.nonce(KEEPER.address)


def ran(net: Everloop, *tasks: Task) -> list[int]:
    return [net.engine.slot_of(task.id).runs for task in tasks]


def test_due_tasks_share_a_transaction_that_costs_less_than_theirs(
    net: Everloop, desk: KeeperDesk
) -> None:
    tasks = [book(net), book(net, owner=OTHER), book(net)]
    before = sent(net)
    assert desk.keeper.tick()
    assert (ran(net, *tasks), sent(net)) == ([1, 1, 1], before + 1)
    entries = desk.journal.entries("execute", stages=("mined",))
    assert {entry.id for entry in entries} == {task.id for task in tasks}
    (tx,) = {entry.data["tx"] for entry in entries}
    receipt = net.chain.receipt(bytes.fromhex(tx[2:]))
    assert receipt is not None
    assert receipt.gas_used < sum(entry.data["item_gas"] for entry in entries)
    cost = sum(entry.data["cost_wei"] for entry in entries)
    assert receipt.cost - len(entries) < cost <= receipt.cost
    paid = {
        event.args["id"]: event.args["paid"]
        for event in net.engine.events_of(receipt, "TaskExecuted")
    }
    assert paid == {entry.id: entry.data["earned_wei"] for entry in entries}
    assert not desk.keeper.tick()


def test_a_bundle_pays_for_itself(net: Everloop, desk: KeeperDesk) -> None:
    for _ in range(3):
        book(net)
    desk.keeper.tick()
    # The very first credit of a keeper writes a fresh slot, which no owner pays for.
    net.chain.advance(HOUR)
    assert desk.keeper.tick()
    second = [entry for entry in desk.journal.entries() if entry.run == 1]
    assert len(second) == 3
    earned, cost = (sum(e.data[key] for e in second) for key in ("earned_wei", "cost_wei"))
    assert earned >= cost


def test_what_would_be_skipped_in_it_is_not_taken(net: Everloop, desk: KeeperDesk) -> None:
    """One owner's money suffices for each of two tasks alone, and not for both."""
    first, second = book(net, owner=OTHER, funded=0), book(net, owner=OTHER, funded=0)
    records = [net.engine.slot_of(task.id).record_gas for task in (first, second)]
    worst = (90_000 + 50_000 + max(records)) * 20 * GWEI
    net.chain.send(OTHER, net.engine.deposit(OTHER.address, value=worst))
    third = book(net)
    before = sent(net)
    assert desk.keeper.tick()
    assert (sorted(ran(net, first, second)), ran(net, third)) == ([0, 1], [1])
    assert sent(net) == before + 1
    assert net.engine.events("TaskSkipped", from_block=net.deployment.block) == []
    assert len(desk.journal.entries()) == 2


def test_a_task_that_bids_less_does_not_hold_the_others_up(net: Everloop, desk: KeeperDesk) -> None:
    mean, *rest = book(net, max_priority_fee=0), book(net), book(net)
    before = sent(net)
    desk.keeper.tick()
    assert sent(net) == before + 2
    txs = {e.id: e.data["tx"] for e in desk.journal.entries()}
    assert txs[rest[0].id] == txs[rest[1].id] != txs[mean.id]


def test_a_bundle_stays_below_its_gas(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.bundles.BUNDLE_GAS", 250_000)
    tasks = [book(net) for _ in range(6)]
    before = sent(net)
    desk.keeper.tick()
    assert ran(net, *tasks) == [1] * 6
    assert 2 <= sent(net) - before <= 3


def test_a_bundle_holds_the_gas_of_all_its_items(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target that is cheap when simulated and burns all its gas in the block stops no other."""
    tasks = [book(net, gas_limit=400_000) for _ in range(4)]
    chain, prepare = net.chain, net.chain.prepare
    before = sent(net)

    def turn(*args: object, **options: object) -> Prepared:
        """The target gets other code between simulation and block: INVALID takes all gas."""
        monkeypatch.undo()
        chain.rpc("anvil_setCode", "0x" + "99" * 20, "0xfe")
        return prepare(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(chain, "prepare", turn)
    assert desk.keeper.tick()
    entries = desk.journal.entries("execute", stages=("mined",))
    assert (ran(net, *tasks), sent(net), len(entries)) == ([1] * 4, before + 1, 4)
    (tx,) = {entry.data["tx"] for entry in entries}
    items = sum(entry.data["item_gas"] for entry in entries)
    limit = int(chain.rpc("eth_getTransactionByHash", tx)["gas"], 16)
    assert limit == items * 115 // 100 + FIRST_PAY
    assert items > 4 * 400_000
    receipt = chain.receipt(bytes.fromhex(tx[2:]))
    assert receipt is not None
    assert receipt.gas_used > 4 * 400_000
    outcomes = [e.args["outcome"] for e in net.engine.events_of(receipt, "TaskExecuted")]
    assert outcomes == [Outcome.FAILED] * 4


def test_a_bundle_that_cannot_be_simulated_is_run_one_by_one(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [book(net), book(net)]
    nothing = net.engine.cancel(bytes(32))
    monkeypatch.setattr(
        "agent_sdk.daemons.keeper.EverloopContract.execute_batch", lambda *_: nothing
    )
    before = sent(net)
    assert desk.keeper.tick()
    assert (ran(net, *tasks), sent(net)) == ([1, 1], before + 2)


class Killed(BaseException):
    """The process ends here."""


class Fragile(Chain):
    """A chain on which the process is killed around the broadcast."""

    where = ""

    def broadcast(self, transaction: Prepared | bytes, *, note: str = "the transaction") -> bytes:
        if self.where == "before":
            raise Killed
        tx = super().broadcast(transaction, note=note)
        if self.where == "after":
            raise Killed
        return tx


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_keeper_killed_at_a_bundle_finishes_it_once(
    net: Everloop, tmp_path: Path, where: str
) -> None:
    tasks = [book(net), book(net)]
    fragile = Fragile.connect(net.chain.url)
    assert isinstance(fragile, Fragile)
    fragile.where = where
    before = sent(net)
    with pytest.raises(Killed):
        KeeperDesk(net, tmp_path, fragile).keeper.tick()
    again = KeeperDesk(net, tmp_path)
    while any(entry.stage != "mined" for entry in again.journal.entries()):
        again.keeper.tick()
    assert (ran(net, *tasks), sent(net)) == ([1, 1], before + 1)


def test_a_bundle_that_finds_no_block_is_outbid_as_a_whole(
    net: Everloop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [book(net), book(net)]
    monkeypatch.setattr("agent_sdk.daemons.dispatch.Dispatcher._await", lambda *_: None)
    desk = KeeperDesk(net, tmp_path)
    monkeypatch.setattr(desk.keeper._dispatcher._pool, "_replace_seconds", 0.0)
    before = sent(net)
    net.chain.rpc("evm_setAutomine", False)
    try:
        desk.keeper.tick()
        desk.keeper._dispatcher.recover()
        first, second = desk.journal.entries()
        assert first.data["tx"] == second.data["tx"]
        assert len(first.data["earlier"]) == len(second.data["earlier"]) == 1
        net.chain.mine()
    finally:
        net.chain.rpc("anvil_dropAllTransactions")
        net.chain.rpc("evm_setAutomine", True)
    assert desk.keeper._dispatcher.recover() == 0
    assert [entry.stage for entry in desk.journal.entries()] == ["mined", "mined"]
    assert (ran(net, *tasks), sent(net)) == ([1, 1], before + 1)


def test_a_bundles_item_that_was_skipped_is_run_later(
    net: Everloop, desk: KeeperDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, lost = book(net), book(net, owner=OTHER)
    chain, prepare = net.chain, net.chain.prepare

    def outrun(*args: object, **options: object) -> Prepared:
        """An owner takes the money out between simulation and block."""
        monkeypatch.undo()
        free = net.engine.free_of(OTHER.address)
        chain.send(OTHER, net.engine.withdraw(free, to=OTHER.address))
        return prepare(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(chain, "prepare", outrun)
    assert desk.keeper.tick()
    stages = {entry.id: entry.stage for entry in desk.journal.entries()}
    assert stages == {kept.id: "mined", lost.id: "skipped"}
    net.chain.send(OTHER, net.engine.deposit(OTHER.address, value=10**18))
    monkeypatch.setattr("agent_sdk.daemons.patience.Patience.allows", lambda *_: True)
    assert desk.keeper.tick()
    assert ran(net, kept, lost) == [1, 1]

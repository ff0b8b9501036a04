"""A transaction that finds no block bids more, makes way, or is left; one of them is mined."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.daemons import bids
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.lifecycle import Stop
from agent_sdk.errors import RpcRefused
from agent_sdk.journal import Journal
from agent_sdk.network import Everloop
from tests.e2e.gifts import GIFT, JOB, Fragile, Killed, gifts, stage


@pytest.fixture
def chain(net: Everloop) -> Fragile:
    return Fragile.connect(net.chain.url)  # type: ignore[return-value]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


class TestReplacement:
    """no block in time: higher fee, same nonce · at the cap or young: left · one is mined."""

    @pytest.fixture(autouse=True)
    def no_blocks(self, chain: Fragile) -> Iterator[None]:
        chain.rpc("evm_setAutomine", False)
        yield
        # What is left in the pool would outlive the snapshot.
        chain.rpc("anvil_dropAllTransactions")
        chain.rpc("evm_setAutomine", True)

    def pending(
        self, chain: Fragile, journal: Journal, *, cap: int, age: float = 0.0
    ) -> Dispatcher:
        """Send one transaction that finds no block."""
        actor = Dispatcher(
            chain, accounts.dev(1), journal, Stop(), wait_seconds=0.0, replace_seconds=age
        )
        fees = chain.fees()
        assert actor.act("execute", JOB, 0, GIFT, gas=30_000, fees=fees, fee_cap=cap) is None
        return actor

    def test_a_higher_fee_takes_the_same_nonce(self, chain: Fragile, journal: Journal) -> None:
        actor = self.pending(chain, journal, cap=10**12)
        first = journal.get("execute", JOB, 0)
        assert actor.recover() == 1
        second = journal.get("execute", JOB, 0)
        assert first is not None
        assert second is not None
        assert second.data["nonce"] == first.data["nonce"]
        assert second.data["earlier"] == [first.data["tx"]]
        chain.mine()
        assert actor.recover() == 0
        assert (stage(journal), gifts(chain)) == ("mined", 1)

    def test_the_earlier_one_settles_the_run_if_it_is_mined(
        self, chain: Fragile, journal: Journal
    ) -> None:
        actor = self.pending(chain, journal, cap=10**12)
        first = journal.get("execute", JOB, 0)
        assert first is not None
        chain.before = Killed()
        with pytest.raises(Killed):
            actor.recover()
        chain.before = None
        chain.mine()
        assert actor.recover() == 0
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert (entry.stage, entry.data["tx"], gifts(chain)) == ("mined", first.data["tx"], 1)

    def test_no_more_is_bid_than_the_cap(self, chain: Fragile, journal: Journal) -> None:
        actor = self.pending(chain, journal, cap=chain.fees().max_fee)
        assert actor.recover() == 1
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert (entry.attempts, entry.data["earlier"]) == (1, [])

    def test_a_young_transaction_is_left_alone(self, chain: Fragile, journal: Journal) -> None:
        actor = self.pending(chain, journal, cap=10**12, age=60.0)
        assert actor.recover() == 1
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert entry.attempts == 1

    def test_one_that_may_not_bid_more_makes_way_for_those_behind_it(
        self, chain: Fragile, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fees = chain.fees()
        actor = self.pending(chain, journal, cap=fees.max_fee)
        assert actor.act("execute", JOB, 1, GIFT, gas=30_000, fees=fees, fee_cap=10**12) is None
        nonce = chain.nonce(accounts.dev(1).address)
        # A node whose pool holds what it cannot include; anvil's lets it go.
        dear = dataclasses.replace(chain.block(), base_fee=2 * fees.max_fee)
        with monkeypatch.context() as patched:
            patched.setattr(chain, "block", lambda *_: dear)
            assert actor.recover() == 2
        chain.mine()
        assert chain.nonce(accounts.dev(1).address) == nonce + 2
        actor.recover()
        assert (stage(journal), stage(journal, 1), gifts(chain)) == ("dropped", "mined", 1)

    def test_one_that_nothing_waits_behind_is_left(
        self, chain: Fragile, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fees = chain.fees()
        actor = self.pending(chain, journal, cap=fees.max_fee)
        dear = dataclasses.replace(chain.block(), base_fee=2 * fees.max_fee)
        with monkeypatch.context() as patched:
            patched.setattr(chain, "block", lambda *_: dear)
            assert actor.recover() == 1
        chain.mine()
        actor.recover()
        assert (stage(journal), gifts(chain)) == ("mined", 1)

    def test_a_higher_cap_lets_it_bid_again(self, chain: Fragile, journal: Journal) -> None:
        actor = self.pending(chain, journal, cap=chain.fees().max_fee)
        assert actor.recover() == 1
        actor.allow("execute", JOB, 0, fee_cap=10**12)
        assert actor.recover() == 1
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert (entry.attempts, len(entry.data["earlier"])) == (2, 1)

    def dear(self, chain: Fragile, patched: pytest.MonkeyPatch, base_fee: int) -> None:
        """A node with that base fee whose pool holds what it cannot include; anvil's does not."""
        block = dataclasses.replace(chain.block(), base_fee=base_fee)
        patched.setattr(chain, "block", lambda *_: block)

    def test_a_replacement_bids_the_price_of_the_market(
        self, chain: Fragile, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        actor = self.pending(chain, journal, cap=10**12)
        price = 10 * chain.fees().max_fee
        with monkeypatch.context() as patched:
            self.dear(chain, patched, price)
            actor.recover()
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert bids.read(entry.data["raw"]).fees.max_fee >= 2 * price

    def test_a_refused_replacement_leaves_the_run_to_the_transaction_before_it(
        self, chain: Fragile, journal: Journal
    ) -> None:
        actor = self.pending(chain, journal, cap=10**12)
        first = journal.get("execute", JOB, 0)
        assert first is not None
        chain.before = RpcRefused("the node refuses", code=-32000, reason="no funds", data=None)
        assert actor.recover() == 1
        chain.before = None
        assert not actor.may_act("execute", JOB, 0)
        chain.mine()
        assert actor.recover() == 0
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert (entry.stage, entry.data["tx"], gifts(chain)) == ("mined", first.data["tx"], 1)

    def test_a_higher_cap_counts_at_once_where_the_base_fee_is_above_the_bid(
        self, chain: Fragile, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fees = chain.fees()
        actor = self.pending(chain, journal, cap=fees.max_fee, age=60.0)
        with monkeypatch.context() as patched:
            self.dear(chain, patched, 2 * fees.max_fee)
            actor.allow("execute", JOB, 0, fee_cap=10**12)
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert (entry.attempts, bids.read(entry.data["raw"]).fees.max_fee >= 4 * fees.max_fee) == (
            2,
            True,
        )

    @pytest.mark.parametrize("low", ["cap", "bids"])
    def test_one_in_the_way_for_long_makes_way_whatever_keeps_it(
        self, chain: Fragile, journal: Journal, monkeypatch: pytest.MonkeyPatch, low: str
    ) -> None:
        fees = chain.fees()
        monkeypatch.setattr("agent_sdk.daemons.pool.MAX_BIDS", 1 if low == "bids" else 3)
        cap = fees.max_fee if low == "cap" else 10**12
        actor = self.pending(chain, journal, cap=cap)
        # The next one sees to it at once: its own window may be short.
        assert actor.act("execute", JOB, 1, GIFT, gas=30_000, fees=fees, fee_cap=10**12) is None
        entry = journal.get("execute", JOB, 0)
        assert entry is not None
        assert entry.data["emptied"]
        chain.mine()
        actor.recover()
        assert (stage(journal), stage(journal, 1), gifts(chain)) == ("dropped", "mined", 1)

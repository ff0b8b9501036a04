"""A transaction is signed and mined at most once per run, wherever the process is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.daemons.dispatch import MAX_FAILURES
from agent_sdk.daemons.lifecycle import Stop
from agent_sdk.errors import ChainUnavailable, RpcRefused
from agent_sdk.journal import Journal
from agent_sdk.network import Everloop
from agent_sdk.types import Call
from tests.e2e.gifts import JOB, Fragile, Killed, act, dispatcher, gifts, settle, stage


@pytest.fixture
def chain(net: Everloop) -> Fragile:
    return Fragile.connect(net.chain.url)  # type: ignore[return-value]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.sqlite")


def test_a_run_is_sent_once_and_journaled(chain: Fragile, journal: Journal) -> None:
    assert act(dispatcher(chain, journal), chain)
    entry = journal.get("execute", JOB, 0)
    assert entry is not None
    assert entry.stage == "mined"
    assert {"tx", "raw", "nonce", "gas_used", "cost_wei", "earned_wei"} <= set(entry.data)


def test_a_run_that_was_mined_is_not_sent_again(chain: Fragile, journal: Journal) -> None:
    assert act(dispatcher(chain, journal), chain)
    assert not act(dispatcher(chain, journal), chain)
    assert gifts(chain) == 1


def test_the_next_run_is_sent(chain: Fragile, journal: Journal) -> None:
    actor = dispatcher(chain, journal)
    assert [act(actor, chain, run) for run in (0, 1)] == [True, True]
    assert gifts(chain) == 2


def test_killed_before_the_broadcast_it_is_sent_after_the_restart(
    chain: Fragile, journal: Journal
) -> None:
    chain.before = Killed()
    with pytest.raises(Killed):
        act(dispatcher(chain, journal), chain)
    assert (stage(journal), gifts(chain)) == ("signed", 0)
    chain.before = None
    again = dispatcher(chain, journal)
    assert not act(again, chain)
    again.recover()
    settle(chain, journal)
    again.recover()
    assert (stage(journal), gifts(chain)) == ("mined", 1)


def test_killed_after_the_broadcast_it_is_not_sent_again(chain: Fragile, journal: Journal) -> None:
    chain.after = Killed()
    with pytest.raises(Killed):
        act(dispatcher(chain, journal), chain)
    chain.after = None
    settle(chain, journal)
    again = dispatcher(chain, journal)
    assert not act(again, chain)
    again.recover()
    assert (stage(journal), gifts(chain)) == ("mined", 1)


def test_a_lost_answer_of_the_node_is_settled_later(chain: Fragile, journal: Journal) -> None:
    chain.after = ChainUnavailable("the connection broke")
    with pytest.raises(ChainUnavailable):
        act(dispatcher(chain, journal), chain)
    chain.after = None
    settle(chain, journal)
    dispatcher(chain, journal).recover()
    assert (stage(journal), gifts(chain)) == ("mined", 1)


def test_a_refused_transaction_is_given_up_and_tried_anew_as_long_as_it_costs_nothing(
    chain: Fragile, journal: Journal
) -> None:
    chain.before = RpcRefused("the node refuses", code=-32000, reason="fee too low", data=None)
    actor = dispatcher(chain, journal)
    for _ in range(5):
        assert not act(actor, chain)
    entry = journal.get("execute", JOB, 0)
    assert entry is not None
    assert (entry.stage, entry.attempts, entry.failures) == ("dropped", 5, 0)
    chain.before = None
    assert act(actor, chain)
    assert gifts(chain) == 1


def test_after_three_transactions_in_vain_a_run_rests_for_long(
    net: Everloop, chain: Fragile, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = net.engine.withdraw(1, to=accounts.dev(1).address)
    actor = dispatcher(chain, journal)

    def try_once() -> bool:
        fees = chain.fees()
        return actor.act("execute", JOB, 0, call, gas=100_000, fees=fees) is not None

    assert [try_once() for _ in range(MAX_FAILURES + 1)] == [True] * MAX_FAILURES + [False]
    monkeypatch.setattr("agent_sdk.daemons.dispatch.LONG_PAUSE", 0.0)
    assert try_once()


def test_a_transaction_whose_nonce_was_taken_is_dropped(chain: Fragile, journal: Journal) -> None:
    chain.before = Killed()
    with pytest.raises(Killed):
        act(dispatcher(chain, journal), chain)
    chain.before = None
    chain.send(accounts.dev(1), Call("0x" + "66" * 20, b"", 1))
    actor = dispatcher(chain, journal)
    assert actor.recover() == 0
    assert stage(journal) == "dropped"
    assert act(actor, chain)
    assert gifts(chain) == 1


def test_after_a_reorganisation_the_same_transaction_returns(
    chain: Fragile, journal: Journal
) -> None:
    snapshot = chain.rpc("evm_snapshot")
    actor = dispatcher(chain, journal)
    assert act(actor, chain)
    assert chain.rpc("evm_revert", snapshot)
    assert gifts(chain) == 0
    assert not actor.may_act("execute", JOB, 0)
    settle(chain, journal)
    assert gifts(chain) == 1


def test_a_failing_transaction_is_noted_as_reverted(
    net: Everloop, chain: Fragile, journal: Journal
) -> None:
    call = net.engine.withdraw(1, to=accounts.dev(1).address)
    actor = dispatcher(chain, journal)
    receipt = actor.act("execute", JOB, 0, call, gas=100_000, fees=chain.fees())
    assert receipt is not None
    assert (receipt.status, stage(journal)) == (False, "reverted")


def test_nothing_is_signed_once_asked_to_stop(chain: Fragile, journal: Journal) -> None:
    class Stopped(Stop):
        @property
        def is_set(self) -> bool:
            return True

    assert not act(dispatcher(chain, journal, Stopped()), chain)
    assert stage(journal) == ""

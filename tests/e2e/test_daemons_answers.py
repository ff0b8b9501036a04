"""Answers that are ready at about the same time share a transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.network import Everloop
from agent_sdk.types import Prepared
from tests.e2e.desks import PROVIDER, ProviderDesk
from tests.e2e.questions import QUESTION, Mind, ask, come_to, deploy_box

MANY = 3


@pytest.fixture
def agents(net: Everloop) -> list[Agent]:
    return [
        net.agents.create("TreasuryAgent", fund="1 ether", salt=f"a{number}")
        for number in range(MANY)
    ]


def sent(net: Everloop) -> int:
    return net.chain.nonce(PROVIDER.address)


def mind() -> Mind:
    return Mind('{"actions": []}')


def test_ready_answers_share_a_transaction_that_costs_less_than_theirs(
    net: Everloop, tmp_path: Path, agents: list[Agent]
) -> None:
    desk = ProviderDesk(net, tmp_path, mind())
    before = sent(net)
    assert desk.provider.tick()
    assert (sent(net), [a.contract.steps() for a in agents]) == (before + 1, [1] * MANY)
    entries = desk.journal.entries("deliver", stages=("mined",))
    (tx,) = {entry.data["tx"] for entry in entries}
    receipt = net.chain.receipt(bytes.fromhex(tx[2:]))
    assert receipt is not None
    assert receipt.gas_used < sum(entry.data["item_gas"] for entry in entries)
    delivered = net.engine.events_of(receipt, "InferenceDelivered")
    assert {e.args["id"]: e.args["paid"] for e in delivered} == {
        entry.id: entry.data["earned_wei"] for entry in entries
    }
    owners = [
        int(a.address, 16) for event in delivered for a in agents if a.loop_id == event.args["id"]
    ]
    assert owners == sorted(owners)
    assert all(agent.verify().verified for agent in agents)
    assert not desk.provider.tick()


def test_shared_deliveries_pay_for_themselves(
    net: Everloop, tmp_path: Path, agents: list[Agent]
) -> None:
    desk = ProviderDesk(net, tmp_path, mind())
    assert desk.provider.tick()
    net.chain.advance(max(a.slot().due for a in agents) - net.chain.block().time)
    assert desk.provider.tick()
    second = [entry for entry in desk.journal.entries("deliver") if entry.run == 1]
    assert len(second) == MANY
    assert len({entry.data["tx"] for entry in second}) == 1
    for entry in second:
        assert entry.data["earned_wei"] > entry.data["cost_wei"]


def test_an_answer_whose_window_closes_waits_for_no_other(
    net: Everloop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = deploy_box(net)
    first = ask(net, box, QUESTION)
    ask(net, box, QUESTION, salt=b"second")
    come_to(net, first, left=28)
    before = sent(net)
    desk = ProviderDesk(net, tmp_path, Mind())
    assert desk.provider.tick()
    assert sent(net) == before + 2


def test_an_answer_does_not_wait_for_a_slow_engine(
    net: Everloop, tmp_path: Path, agents: list[Agent], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.provider.GATHER_SECONDS", 0.0)
    before = sent(net)
    assert ProviderDesk(net, tmp_path, mind()).provider.tick()
    assert sent(net) == before + MANY
    assert [a.contract.steps() for a in agents] == [1] * MANY


def test_long_answers_go_alone(
    net: Everloop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.bundles.ANSWER_BYTES", 5)
    box = deploy_box(net)
    for salt in (b"first", b"second"):
        ask(net, box, QUESTION, salt=salt)
    before = sent(net)
    assert ProviderDesk(net, tmp_path, Mind("The Tagus.")).provider.tick()
    assert sent(net) == before + 2


def test_one_item_that_is_refused_does_not_hold_the_others_up(
    net: Everloop, tmp_path: Path, agents: list[Agent], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second daemon of the same provider answers one of them meanwhile."""
    net.providers.authorise(PROVIDER, accounts.dev(4).address)
    second = ProviderDesk(net, tmp_path / "second", mind(), key=4, provider=PROVIDER.address)
    prepare, chain = net.chain.prepare, net.chain

    def outrun(*args: object, **options: object) -> Prepared:
        monkeypatch.undo()
        monkeypatch.setattr("agent_sdk.daemons.provider.BATCH", 1)
        assert second.provider.tick()
        return prepare(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(chain, "prepare", outrun)
    first = ProviderDesk(net, tmp_path / "first", mind())
    assert first.provider.tick()
    stages = sorted(entry.stage for entry in first.journal.entries("deliver"))
    assert stages == ["mined", "mined", "skipped"]
    assert [a.contract.steps() for a in agents] == [1] * MANY
    account = net.engine.account_of(PROVIDER.address)
    assert (account.delivered, account.missed) == (MANY, 0)

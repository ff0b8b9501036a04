"""No window lapses for want of an answer: engines, nodes and clocks that fail are outlived."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_sdk.agent import Agent
from agent_sdk.errors import ChainUnavailable, RpcRefused
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import Result
from agent_sdk.units import GWEI
from tests.e2e.desks import ProviderDesk
from tests.e2e.questions import (
    QUESTION,
    WINDOW,
    Mind,
    Slow,
    ask,
    come_to,
    deploy_box,
    is_unblemished,
    last_answer,
)


@pytest.fixture
def box(net: Everloop) -> str:
    return deploy_box(net)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at each look."""
    monkeypatch.setattr("agent_sdk.daemons.patience.FIRST_PAUSE", 0.0)


@pytest.fixture
def dear(net: Everloop) -> Iterator[Callable[[], None]]:
    """Return what mines a block after which gas costs more than the job's cap."""
    usual = net.chain.block().base_fee

    def rise() -> None:
        net.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(25 * GWEI))
        net.chain.mine()

    yield rise
    net.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(usual))
    net.chain.mine()


@pytest.mark.usefixtures("_impatient")
def test_an_engine_that_keeps_failing_is_given_up_in_the_last_seconds(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    job = ask(net, box, QUESTION)
    mind = Mind(fails=True)
    desk = ProviderDesk(net, tmp_path, mind)
    assert not desk.provider.tick()
    come_to(net, job, left=40)
    assert not desk.provider.tick()
    come_to(net, job, left=20)
    assert desk.provider.tick()
    assert len(mind.questions) == 2
    assert desk.delivered().args["decision"] == b""
    assert "no answer came in time" in desk.entry().data["reason"]
    assert is_unblemished(net)


@pytest.mark.usefixtures("_impatient")
def test_an_agent_is_not_told_that_a_failing_engine_chose_to_hold(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    desk = ProviderDesk(net, tmp_path, Mind(fails=True))
    assert not desk.provider.tick()
    job = agent.job()
    assert job is not None
    net.chain.advance(job.timing.window - 5)
    assert desk.provider.tick()
    (step,) = agent.history(verify=True)
    assert (step.decision, step.result) == (b"", Result.REJECTED)


def test_an_engine_that_hangs_is_not_waited_for(net: Everloop, tmp_path: Path, box: str) -> None:
    job = ask(net, box, QUESTION)
    come_to(net, job, left=27)
    desk = ProviderDesk(net, tmp_path, Mind(hangs=10.0))
    began = time.monotonic()
    assert desk.provider.tick()
    assert time.monotonic() - began < 9.0
    assert desk.delivered().args["decision"] == b""
    assert "no answer within" in desk.entry().data["reason"]


@pytest.mark.usefixtures("_impatient")
def test_a_node_that_refuses_is_asked_again_until_the_last_seconds(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RpcRefused("missing trie node", code=-32000, reason="missing trie node")

    job = ask(net, box, b"")
    monkeypatch.setattr("agent_sdk.daemons.question.read_manifest", refuse)
    desk = ProviderDesk(net, tmp_path, Mind())
    assert not desk.provider.tick()
    come_to(net, job, left=20)
    assert desk.provider.tick()
    assert "missing trie node" in desk.entry().data["reason"]


@pytest.mark.usefixtures("_impatient")
def test_at_last_a_loss_below_the_penalty_is_taken(
    net: Everloop, tmp_path: Path, box: str, dear: Callable[[], None]
) -> None:
    job = ask(net, box, QUESTION)
    desk = ProviderDesk(net, tmp_path, Mind())
    dear()
    assert not desk.provider.tick()
    come_to(net, job, left=40)
    dear()
    assert desk.provider.tick()
    assert last_answer(net, box) == keccak(b"The Tagus.")
    data = desk.entry().data
    assert 0 < data["cost_wei"] - data["earned_wei"] < net.registry.penalty()


def test_an_answer_that_took_half_of_the_window_is_delivered(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, QUESTION)
    assert ProviderDesk(net, tmp_path, Slow(net, WINDOW // 2 + 2)).provider.tick()
    assert last_answer(net, box) == keccak(b"The Tagus.")


def test_one_answer_too_slow_for_its_window_does_not_hinder_the_next(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, QUESTION)
    mind = Slow(net, WINDOW + 1)
    desk = ProviderDesk(net, tmp_path, mind)
    assert not desk.provider.tick()
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="next")
    assert desk.provider.tick()
    assert agent.contract.steps() == 1


def test_a_pinned_block_out_of_reach_is_replaced_by_the_oldest_known(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.responder.PINNED_DEPTH", 5)
    head = net.chain.mine(20)
    assert ProviderDesk(net, tmp_path, Mind()).provider.tick()
    found = agent.verify()
    assert found.verified
    assert found.steps[0].pinned_block == head.number - 5
    assert "is not the first one at or after the due time" in str(found.findings[0])


@pytest.mark.usefixtures("_impatient")
def test_a_target_that_keeps_the_node_busy_does_not_stop_the_others(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object) -> None:
        raise ChainUnavailable("no node answers: timed out")

    with monkeypatch.context() as patched:
        patched.setattr("agent_sdk.daemons.question.read_manifest", give_up)
        busy = ask(net, box, b"")
        ask(net, box, QUESTION, salt=b"other")
        desk = ProviderDesk(net, tmp_path, Mind())
        assert desk.provider.tick()
        assert last_answer(net, box) == keccak(b"The Tagus.")
        come_to(net, busy, left=20)
        assert desk.provider.tick()
    assert last_answer(net, box) == keccak(b"")


def test_a_node_that_is_gone_is_no_fault_of_a_job(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object) -> None:
        raise ChainUnavailable("no node answers")

    ask(net, box, b"")
    desk = ProviderDesk(net, tmp_path, Mind())
    with monkeypatch.context() as patched:
        patched.setattr("agent_sdk.daemons.question.read_manifest", give_up)
        patched.setattr(desk.provider._chain, "height", give_up)
        with pytest.raises(ChainUnavailable):
            desk.provider.tick()


@pytest.mark.usefixtures("_impatient")
def test_a_slow_answer_is_taken_later_and_delivered(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.answers.TURN_SECONDS", 0.1)
    mind = Mind(hangs=3.0)
    desk = ProviderDesk(net, tmp_path, mind)
    ask(net, box, QUESTION)
    began = time.monotonic()
    assert not desk.provider.tick()
    assert time.monotonic() - began < 2.5
    while not desk.provider.tick():
        assert time.monotonic() - began < 20.0
        time.sleep(0.1)
    assert mind.questions == [QUESTION.decode()]
    assert last_answer(net, box) == keccak(b"The Tagus.")


@pytest.mark.usefixtures("_impatient")
def test_a_run_is_answered_in_time_while_the_engine_is_at_another(
    net: Everloop, tmp_path: Path, box: str, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.answers.TURN_SECONDS", 0.1)
    mind = Mind(hangs=20.0)
    desk = ProviderDesk(net, tmp_path, mind)
    assert not desk.provider.tick()
    # Nobody knew of it when the engine began.
    short = ask(net, box, QUESTION)
    assert not desk.provider.tick()
    come_to(net, short, left=20)
    began = time.monotonic()
    assert desk.provider.tick()
    assert time.monotonic() - began < 10.0
    assert (last_answer(net, box), agent.contract.steps()) == (keccak(b""), 0)
    assert len(mind.questions) == 1


def test_an_answer_as_of_the_oldest_known_block_holds_for_some_blocks(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.responder.PINNED_DEPTH", 5)
    monkeypatch.setattr("agent_sdk.daemons.answers.TURN_SECONDS", 0.0)
    ask(net, box, QUESTION)
    head = net.chain.mine(20)
    mind = Mind(hangs=0.5)
    desk = ProviderDesk(net, tmp_path, mind)
    assert not desk.provider.tick()
    net.chain.mine(3)
    time.sleep(1.0)
    assert desk.provider.tick()
    assert len(mind.questions) == 1
    assert desk.entry().data["pinned_block"] == head.number - 5

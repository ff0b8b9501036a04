"""A run that cannot be answered is handed back early; later an empty answer goes out instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.engines.exemplar import ExemplarEngine
from agent_sdk.errors import SpecError
from agent_sdk.network import Everloop
from agent_sdk.providers import DEFAULT_MODEL
from agent_sdk.types import Result
from agent_sdk.units import GWEI
from tests.e2e.desks import PROVIDER, ProviderDesk
from tests.e2e.questions import (
    QUESTION,
    WINDOW,
    Mind,
    ask,
    come_to,
    deploy_box,
    is_unblemished,
)

MANIFEST = "agent_sdk.daemons.question.read_manifest"


@pytest.fixture
def box(net: Everloop) -> str:
    return deploy_box(net)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again at each tick."""
    monkeypatch.setattr("agent_sdk.daemons.patience.FIRST_PAUSE", 0.0)


def declined(net: Everloop) -> int:
    return net.engine.account_of(PROVIDER.address).declined


def reasons(desk: ProviderDesk) -> list[str]:
    return [entry.data["reason"] for entry in desk.journal.entries("decline", stages=("mined",))]


def unreadable(*_: object) -> None:
    raise SpecError("the manifest is no object")


def test_a_target_that_is_no_agent_gets_its_run_back(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, b"")
    mind = Mind()
    desk = ProviderDesk(net, tmp_path, mind)
    before = net.engine.balance_of(PROVIDER.address)
    assert desk.provider.tick()
    assert not desk.provider.tick()
    assert (declined(net), net.engine.balance_of(PROVIDER.address)) == (1, before)
    (reason,) = reasons(desk)
    assert reason.startswith("it cannot be read: ")
    assert (mind.questions, desk.journal.entries("deliver")) == ([], [])
    account = net.engine.account_of(PROVIDER.address)
    assert (account.missed, account.open) == (0, 0)


def test_in_the_second_half_the_empty_answer_goes_out(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    come_to(net, ask(net, box, b""), left=WINDOW // 2 - 5)
    desk = ProviderDesk(net, tmp_path, Mind())
    assert desk.provider.tick()
    assert desk.delivered().args["decision"] == b""
    assert desk.entry().data["reason"].startswith("it cannot be read: ")
    assert is_unblemished(net)
    assert declined(net) == 0


@pytest.mark.usefixtures("_impatient")
def test_a_target_that_can_never_be_read_is_left_after_five_runs(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    job = ask(net, box, b"", heartbeat=60)
    id = job.id(chain_id=net.chain.chain_id, everloop=net.deployment.everloop)
    desk = ProviderDesk(net, tmp_path, Mind())
    for run in range(5):
        assert not net.engine.slot_of(id).is_dormant
        net.chain.advance(max(0, net.engine.slot_of(id).due - net.chain.block().time))
        assert desk.provider.tick()
        assert declined(net) == run + 1
    slot = net.engine.slot_of(id)
    assert (slot.is_resigned, slot.is_dormant) == (True, True)
    (entry,) = desk.journal.entries("resign", stages=("mined",))
    assert entry.data["reason"].startswith("it cannot be read: ")
    account = net.engine.account_of(PROVIDER.address)
    assert (account.missed, account.open) == (0, 0)
    net.chain.advance(60)
    assert not desk.provider.tick()


def test_a_job_handed_back_for_a_fault_that_may_pass_is_kept(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.handbacks.MOST_IN_A_ROW", 1)
    job = ask(net, box, QUESTION, heartbeat=60)
    desk = ProviderDesk(net, tmp_path, Mind(fails=True))
    desk.provider.tick()
    come_to(net, job, left=WINDOW * 3 // 4)
    monkeypatch.setattr("agent_sdk.daemons.patience.Patience.allows", lambda *_: True)
    assert desk.provider.tick()
    assert declined(net) == 1
    assert desk.journal.entries("resign") == []


@pytest.mark.parametrize("what", ["prompt", "manifest"])
def test_an_agent_that_cannot_be_asked_moves_to_another_provider(
    net: Everloop, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = accounts.dev(3)
    net.providers.enroll(other, governor=accounts.dev(0))
    choices = sorted(net.providers.serving(), key=lambda c: c.provider != PROVIDER.address)
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="two", providers=choices)
    if what == "prompt":
        monkeypatch.setattr("agent_sdk.contracts.AgentContract.prompt", unreadable)
    else:
        monkeypatch.setattr(MANIFEST, unreadable)
    assert ProviderDesk(net, tmp_path, Mind()).provider.tick()
    job = agent.job()
    assert job is not None
    assert (job.provider, agent.slot().runs, agent.contract.steps()) == (other.address, 1, 0)


def test_an_agent_that_cannot_be_asked_is_told_so_in_the_second_half(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.contracts.AgentContract.prompt", unreadable)
    job = agent.job()
    assert job is not None
    net.chain.advance(job.timing.window // 2 + 2)
    assert ProviderDesk(net, tmp_path, Mind()).provider.tick()
    (step,) = agent.history(verify=True)
    assert (step.decision, step.result) == (b"", Result.REJECTED)


def test_an_engine_without_words_hands_plain_questions_back(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, QUESTION)
    desk = ProviderDesk(net, tmp_path, ExemplarEngine())
    assert desk.provider.tick()
    assert reasons(desk) == ["plain questions are not answered here"]


def test_a_model_that_is_not_run_here_is_handed_back(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, QUESTION)
    desk = ProviderDesk(net, tmp_path / "other", Mind(), models=("other@1",))
    assert desk.provider.tick()
    (reason,) = reasons(desk)
    assert "which is not answered here" in reason


def test_a_model_that_is_run_here_is_answered(net: Everloop, tmp_path: Path, box: str) -> None:
    ask(net, box, QUESTION)
    assert ProviderDesk(net, tmp_path, Mind(), models=("other@1", DEFAULT_MODEL)).provider.tick()
    assert (declined(net), is_unblemished(net)) == (0, True)


def test_declining_is_left_where_it_costs_more_than_a_miss(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.contracts.RegistryContract.penalty", lambda _: 10)
    ask(net, box, b"")
    desk = ProviderDesk(net, tmp_path, Mind())
    assert desk.provider.tick()
    assert declined(net) == 0
    assert desk.delivered().args["decision"] == b""


class TestBaseFee:
    """over the cap: waited for · far over it, a quarter later: handed back, uncounted."""

    @pytest.fixture(autouse=True)
    def usual(self, net: Everloop) -> Iterator[None]:
        usual = net.chain.block().base_fee
        yield
        self.set(net, usual)

    def set(self, net: Everloop, base_fee: int) -> None:
        net.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
        net.chain.mine()

    @pytest.mark.usefixtures("_impatient")
    def test_far_over_the_cap_a_run_is_handed_back_after_a_quarter(
        self, net: Everloop, tmp_path: Path, box: str
    ) -> None:
        job = ask(net, box, QUESTION)
        desk = ProviderDesk(net, tmp_path, Mind())
        self.set(net, 70 * GWEI)
        assert not desk.provider.tick()
        come_to(net, job, left=60)
        self.set(net, 70 * GWEI)
        assert desk.provider.tick()
        assert reasons(desk) == ["the base fee is above its owner's cap"]
        account = net.engine.account_of(PROVIDER.address)
        assert (account.declined, account.missed, account.open) == (0, 0, 0)

    @pytest.mark.usefixtures("_impatient")
    def test_a_little_over_it_the_answer_costs_less_and_is_waited_for(
        self, net: Everloop, tmp_path: Path, box: str
    ) -> None:
        job = ask(net, box, QUESTION)
        desk = ProviderDesk(net, tmp_path, Mind())
        come_to(net, job, left=60)
        self.set(net, 21 * GWEI)
        assert not desk.provider.tick()
        assert desk.journal.entries() == []
        self.set(net, 2 * GWEI)
        assert desk.provider.tick()
        assert is_unblemished(net)

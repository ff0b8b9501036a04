"""Plain questions are answered in words, and no window lapses for want of an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.abi import constructor_data, decode_result, encode_call
from agent_sdk.agent import Agent
from agent_sdk.chain import Chain
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.lifecycle import Stop
from agent_sdk.daemons.provider import Provider
from agent_sdk.daemons.settings import ProviderSettings
from agent_sdk.engines import Budget, Decision, Engine, Text
from agent_sdk.engines.exemplar import ExemplarEngine
from agent_sdk.engines.replay import ReplayEngine
from agent_sdk.errors import ChainUnavailable, EngineError, RpcRefused, SpecError
from agent_sdk.journal import Entry, Journal
from agent_sdk.manifest import HOLD, Manifest
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak, model_id
from agent_sdk.providers import DEFAULT_MODEL
from agent_sdk.types import ZERO_HASH, Call, Job, Prepared, Pricing, Timing
from agent_sdk.units import ETHER, GWEI

ME = accounts.dev(0)
PROVIDER = accounts.dev(2)
QUESTION = b"Which river flows through Lisbon?"
WINDOW = 100


class Mind(ReplayEngine):
    """Writes one text and remembers the questions; fails or hangs if told to."""

    def __init__(
        self, text: str = "The Tagus.", *, hangs: float = 0.0, fails: bool = False
    ) -> None:
        super().__init__([text], repeat=True)
        self.questions: list[str] = []
        self.hangs = hangs
        self.fails = fails

    def complete(self, question: str, *, limit: int) -> Text:
        self.questions.append(question)
        self._suffer()
        return super().complete(question, limit=limit)

    def decide(
        self, manifest: Manifest, prompt: str, budget: Budget, *, history: Sequence[str] = ()
    ) -> Decision:
        self.questions.append(prompt)
        self._suffer()
        return super().decide(manifest, prompt, budget, history=history)

    def _suffer(self) -> None:
        time.sleep(self.hangs)
        if self.fails:
            raise EngineError("no server answers")


class Desk:
    """A provider in this process, and a contract that asks it."""

    def __init__(
        self, net: Everloop, folder: Path, mind: Engine, chain: Chain | None = None
    ) -> None:
        chain = chain or net.chain
        settings = ProviderSettings(
            rpc=net.chain.url,
            chain_id=net.chain.chain_id,
            everloop=net.deployment.everloop,
            account="dev:2",
            directory=folder,
            start_block=net.deployment.block,
        )
        self.net = net
        self.journal = Journal(folder / "provider.sqlite")
        stop = Stop()
        dispatcher = Dispatcher(chain, PROVIDER, self.journal, stop, wait_seconds=5.0)
        self.provider = Provider(settings, chain, mind, self.journal, dispatcher, stop)

    def entry(self) -> Entry:
        (entry,) = self.journal.entries("deliver")
        return entry

    def delivered(self) -> Any:
        """The one delivery so far."""
        (event,) = self.net.engine.job_events(
            "InferenceDelivered", from_block=self.net.deployment.block
        )
        return event


@pytest.fixture
def box(net: Everloop) -> str:
    code = constructor_data("AnswerBox", net.deployment.everloop, ME.address)
    net.chain.send(ME, net.engine.deposit(ME.address, value=ETHER))
    created = net.chain.deploy(ME, code).created
    assert created is not None
    return created


def ask(
    net: Everloop,
    box: str,
    question: bytes,
    *,
    output_limit: int = 200,
    salt: bytes = b"question",
) -> Job:
    """Book one answer to a question, due now."""
    job = Job(
        owner=ME.address,
        target=box,
        provider=PROVIDER.address,
        model_id=model_id(DEFAULT_MODEL),
        input=keccak(question) if question else ZERO_HASH,
        timing=Timing(
            interval=0,
            heartbeat=0,
            window=WINDOW,
            gas_limit=100_000,
            output_limit=output_limit,
        ),
        pricing=Pricing(max_gas_price=20 * GWEI, max_priority_fee=2 * GWEI, amount=ETHER // 1_000),
        salt=salt.rjust(32, b"\0"),
    )
    receipt = net.chain.send(ME, net.engine.request(job, input_=question))
    booked = net.engine.events_of(receipt, "InferenceRequested")[0].args["job"]
    assert isinstance(booked, Job)
    return booked


def last_answer(net: Everloop, box: str) -> bytes:
    data = net.chain.call(Call(to=box, data=encode_call("AnswerBox", "lastAnswer")))
    return bytes(decode_result("AnswerBox", "lastAnswer", data))


def come_to(net: Everloop, job: Job, *, left: int) -> None:
    """Move the clock to `left` seconds before the end of the window."""
    slot = net.engine.slot_of(job.id(chain_id=net.chain.chain_id, everloop=net.deployment.everloop))
    net.chain.advance(slot.due + WINDOW - left - net.chain.block().time)


def is_unblemished(net: Everloop) -> bool:
    account = net.engine.account_of(PROVIDER.address)
    return (account.delivered, account.missed, account.open) == (1, 0, 0)


def test_a_question_is_answered_in_words_and_paid(net: Everloop, tmp_path: Path, box: str) -> None:
    mind = Mind()
    desk = Desk(net, tmp_path, mind)
    before = net.engine.balance_of(PROVIDER.address)
    job = ask(net, box, QUESTION)
    assert desk.provider.tick()
    assert not desk.provider.tick()
    assert mind.questions == [QUESTION.decode()]
    assert last_answer(net, box) == keccak(b"The Tagus.")
    earned = net.engine.balance_of(PROVIDER.address) - before
    assert earned == desk.delivered().args["paid"] > job.pricing.fee > 0
    data = desk.entry().data
    assert (data["prompt"], data["raw_output"], data["actions"], data["reason"]) == (
        QUESTION.decode(),
        "The Tagus.",
        [],
        "",
    )
    assert (data["decision"], data["earned_wei"]) == ("0x" + b"The Tagus.".hex(), earned)


def test_an_answer_is_cut_to_what_was_paid_for(net: Everloop, tmp_path: Path, box: str) -> None:
    ask(net, box, QUESTION, output_limit=8)
    assert Desk(net, tmp_path, Mind("O Tejo é")).provider.tick()
    assert last_answer(net, box) == keccak(b"O Tejo ")


def test_a_question_that_is_not_utf8_is_read_as_far_as_it_is(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, b"caf\xff?")
    mind = Mind()
    assert Desk(net, tmp_path, mind).provider.tick()
    assert mind.questions == ["caf\ufffd?"]


def test_an_engine_without_words_delivers_nothing_and_is_not_penalised(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, QUESTION)
    desk = Desk(net, tmp_path, ExemplarEngine())
    assert desk.provider.tick()
    assert desk.delivered().args["decision"] == b""
    assert desk.entry().data["reason"] == "engine exemplar answers no plain questions"
    assert last_answer(net, box) == keccak(b"")
    assert is_unblemished(net)


def test_a_target_that_is_no_agent_gets_nothing_at_once(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, b"")
    mind = Mind()
    desk = Desk(net, tmp_path, mind)
    assert desk.provider.tick()
    assert (desk.delivered().args["decision"], mind.questions) == (b"", [])
    assert desk.entry().data["reason"].startswith("it cannot be read: ")
    assert is_unblemished(net)


def test_a_provider_killed_after_its_words_delivers_those(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    class Killed(BaseException):
        pass

    class Fragile(Chain):
        def prepare(self, *args: object, **options: object) -> Prepared:
            raise Killed

    ask(net, box, QUESTION)
    with pytest.raises(Killed):
        Desk(net, tmp_path, Mind(), Fragile.connect(net.chain.url)).provider.tick()
    other = Mind("The Douro.")
    assert Desk(net, tmp_path, other).provider.tick()
    assert (other.questions, last_answer(net, box)) == ([], keccak(b"The Tagus."))


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at each look."""
    monkeypatch.setattr("agent_sdk.daemons.patience.FIRST_PAUSE", 0.0)


@pytest.mark.usefixtures("_impatient")
def test_an_engine_that_keeps_failing_is_given_up_in_the_last_seconds(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    job = ask(net, box, QUESTION)
    mind = Mind(fails=True)
    desk = Desk(net, tmp_path, mind)
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
def test_an_agent_whose_engine_fails_holds(net: Everloop, tmp_path: Path, agent: Agent) -> None:
    desk = Desk(net, tmp_path, Mind(fails=True))
    assert not desk.provider.tick()
    job = agent.job()
    assert job is not None
    net.chain.advance(job.timing.window - 5)
    assert desk.provider.tick()
    (step,) = agent.history(verify=True)
    assert step.actions == (HOLD,)


def test_an_engine_that_hangs_is_not_waited_for(net: Everloop, tmp_path: Path, box: str) -> None:
    job = ask(net, box, QUESTION)
    come_to(net, job, left=27)
    desk = Desk(net, tmp_path, Mind(hangs=10.0))
    began = time.monotonic()
    assert desk.provider.tick()
    assert time.monotonic() - began < 9.0
    assert desk.delivered().args["decision"] == b""
    assert "no answer within" in desk.entry().data["reason"]


def test_an_agent_that_cannot_be_asked_holds_at_once(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")

    monkeypatch.setattr("agent_sdk.contracts.AgentContract.prompt", fail)
    assert Desk(net, tmp_path, Mind()).provider.tick()
    (step,) = agent.history(verify=True)
    assert step.actions == (HOLD,)


def test_an_agent_whose_manifest_does_not_parse_gets_nothing(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Manifest:
        raise SpecError("the manifest is no object")

    with monkeypatch.context() as patched:
        patched.setattr("agent_sdk.daemons.provider.read_manifest", fail)
        desk = Desk(net, tmp_path, Mind())
        assert desk.provider.tick()
    assert desk.delivered().args["decision"] == b""
    assert "the manifest is no object" in desk.entry().data["reason"]
    assert agent.contract.steps() == 1


@pytest.mark.usefixtures("_impatient")
def test_a_node_that_refuses_is_asked_again_until_the_last_seconds(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RpcRefused("missing trie node", code=-32000, reason="missing trie node")

    job = ask(net, box, b"")
    monkeypatch.setattr("agent_sdk.daemons.provider.read_manifest", refuse)
    desk = Desk(net, tmp_path, Mind())
    assert not desk.provider.tick()
    come_to(net, job, left=20)
    assert desk.provider.tick()
    assert "missing trie node" in desk.entry().data["reason"]


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
def test_at_last_a_loss_below_the_penalty_is_taken(
    net: Everloop, tmp_path: Path, box: str, dear: Callable[[], None]
) -> None:
    job = ask(net, box, QUESTION)
    desk = Desk(net, tmp_path, Mind())
    dear()
    assert not desk.provider.tick()
    come_to(net, job, left=40)
    dear()
    assert desk.provider.tick()
    assert last_answer(net, box) == keccak(b"The Tagus.")
    data = desk.entry().data
    assert 0 < data["cost_wei"] - data["earned_wei"] < net.registry.penalty()


class Slow(Mind):
    """Takes seconds of the chain's time for an answer."""

    def __init__(self, net: Everloop, seconds: int) -> None:
        super().__init__()
        self._net = net
        self._seconds = seconds

    def complete(self, question: str, *, limit: int) -> Text:
        self._net.chain.advance(self._seconds)
        return super().complete(question, limit=limit)


def test_an_answer_that_took_half_of_the_window_is_delivered(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, QUESTION)
    assert Desk(net, tmp_path, Slow(net, WINDOW // 2 + 2)).provider.tick()
    assert last_answer(net, box) == keccak(b"The Tagus.")


def test_one_answer_too_slow_for_its_window_does_not_hinder_the_next(
    net: Everloop, tmp_path: Path, box: str
) -> None:
    ask(net, box, QUESTION)
    mind = Slow(net, WINDOW + 1)
    desk = Desk(net, tmp_path, mind)
    assert not desk.provider.tick()
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="next")
    assert desk.provider.tick()
    assert agent.contract.steps() == 1


def test_a_pinned_block_out_of_reach_is_replaced_by_the_oldest_known(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.provider.PINNED_DEPTH", 5)
    head = net.chain.mine(20)
    assert Desk(net, tmp_path, Mind()).provider.tick()
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
        patched.setattr("agent_sdk.daemons.provider.read_manifest", give_up)
        busy = ask(net, box, b"")
        ask(net, box, QUESTION, salt=b"other")
        desk = Desk(net, tmp_path, Mind())
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
    desk = Desk(net, tmp_path, Mind())
    with monkeypatch.context() as patched:
        patched.setattr("agent_sdk.daemons.provider.read_manifest", give_up)
        patched.setattr(desk.provider._chain, "height", give_up)
        with pytest.raises(ChainUnavailable):
            desk.provider.tick()


@pytest.mark.usefixtures("_impatient")
def test_a_slow_answer_is_taken_later_and_delivered(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.answers.TURN_SECONDS", 0.1)
    mind = Mind(hangs=3.0)
    desk = Desk(net, tmp_path, mind)
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
    desk = Desk(net, tmp_path, mind)
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
    monkeypatch.setattr("agent_sdk.daemons.provider.PINNED_DEPTH", 5)
    monkeypatch.setattr("agent_sdk.daemons.answers.TURN_SECONDS", 0.0)
    ask(net, box, QUESTION)
    head = net.chain.mine(20)
    mind = Mind(hangs=0.5)
    desk = Desk(net, tmp_path, mind)
    assert not desk.provider.tick()
    net.chain.mine(3)
    time.sleep(1.0)
    assert desk.provider.tick()
    assert len(mind.questions) == 1
    assert desk.entry().data["pinned_block"] == head.number - 5

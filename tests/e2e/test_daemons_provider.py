"""The provider answers its due runs, once each, from what stands at the pinned block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.chain import Chain
from agent_sdk.daemons.recall import Recall
from agent_sdk.engines import Budget, Decision
from agent_sdk.engines.base import settle
from agent_sdk.engines.replay import ReplayEngine
from agent_sdk.errors import EngineError
from agent_sdk.manifest import Action, Manifest
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import Prepared
from tests.e2e.desks import ProviderDesk

ALERT = Action("raiseAlert", {"finney": 3})


class Recorder(ReplayEngine):
    """Remembers what it was asked; may fail first."""

    def __init__(self, *answers: Sequence[Action] | str, faults: int = 0) -> None:
        super().__init__(answers or ([ALERT],), repeat=True)
        self.prompts: list[str] = []
        self.histories: list[tuple[str, ...]] = []
        self.faults = faults

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        if self.faults:
            self.faults -= 1
            raise EngineError("no server answers")
        self.prompts.append(prompt)
        self.histories.append(tuple(history))
        return super().decide(manifest, prompt, budget, history=history, context=context)


def next_run(net: Everloop, agent: Agent) -> None:
    net.chain.advance(max(0, agent.slot().due - net.chain.block().time))


def test_a_due_run_is_answered_once(net: Everloop, tmp_path: Path, agent: Agent) -> None:
    desk = ProviderDesk(net, tmp_path, Recorder())
    assert desk.provider.tick()
    assert not desk.provider.tick()
    (step,) = agent.history(verify=True)
    assert step.actions == (ALERT,)
    assert accounts.dev(2).address == step.provider


def test_the_journal_holds_all_that_the_answer_was_made_of(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    mind = Recorder()
    desk = ProviderDesk(net, tmp_path, mind)
    desk.provider.tick()
    data = desk.entry(agent.loop_id).data
    (step,) = agent.history()
    prompt = agent.contract.at_block(step.pinned_block).prompt()
    assert [prompt] == mind.prompts
    assert ("0x" + keccak(prompt.encode()).hex(), "0x" + step.decision.hex()) == (
        data["prompt_hash"],
        data["decision"],
    )
    assert [ALERT.to_dict()] == data["actions"]
    assert data["earned_wei"] > data["cost_wei"]


def test_the_last_steps_are_told_to_the_engine(net: Everloop, tmp_path: Path, agent: Agent) -> None:
    mind = Recorder()
    desk = ProviderDesk(net, tmp_path, mind)
    for _ in range(3):
        next_run(net, agent)
        desk.provider.tick()
    told = tuple(f"step {number}: raiseAlert(3) (acted)" for number in range(2))
    assert [(), told[:1], told] == mind.histories


def test_a_restarted_provider_tells_the_whole_history(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    ProviderDesk(net, tmp_path / "first", Recorder()).provider.tick()
    next_run(net, agent)
    mind = Recorder()
    ProviderDesk(net, tmp_path / "second", mind).provider.tick()
    assert mind.histories == [("step 0: raiseAlert(3) (acted)",)]


def test_a_provider_killed_after_its_answer_delivers_that_answer(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    class Killed(BaseException):
        pass

    class Fragile(Chain):
        def prepare(self, *args: object, **options: object) -> Prepared:
            raise Killed

    fragile = Fragile.connect(net.chain.url)
    with pytest.raises(Killed):
        ProviderDesk(net, tmp_path, Recorder(), fragile).provider.tick()
    other = Recorder([Action("hold", {})])
    assert ProviderDesk(net, tmp_path, other).provider.tick()
    assert other.prompts == []
    assert agent.history(verify=True)[0].actions == (ALERT,)


def test_two_daemons_with_one_key_deliver_once(net: Everloop, tmp_path: Path, agent: Agent) -> None:
    second = ProviderDesk(net, tmp_path / "second", Recorder())

    class Outrun(Chain):
        """The other daemon delivers between signing and sending."""

        def broadcast(
            self, transaction: Prepared | bytes, *, note: str = "the transaction"
        ) -> bytes:
            second.provider.tick()
            return super().broadcast(transaction, note=note)

    first = ProviderDesk(net, tmp_path / "first", Recorder(), Outrun.connect(net.chain.url))
    assert not first.provider.tick()
    assert not first.provider.tick()
    assert agent.contract.steps() == 1
    assert (second.entry(agent.loop_id).stage, first.entry(agent.loop_id).stage) == (
        "mined",
        "dropped",
    )


def test_an_engine_that_fails_is_asked_again(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.patience.FIRST_PAUSE", 0.0)
    desk = ProviderDesk(net, tmp_path, Recorder(faults=2))
    assert [desk.provider.tick() for _ in range(3)] == [False, False, True]
    assert agent.contract.steps() == 1


def test_one_broken_job_does_not_keep_the_others_waiting(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    other = net.agents.create("TreasuryAgent", fund="1 ether", salt="other")

    class Picky(Recorder):
        def decide(
            self,
            manifest: Manifest,
            prompt: str,
            budget: Budget,
            *,
            history: Sequence[str] = (),
            context: str = "",
        ) -> Decision:
            if not self.prompts:
                self.prompts.append(prompt)
                raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
            return super().decide(manifest, prompt, budget, history=history, context=context)

    desk = ProviderDesk(net, tmp_path, Picky())
    assert desk.provider.tick()
    assert agent.contract.steps() + other.contract.steps() == 1


def test_an_answer_that_fits_no_action_becomes_hold_with_the_reason(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    desk = ProviderDesk(net, tmp_path, Recorder("I would rather not"))
    assert desk.provider.tick()
    data = desk.entry(agent.loop_id).data
    assert (
        data["actions"],
        data["raw_output"],
    ) == ([{"action": "hold", "args": {}}], "I would rather not")
    assert data["reason"]


def test_an_answer_longer_than_paid_for_becomes_hold(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    desk = ProviderDesk(net, tmp_path, Recorder([ALERT] * 8))
    assert desk.provider.tick()
    assert "bytes of 1024" in desk.entry(agent.loop_id).data["reason"] or (
        len(agent.history()[0].actions or ()) == 8
    )


def test_nothing_is_delivered_before_due_or_after_the_window(net: Everloop, tmp_path: Path) -> None:
    later = net.chain.block().time + 500
    agent = net.agents.create("TreasuryAgent", fund="1 ether", first_due=later)
    desk = ProviderDesk(net, tmp_path, Recorder())
    assert not desk.provider.tick()
    job = agent.job()
    assert job is not None
    net.chain.advance(500 + job.timing.window)
    assert not desk.provider.tick()
    assert agent.contract.steps() == 0


def test_another_providers_run_is_left(net: Everloop, tmp_path: Path, agent: Agent) -> None:
    desk = ProviderDesk(net, tmp_path, Recorder())
    net.chain.send(accounts.dev(2), net.registry.serve(False))
    desk.provider.tick()
    assert agent.contract.steps() == 1
    assert agent.slot().is_dormant
    assert not desk.provider.tick()


def test_settled_answers_are_what_the_check_expects(agent: Agent) -> None:
    answer = settle(agent.manifest, '{"actions": []}', tokens=0, milliseconds=0)
    assert answer.reason


def test_a_history_that_does_not_re_derive_is_not_read_at_every_run(
    net: Everloop, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    recall = Recall(net.chain, net.engine, start_block=net.deployment.block)
    reads: list[int] = []
    grow = Recall._grow

    def counted(self: Recall, *args: Any) -> bool:
        reads.append(1)
        return grow(self, *args)

    monkeypatch.setattr(Recall, "_grow", counted)
    monkeypatch.setattr("agent_sdk.contracts.AgentContract.history_head", lambda _: b"x" * 28)
    for _ in range(3):
        assert recall.lines(agent.address, agent.loop_id, agent.manifest, net.chain.mine()) == ()
    assert len(reads) == 1


def test_a_history_too_long_for_one_run_is_read_over_several(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.recall.READ_SECONDS", -1.0)
    monkeypatch.setattr("agent_sdk.daemons.recall.CHUNK", 2)
    assert ProviderDesk(net, tmp_path, Recorder()).provider.tick()
    pinned = net.chain.mine()
    runs = -(-(pinned.number - net.deployment.block + 1) // 2)
    assert runs > 1
    recall = Recall(net.chain, net.engine, start_block=net.deployment.block)
    told = [recall.lines(agent.address, agent.loop_id, agent.manifest, pinned) for _ in range(runs)]
    assert told == [()] * (runs - 1) + [("step 0: raiseAlert(3) (acted)",)]

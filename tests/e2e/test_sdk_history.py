"""History that was tampered with does not verify."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract
from agent_sdk.errors import ChainError, CheckFailed
from agent_sdk.history import read
from agent_sdk.logs import topic
from agent_sdk.manifest import HOLD, Action
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import RawLog, Receipt

Answer = Callable[..., Receipt]

RESULT_AT = 14
"""byte of the step's report that holds its result"""
STEP_AT = 13
"""last byte of the step's number in it"""


class LyingChain(Chain):
    """A node that changes logs on their way."""

    def __init__(self, honest: Chain, change: Callable[[list[RawLog]], list[RawLog]]) -> None:
        super().__init__(honest._rpc, chain_id=honest.chain_id)
        self._change = change

    def logs(self, **query: Any) -> list[RawLog]:
        return self._change(super().logs(**query))


def flip(data: bytes, at: int) -> bytes:
    """Return the data with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def change_agents_log(agent: str, at: int) -> Callable[[list[RawLog]], list[RawLog]]:
    """Return what changes one bit in each of the agent's logs."""
    return lambda logs: [
        dataclasses.replace(log, data=flip(log.data, at)) if log.address == agent else log
        for log in logs
    ]


def verify_through(net: Everloop, agent: Agent, change: Any) -> list[str]:
    """Return the faults found when the node's logs are changed."""
    chain = LyingChain(net.chain, change)
    lied_to = Everloop(chain, net.deployment)
    found = read(chain, lied_to.engine, agent.address, from_block=net.deployment.block)
    return [str(finding) for finding in found.findings if finding.breaks_history]


@pytest.fixture
def stepped(agent: Agent, answer: Answer) -> Agent:
    """An agent with three steps."""
    answer(agent, HOLD)
    answer(agent, Action("save", {"finney": 10}))
    answer(agent, decision=b"nonsense")
    return agent


def test_an_honest_history_verifies(net: Everloop, stepped: Agent) -> None:
    assert verify_through(net, stepped, lambda logs: logs) == []
    found = stepped.verify()
    assert found.verified
    assert found.findings == ()
    assert found.head == found.chain_head != bytes(28)
    assert found.chain_steps == 3


@pytest.mark.parametrize(
    ("at", "fault"),
    [
        (31, "its transaction holds no delivery"),
        (27, "is not the chain's block of that hash"),
        (19, "has another time than the one recorded"),
        (RESULT_AT, "and the agent 0x"),
        (63, "is not the chain's block of that hash"),
        (95, "the decision delivered has another hash"),
    ],
    ids=["run", "pinned block", "time", "result", "pinned hash", "decision hash"],
)
def test_a_changed_field_is_found(net: Everloop, stepped: Agent, at: int, fault: str) -> None:
    faults = verify_through(net, stepped, change_agents_log(stepped.address, at))
    assert any(fault in line for line in faults), faults
    assert any("and the agent 0x" in line for line in faults), "the head must differ"


def test_events_a_moment_behind_the_state_are_read_again(net: Everloop, stepped: Agent) -> None:
    seen: list[int] = []

    def lag(logs: list[RawLog]) -> list[RawLog]:
        seen.append(len(logs))
        return logs[:-1] if len(seen) == 1 else logs

    assert verify_through(net, stepped, lag) == []
    assert len(seen) > 2, "the first reading was not the last"


def test_a_missing_step_is_found(net: Everloop, stepped: Agent) -> None:
    def drop_one(logs: list[RawLog]) -> list[RawLog]:
        mine = [log for log in logs if log.address == stepped.address]
        return [log for log in logs if not mine or log is not mine[1]]

    faults = verify_through(net, stepped, drop_one)
    assert "the agent counts 3 steps and its events are 2" in faults
    assert "step 1: its event says step 2" in faults


def test_swapped_steps_are_found(net: Everloop, stepped: Agent) -> None:
    def swap(logs: list[RawLog]) -> list[RawLog]:
        mine = [log for log in logs if log.address == stepped.address]
        return [*logs[:-2], mine[2], mine[1]] if mine else logs

    faults = verify_through(net, stepped, swap)
    assert "step 1: its event says step 2" in faults
    assert "step 2: its event says step 1" in faults


def test_the_first_step_with_a_changed_result_is_named(net: Everloop, stepped: Agent) -> None:
    """Nothing but the head tells the result of a decision; old heads tell where it changed."""
    second = stepped.history()[1]

    def change(logs: list[RawLog]) -> list[RawLog]:
        return [
            dataclasses.replace(log, data=flip(log.data, RESULT_AT))
            if log.address == stepped.address and log.tx == second.tx
            else log
            for log in logs
        ]

    faults = verify_through(net, stepped, change)
    block = second.block
    assert f"step 1: the agent's head at block {block} is another than its events give" in faults


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_tail_cut_off_is_found(net: Everloop, stepped: Agent, kept: int) -> None:
    def cut(logs: list[RawLog]) -> list[RawLog]:
        mine = [log for log in logs if log.address == stepped.address]
        return mine[:kept] if mine else logs

    faults = verify_through(net, stepped, cut)
    assert f"the agent counts 3 steps and its events are {kept}" in faults
    assert f"step {kept}: its event is missing, and so are those of all later steps" in faults


def test_a_step_told_under_another_job_is_found(net: Everloop, stepped: Agent) -> None:
    def rename(logs: list[RawLog]) -> list[RawLog]:
        return [
            dataclasses.replace(log, topics=(log.topics[0], flip(log.topics[1], 31)))
            if log.address == stepped.address
            else log
            for log in logs
        ]

    faults = verify_through(net, stepped, rename)
    assert "step 0: no booking comes before it" in faults
    assert "step 0: its transaction holds no delivery of this run by Everloop" in faults


def test_a_delivery_left_out_is_found(net: Everloop, stepped: Agent) -> None:
    topic_ = topic("Everloop", "InferenceDelivered")

    def hide(logs: list[RawLog]) -> list[RawLog]:
        found = [log for log in logs if log.topics[0] == topic_]
        return [log for log in logs if not found or log is not found[1]]

    assert verify_through(net, stepped, hide) == [
        "step 1: its transaction holds no delivery of this run by Everloop"
    ]


def test_a_decision_forged_on_both_sides_is_found(net: Everloop, stepped: Agent) -> None:
    """Delivery and step agree on another decision; the head does not."""
    forged = b"honestly"
    hashes = keccak(b"nonsense"), keccak(forged)

    def forge(logs: list[RawLog]) -> list[RawLog]:
        return [
            dataclasses.replace(log, data=log.data.replace(b"nonsense", forged).replace(*hashes))
            for log in logs
        ]

    faults = verify_through(net, stepped, forge)
    assert len(faults) == 2
    assert faults[0].startswith("the events give head 0x")
    block = stepped.history()[2].block
    assert faults[1] == (
        f"step 2: the agent's head at block {block} is another than its events give"
    )


def test_a_step_number_changed_is_found(net: Everloop, stepped: Agent) -> None:
    faults = verify_through(net, stepped, change_agents_log(stepped.address, STEP_AT))
    assert "step 0: its event says step 1" in faults


def test_a_step_of_another_agent_in_the_middle_is_found(
    net: Everloop, stepped: Agent, answer: Answer
) -> None:
    other = net.agents.create("TreasuryAgent", fund="1 ether", salt="another")
    answer(other, HOLD)
    its = net.chain.logs(address=other.address, from_block=net.deployment.block)

    def replace_one(logs: list[RawLog]) -> list[RawLog]:
        mine = [log for log in logs if log.address == stepped.address]
        if not mine:
            return logs
        claimed = dataclasses.replace(its[-1], address=stepped.address)
        return [mine[0], claimed, mine[2]]

    faults = verify_through(net, stepped, replace_one)
    assert f"step 1: its run is of a job of {other.address} for {other.address}" in faults
    assert any(fault.startswith("step 1: the agent's head at block") for fault in faults)


def test_a_node_without_old_state_still_finds_the_fault(
    net: Everloop, stepped: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pruned(*_given: Any, **_named: Any) -> Any:
        raise ChainError("old state is gone")

    monkeypatch.setattr(AgentContract, "at_block", pruned)
    faults = verify_through(net, stepped, change_agents_log(stepped.address, RESULT_AT))
    assert [fault[:23] for fault in faults] == ["the events give head 0x"]


def test_a_changed_decision_is_found(net: Everloop, stepped: Agent) -> None:
    def change(logs: list[RawLog]) -> list[RawLog]:
        return [
            dataclasses.replace(log, data=log.data.replace(b"nonsense", b"honestly"))
            for log in logs
        ]

    assert verify_through(net, stepped, change) == [
        "step 2: the decision delivered has another hash than the one recorded"
    ]


def test_history_with_a_fault_is_refused_when_verified(net: Everloop, stepped: Agent) -> None:
    chain = LyingChain(net.chain, change_agents_log(stepped.address, RESULT_AT))
    agent = Everloop(chain, net.deployment).agents.at(stepped.address)
    assert len(agent.history()) == 3
    with pytest.raises(CheckFailed, match="does not verify") as refused:
        agent.history(verify=True)
    assert refused.value.exit_code == 1
    assert agent.inspect()["history_verified"] is False


def test_a_prompt_read_at_a_later_block_is_noted(net: Everloop, agent: Agent) -> None:
    """The chain takes any known block; readers see which provider breaks the rule."""
    job, slot = agent.job(), agent.slot()
    assert job is not None
    due = net.chain.block_at(slot.due)
    assert due is not None
    late = net.chain.mine(3)
    call = net.engine.deliver(
        job,
        run=slot.runs,
        pinned_block=late.number,
        pinned_hash=late.hash,
        decision=agent.manifest.encode([HOLD]),
    )
    net.chain.send(accounts.dev(2), call)
    found = agent.verify()
    assert found.verified
    assert [str(finding) for finding in found.findings] == [
        f"step 0: pinned block {late.number} is not the first one at or after "
        f"the due time {slot.due}"
    ]


def test_history_reaches_up_to_the_block_asked_for(
    net: Everloop, agent: Agent, answer: Answer
) -> None:
    first = answer(agent, HOLD)
    answer(agent, HOLD)
    found = read(
        net.chain,
        net.engine,
        agent.address,
        from_block=net.deployment.block,
        to_block=first.block,
    )
    assert found.verified
    assert len(found.steps) == found.chain_steps == 1


def test_a_run_told_twice_is_found(net: Everloop, stepped: Agent) -> None:
    def tell_twice(logs: list[RawLog]) -> list[RawLog]:
        mine = [log for log in logs if log.address == stepped.address]
        return [*logs, mine[-1]] if mine else logs

    faults = verify_through(net, stepped, tell_twice)
    assert "step 3: run 2 was told before" in faults


def test_a_strangers_run_is_found(net: Everloop, stepped: Agent, answer: Answer) -> None:
    other = net.agents.create("TreasuryAgent", fund="1 ether", salt="other")
    answer(other, HOLD)
    its = net.chain.logs(address=other.address, from_block=net.deployment.block)

    def claim(logs: list[RawLog]) -> list[RawLog]:
        mine = [log for log in logs if log.address == stepped.address]
        claimed = dataclasses.replace(its[-1], address=stepped.address)
        return [*logs, claimed] if mine else logs

    faults = verify_through(net, stepped, claim)
    assert f"step 3: its run is of a job of {other.address} for {other.address}" in faults


def test_an_agent_that_the_factory_did_not_make_is_noted(net: Everloop, stepped: Agent) -> None:
    elsewhere = dataclasses.replace(net.deployment, factory=net.deployment.registry)
    found = Agent(net.chain, elsewhere, stepped.address, signer=None).verify()
    assert found.verified
    assert [str(finding) for finding in found.findings] == [
        f"factory {net.deployment.registry} did not make this agent: its code may do anything"
    ]

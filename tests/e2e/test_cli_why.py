"""Why a step failed, and what an agent's health says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.chain import Chain
from agent_sdk.cli import main
from agent_sdk.deploy import publish
from agent_sdk.errors import CheckFailed, RpcRefused
from agent_sdk.manifest import HOLD, Action
from agent_sdk.network import Everloop
from agent_sdk.payloads import selector
from agent_sdk.types import Receipt, Rule
from agent_sdk.units import ETHER

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
TOKEN, PAYEE = accounts.dev(8).address, accounts.dev(0).address
UNLISTED = Action("transferToken", {"token": TOKEN, "to": PAYEE, "amount": 1})
ENDLESS = bytes.fromhex("635b6000565f526004601cf3")
"""creates a contract whose code is an endless loop"""


class SilentChain(Chain):
    """A node that traces nothing, or only the outermost call."""

    def __init__(self, honest: Chain, *, traces: bool = False) -> None:
        super().__init__(honest._rpc, chain_id=honest.chain_id)
        self._traces = traces

    def rpc(self, method: str, *params: Any) -> Any:
        if method.startswith("debug_") and not self._traces:
            raise RpcRefused("refused", code=-32601, reason="the method does not exist")
        found = super().rpc(method, *params)
        return {**found, "calls": []} if method.startswith("debug_") else found


def born(net: Everloop, *, first_due: int = 0) -> Agent:
    """Make an agent with the actions that every agent has."""
    assert net.signer is not None
    known = publish(net.chain, net.signer, "CounterAgent", deployment=net.deployment)
    return Everloop(net.chain, known, signer=net.signer).agents.create(
        "CounterAgent", fund="1 ether", salt="why", recipients=[PAYEE], first_due=first_due
    )


@pytest.fixture
def agent(net: Everloop) -> Agent:
    """One that is due now."""
    return born(net)


def test_a_failed_step_says_why(
    agent: Agent, answer: Answer, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    answer(agent, HOLD)
    words = ["agent", "history", agent.address, "--why"]
    assert main(words) == 0
    assert capsys.readouterr().out.endswith("no step failed\n")
    answer(agent, UNLISTED)
    answer(agent, Action("transfer", {"to": PAYEE, "amount": ETHER}), HOLD)
    assert main(words) == 0
    *_, token, batch = capsys.readouterr().out.splitlines()
    assert token.startswith(f"step 1 reverted: Agent_NoTokenLimit(token={TOKEN}): ")
    assert "everloop agent tokens" in token
    assert batch.startswith("step 2 reverted: Agent_Over")
    held, first, _ = run(*words)
    assert held["why"] is None
    assert (first["why"]["name"], first["why"]["arguments"]) == (
        "Agent_NoTokenLimit",
        {"token": TOKEN},
    )


def test_what_a_called_contract_refused_follows(net: Everloop, answer: Answer) -> None:
    agent = born(net, first_due=net.chain.block().time + 90_000)
    vault, loop = net.deployment.contracts["SavingsVault"], selector("loop()")
    endless = net.chain.deploy(accounts.dev(0), ENDLESS).created
    assert endless is not None
    redeem = selector("redeem(uint256)")
    for target, function in ((vault, redeem), (endless, loop)):
        agent.set_target(target, function, Rule.CALL)
    net.chain.advance(86_400)
    for change in agent.queued_changes():
        agent.apply_change(change.change)
    wanted = redeem + (5 * ETHER).to_bytes(32, "big")
    answer(agent, Action("call", {"target": vault, "value": 0, "data": f"0x{wanted.hex()}"}))
    answer(agent, Action("call", {"target": endless, "value": 0, "data": f"0x{loop.hex()}"}))
    refused, spent = (str(agent.why(step)) for step in agent.history())
    assert f"reverted: Agent_CallFailed(target={vault}" in refused
    assert f"; inside, the call to {vault} reverted: Vault_NotEnough(" in refused
    assert f"; inside, the call to {endless} reverted: " in spent
    assert "start the loop again with a higher gas limit" in spent


def test_prose_is_no_function_of_the_agent(agent: Agent, answer: Answer) -> None:
    answer(agent, decision=b"plain words")
    (step,) = agent.history()
    assert agent.why(step).name == "Agent_NoFunction"


def test_a_step_that_acted_and_a_node_that_does_not_trace_have_no_reason(
    net: Everloop, agent: Agent, answer: Answer
) -> None:
    answer(agent, HOLD)
    answer(agent, UNLISTED)
    acted, failed = agent.history()
    with pytest.raises(CheckFailed, match="step 0 did not fail: it was acted"):
        agent.why(acted)
    silent = Everloop(SilentChain(net.chain), net.deployment).agents.at(agent.address)
    said = rf"the method does not exist\): ask one .* keeps the state of block {failed.block - 1}"
    with pytest.raises(CheckFailed, match=said):
        silent.why(failed)
    shallow = Everloop(SilentChain(net.chain, traces=True), net.deployment).agents.at(agent.address)
    with pytest.raises(CheckFailed, match=r"has no call of agent .* with the decision of step 1"):
        shallow.why(failed)


def test_three_steps_without_an_action_are_a_failing_agent(
    agent: Agent, answer: Answer, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    answer(agent, HOLD)
    assert UNLISTED.name in agent.open_actions, "limits on tokens are not asked"
    answer(agent, UNLISTED)
    answer(agent, decision=b"")
    assert agent.health == "ok"
    answer(agent, UNLISTED)
    assert agent.health == run("agent", "inspect", agent.address)["health"] == "failing"
    assert main(["agent", "inspect", agent.address]) == 0
    assert f"failing: `everloop agent history {agent.address} --why`" in capsys.readouterr().out
    answer(agent, HOLD)
    assert agent.health == "ok"


def test_a_paused_agent_is_called_so(agent: Agent, run: Callable[..., Any]) -> None:
    agent.pause()
    assert agent.health == run("agent", "list")[0]["health"] == "paused"
    agent.unpause()
    assert agent.health == "ok"

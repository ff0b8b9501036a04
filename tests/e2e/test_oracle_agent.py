"""An agent of every ability with an action of its own: it fits into a contract, and lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.contracts import WakeableContract
from agent_sdk.engines import Budget, compose
from agent_sdk.engines.base import MAX_PROMPT
from agent_sdk.manifest import HOLD, Action
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt, Result

Answer = Callable[..., Receipt]
ABILITIES = {"remember", "forget", "note", "scheduleAction", "cancelAction", "consult"}


def test_its_model_sees_its_own_action_and_those_of_its_abilities(oracle: Agent) -> None:
    names = {tool.name for tool in oracle.manifest.tools}
    assert names >= {"publish", "hold", "transfer", "call"} | ABILITIES


def test_it_publishes_notes_and_plans(oracle: Agent, answer: Answer) -> None:
    answer(oracle, Action("publish", {"figure_": 40}), Action("note", {"text": "forty it is"}))
    assert oracle.history(verify=True)[-1].result is Result.ACTED
    assert 'Page 8: "forty it is"' in oracle.contract.context()


def test_a_full_notebook_hides_neither_plan_nor_question_from_its_model(
    net: Everloop, oracle: Agent, answer: Answer
) -> None:
    """Pages of a byte that the context tells in six characters."""
    for page in range(0, 16, 2):
        answer(oracle, *[remember(number, "\x01" * 256) for number in (page, page + 1)])
    hold = {"action": "hold", "args": {}}
    when = net.chain.block().time + 300 * 86_400
    answer(oracle, Action("scheduleAction", {"when": when, "plan": hold}))
    answer(oracle, Action("consult", {"choice": 0, "question": "Is this safe?"}))
    context = oracle.contract.context()
    assert len(context) > MAX_PROMPT
    chat = compose(oracle.manifest, "", (), Budget(), context=context)
    (told,) = [part for part in chat[-1]["content"].split("\n\n") if "context() of" in part]
    assert len(told) < MAX_PROMPT + 100
    assert f"\nPlan 0: hold at {when}\n" in told
    assert f"\nAdviser {accounts.dev(2).address.lower()} was asked at " in told
    assert all(f'\nPage {page}: "' in told for page in range(16))


def remember(page: int, text: str) -> Action:
    return Action("remember", {"page": page, "text": text})


def test_anyone_wakes_it_while_it_has_no_fresh_figure(
    net: Everloop, oracle: Agent, answer: Answer
) -> None:
    answer(oracle, HOLD)
    sleeper = WakeableContract(net.chain, oracle.address)
    assert sleeper.should_wake()
    before = net.engine.balance_of(accounts.dev(9).address)
    Agent(net.chain, net.deployment, oracle.address, signer=accounts.dev(9)).wake()
    assert oracle.slot().due == net.chain.block().time
    assert net.engine.balance_of(accounts.dev(9).address) > before, "the caller is paid"
    answer(oracle, Action("publish", {"figure_": 1}))
    assert not sleeper.should_wake()


def test_it_is_woken_by_command(
    net: Everloop,
    oracle: Agent,
    answer: Answer,
    here: None,
    run: Callable[..., Any],
    refuse: Callable[..., str],
) -> None:
    answer(oracle, HOLD)
    ahead = oracle.slot().due
    words = ("agent", "wake", oracle.address, "--account", "dev:9")
    before = net.engine.balance_of(accounts.dev(9).address)
    woken = run(*words)["block"]
    assert oracle.slot().due == net.chain.block(woken).time < ahead
    assert net.engine.balance_of(accounts.dev(9).address) > before
    answer(oracle, HOLD)
    assert "an agent is woken once an interval" in refuse(4, *words)
    answer(oracle, Action("publish", {"figure_": 1}))
    assert "the agent sees nothing that calls for it" in refuse(4, *words)
    oracle.pause()
    assert "Agent_WhilePaused" in refuse(4, *words)


def test_an_agent_without_the_ability_is_not_woken(
    agent: Agent, here: None, refuse: Callable[..., str]
) -> None:
    line = refuse(4, "agent", "wake", agent.address)
    assert "reverted" in line

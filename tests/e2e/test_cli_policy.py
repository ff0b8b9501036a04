"""What an agent's owner says of its policy, by command."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.contracts import AgentLensContract
from agent_sdk.deploy import deploy_contract
from agent_sdk.errors import Reverted
from agent_sdk.manifest import HOLD, Action
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import ZERO_ADDRESS, Receipt, Result, Rule, TokenLimit
from agent_sdk.units import ETHER, FINNEY, format_time
from agent_sdk.utility import utility

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
DAY = 86_400
PAYEE = accounts.dev(7).address
TOKEN = accounts.dev(8).address


@pytest.fixture
def grain(net: Everloop) -> str:
    """A token of ERC-20."""
    return deploy_contract(net.chain, accounts.dev(0), "Grain")


def test_a_tighter_limit_is_in_force_at_once(agent: Agent, run: Callable[..., Any]) -> None:
    made = run("agent", "policy", agent.address, "--action-cap", "1 finney", "--window", "30 d")
    assert [change["ready_at"] for change in made["changes"]] == [None]
    assert (made["action_cap_wei"], made["window_seconds"]) == (FINNEY, 30 * DAY)
    assert agent.contract.policy().action_cap == FINNEY


def test_a_looser_limit_waits_a_day_and_is_sent_twice(
    net: Everloop, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    before = agent.contract.policy().budget
    command = ("agent", "policy", agent.address, "--budget", "5 ether")
    queued = run(*command)
    ready = queued["changes"][0]["ready_at"]
    assert ready == net.chain.block().time + DAY
    assert queued["budget_wei"] == before
    assert [one["ready_at"] for one in queued["queued"]] == [ready]
    assert f"readyAt={ready} ({format_time(ready)}), time=" in refuse(4, *command)
    net.chain.advance(DAY)
    made = run(*command)
    assert (made["budget_wei"], made["queued"]) == (5 * ETHER, [])
    assert made["changes"][0]["ready_at"] is None


def test_of_a_mixed_change_the_tighter_half_is_in_force_at_once(
    net: Everloop, agent: Agent, run: Callable[..., Any]
) -> None:
    before = agent.contract.policy()
    words = ("agent", "policy", agent.address, "--budget", "0.1 ether", "--action-cap", "0.9 ether")
    made = run(*words)
    assert agent.contract.policy() == replace(before, budget=ETHER // 10)
    (change,) = made["changes"]
    assert change["ready_at"] == net.chain.block().time + DAY
    assert change["tightened"]["block"] == change["block"] - 1
    (queued,) = agent.queued_changes()
    assert f"0x{queued.change.hex()}" == made["queued"][0]["change"]
    net.chain.advance(DAY)
    agent.apply_change(queued.change)
    wanted = replace(before, budget=ETHER // 10, action_cap=9 * ETHER // 10)
    assert agent.contract.policy() == wanted


def test_a_mixed_change_that_waits_already_is_not_queued_twice(net: Everloop, agent: Agent) -> None:
    before = agent.contract.policy()
    wider = agent.set_limits(budget="9 ether")
    net.chain.advance(DAY // 2)
    first = agent.set_limits(budget="0.1 ether", action_cap="0.9 ether")
    net.chain.advance(DAY // 2)
    agent.apply_change(wider.change)
    again = agent.set_limits(budget="0.1 ether", action_cap="0.9 ether")
    assert (again.change, again.ready_at) == (first.change, first.ready_at)
    assert again.tightened is not None
    assert agent.contract.policy() == replace(before, budget=ETHER // 10)


def test_a_mixed_change_that_is_ready_is_put_in_force_whole(net: Everloop, agent: Agent) -> None:
    before = agent.contract.policy()
    wider = agent.set_limits(budget="9 ether")
    agent.set_limits(budget="0.1 ether", action_cap="0.9 ether")
    net.chain.advance(DAY)
    agent.apply_change(wider.change)
    nonce = net.chain.nonce(accounts.dev(0).address)
    assert agent.set_limits(budget="0.1 ether", action_cap="0.9 ether").ready_at == 0
    assert net.chain.nonce(accounts.dev(0).address) == nonce + 1
    wanted = replace(before, budget=ETHER // 10, action_cap=9 * ETHER // 10)
    assert agent.contract.policy() == wanted


def test_nothing_of_a_change_is_sent_whose_whole_is_refused(net: Everloop, agent: Agent) -> None:
    before = agent.contract.policy()
    with pytest.raises(Reverted, match="Agent_BadPolicy"):
        agent.set_limits(budget="0.1 ether", window=0)
    assert agent.contract.policy() == before


def test_tokens_are_split_in_the_same_way(net: Everloop, agent: Agent) -> None:
    born = TokenLimit(action_cap=10, budget=100, window=DAY)
    assert agent.set_token_policy(TOKEN, born).tightened is None, "there was no limit to tighten"
    net.chain.advance(DAY)
    agent.set_token_policy(TOKEN, born)
    change = agent.set_token_policy(TOKEN, replace(born, action_cap=20, budget=50))
    assert change.ready_at
    assert change.tightened is not None
    assert agent.contract.token_policy(TOKEN) == (replace(born, budget=50), 50)


def test_a_queued_change_that_undoes_a_tightening_is_named_with_its_cancel(
    agent: Agent, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["agent", "policy", agent.address]
    run(*words, "--action-cap", "0.6 ether")
    (queued,) = agent.queued_changes()
    assert main([*words, "--budget", "0.3 ether"]) == 0
    line = capsys.readouterr().err
    cancel = f"everloop agent changes {agent.address} --cancel 0x{queued.change.hex()}"
    assert "a queued change would set action cap to 0.6 ether, budget to 0." in line
    assert line.endswith(f"to be rid of it: {cancel}\n")
    assert len(line.splitlines()) == 1
    assert main([*words, "--reserve", "0.01 ether"]) == 0
    assert "another queued change would set action cap to 0.6 ether" in capsys.readouterr().err
    assert main(cancel.split()[1:]) == 0
    capsys.readouterr()
    later = run(*words, "--reserve", "0.02 ether")
    (last,) = later["changes"][0]["set_back_by"]
    assert last["what"] == "set reserve to 0.01 ether"


def test_what_is_struck_while_its_listing_waits_is_warned_of(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["agent", "policy", agent.address]
    assert main([*words, "--recipient", PAYEE]) == 0
    assert main([*words, "--allow", TOKEN]) == 0
    capsys.readouterr()
    assert main([*words, "--forbid", PAYEE]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"a queued change would allow {PAYEE}; to be rid of it: everloop agent")


def test_each_queued_change_is_shown_on_a_line_of_its_own(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    for to in (PAYEE, TOKEN):
        agent.set_recipient(to, listed=True)
    assert main(["agent", "policy", agent.address]) == 0
    shown = capsys.readouterr().out
    assert re.search(
        rf"^  queued +allow {PAYEE} \(waiting\)\n +allow {TOKEN} \(waiting\)$", shown, re.M
    )


def test_a_queued_change_is_cancelled(net: Everloop, agent: Agent, run: Callable[..., Any]) -> None:
    change = agent.set_recipient(PAYEE, listed=True)
    assert change.ready_at > net.chain.block().time
    agent.cancel_change(change.change)
    assert agent.queued_changes() == []
    assert run("agent", "policy", agent.address)["queued"] == []


def test_recipients_and_actions_are_listed_and_struck(
    net: Everloop, agent: Agent, run: Callable[..., Any]
) -> None:
    born = list(agent.recipients())
    words = ("agent", "policy", agent.address, "--allow", PAYEE)
    assert run(*words)["recipients"] == born
    net.chain.advance(DAY)
    assert run(*words)["recipients"] == [*born, PAYEE]
    assert agent.contract.is_recipient(PAYEE)
    made = run("agent", "policy", agent.address, "--forbid", PAYEE, "--disable", "redeem")
    assert (made["closed"], made["recipients"]) == (["redeem"], born)
    assert [change["ready_at"] for change in made["changes"]] == [None, None]
    assert not agent.contract.is_recipient(PAYEE)
    later = run("agent", "policy", agent.address, "--enable", "redeem")
    assert later["closed"] == ["redeem"], "enabling loosens"
    assert later["changes"][0]["ready_at"]


def test_recipients_listed_at_birth_are_shown(
    net: Everloop, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    made = net.agents.create("TreasuryAgent", fund="1 ether", salt="payer", recipients=[PAYEE])
    listed = list(made.recipients())
    assert PAYEE in listed
    assert made.contract.owner() in listed
    assert all(made.contract.is_recipient(one) for one in listed)
    assert run("agent", "policy", made.address)["recipients"] == listed
    assert main(["agent", "policy", made.address, "--forbid", PAYEE]) == 0
    listed.remove(PAYEE)
    assert re.search(rf"may be paid +{', '.join(listed)}\n", capsys.readouterr().out)
    for one in listed:
        made.set_recipient(one, listed=False)
    assert made.recipients() == []
    assert main(["agent", "policy", made.address]) == 0
    assert re.search(r"may be paid +nobody\n", capsys.readouterr().out)


def test_a_batch_is_no_action_to_disable(agent: Agent, net: Everloop) -> None:
    batch = keccak(text="batch(bytes[])")[:4]
    call = agent.contract.set_action(batch, enabled=False)
    with pytest.raises(Reverted, match=r"Agent_NotAnAction.*name the actions in it"):
        net.chain.estimate(call, sender=agent.contract.owner())


def test_a_paused_agent_records_and_does_not_act(
    agent: Agent, answer: Answer, run: Callable[..., Any]
) -> None:
    run("agent", "pause", agent.address)
    answer(agent, Action("save", {"finney": 400}))
    seen = run("agent", "inspect", agent.address)
    assert (seen["policy"]["paused"], seen["liberty"], seen["open_actions"]) == (True, 0, [])
    assert agent.history(verify=True)[-1].result is Result.PAUSED
    run("agent", "unpause", agent.address)
    answer(agent, HOLD)
    assert agent.history(verify=True)[-1].result is Result.ACTED
    assert run("agent", "inspect", agent.address)["liberty"] == len(agent.manifest.tools)


def test_inspect_reckons_as_the_lens_does(
    net: Everloop, agent: Agent, run: Callable[..., Any]
) -> None:
    run("agent", "policy", agent.address, "--action-cap", "1 wei", "--disable", "redeem")
    seen, job = run("agent", "inspect", agent.address), agent.job()
    assert job is not None
    lens = AgentLensContract(net.chain, net.deployment.contracts["AgentLens"])
    assessed = lens.assess(agent.address, job)
    assert (seen["liberty"], seen["utility"]) == (assessed.liberty, assessed.utility)
    assert seen["liberty"] == len(agent.manifest.tools) - 3, "pay and save cost more than a wei"
    assert seen["utility"] == utility(seen["liberty"], balance=agent.balance.total)
    assert (seen["runway_steps"], seen["runway_seconds"]) == (
        assessed.runway_steps,
        assessed.runway_seconds,
    )


def test_a_stopped_agents_liberty_is_reckoned_without_the_lens(net: Everloop, agent: Agent) -> None:
    net.chain.advance(3_600)
    agent.stop()
    assert agent.liberty == len(agent.manifest.tools)


def test_a_token_has_its_own_limits(
    net: Everloop,
    agent: Agent,
    grain: str,
    run: Callable[..., Any],
    refuse: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = ("agent", "tokens", agent.address, grain)
    assert run(*shown)["window_seconds"] == 0
    assert "there is no contract at 0x" in refuse(2, *shown[:3], TOKEN)
    assert main([*shown, "--action-cap", "10"]) == 2
    assert "first limit states all of it: add --budget, --window" in capsys.readouterr().err
    limits = ("--action-cap", "10", "--budget", "100", "--window", "1 d")
    words = (*shown, *limits)
    assert run(*words)["changes"][0]["ready_at"], "a first limit is looser than none"
    net.chain.advance(DAY)
    made = run(*words)
    assert (made["action_cap"], made["budget"], made["left"]) == (10, 100, 100)
    found = TokenLimit(action_cap=10, budget=100, window=DAY)
    assert agent.contract.token_policy(grain) == (found, 100)
    assert run(*shown, "--action-cap", "9")["action_cap"] == 9, "what is not named stays"


def test_a_rule_opens_one_function_of_one_contract(net: Everloop, agent: Agent) -> None:
    selector = b"\x12\x34\x56\x78"
    assert agent.set_target(TOKEN, selector, Rule.CALL).ready_at
    net.chain.advance(DAY)
    assert not agent.set_target(TOKEN, selector, Rule.CALL).ready_at
    assert agent.contract.rule_of(TOKEN, selector) is Rule.CALL
    assert agent.contract.rule_of(TOKEN, b"\x00" * 4) is Rule.NONE


def test_a_day_that_is_skipped_while_the_loop_is_stopped_misses_no_run(
    net: Everloop, agent: Agent, grain: str, answer: Answer, run: Callable[..., Any]
) -> None:
    limits = ("--action-cap", "10", "--budget", "100", "--window", "1 d")
    run("agent", "tokens", agent.address, grain, *limits)
    answer(agent, HOLD)
    provider = accounts.dev(2).address
    before = net.providers.status(provider).record.bonded
    run("agent", "stop", agent.address)
    Everloop.connect(deployment="deployment.json").chain.advance(DAY)
    run("agent", "changes", agent.address, "--apply", "all")
    run("agent", "start", agent.address)
    answer(agent, HOLD)
    assert net.providers.status(provider).record.bonded == before
    assert net.engine.account_of(provider).open == 1
    assert agent.contract.token_policy(grain)[1] == 100


def test_an_agent_is_passed_on_and_given_up(
    agent: Agent,
    run: Callable[..., Any],
    refuse: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    heir = accounts.dev(6)
    assert run("agent", "owner", agent.address)["pending"] is None
    assert main(["agent", "owner", agent.address]) == 0
    assert re.search(r"^  pending +nobody$", capsys.readouterr().out, re.M)
    run("agent", "owner", agent.address, "--propose", heir.address)
    assert run("agent", "owner", agent.address)["pending"] == heir.address
    assert "Agent_NotPendingOwner" in refuse(4, "agent", "owner", agent.address, "--accept")
    run("agent", "owner", agent.address, "--accept", "--account", "dev:6")
    assert run("agent", "owner", agent.address)["owner"] == heir.address
    assert "Agent_NotOwner" in refuse(4, "agent", "pause", agent.address)
    run("agent", "owner", agent.address, "--renounce", "--account", "dev:6")
    assert run("agent", "owner", agent.address)["owner"] == ZERO_ADDRESS


def test_owner_takes_one_option_at_a_time(agent: Agent) -> None:
    assert main(["agent", "owner", agent.address, "--accept", "--renounce"]) == 2


def test_a_policy_is_shown_for_people(agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agent", "policy", agent.address, "--budget", "9 ether"]) == 0
    shown = capsys.readouterr().out
    assert f"Policy of {agent.address}" in shown
    assert re.search(r"limits +queued: from .* by the same command again, or `everloop", shown)
    assert main(["agent", "policy", agent.address, "--reserve", "0.9 ether"]) == 0
    assert "in force" in capsys.readouterr().out

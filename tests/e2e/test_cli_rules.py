"""What an agent's owner opens, awaits and takes out, by command."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.deploy import deploy_contract
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import Rule
from agent_sdk.units import ETHER, format_time
from tests.e2e.tokens import deploy_token, read, send

pytestmark = pytest.mark.usefixtures("here")

DAY, WEEK = 86_400, 604_800
TARGET, PAYEE = accounts.dev(8).address, accounts.dev(7).address
DEPOSIT = keccak(text="deposit()")[:4]


def hand_over(net: Everloop, agent: Agent) -> Agent:
    """Give an agent to account dev:1, and return it as that owner's."""
    heir = accounts.dev(1)
    agent.propose_owner(heir.address)
    mine = Agent(net.chain, net.deployment, agent.address, signer=heir)
    mine.accept_owner()
    return mine


class TestRules:
    def test_a_function_is_opened_after_a_day_and_closed_at_once(
        self, net: Everloop, agent: Agent, run: Callable[..., Any]
    ) -> None:
        assert run("agent", "rules", agent.address) == {"rules": []}
        words = ("agent", "rules", agent.address, "--allow", TARGET, "deposit()", "--pay")
        queued = run(*words)
        assert queued["rules"] == []
        assert queued["changes"][0]["ready_at"] == net.chain.block().time + DAY
        net.chain.advance(DAY)
        made = run(*words)
        rule = {"target": TARGET, "selector": f"0x{DEPOSIT.hex()}", "signature": None}
        rule |= {"pay": True}
        assert (made["rules"], made["changes"][0]["ready_at"]) == ([rule], None)
        assert agent.contract.rule_of(TARGET, DEPOSIT) is Rule.PAY
        closed = run("agent", "rules", agent.address, "--close", TARGET, f"0x{DEPOSIT.hex()}")
        assert closed["rules"] == []
        assert agent.contract.rule_of(TARGET, DEPOSIT) is Rule.NONE

    def test_without_pay_a_function_takes_no_ether(
        self, net: Everloop, agent: Agent, run: Callable[..., Any]
    ) -> None:
        words = ("agent", "rules", agent.address, "--allow", TARGET, "none")
        run(*words)
        net.chain.advance(DAY)
        assert run(*words)["rules"] == [
            {"target": TARGET, "selector": "0x00000000", "signature": None, "pay": False}
        ]
        assert agent.contract.rule_of(TARGET, bytes(4)) is Rule.CALL

    @pytest.mark.parametrize("function", ["deposit", "pay(uint)", "pay(uint256 x)", "0x1234", ""])
    def test_a_function_that_is_none_is_refused(
        self, agent: Agent, refuse: Callable[..., str], function: str
    ) -> None:
        line = refuse(2, "agent", "rules", agent.address, "--allow", TARGET, function)
        assert f"function {function!r} is no signature" in line
        assert "transfer(address,uint256)" in line

    def test_nothing_is_sent_where_one_of_several_is_wrong(
        self, net: Everloop, agent: Agent, refuse: Callable[..., str]
    ) -> None:
        before = net.chain.nonce(accounts.dev(0).address)
        good = ("--allow", TARGET, "deposit()")
        refuse(2, "agent", "rules", agent.address, *good, "--allow", TARGET, "bad")
        assert net.chain.nonce(accounts.dev(0).address) == before

    def test_the_engine_and_strangers_are_refused(
        self, net: Everloop, agent: Agent, refuse: Callable[..., str]
    ) -> None:
        words = ("agent", "rules", agent.address, "--allow", net.deployment.everloop, "x()")
        assert "Agent_BadTarget" in refuse(4, *words)
        words = ("agent", "policy", agent.address, "--allow", net.deployment.everloop)
        assert "is called, paid or listed; choose another" in refuse(4, *words)
        words = ("agent", "rules", agent.address, "--allow", TARGET, "x()", "--account", "dev:5")
        assert "only the agent's owner" in refuse(4, *words)

    def test_a_known_function_is_shown_by_its_signature(
        self, net: Everloop, agent: Agent, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["agent", "rules", agent.address]
        functions = ("grow(address,uint256)", "unheardOf()")
        for function in functions:
            assert main([*words, "--allow", TARGET, function]) == 0
        unknown = f"0x{keccak(text=functions[1])[:4].hex()}"
        net.chain.advance(DAY)
        assert main(["agent", "changes", agent.address]) == 0
        waiting = capsys.readouterr().out
        assert f"allow grow(address,uint256) of {TARGET}  " in waiting
        assert f"allow {unknown} of {TARGET}  " in waiting
        assert main(["agent", "changes", agent.address, "--apply", "all"]) == 0
        assert main(words) == 0
        shown = capsys.readouterr().out
        assert f"{TARGET}  grow(address,uint256)  no" in shown
        assert f"{TARGET}  {unknown}  " in shown

    def test_pay_needs_something_to_allow(self, agent: Agent) -> None:
        assert main(["agent", "rules", agent.address, "--pay"]) == 2

    def test_is_shown_for_people(self, agent: Agent, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["agent", "rules", agent.address]) == 0
        assert "no rules: the action `call` calls nobody" in capsys.readouterr().out
        assert main(["agent", "rules", agent.address, "--allow", TARGET, "deposit()"]) == 0
        shown = capsys.readouterr().out
        assert f"allow deposit() of {TARGET}  queued: from " in shown
        assert "by the same command again" in shown


class TestChanges:
    def test_a_change_waits_is_ready_and_is_applied(
        self, net: Everloop, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
    ) -> None:
        run("agent", "policy", agent.address, "--allow", PAYEE)
        ready = net.chain.block().time + DAY
        (one,) = run("agent", "changes", agent.address)["queued"]
        assert (one["what"], one["stage"]) == (f"allow {PAYEE}", "waiting")
        assert (one["ready_at"], one["lapses_at"]) == (ready, ready + WEEK)
        words = ("agent", "changes", agent.address, "--apply", one["change"])
        line = refuse(2, *words)
        assert f"(allow {PAYEE}) can be put in force from" in line
        assert "wait until then" in line
        assert run("agent", "changes", agent.address, "--apply", "all")["changes"] == []
        net.chain.advance(DAY)
        assert run("agent", "changes", agent.address)["queued"][0]["stage"] == "ready"
        made = run(*words)
        assert (made["queued"], made["changes"][0]["outcome"]) == ([], "in force")
        assert agent.contract.is_recipient(PAYEE)

    def test_what_a_former_owner_queued_is_left_out_unless_it_is_named(
        self,
        net: Everloop,
        agent: Agent,
        run: Callable[..., Any],
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        agent.set_recipient(PAYEE, listed=True)
        agent.set_limits(action_cap="10 ether", budget="10 ether", reserve=0)
        heir = hand_over(net, agent)
        heir.set_recipient(TARGET, listed=True)
        net.chain.advance(DAY)
        words = ("agent", "changes", agent.address, "--account", "dev:1")
        queued = run(*words)["queued"]
        assert [one["by_former_owner"] for one in queued] == [True, True, False]
        assert main(list(words)) == 0
        assert capsys.readouterr().out.count(", queued by a former owner  ") == 2

        assert main([*words, "--apply", "all", "--json"]) == 0
        shown = capsys.readouterr()
        assert [one["what"] for one in json.loads(shown.out)["changes"]] == [f"allow {TARGET}"]
        lines = shown.err.splitlines()
        assert lines[0] == (
            f"left out: allow {PAYEE}, queued by a former owner; name it after --apply, or "
            "--cancel it"
        )
        assert (len(lines), lines[1].startswith("left out: limits: 10 ether an action")) == (
            2,
            True,
        )
        assert agent.contract.is_recipient(TARGET)
        assert not agent.contract.is_recipient(PAYEE)
        assert agent.contract.policy().action_cap < ETHER

        assert main([*words, "--apply", "all", "--apply", queued[0]["change"], "--json"]) == 0
        shown = capsys.readouterr()
        assert "in force, though its owner of now did not ask: allow " in shown.err
        assert shown.err.count("left out: ") == 1
        assert agent.contract.is_recipient(PAYEE)
        assert run(*words, "--cancel", "all")["queued"] == []

    def test_what_lapsed_and_is_queued_anew_is_the_owners_of_now(
        self, net: Everloop, agent: Agent
    ) -> None:
        agent.set_recipient(PAYEE, listed=True)
        heir = hand_over(net, agent)
        net.chain.advance(DAY + WEEK + 1)
        assert heir.queued_changes() == []
        heir.set_recipient(PAYEE, listed=True)
        (queued,) = heir.queued_changes()
        assert not queued.by_former_owner

    def test_that_nothing_is_ready_yet_is_said(
        self, agent: Agent, capsys: pytest.CaptureFixture[str]
    ) -> None:
        change = agent.set_recipient(PAYEE, listed=True)
        assert main(["agent", "changes", agent.address, "--apply", "all"]) == 0
        said = f"none is ready before {format_time(change.ready_at)}\n"
        assert capsys.readouterr().out.startswith(said)

    def test_all_that_is_ready_is_applied_at_once(
        self, net: Everloop, agent: Agent, run: Callable[..., Any]
    ) -> None:
        agent.set_action("redeem", enabled=False)
        words = ("--allow", PAYEE, "--enable", "redeem", "--budget", "9 ether")
        run("agent", "policy", agent.address, *words)
        net.chain.advance(DAY)
        run("agent", "rules", agent.address, "--allow", TARGET, "deposit()")
        made = run("agent", "changes", agent.address, "--apply", "all")
        assert [one["outcome"] for one in made["changes"]] == ["in force"] * 3
        (left,) = made["queued"]
        assert left["what"] == f"allow 0x{DEPOSIT.hex()} of {TARGET}"
        assert agent.contract.policy().budget == 9 * ETHER
        assert agent.disabled_actions() == []

    def test_a_lapsed_change_is_not_queued_again_by_mistake(
        self, net: Everloop, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
    ) -> None:
        change = agent.set_recipient(PAYEE, listed=True).change
        net.chain.advance(DAY + WEEK + 60)
        assert run("agent", "changes", agent.address)["queued"] == []
        before = net.chain.nonce(accounts.dev(0).address)
        words = ("agent", "changes", agent.address, "--apply", f"0x{change.hex()}")
        line = refuse(2, *words)
        assert "is not queued" in line
        assert "or has lapsed" in line
        assert "make it anew, it waits another day" in line
        assert net.chain.nonce(accounts.dev(0).address) == before

    def test_changes_are_cancelled(
        self, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
    ) -> None:
        first = agent.set_recipient(PAYEE, listed=True).change
        agent.set_recipient(TARGET, listed=True)
        words = ("agent", "changes", agent.address, "--cancel", f"0x{first.hex()}")
        made = run(*words)
        assert [one["what"] for one in made["queued"]] == [f"allow {TARGET}"]
        assert made["changes"][0]["outcome"] == "cancelled"
        assert "Agent_NoChange" in refuse(4, *words)
        line = refuse(2, "agent", "changes", agent.address, "--apply", f"0x{first.hex()}")
        assert "is not queued" in line
        assert run("agent", "changes", agent.address, "--cancel", "all")["queued"] == []

    def test_a_hash_that_is_none_is_refused(self, agent: Agent, refuse: Callable[..., str]) -> None:
        line = refuse(2, "agent", "changes", agent.address, "--cancel", "0x12")
        assert "change '0x12' has other than 32 bytes" in line

    def test_each_kind_reads_as_what_it_does(self, net: Everloop, agent: Agent) -> None:
        agent.set_action("save", enabled=False)
        agent.set_action("save", enabled=True)
        agent.set_limits(reserve=0, window=60)
        agent.set_target(TARGET, DEPOSIT, Rule.PAY)
        limit = type(agent.contract.token_policy(TARGET)[0])(action_cap=5, budget=50, window=DAY)
        agent.set_token_policy(TARGET, limit)
        texts = [one.text(agent.manifest) for one in agent.queued_changes()]
        assert texts[0] == "enable save"
        assert texts[1].startswith("limits: ")
        assert texts[1].endswith("in 1 min, reserve 0 wei")
        assert texts[2:] == [
            f"allow, with ETH, 0x{DEPOSIT.hex()} of {TARGET}",
            f"token {TARGET}: 5 an action, 50 in 1 d",
        ]

    def test_is_shown_for_people(
        self, net: Everloop, agent: Agent, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["agent", "changes", agent.address]) == 0
        assert "no change waits" in capsys.readouterr().out
        agent.set_recipient(PAYEE, listed=True)
        net.chain.advance(DAY)
        assert main(["agent", "changes", agent.address]) == 0
        assert f"allow {PAYEE}  ready " in capsys.readouterr().out
        assert main(["agent", "changes", agent.address, "--apply", "all"]) == 0
        assert f"allow {PAYEE}  in force" in capsys.readouterr().out


class TestCollectibles:
    def test_an_nft_is_taken_out(
        self, net: Everloop, agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
    ) -> None:
        token = deploy_token(net, "FreeNft")
        send(net, token, "mint(address,uint256)", agent.address, 7)
        words = ("agent", "withdraw-nft", agent.address, token, "7")
        assert "only the agent's owner" in refuse(4, *words, "--account", "dev:5")
        assert run(*words, "--to", PAYEE)["gas"]
        assert read(net, token, "ownerOf(uint256)", 7) == int(PAYEE, 16)

    def test_what_is_no_collectible_is_named_with_the_way_out(
        self, net: Everloop, agent: Agent, refuse: Callable[..., str]
    ) -> None:
        token = deploy_contract(net.chain, accounts.dev(0), "Grain")
        send(net, token, "grow(address,uint256)", agent.address, 7)
        line = refuse(4, "agent", "withdraw-nft", agent.address, token, "7")
        assert "ERC20InsufficientAllowance" in line
        assert f"{token} is of ERC-20, which `everloop agent tokens --withdraw`" in line

    def test_items_are_taken_out_by_number(
        self, net: Everloop, agent: Agent, run: Callable[..., Any]
    ) -> None:
        token = deploy_token(net, "FreeItems")
        send(net, token, "mint(address,uint256,uint256)", agent.address, 3, 20)
        run("agent", "withdraw-nft", agent.address, token, "3", "--amount", "15")
        held = [
            read(net, token, "balanceOf(address,uint256)", who, 3)
            for who in (agent.address, accounts.dev(0).address)
        ]
        assert held == [5, 15]


def test_a_paused_agent_says_so_and_which_actions_are_disabled(
    agent: Agent, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run("agent", "policy", agent.address, "--disable", "redeem")
    run("agent", "pause", agent.address)
    seen = run("agent", "policy", agent.address)
    assert (seen["paused"], seen["disabled"]) == (True, ["redeem"])
    assert seen["closed"] == [tool.name for tool in agent.manifest.tools]
    assert main(["agent", "policy", agent.address]) == 0
    shown = capsys.readouterr().out
    assert "paused: decisions are recorded, and not acted upon until `everloop agent unpause`" in (
        shown
    )
    assert "save" not in shown, "a pause disables no action"


def test_a_providers_stake_gets_another_owner_in_two_steps(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    provider, heir = accounts.dev(2).address, accounts.dev(6).address
    words = ("provider", "owner", "--account")
    assert run(*words, "dev:2", heir)["proposed_owner"] == heir
    assert run(*words, "dev:2", "--take-back")["proposed_owner"] is None
    accept = ("provider", "owner", "--provider", provider, "--accept", "--account")
    assert "Registry_NotProposed" in refuse(4, *accept, "dev:6")
    run(*words, "dev:2", heir)
    assert "Registry_NotProposed" in refuse(4, *accept, "dev:5")
    made = run(*accept, "dev:6")
    assert (made["owner"], made["proposed_owner"], made["payout"]) == (heir, None, heir)
    assert "Registry_NotOwner" in refuse(4, *words, "dev:2", PAYEE)
    assert net.engine.account_of(provider).serving, "who answers stays"
    shown = run("provider", "owner", "--provider", provider)
    assert shown == run(*words, "dev:2") == run("provider", "status", provider)


@pytest.mark.parametrize("words", [[PAYEE, "--accept"], ["--accept"], ["--accept", "--take-back"]])
def test_a_provider_says_one_thing_about_its_owner(words: list[str]) -> None:
    assert main(["provider", "owner", *words, "--account", "dev:2"]) == 2


def test_all_changes_are_not_applied_and_cancelled_at_once(
    agent: Agent, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    run("agent", "policy", agent.address, "--budget", "5 ether")
    words = ("agent", "changes", agent.address, "--apply", "all", "--cancel", "all")
    assert "exclude each other" in refuse(2, *words)
    assert len(agent.queued_changes()) == 1

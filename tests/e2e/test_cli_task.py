"""Commands of tasks and of accounts at Everloop against a real node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt
from agent_sdk.units import ETHER, GWEI

pytestmark = pytest.mark.usefixtures("here")

Answer = Callable[..., Receipt]
NOBODY = "0x" + 40 * "9"


TARGET = "0x" + 40 * "8"


@pytest.fixture
def task(run: Callable[..., Any]) -> Any:
    """A task that is due in an hour."""
    run("account", "deposit", "1 ether")
    words = ["--interval", "1 h", "--gas-limit", "50000", "--in", "1 h", "--salt", "cli"]
    return run("task", "schedule", TARGET, *words, "--raw", "--without-code")


def test_a_task_is_booked_listed_and_cancelled(
    net: Everloop, task: Any, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    (listed,) = run("task", "list")
    assert listed == {key: task[key] for key in listed}
    assert (listed["owner"], listed["interval_seconds"]) == (accounts.dev(0).address, 3_600)
    assert listed["next_due"] > net.chain.block().time + 3_500
    assert run("task", "list", "--owner", accounts.dev(3).address) == []
    run("task", "cancel", task["id"])
    assert run("task", "list") == []
    assert "no such job is booked" in refuse(4, "task", "cancel", task["id"])


def test_an_update_changes_what_is_named_and_nothing_else(
    net: Everloop, task: Any, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["task", "update", task["id"]]
    changed = run(*words, "--interval", "2 h", "--tip", "5 gwei", "--data", "0x0102")
    expected = {
        "interval_seconds": 7_200,
        "heartbeat_seconds": 7_200,
        "tip_wei": 5 * GWEI,
        "data": "0x0102",
    }
    same = set(task) - set(expected) - {"tx", "block", "gas", "cost_wei", "runs"}
    assert {key: changed[key] for key in same} == {key: task[key] for key in same}
    assert {key: changed[key] for key in expected} == expected
    sooner = run(*words, "--in", "1 min")
    assert sooner["next_due"] < task["next_due"]
    assert sooner["tip_wei"] == 5 * GWEI
    assert "use the owner's account" in refuse(2, *words, "--tip", "1 wei", "--account", "dev:3")
    assert "was booked here" in refuse(2, "task", "update", "0x" + 64 * "1", "--tip", "1 wei")


def test_an_update_of_nothing_is_refused(
    net: Everloop, task: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    nonce = net.chain.nonce(accounts.dev(0).address)
    assert main(["task", "update", task["id"]]) == 2
    assert "name what is to change" in capsys.readouterr().err
    assert net.chain.nonce(accounts.dev(0).address) == nonce


def test_a_heartbeat_rises_with_the_interval_and_people_see_it(
    task: Any, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["task", "update", task["id"]]
    assert run(*words, "--heartbeat", "90 min")["heartbeat_seconds"] == 5_400
    assert main([*words, "--interval", "2 h"]) == 0
    assert "  heartbeat    2 h\n" in capsys.readouterr().out


def test_an_address_without_code_is_no_target(
    net: Everloop, refuse: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["task", "schedule", TARGET, "--gas-limit", "60000", "--interval", "1 h"]
    nonce = net.chain.nonce(accounts.dev(0).address)
    for more in ([], ["--raw"]):
        line = refuse(2, *words, *more)
        assert f"there is no contract at {TARGET}: its runs would be paid and do nothing" in line
    assert main([*words, "--without-code"]) == 2
    assert "--without-code goes with --raw" in capsys.readouterr().err
    assert net.chain.nonce(accounts.dev(0).address) == nonce


def test_a_record_is_reposted_by_anybody(
    net: Everloop, task: Any, agent: Agent, run: Callable[..., Any]
) -> None:
    loop = f"0x{agent.loop_id.hex()}"
    for id in (task["id"], loop):
        assert run("task", "repost", id, "--account", "dev:3")["id"] == id
    told = net.engine.events("TaskReposted", "InferenceReposted", from_block=net.deployment.block)
    assert [f"0x{event.args['id'].hex()}" for event in told] == [task["id"], loop]


def test_names_of_fields_are_text(task: Any, refuse: Callable[..., str]) -> None:
    line = refuse(4, "task", "update", task["id"], "--interval", "2 h", "--heartbeat", "1 h")
    assert "Scheduler_BadTerms(field=heartbeat, value=3600, limit=7200)" in line
    assert "choose at least 7200" in line


def test_an_inference_is_no_task(agent: Agent, refuse: Callable[..., str]) -> None:
    line = refuse(2, "task", "cancel", f"0x{agent.loop_id.hex()}")
    assert "is an inference" in line


def test_a_task_without_money_names_the_next_step(
    net: Everloop, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["task", "schedule", net.deployment.contracts["SavingsVault"], "--gas-limit", "50000"]
    assert main([*words, "--account", "dev:6"]) == 0
    shown = capsys.readouterr()
    assert "everloop account deposit" in shown.err
    assert "Booked" in shown.out
    assert main(["task", "schedule", TARGET]) == 2
    assert "--gas-limit" in capsys.readouterr().err


def test_a_locked_account_does_not_withdraw(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    me = accounts.dev(0).address
    paid = run("account", "deposit", "1 ether")
    assert (paid["address"], paid["balance_wei"]) == (me, ETHER)
    assert run("account", "show")["locked_until"] == 0
    locked = run("account", "lock", "2 h")
    assert locked["locked_until"] == net.engine.locked_until(me)
    assert run("account", "show", me) == {
        "address": me,
        "balance_wei": ETHER,
        "reserved_wei": 0,
        "free_wei": ETHER,
        "locked_until": locked["locked_until"],
    }
    assert "to 8 d at most" in refuse(2, "account", "lock", "9 d")
    assert "is locked for 2 h now; a lock is only prolonged" in refuse(2, "account", "lock", "1 h")
    assert "the account has locked itself" in refuse(4, "account", "withdraw", "1 wei")
    with pytest.raises(Exception, match="Ledger_StillLocked"):
        net.chain.send(accounts.dev(0), net.engine.withdraw(1, to=me))


def test_reads_and_writes_print_for_people_too(
    task: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ["task", "list"],
        ["task", "repost", task["id"]],
        ["task", "update", task["id"], "--tip", "1 gwei"],
        ["task", "cancel", task["id"]],
        ["account", "show"],
        ["account", "deposit", "1 gwei", "--to", NOBODY],
        ["account", "withdraw", "1 gwei"],
        ["account", "lock", "1 h"],
    ):
        assert main(words) == 0
        assert capsys.readouterr().out.strip()

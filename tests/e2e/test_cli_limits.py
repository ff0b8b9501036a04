"""What an agent may spend, said at its birth, and limits that the chain cannot keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agent_sdk.agent import Agent
from agent_sdk.blueprints import default_policy
from agent_sdk.cli import main
from agent_sdk.cli.agent_limits import limits_text
from agent_sdk.errors import ConfigError
from agent_sdk.network import Everloop
from agent_sdk.types import Policy
from agent_sdk.units import ETHER, FINNEY

pytestmark = pytest.mark.usefixtures("here")

DAY = 86_400
CREATE = ["agent", "create", "TreasuryAgent", "--fund", "1 ether"]
LIMITS = [
    *("--action-cap", "10 finney", "--budget", "0.1 ether"),
    *("--budget-window", "2 d", "--reserve", "0.2 ether"),
]


def test_agt3_limits_are_in_force_from_birth(net: Everloop, run: Callable[..., Any]) -> None:
    agent = net.agents.at(run(*CREATE, *LIMITS)["address"])
    policy = agent.contract.policy()
    assert policy == Policy(
        action_cap=10 * FINNEY, budget=100 * FINNEY, window=2 * DAY, reserve=200 * FINNEY
    )
    shown = run("agent", "policy", agent.address)
    assert (shown["budget_wei"], shown["queued"]) == (policy.budget, [])


def test_limits_that_are_not_named_are_those_of_every_birth(
    net: Everloop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        main([*CREATE, "--budget", "0.1 ether", "--salt", "limited", "--run-balance", "0.2 ether"])
        == 0
    )
    made = " ".join(capsys.readouterr().out.split())
    assert "0.1 ether at once, 0.1 ether in any 1 d; 0.04 ether stays" in made
    usual = default_policy(800 * FINNEY)
    assert (usual.action_cap, usual.budget) == (400 * FINNEY, 800 * FINNEY)
    assert (usual.reserve, usual.window) == (40 * FINNEY, DAY)
    assert main(["agent", "create", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "half of its treasury at once and all of it in any day, and leave a twentieth" in words


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--reserve", "19 ether", "reserve 19 ether is too much: at most 18446744073709551615 wei"),
        (
            "--budget",
            "2000000 ether",
            f"budget 2000000 ether is too much: at most {2**80 - 1} wei",
        ),
        ("--budget-window", "60000 d", "window 60000 d is too much: at most 4294967295 s"),
    ],
)
def test_a_limit_that_the_chain_cannot_keep_is_refused(
    option: str, value: str, words: str, refuse: Callable[..., str]
) -> None:
    assert words in refuse(2, *CREATE, option, value)


def test_of_several_amounts_the_one_that_is_wrong_is_named(refuse: Callable[..., str]) -> None:
    words = [*CREATE, "--budget", "1 ether", "--max-fee", "0.1", "--reserve", "1 finney"]
    assert "--max-fee: amount '0.1' is not understood" in refuse(2, *words)
    assert "--window: duration 'soon'" in refuse(2, *CREATE, "--window", "soon")


def test_an_owner_is_told_of_such_a_limit_too(agent: Agent, refuse: Callable[..., str]) -> None:
    told = refuse(2, "agent", "policy", agent.address, "--reserve", "19 ether")
    assert "reserve 19 ether is too much: at most 18446744073709551615 wei" in told
    with pytest.raises(ConfigError, match="'5' is not understood"):
        agent.set_limits(budget="5")


def test_a_reserve_that_holds_everything_back_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*CREATE, "--reserve", "2 ether"]) == 0
    told = capsys.readouterr().err
    assert "its actions can move nothing: the treasury holds 0.75 ether" in told


def test_who_funds_an_agent_is_told_that_its_limits_stay(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    before = agent.contract.policy()
    assert main(["agent", "fund", agent.address, "1 ether"]) == 0
    assert f"Its limits stay: {limits_text(before)}" in capsys.readouterr().err
    assert agent.contract.policy() == before


def test_more_than_anybody_has_is_told_as_that(refuse: Callable[..., str]) -> None:
    words = ["agent", "create", "TreasuryAgent", "--fund", "99999999 ether"]
    assert "cannot pay" in refuse(4, *words)


def test_limits_are_named_in_python_as_well(net: Everloop) -> None:
    policy = {"budget": "0.1 ether", "window": "3 d"}
    agent = net.agents.create("TreasuryAgent", fund=ETHER, policy=policy)
    found = agent.contract.policy()
    assert (found.budget, found.window) == (100 * FINNEY, 3 * DAY)
    assert agent.set_limits(window="4 d").receipt is not None
    assert agent.contract.policy().window == 4 * DAY
    with pytest.raises(ConfigError, match="no limit size: use action_cap, budget, window, reserve"):
        net.agents.create("TreasuryAgent", fund=ETHER, policy={"size": 1})
    with pytest.raises(ConfigError, match="limits 'small' are no mapping"):
        net.agents.create("TreasuryAgent", fund=ETHER, policy="small")  # type: ignore[arg-type]

"""What `agent inspect` shows of an agent whose words and acts are text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from agent_sdk.agent import Agent
from agent_sdk.cli import main
from agent_sdk.deploy import publish
from agent_sdk.manifest import Action
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def scribe(net: Everloop) -> Agent:
    """An agent that takes notes."""
    assert net.signer is not None
    known = publish(net.chain, net.signer, "OracleAgent", deployment=net.deployment)
    return Everloop(net.chain, known, signer=net.signer).agents.create(
        "OracleAgent", fund="1 ether", salt="oracle"
    )


def test_a_note_makes_no_line_of_its_own(
    scribe: Agent, answer: Callable[..., Receipt], capsys: pytest.CaptureFixture[str]
) -> None:
    breaks = "\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\r\n"
    answer(scribe, Action("note", {"text": f"a{breaks}  health  ok\x9b31m\u202e\x1b[2J"}))
    assert main(["agent", "inspect", scribe.address]) == 0
    shown = capsys.readouterr().out
    assert shown.count("health  ok") == 2, "in the page and in the last step"
    (page,) = [line for line in shown.split("\n") if "Page 8: " in line]
    assert page.lstrip().startswith('Page 8: "a\N{REPLACEMENT CHARACTER}')
    assert "health  ok" in page
    assert all(letter.isprintable() for letter in shown.replace("\n", ""))
    assert len(shown.splitlines()) == len(shown.split("\n")) - 1


def test_lines_of_the_context_and_quotes_of_texts_are_kept(
    scribe: Agent, answer: Callable[..., Receipt], capsys: pytest.CaptureFixture[str]
) -> None:
    answer(scribe, Action("note", {"text": "gave grain"}))
    context = scribe.contract.context().splitlines()
    assert len(context) > 1
    assert main(["agent", "inspect", scribe.address]) == 0
    shown = capsys.readouterr().out
    assert "\N{REPLACEMENT CHARACTER}" not in shown
    place = shown.splitlines().index(f"  context      {context[0]}")
    lines = shown.splitlines()[place : place + len(context)]
    assert [line.strip() for line in lines[1:]] == [line.strip() for line in context[1:]]
    assert re.search(r'^  last step +0: note\("gave grain"\) \[acted\]$', shown, re.M)

"""What `agent inspect` shows of an agent whose words and acts are text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from agent_sdk.cli import main
from agent_sdk.deploy import publish
from agent_sdk.manifest import Action
from agent_sdk.network import Everloop
from agent_sdk.types import Receipt

pytestmark = pytest.mark.usefixtures("here")


def test_lines_of_the_context_and_quotes_of_texts_are_kept(
    net: Everloop, answer: Callable[..., Receipt], capsys: pytest.CaptureFixture[str]
) -> None:
    assert net.signer is not None
    known = publish(net.chain, net.signer, "OracleAgent", deployment=net.deployment)
    oracle = Everloop(net.chain, known, signer=net.signer).agents.create(
        "OracleAgent", fund="1 ether", salt="oracle"
    )
    answer(oracle, Action("note", {"text": "gave grain"}))
    context = oracle.contract.context().splitlines()
    assert len(context) > 1
    assert main(["agent", "inspect", oracle.address]) == 0
    shown = capsys.readouterr().out
    assert "\N{REPLACEMENT CHARACTER}" not in shown
    place = shown.splitlines().index(f"  context      {context[0]}")
    lines = shown.splitlines()[place : place + len(context)]
    assert [line.strip() for line in lines[1:]] == [line.strip() for line in context[1:]]
    assert re.search(r'^  last step +0: note\("gave grain"\) \[acted\]$', shown, re.M)

"""A chain that is not a development chain: keystores only, from deployment to an agent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.anvil import start_anvil
from agent_sdk.chain import Chain
from agent_sdk.cli import main
from agent_sdk.network import Everloop
from agent_sdk.processes import end
from agent_sdk.units import ETHER

CHAIN_ID = 84_532


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """A node with another chain id, and an empty folder whose only account has ten ether."""
    process, local = start_anvil(tmp_path / "anvil.log")
    local.rpc("anvil_setChainId", CHAIN_ID)
    chain = Chain.connect(local.url, chain_id=CHAIN_ID)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text("secret\n")
    address = accounts.new_keystore(accounts.KEYSTORES / "me.json", password="secret")
    local.set_balance(address, 10 * ETHER)
    for name in ("CHAIN_ID", "DEPLOYMENT"):
        monkeypatch.delenv(f"EVERLOOP_{name}", raising=False)
    monkeypatch.setenv("EVERLOOP_RPC", chain.url)
    monkeypatch.setenv("EVERLOOP_ACCOUNT", "me")
    monkeypatch.setenv("EVERLOOP_PASSWORD_FILE", "password")
    yield chain
    end([process])


def test_from_a_keystore_to_an_agent_in_three_commands(
    chain: Chain, run: Callable[..., Any]
) -> None:
    made = run("deploy", "--whitelist-delay", "0 s")
    assert made["file"] == f".everloop/deployment-{CHAIN_ID}.json"
    assert run("provider", "register")["serving"]
    address = run("agent", "create", "TreasuryAgent", "--fund", "1 ether")["address"]
    found = run("agent", "inspect", address)
    assert (found["health"], found["balance_wei"]["treasury"]) == ("ok", 3 * ETHER // 4)
    assert Everloop.connect(account="me").agents.at(address).fund("1 finney").status


def test_newcomers_wait_a_day_by_default(
    chain: Chain, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run("deploy")
    assert main(["provider", "register", "--json"]) == 0
    output = capsys.readouterr()
    assert not json.loads(output.out)["serving"]
    assert "after the delay run `everloop provider serve`" in output.err


def test_dev_accounts_are_refused(chain: Chain, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--account", "dev:0"]) == 2
    assert f"this is chain {CHAIN_ID}" in capsys.readouterr().err


def test_an_account_must_be_named(
    chain: Chain, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EVERLOOP_ACCOUNT")
    assert main(["deploy"]) == 2
    assert f"chain {CHAIN_ID} needs an account to sign with" in capsys.readouterr().err


def test_an_account_without_money_is_told_so(
    chain: Chain, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    key = "0x" + 64 * "6"
    accounts.new_keystore(accounts.KEYSTORES / "poor.json", password="secret", key=key)
    for words in (("deploy", "--account", "poor"), ("deploy", "--account", "poor", "--json")):
        assert main(list(words)) == 4
        assert "send ETH to it" in capsys.readouterr().err


def test_a_key_never_shows(
    chain: Chain, run: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    key = "0x" + 64 * "7"
    accounts.new_keystore(accounts.KEYSTORES / "known.json", password="secret", key=key)
    assert main(["deploy", "--account", "known"]) == 4
    assert main(["deploy", "--account", key]) == 2
    output = capsys.readouterr()
    assert key[2:] not in output.out + output.err

"""What providers sell by commands, and who may sell: registration, offers, selection, whitelist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.cli import main
from agent_sdk.errors import ConfigError, Reverted
from agent_sdk.network import Everloop
from agent_sdk.payloads import model_id
from agent_sdk.providers import DEFAULT_MODEL, DEFAULT_OFFER
from agent_sdk.units import ETHER, GWEI

pytestmark = pytest.mark.usefixtures("here")

PROVIDER = accounts.dev(2).address
NEW = accounts.dev(5)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--min-window", "1 s", "least window of an offer is 1 s: choose 12 to 86400"),
        ("--min-window", "2 d", "least window of an offer is 172800 s: choose 12 to 86400"),
        ("--min-gas-price", "0 wei", "least gas price of an offer is 0 wei: choose 1"),
        ("--model", "unrevised", "has no revision"),
        ("--stake", "0.01 ether", "a stake of 0.01 ether lets nobody serve: stake 0.1 ether"),
    ],
)
def test_an_offer_that_is_refused_costs_nothing(
    net: Everloop, refuse: Callable[..., str], option: str, value: str, words: str
) -> None:
    nonce = net.chain.nonce(NEW.address)
    assert words in refuse(2, "provider", "register", option, value, "--account", "dev:5")
    assert net.chain.nonce(NEW.address) == nonce
    assert net.registry.provider_of(NEW.address).bonded == 0


@pytest.mark.parametrize(
    ("field", "bounds"),
    [
        ("min_max_gas_price", (0, 1)),
        ("max_callback_gas", (0, 1, 16_000_000, 16_000_001)),
        ("min_window", (11, 12, 86_400, 86_401)),
    ],
)
def test_the_registry_and_the_sdk_refuse_the_same_terms(
    net: Everloop, field: str, bounds: tuple[int, ...]
) -> None:
    changes: Any
    for value in bounds:
        changes = {field: value}
        terms = replace(DEFAULT_OFFER, **changes)
        call = net.registry.offer("m@1", terms)
        try:
            net.chain.call(call, sender=PROVIDER)
        except Reverted:
            with pytest.raises(ConfigError, match="of an offer is"):
                terms.check()
        else:
            terms.check()


def test_registering_again_keeps_stake_and_terms(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    words = ["provider", "register", "--account", "dev:5"]
    made = run(*words, "--stake", "0.2 ether", "--price", "7 gwei", "--min-window", "30 s")
    again = run(*words, "--price", "9 gwei")
    assert made["stake_wei"] == again["stake_wei"] == ETHER // 5
    terms = again["models"][DEFAULT_MODEL]
    assert (terms["base_price_wei"], terms["min_window_seconds"]) == (9 * GWEI, 30)
    assert run(*words)["models"] == again["models"]
    assert run(*words, "--stake", "0.3 ether")["stake_wei"] == ETHER * 3 // 10
    other = accounts.dev(8).address
    assert f"is owned by {NEW.address}" in refuse(2, *words, "--owner", other)


def test_registering_again_serves_once(net: Everloop, run: Callable[..., Any]) -> None:
    words = ["provider", "register", "--account", "dev:2"]
    nonce = net.chain.nonce(PROVIDER)
    assert run(*words)["serving"]
    assert net.chain.nonce(PROVIDER) == nonce
    run("provider", "serve", "--off", "--account", "dev:2")
    assert run(*words)["serving"]


def test_registering_again_offers_no_second_model(run: Callable[..., Any]) -> None:
    words = ["provider", "register", "--account", "dev:5"]
    run(*words, "--model", "mine@1")
    assert list(run(*words, "--stake", "2 ether")["models"]) == ["mine@1"]
    assert list(run(*words, "--price", "1 gwei")["models"]) == ["mine@1"]


def test_an_offer_is_changed_and_withdrawn(
    net: Everloop,
    run: Callable[..., Any],
    refuse: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["provider", "offer", "--account", "dev:2"]
    before = run("provider", "status", PROVIDER)["models"][DEFAULT_MODEL]
    changed = run(*words, "--price", "5 gwei", "--max-callback-gas", "2000000")["models"]
    expected = {"base_price_wei": 5 * GWEI, "max_callback_gas": 2_000_000}
    assert changed == {DEFAULT_MODEL: before | expected}
    assert main(words) == 2
    assert "name what is to change" in capsys.readouterr().err
    assert main([*words, "--withdraw", "--price", "1 gwei"]) == 2
    assert "changed or withdrawn" in capsys.readouterr().err
    both = run(*words, "--model", "second@1")["models"]
    assert both["second@1"] == before
    assert "name one of" in refuse(2, *words, "--price", "1 gwei")
    assert "does not offer third@1" in refuse(2, *words, "--withdraw", "--model", "third@1")
    assert list(run(*words, "--withdraw", "--model", "second@1")["models"]) == [DEFAULT_MODEL]
    assert "is no provider" in refuse(2, "provider", "offer", "--account", "dev:8")


def test_a_provider_stands_and_steps_down(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    id = model_id(DEFAULT_MODEL)
    assert run("provider", "stand", "--account", "dev:2")["standing"]
    assert net.registry.candidates_of(id) == [PROVIDER]
    assert run("provider", "status", PROVIDER)["models"][DEFAULT_MODEL]["standing"]
    assert "stands for this model already" in refuse(4, "provider", "stand", "--account", "dev:2")
    assert not run("provider", "step-down", "--account", "dev:2")["standing"]
    assert net.registry.candidates_of(id) == []
    assert "does not stand" in refuse(4, "provider", "step-down", "--account", "dev:2")


def test_a_governor_takes_a_provider_off(
    net: Everloop, run: Callable[..., Any], refuse: Callable[..., str]
) -> None:
    line = refuse(4, "provider", "delist", PROVIDER, "--account", "dev:3")
    assert "use the governor's account" in line
    found = run("provider", "delist", PROVIDER)
    assert (found["whitelisted"], found["serving"], found["stake_wei"]) == (False, False, ETHER)
    assert "is no provider" in refuse(2, "provider", "delist", accounts.dev(8).address)


def test_all_terms_are_shown(run: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    terms = run("provider", "status", PROVIDER)["models"][DEFAULT_MODEL]
    assert terms == {
        "base_price_wei": 20_000 * GWEI,
        "price_per_kilobyte_wei": 10_000 * GWEI,
        "min_max_gas_price_wei": GWEI,
        "latency_seconds": 5,
        "min_window_seconds": 20,
        "max_callback_gas": 1_000_000,
        "features": 0,
        "standing": False,
    }
    assert main(["provider", "status", PROVIDER]) == 0
    shown = capsys.readouterr().out
    for words in (
        "20000 gwei an answer, 10000 gwei a kilobyte, gas price from 1 gwei",
        "window from 20 s, callback up to 1000000 gas, claims 5 s",
    ):
        assert words in shown

"""Settings of daemons name everything that is wrong at once and carry no key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_sdk.daemons.patience import Patience
from agent_sdk.daemons.settings import KeeperSettings, ProviderSettings
from agent_sdk.errors import ConfigError

GOOD = ProviderSettings(
    rpc="http://127.0.0.1:8545",
    chain_id=31337,
    everloop="0x" + "ab" * 20,
    account="dev:2",
    directory=Path("somewhere"),
    engine="replay:answers.json",
    engine_threads=2,
    poll_seconds=0.2,
    provider="0x" + "cd" * 20,
    models=("first@1", "second@2"),
)


def test_settings_pass_through_the_environment_unchanged() -> None:
    assert ProviderSettings.from_environment(GOOD.to_environment()) == GOOD


def test_a_keeper_ignores_what_only_a_provider_reads() -> None:
    keeper = KeeperSettings.from_environment(GOOD.to_environment())
    assert (GOOD.rpc, GOOD.account) == (keeper.rpc, keeper.account)


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        replace(
            GOOD,
            rpc="ipc:/x",
            chain_id=0,
            everloop="0x12",
            poll_seconds=0.0,
            provider="me",
            models=("first",),
            engine_threads=-1,
        )
    wrong = ("rpc", "chain_id", "everloop", "poll_seconds", "provider", "models", "engine_threads")
    for name in wrong:
        assert name in str(caught.value)


def test_all_missing_variables_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"EVERLOOP_RPC is missing.*_DIRECTORY is missing"):
        KeeperSettings.from_environment({})


@pytest.mark.parametrize(
    ("variable", "text"),
    [("EVERLOOP_CHAIN_ID", "mainnet"), ("EVERLOOP_ENGINE_THREADS", "two")],
)
def test_an_unreadable_variable_is_named(variable: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"{variable}='.*' is not readable"):
        ProviderSettings.from_environment({**GOOD.to_environment(), variable: text})


def test_patience_doubles_with_each_refusal_and_ends_with_success() -> None:
    now = [0.0]
    patience = Patience(clock=lambda: now[0])
    assert patience.allows("expire", b"x")
    assert [patience.refused("expire", b"x") for _ in range(3)] == [0.5, 1.0, 2.0]
    assert not patience.allows("expire", b"x")
    assert patience.allows("resume", b"x")
    now[0] = 2.0
    assert patience.allows("expire", b"x")
    patience.done("expire", b"x")
    assert patience.refused("expire", b"x") == 0.5


def test_patience_has_an_end() -> None:
    patience = Patience(clock=lambda: 0.0)
    assert [patience.refused("expire", b"x") for _ in range(30)][-1] == 600.0


def test_a_pause_ends_when_more_may_be_done() -> None:
    patience = Patience(lambda: 0.0)
    for _ in range(9):
        patience.refused("deliver", b"x")
    assert patience.refused("deliver", b"x", at_most=3.0) == 3.0

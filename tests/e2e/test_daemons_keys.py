"""A provider's daemon may sign with a key that its provider authorised; the money stays there."""

from __future__ import annotations

from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.anvil import free_port
from agent_sdk.daemons.health import serve_health
from agent_sdk.network import Everloop
from tests.e2e.desks import PROVIDER, ProviderDesk
from tests.e2e.questions import Mind

KEY = accounts.dev(4)


def desk_of(net: Everloop, folder: Path) -> ProviderDesk:
    return ProviderDesk(
        net, folder, Mind('{"actions": []}'), key=4, provider=PROVIDER.address.lower()
    )


def test_a_key_answers_and_its_provider_earns(net: Everloop, tmp_path: Path, agent: Agent) -> None:
    net.providers.authorise(PROVIDER, KEY.address)
    before = net.engine.balance_of(PROVIDER.address)
    assert desk_of(net, tmp_path).provider.tick()
    (step,) = agent.history(verify=True)
    assert step.provider == PROVIDER.address
    assert net.engine.balance_of(PROVIDER.address) == before + step.paid
    assert (net.engine.balance_of(KEY.address), net.chain.nonce(PROVIDER.address) > 0) == (0, True)


def test_a_key_hands_back_what_cannot_be_answered(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    net.providers.authorise(PROVIDER, KEY.address)
    desk = ProviderDesk(
        net, tmp_path, Mind(), key=4, provider=PROVIDER.address, models=("other@1",)
    )
    assert desk.provider.tick()
    assert (agent.slot().runs, agent.contract.steps()) == (1, 0)


def test_a_key_that_is_not_authorised_does_nothing_and_says_so(
    net: Everloop, tmp_path: Path, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(net, tmp_path)
    port = free_port()
    server = serve_health(desk.provider.status, port)
    assert server is not None
    try:
        sent = net.chain.nonce(KEY.address)
        assert not desk.provider.tick()
        assert (net.chain.nonce(KEY.address), desk.journal.entries()) == (sent, [])
        with pytest.raises(HTTPError) as refused:
            urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5)
        assert (refused.value.code, refused.value.read().decode()) == (
            503,
            f"provider {PROVIDER.address.lower()} has not authorised the key {KEY.address}: run "
            f"`everloop provider authorise {KEY.address}` with the provider's account\n",
        )
        net.providers.authorise(PROVIDER, KEY.address)
        monkeypatch.setattr("agent_sdk.daemons.keys.CHECK_SECONDS", 0.0)
        assert desk.provider.tick()
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            assert answer.read() == b"ready\n"
    finally:
        server.shutdown()
        server.server_close()
    assert agent.contract.steps() == 1


def test_a_key_that_is_revoked_stops_at_the_first_refusal(
    net: Everloop, tmp_path: Path, agent: Agent
) -> None:
    net.providers.authorise(PROVIDER, KEY.address)
    desk = desk_of(net, tmp_path)
    assert desk.provider._key.speaks()
    net.providers.authorise(PROVIDER, KEY.address, on=False)
    assert not desk.provider.tick()
    assert not desk.provider._key.speaks()
    assert desk.journal.entries("deliver", stages=("signed", "sent", "mined")) == []
    assert agent.contract.steps() == 0

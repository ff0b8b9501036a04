"""What a caller gets wrong is told as it was given, with its rule, before it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.blueprints import DEFAULT_LOOP
from agent_sdk.errors import ConfigError
from agent_sdk.network import Everloop
from agent_sdk.types import Policy
from agent_sdk.units import ETHER, GWEI
from tests.e2e.desks import PROVIDER

EVERY = 'write a number and a unit (s, min, h, d), for example "5 min"'
MUCH = 'write a number and a unit (wei, gwei, finney, ether), for example "0.5 ether"'
PLACE = "write 0x and 40 hexadecimal digits"


def create(**options: Any) -> Callable[[Everloop, Agent], Any]:
    return lambda net, _: net.agents.create("TreasuryAgent", **{"fund": "1 ether", **options})


def schedule(**options: Any) -> Callable[[Everloop, Agent], Any]:
    terms = {"interval": 60, "gas_limit": 50_000, **options}
    return lambda net, _: net.scheduler.schedule(
        **{"target": net.deployment.everloop, "raw": True, **terms}
    )


WRONG: list[tuple[Callable[[Everloop, Agent], Any], str]] = [
    (create(fund=1.5), f"amount 1.5 is neither a whole number nor text: {MUCH}"),
    (create(fund=None), f"amount None is neither a whole number nor text: {MUCH}"),
    (create(interval=5.5), f"duration 5.5 is neither a whole number nor text: {EVERY}"),
    (create(providers=["0x12"]), f"'0x12' is no address: {PLACE}"),
    (
        create(providers=PROVIDER.address),
        f"providers {PROVIDER.address!r} is one text: give",
    ),
    (create(recipients=["zz"]), f"recipients of create: 'zz' is no address: {PLACE}"),
    (create(salt=object), "is no word, number or 32 bytes"),
    (create(first_due=-1), "firstDue of create is -1 and must be a whole number from 0 to"),
    (
        create(loop=replace(DEFAULT_LOOP, interval="1 min")),  # type: ignore[arg-type]
        "interval '1 min' is no whole number: use 0 to 4294967295, without a unit",
    ),
    (
        create(policy=Policy(action_cap=0, budget="1 ether", window=1, reserve=0)),  # type: ignore[arg-type]
        "budget of create is '1 ether' and must be a whole number from 0 to",
    ),
    (lambda net, _: net.agents.create(5, fund="1 ether"), "agent 5 is no text"),  # type: ignore[arg-type]
    (lambda net, _: net.agents.at(None), f"None is no address: {PLACE}"),  # type: ignore[arg-type]
    (lambda _, agent: agent.fund(0.5), "amount 0.5 is neither"),  # type: ignore[arg-type]
    (lambda _, agent: agent.withdraw(0.5), "amount 0.5 is neither"),  # type: ignore[arg-type]
    (lambda _, agent: agent.wait(steps=-1), "steps -1 to wait for are none: use 1 or more"),
    (lambda net, _: Everloop.connect(5), "RPC address 5 is no text"),  # type: ignore[arg-type]
    (lambda net, _: net.providers.status("zz"), f"'zz' is no address: {PLACE}"),
    (lambda net, _: net.scheduler.execute_batch([]), "a batch without tasks costs gas"),
    (schedule(interval="soon"), f"duration 'soon' is not understood: {EVERY}"),
    (schedule(interval=5.5), f"duration 5.5 is neither a whole number nor text: {EVERY}"),
    (schedule(tip=0.5), f"amount 0.5 is neither a whole number nor text: {MUCH}"),
    (schedule(gas_limit="many"), "gas_limit 'many' is no whole number: use 0 to 16777215"),
    (schedule(gas_limit=1.5), "gas_limit 1.5 is no whole number"),
    (schedule(max_data_fee="1 gwei"), "max_data_fee '1 gwei' is no whole number"),
    (schedule(target="0x12"), f"'0x12' is no address: {PLACE}"),
    (schedule(data="0x12"), "data '0x12' is no bytes: use bytes.fromhex"),
    (schedule(first_due=-1), "of schedule is -1 and must be a whole number from 0 to"),
]


@pytest.mark.parametrize(("call", "words"), WRONG, ids=[words[:40] for _, words in WRONG])
def test_a_wrong_argument_is_named_with_its_rule(
    net: Everloop, agent: Agent, call: Callable[[Everloop, Agent], Any], words: str
) -> None:
    before = net.chain.nonce(accounts.dev(0).address)
    with pytest.raises(ConfigError, match=re.escape(words)):
        call(net, agent)
    assert net.chain.nonce(accounts.dev(0).address) == before


def test_amounts_and_durations_may_be_text_everywhere(net: Everloop) -> None:
    draft = net.scheduler.draft(
        PROVIDER.address,
        interval="5 min",
        heartbeat="1 h",
        window="2 min",
        gas_limit=50_000,
        tip="0.5 gwei",
        max_gas_price="30 gwei",
        max_priority_fee="1 gwei",
    )
    timing, pricing = draft.timing, draft.pricing
    assert (timing.interval, timing.heartbeat, timing.window) == (300, 3_600, 120)
    assert (pricing.max_gas_price, pricing.max_priority_fee) == (30 * GWEI, GWEI)
    assert pricing.amount == GWEI // 2


def test_an_agent_takes_providers_by_address_and_an_interval_as_text(net: Everloop) -> None:
    agent = net.agents.create(
        "TreasuryAgent", fund=ETHER, interval="2 h", providers=[PROVIDER.address.lower()]
    )
    job = agent.job()
    assert job is not None
    assert (job.provider, job.timing.interval) == (PROVIDER.address, 7_200)
    assert job.timing.heartbeat == 7_200

"""What the examples are born with: their options become their settings and recipients."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import decode

from agent_sdk.blueprints import Blueprint, blueprint
from agent_sdk.deployment import Deployment
from agent_sdk.errors import ConfigError
from agent_sdk.units import FINNEY

OWNER, FIRST, SECOND, MARKET = ("0x" + 40 * digit for digit in "1234")
KNOWN = Deployment(
    chain_id=31337,
    block=1,
    deployer=OWNER,
    governor=OWNER,
    everloop=OWNER,
    executor=OWNER,
    orders=OWNER,
    registry=OWNER,
    factory=OWNER,
    contracts={"GoodsMarket": MARKET},
)


def plan(name: str, **options: Any) -> Blueprint:
    return blueprint(name, deployment=KNOWN, owner=OWNER, treasury=0, options=options)


@pytest.mark.parametrize(
    "payees",
    [f"{FIRST}:36 finney, {SECOND}:72 finney", {FIRST: "36 finney", SECOND: 72 * FINNEY}],
)
def test_a_payers_rates_are_given_by_the_hour(payees: Any) -> None:
    found = plan("PayerAgent", payees=payees)
    (rates,) = decode(["(address,uint96)[]"], found.init)
    assert rates == ((FIRST, FINNEY // 100), (SECOND, FINNEY // 50))
    assert found.recipients == (FIRST, SECOND)


def test_a_payer_without_payees_pays_its_owner() -> None:
    assert plan("PayerAgent").recipients == (OWNER,)


def test_a_gardeners_plants_are_its_recipients() -> None:
    found = plan("GardenerAgent", plants=f"{FIRST},{SECOND}", level="50 finney")
    assert decode(["uint256", "address[]"], found.init) == (50 * FINNEY, (FIRST, SECOND))
    assert found.recipients == (FIRST, SECOND)


def test_a_traders_market_is_the_one_deployed() -> None:
    found = plan("TraderAgent", peer=FIRST, target="30", units=50, lowest="2 finney")
    types = ["address", "address", "uint128", "uint88", "uint88", "uint104", "uint104", "uint32"]
    units = 50 * 10**18
    assert decode(types, found.init) == (
        MARKET,
        FIRST,
        30,
        2 * FINNEY,
        6 * FINNEY,
        units,
        units,
        86_400,
    )
    assert found.recipients == (MARKET,)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("PayerAgent", {"payee": FIRST}, "PayerAgent has no option payee: use payees"),
        ("PayerAgent", {"payees": FIRST}, "has no rate: write ADDRESS:40 finney"),
        ("GardenerAgent", {}, "GardenerAgent needs plants"),
        ("GardenerAgent", {"plants": FIRST, "water": 1}, "no option water: use plants"),
        ("TraderAgent", {"target": "many"}, "target is 'many' and must be a whole number"),
        ("TraderAgent", {"price": 1}, "no option price: use market, peer, target"),
        ("CounterAgent", {"limit": 1}, "agent CounterAgent has no known options"),
        ("PayerAgent", {"payees": f"{FIRST}:40 finney,{FIRST}:2 finney"}, "named twice"),
        ("GardenerAgent", {"plants": (FIRST, FIRST)}, f"plant {FIRST} is named twice"),
        ("TraderAgent", {"units": 10**14}, "a setting of TraderAgent is too large"),
        ("TraderAgent", {"highest": 2**88}, "a setting of TraderAgent is too large"),
        (
            "TreasuryAgent",
            {"vault": MARKET, "cash_target": 2**96},
            "a setting of TreasuryAgent is too large",
        ),
    ],
)
def test_options_that_there_are_not_are_refused(
    name: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        plan(name, **options)

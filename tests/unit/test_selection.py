"""Choosing a provider off chain; that the contract agrees is tested against a real chain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_sdk.errors import ConfigError
from agent_sdk.market import Candidate, Criteria, rank
from agent_sdk.types import Offer

NOW = 1_800_000_000
ONE, TWO, TEN = (f"0x{number:040x}" for number in (1, 2, 10))
CODE = b"\x07" * 32
OFFER = Offer(
    base_price=25,
    price_per_kilobyte=0,
    min_max_gas_price=5,
    latency=3,
    min_window=20,
    max_callback_gas=1_000,
)
CANDIDATE = Candidate(
    provider=ONE,
    offer=OFFER,
    bonded=1,
    capacity=2,
    open=1,
    delivered=5,
    missed=1,
    declined=2,
    latency=2,
)
CRITERIA = Criteria(
    price_weight=1,
    latency_weight=10,
    record_weight=100,
    stake_weight=1_000,
    output_limit=0,
    window=20,
    gas_limit=1_000,
    max_gas_price=5,
    max_fee=100,
    max_claimed_latency=7,
    max_measured_latency=4,
    full_stake=3,
)


def test_the_score_is_the_weighted_sum_of_shares() -> None:
    (found,) = rank([CANDIDATE], CRITERIA, time=NOW)
    assert found.score == 7_500 + 10 * 5_714 + 100 * 6_000 + 1_000 * 3_333
    assert found.fee == 25


def test_equal_scores_go_to_the_lower_address() -> None:
    # As text 0x…0a is above 0x…02 too; as text in another case it would not be.
    upper = replace(CANDIDATE, provider="0x" + TEN[2:].upper())
    all_ = [upper, CANDIDATE, replace(CANDIDATE, provider=TWO)]
    assert [item.provider for item in rank(all_, CRITERIA, time=NOW)] == [ONE, TWO, upper.provider]


@pytest.mark.parametrize(
    "change",
    [
        {"max_fee": 24},
        {"max_claimed_latency": 2},
        {"max_measured_latency": 1},
        {"min_stake": 2},
        {"min_delivered": 6},
        {"max_miss_bps": 1_665},
        {"window": 19},
        {"gas_limit": 1_001},
        {"max_gas_price": 4},
        {"verification": 1},
        {"min_context": 1},
        {"attested": True},
        {"excluded": (TWO, ONE)},
    ],
)
def test_each_limit_leaves_out(change: dict[str, int]) -> None:
    assert rank([CANDIDATE], replace(CRITERIA, **change), time=NOW) == []  # type: ignore[arg-type]


def test_who_is_full_or_offers_nothing_is_left_out() -> None:
    full = replace(CANDIDATE, open=2)
    nothing = replace(CANDIDATE, offer=replace(OFFER, min_max_gas_price=0))
    assert rank([full, nothing], CRITERIA, time=NOW) == []


def test_attestations_count_while_fresh_and_of_the_trusted_verifier() -> None:
    attested = replace(
        CANDIDATE,
        offer=replace(OFFER, features=1),
        verifier=TEN,
        measurement=CODE,
        attested_until=NOW + 1,
    )
    wanted = replace(CRITERIA, attested=True, verifier=TEN)
    assert len(rank([attested], wanted, time=NOW)) == 1
    assert len(rank([attested], replace(wanted, measurement=CODE), time=NOW)) == 1
    assert rank([attested], wanted, time=NOW + 1) == []
    assert rank([attested], replace(wanted, measurement=b"\x08" * 32), time=NOW) == []
    assert rank([attested], replace(wanted, verifier=TWO), time=NOW) == []
    assert rank([replace(attested, offer=OFFER)], wanted, time=NOW) == []


def test_at_most_32_are_left_out_by_name() -> None:
    assert rank([CANDIDATE], replace(CRITERIA, excluded=(TWO,) * 32), time=NOW) != []
    with pytest.raises(ConfigError, match="at most 32"):
        rank([CANDIDATE], replace(CRITERIA, excluded=(TWO,) * 33), time=NOW)

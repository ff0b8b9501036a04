"""Packed words of the chain."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sdk.errors import ConfigError
from agent_sdk.types import ZERO_ADDRESS, Account, Job, JobSlot, Offer, Pricing, Timing

JOB = Job(
    owner="0x" + 40 * "1",
    target="0x" + 40 * "2",
    provider="0x" + 40 * "3",
    model_id=bytes(31) + b"\x04",
    input=bytes(32),
    timing=Timing(interval=60, heartbeat=120, window=30, gas_limit=300_000, output_limit=64),
    pricing=Pricing(max_gas_price=10, max_priority_fee=1, amount=5, fee=3),
    salt=bytes(31) + b"\x07",
    data=b"abc",
)


def test_timing_puts_each_field_where_the_contract_does() -> None:
    word = Timing(
        interval=1,
        heartbeat=2,
        window=3,
        gas_limit=4,
        output_limit=5,
        flags=6,
        record_gas=7,
    ).pack()
    expected = 1 | 2 << 32 | 3 << 64 | 4 << 88 | 5 << 112 | 6 << 136 | 7 << 168
    assert word == expected


def test_pricing_puts_each_field_where_the_contract_does() -> None:
    word = Pricing(max_gas_price=1, max_priority_fee=2, amount=3, fee=4).pack()
    assert word == 1 | 2 << 64 | 3 << 128 | 4 << 192


@given(st.lists(st.integers(min_value=0, max_value=2**24 - 1), min_size=5, max_size=5))
def test_timing_comes_back_from_its_word(values: list[int]) -> None:
    names = ("interval", "heartbeat", "window", "gas_limit", "output_limit")
    timing = Timing(**dict(zip(names, values, strict=True)), flags=3, record_gas=9)
    assert Timing.unpack(timing.pack()) == timing


@given(
    st.integers(0, 2**160 - 1),
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 255),
)
def test_slot_comes_back_from_its_word(commitment: int, due: int, runs: int, failures: int) -> None:
    slot = JobSlot(commitment=commitment, due=due, runs=runs, failures=failures)
    assert JobSlot.unpack(slot.pack()) == slot


def test_a_field_that_does_not_fit_is_refused_with_its_range() -> None:
    timing = dataclasses.replace(JOB.timing, window=2**24)
    with pytest.raises(
        ConfigError, match="window 16777216 does not fit 24 bits: use 0 to 16777215"
    ):
        timing.pack()


def test_account_reads_every_field() -> None:
    word = 100 | 40 << 80 | 1 << 160 | 2 << 176 | 3 << 200 | 4 << 216 | 5 << 232 | 1 << 248
    account = Account.unpack(word)
    assert account == Account(
        balance=100,
        reserved=40,
        open=1,
        delivered=2,
        missed=3,
        declined=4,
        latency=5,
        serving=True,
    )
    assert account.free == 60


def test_job_comes_back_from_its_tuple() -> None:
    assert Job.from_tuple(JOB.to_tuple()) == JOB


def test_commitment_covers_every_field() -> None:
    changes = [
        {"owner": ZERO_ADDRESS},
        {"target": ZERO_ADDRESS},
        {"provider": ZERO_ADDRESS},
        {"model_id": bytes(32)},
        {"input": b"\x01" + bytes(31)},
        {"timing": dataclasses.replace(JOB.timing, interval=61)},
        {"pricing": dataclasses.replace(JOB.pricing, fee=4)},
        {"salt": bytes(32)},
        {"data": b"abd"},
    ]
    commitments = {dataclasses.replace(JOB, **change).commitment() for change in changes}
    assert len(commitments | {JOB.commitment()}) == len(changes) + 1
    assert JOB.commitment() < 2**160


def test_a_job_is_an_inference_when_it_names_a_provider() -> None:
    assert JOB.is_inference
    assert not dataclasses.replace(JOB, provider=ZERO_ADDRESS).is_inference


def test_id_depends_on_chain_engine_owner_and_salt() -> None:
    engine, other = "0x" + 40 * "a", "0x" + 40 * "b"
    ids = {
        JOB.id(chain_id=1, everloop=engine),
        JOB.id(chain_id=2, everloop=engine),
        JOB.id(chain_id=1, everloop=other),
        dataclasses.replace(JOB, salt=bytes(32)).id(chain_id=1, everloop=engine),
        dataclasses.replace(JOB, owner=other).id(chain_id=1, everloop=engine),
        dataclasses.replace(JOB, provider=ZERO_ADDRESS).id(chain_id=1, everloop=engine),
    }
    assert len(ids) == 6


def test_fee_of_an_offer_grows_with_the_output_limit() -> None:
    offer = Offer(
        base_price=100,
        price_per_kilobyte=1_024,
        min_max_gas_price=1,
        latency=1,
        min_window=1,
        max_callback_gas=1,
    )
    assert offer.fee(0) == 100
    assert offer.fee(512) == 100 + 512
    assert Offer.from_tuple(offer.to_tuple()) == offer

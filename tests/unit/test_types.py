"""Packed words of the chain."""

from __future__ import annotations

import dataclasses
import re
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sdk.abi import entry
from agent_sdk.errors import ConfigError
from agent_sdk.types import (
    INFERENCE_ABI,
    INFERENCE_FIELDS,
    TASK_ABI,
    TASK_FIELDS,
    ZERO_ADDRESS,
    ZERO_HASH,
    Account,
    Ending,
    Job,
    JobSlot,
    Miss,
    Offer,
    Outcome,
    Pin,
    Pricing,
    Refusal,
    Result,
    RunReport,
    StepReport,
    Timing,
)

ROOT = Path(__file__).resolve().parent.parent.parent

JOB = Job(
    owner="0x" + 40 * "1",
    target="0x" + 40 * "2",
    provider="0x" + 40 * "3",
    model_id=bytes(31) + b"\x04",
    input=bytes(32),
    timing=Timing(interval=60, heartbeat=120, window=30, gas_limit=300_000, output_limit=64),
    pricing=Pricing(max_gas_price=10, max_priority_fee=1, max_data_fee=2, amount=5, fee=3),
    salt=bytes(31) + b"\x07",
)
TASK = dataclasses.replace(JOB, provider=ZERO_ADDRESS, model_id=ZERO_HASH, data=b"abc")


def test_timing_puts_each_field_where_the_contract_does() -> None:
    word = Timing(interval=1, heartbeat=2, window=3, gas_limit=4, output_limit=5, flags=6).pack()
    assert word == 1 | 2 << 32 | 3 << 64 | 4 << 88 | 5 << 112 | 6 << 136


def test_pricing_puts_each_field_where_the_contract_does() -> None:
    pricing = Pricing(max_gas_price=1, max_priority_fee=2, max_data_fee=3, amount=4, fee=5)
    assert pricing.pack() == 1 | 2 << 48 | 3 << 96 | 4 << 128 | 5 << 192
    assert Pricing.unpack(pricing.pack()) == pricing


def test_slot_puts_each_field_where_the_contract_does() -> None:
    slot = JobSlot(commitment=1, due=2, runs=3, failures=4, record_gas=5, is_resigned=True)
    assert slot.pack() == 1 | 2 << 160 | 3 << 200 | 4 << 232 | 5 << 240 | 1 << 255


def test_pin_keeps_run_number_and_the_end_of_the_hash() -> None:
    digest = bytes(range(32))
    low = int.from_bytes(digest[12:], "big")
    assert Pin(run=1, number=2, hash=digest).pack() == 1 | 2 << 32 | low << 96


def test_reports_are_read_as_the_contract_packs_them() -> None:
    run = RunReport.unpack(1 | 2 << 32 | 3 << 40 | 4 << 80)
    assert run == RunReport(run=1, ending=2, due=3, paid=4)
    step = StepReport(run=1, pinned_block=2, time=3, result=4, step=5)
    assert step.pack() == 1 | 2 << 32 | 3 << 96 | 4 << 136 | 5 << 144
    assert StepReport.unpack(step.pack()) == step


@given(st.lists(st.integers(min_value=0, max_value=2**24 - 1), min_size=5, max_size=5))
def test_timing_comes_back_from_its_word(values: list[int]) -> None:
    names = ("interval", "heartbeat", "window", "gas_limit", "output_limit")
    timing = Timing(**dict(zip(names, values, strict=True)), flags=3)
    assert Timing.unpack(timing.pack()) == timing


@given(
    st.integers(0, 2**160 - 1),
    st.integers(0, 2**40 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 255),
    st.integers(0, 2**15 - 1),
    st.booleans(),
)
def test_slot_comes_back_from_its_word(
    commitment: int, due: int, runs: int, failures: int, record_gas: int, is_resigned: bool
) -> None:
    slot = JobSlot(
        commitment=commitment,
        due=due,
        runs=runs,
        failures=failures,
        record_gas=record_gas,
        is_resigned=is_resigned,
    )
    assert JobSlot.unpack(slot.pack()) == slot


def test_a_field_that_does_not_fit_is_refused_with_its_range() -> None:
    timing = dataclasses.replace(JOB.timing, window=2**24)
    with pytest.raises(
        ConfigError, match="window 16777216 does not fit 24 bits: use 0 to 16777215"
    ):
        timing.pack()


def test_account_reads_every_field() -> None:
    places = {80: 40, 160: 1, 176: 2, 192: 3, 216: 4, 228: 5, 240: 6, 252: 1}
    account = Account.unpack(100 + sum(value << at for at, value in places.items()))
    assert account == Account(
        balance=100,
        reserved=40,
        open=1,
        capacity=2,
        delivered=3,
        missed=4,
        declined=5,
        latency=6,
        locked=True,
    )
    assert (account.free, account.serving) == (60, True)
    assert not Account.unpack(100).serving


@pytest.mark.parametrize("job", [JOB, TASK], ids=["inference", "task"])
def test_job_comes_back_from_its_tuple(job: Job) -> None:
    assert Job.from_tuple(job.to_tuple()) == job
    assert Job.from_tuple(dict(zip(job.fields, job.to_tuple(), strict=True))) == job
    assert len(job.to_tuple()) == (8 if job.is_inference else 6)


def test_the_fields_of_records_are_those_of_the_contracts() -> None:
    for function, fields, abi in (
        ("execute", TASK_FIELDS, TASK_ABI),
        ("expire", INFERENCE_FIELDS, INFERENCE_ABI),
    ):
        found = entry("Everloop", "function", function)
        assert [item["name"] for item in found.inputs[0]["components"]] == list(fields)
        assert found.signature == f"{function}({abi})"


@pytest.mark.parametrize(
    ("name", "enum"),
    [
        ("Outcome", Outcome),
        ("Ending", Ending),
        ("Refusal", Refusal),
        ("Miss", Miss),
        ("Result", Result),
    ],
)
def test_enums_have_the_values_of_the_contracts(name: str, enum: type[IntEnum]) -> None:
    sources = "".join(path.read_text() for path in (ROOT / "contracts/interfaces").glob("*.sol"))
    (body,) = re.findall(rf"enum {name} {{(.*?)}}", sources, re.S)
    names = re.findall(r"^\s*([A-Z]\w*),?$", body, re.M)
    assert [member.name.replace("_", "") for member in enum] == [word.upper() for word in names]


@pytest.mark.parametrize("job", [JOB, TASK], ids=["inference", "task"])
def test_commitment_covers_every_field(job: Job) -> None:
    changes: list[dict[str, Any]] = [
        {"owner": "0x" + 40 * "9"},
        {"target": "0x" + 40 * "9"},
        {"timing": dataclasses.replace(JOB.timing, interval=61)},
        {"pricing": dataclasses.replace(JOB.pricing, fee=4)},
        {"salt": bytes(32)},
    ]
    if job.is_inference:
        changes += [{"provider": "0x" + 40 * "9"}, {"model_id": bytes(32)}, {"input": 32 * b"1"}]
    else:
        changes += [{"data": b"abd"}]
    commitments = {dataclasses.replace(job, **change).commitment() for change in changes}
    assert len(commitments | {job.commitment()}) == len(changes) + 1
    assert job.commitment() < 2**160


def test_a_job_is_an_inference_when_it_names_a_provider() -> None:
    assert JOB.is_inference
    assert not TASK.is_inference


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
        features=3,
    )
    assert offer.fee(0) == 100
    assert offer.fee(512) == 100 + 512
    assert Offer.from_tuple(offer.to_tuple()) == offer

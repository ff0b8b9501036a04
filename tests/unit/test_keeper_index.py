"""The index finds due jobs among many and may be lost at any time."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from agent_sdk.daemons.index import Cursor, JobIndex, Known
from agent_sdk.types import ZERO_ADDRESS, ZERO_HASH, Job, JobSlot, Pricing, Timing

EVERLOOP = "0x" + "ee" * 20
PROVIDER = "0x" + "33" * 20


def known(number: int, due: int, *, provider: str = ZERO_ADDRESS, window: int = 60) -> Known:
    job = Job(
        owner="0x" + "11" * 20,
        target="0x" + "22" * 20,
        provider=provider,
        model_id=ZERO_HASH,
        input=ZERO_HASH,
        timing=Timing(interval=60, heartbeat=600, window=window, gas_limit=50_000),
        pricing=Pricing(max_gas_price=1, max_priority_fee=1, amount=1, fee=0),
        salt=number.to_bytes(32, "big"),
        data=b"\x01\x02" if int(provider, 16) == 0 else b"",
    )
    slot = JobSlot(commitment=job.commitment(), due=due, runs=2, failures=1)
    return Known(id=number.to_bytes(32, "big"), job=job, slot=slot, booked=4)


@pytest.fixture
def index(tmp_path: Path) -> JobIndex:
    return JobIndex(tmp_path / "index.sqlite", chain_id=31337, everloop=EVERLOOP)


@pytest.mark.parametrize("provider", [ZERO_ADDRESS, PROVIDER])
def test_a_job_of_either_kind_comes_back_as_it_was_put(index: JobIndex, provider: str) -> None:
    job = known(1, 500, provider=provider)
    index.put(job, block=3)
    assert job == index.get(job.id)


def test_due_tasks_are_the_longest_due_first(index: JobIndex) -> None:
    for number, due in ((1, 300), (2, 100), (3, 901), (4, 200)):
        index.put(known(number, due), block=0)
    assert [found.slot.due for found in index.due_tasks(900)] == [100, 200, 300]


def test_jobs_left_alone_do_not_fill_the_limit(index: JobIndex) -> None:
    for number in range(1, 51):
        index.put(known(number, number), block=0)
    spam = {known(number, 0).id for number in range(1, 50)}
    found = index.due_tasks(900, limit=3, skip=lambda id: id in spam)
    assert [job.id for job in found] == [known(50, 0).id]


def test_tasks_and_inferences_are_apart(index: JobIndex) -> None:
    index.put(known(1, 100), block=0)
    index.put(known(2, 100, provider=PROVIDER), block=0)
    assert [found.id[-1] for found in index.due_tasks(900)] == [1]
    assert [found.id[-1] for found in index.due_inferences(900)] == [2]


def test_what_closes_first_is_answered_first(index: JobIndex) -> None:
    for number, due, window in ((1, 100, 900), (2, 300, 60), (3, 200, 400)):
        index.put(known(number, due, provider=PROVIDER, window=window), block=0)
    assert [found.id[-1] for found in index.due_inferences(300)] == [2, 3, 1]


def test_an_inference_expires_at_the_end_of_its_window(index: JobIndex) -> None:
    index.put(known(2, 100, provider=PROVIDER, window=60), block=0)
    assert index.expired(159) == []
    assert [found.id[-1] for found in index.expired(160)] == [2]


def test_dormant_inferences_are_neither_due_nor_expired(index: JobIndex) -> None:
    index.put(known(2, 0, provider=PROVIDER), block=0)
    assert (index.due_inferences(10**9), index.expired(10**9)) == ([], [])
    assert [found.id[-1] for found in index.dormant()] == [2]


def test_a_dropped_job_is_gone(index: JobIndex) -> None:
    index.put(known(1, 100), block=0)
    index.drop(known(1, 100).id)
    assert index.count() == 0


def test_touched_since_a_block(index: JobIndex) -> None:
    index.put(known(1, 100), block=5)
    index.put(known(2, 100), block=9)
    assert [known(2, 100).id] == index.touched_since(6)


def test_what_fails_within_a_transaction_leaves_nothing(index: JobIndex) -> None:
    def interrupted() -> None:
        with index.transaction():
            index.put(known(1, 100), block=0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert index.count() == 0


def test_the_cursor_survives_and_a_reset_forgets_it(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = JobIndex(path, chain_id=31337, everloop=EVERLOOP)
    first.cursor = Cursor(number=9, hash=bytes(32))
    again = JobIndex(path, chain_id=31337, everloop=EVERLOOP)
    assert Cursor(number=9, hash=bytes(32)) == again.cursor
    again.reset()
    assert again.cursor is None


def test_an_index_of_another_chain_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    first = JobIndex(path, chain_id=1, everloop=EVERLOOP)
    first.put(known(1, 100), block=0)
    first.cursor = Cursor(number=9, hash=bytes(32))
    other = JobIndex(path, chain_id=31337, everloop=EVERLOOP)
    assert (other.count(), other.cursor) == (0, None)


def test_an_index_of_an_older_layout_is_emptied_and_used(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    old = sqlite3.connect(path)
    old.executescript(
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
        "CREATE TABLE jobs (id BLOB PRIMARY KEY, record BLOB NOT NULL);"
        f"INSERT INTO meta VALUES ('subject', '31337:{EVERLOOP}'), ('number', '9'), ('hash', '00');"
        "INSERT INTO jobs VALUES (x'01', x'02');"
    )
    old.close()
    index = JobIndex(path, chain_id=31337, everloop=EVERLOOP)
    assert (index.count(), index.cursor) == (0, None)
    index.put(known(1, 100), block=0)
    index.close()
    assert JobIndex(path, chain_id=31337, everloop=EVERLOOP).count() == 1


def test_finds_what_is_due_among_many_in_milliseconds(index: JobIndex) -> None:
    template = known(0, 0)
    with index.transaction():
        for number in range(1, 5_001):
            due = JobSlot(commitment=1, due=1_000 + number, runs=0, failures=0)
            id = number.to_bytes(32, "big")
            index.put(Known(id=id, job=template.job, slot=due, booked=0), block=0)
    began = time.perf_counter()
    found = index.due_tasks(1_010)
    assert len(found) == 10
    assert time.perf_counter() - began < 0.2

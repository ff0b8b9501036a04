"""The jobs a daemon knows, in SQLite: a cache of the chain that may be lost at any time.

One row per job with its record and its slot as last read; `due` is when a keeper may run the task
or the provider may answer, `closes` when a keeper may expire the inference.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent_sdk.errors import ConfigError
from agent_sdk.types import INFERENCE_ABI, TASK_ABI, Job, JobSlot

__all__ = ["Cursor", "JobIndex", "Known", "Skip"]

_LAYOUT: Final = 2
"""version of the tables and of what stands in them; an older file is emptied and filled anew"""

_OLD: Final = """
DROP TABLE IF EXISTS meta;
DROP TABLE IF EXISTS jobs;
"""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    id           BLOB PRIMARY KEY,
    is_inference INTEGER NOT NULL,
    record       BLOB NOT NULL,
    slot         BLOB NOT NULL,
    due          INTEGER NOT NULL,
    closes       INTEGER NOT NULL,
    booked       INTEGER NOT NULL,
    block        INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_by_due ON jobs (is_inference, due);
CREATE INDEX IF NOT EXISTS jobs_by_closes ON jobs (is_inference, closes);
CREATE INDEX IF NOT EXISTS jobs_by_block ON jobs (block);
"""


Skip = Callable[[bytes], bool]
"""Whether to leave a job out, by its id."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A booked job with its slot as last read."""

    id: bytes
    """32 bytes"""
    job: Job
    slot: JobSlot
    booked: int
    """block of the event that booked it with this record; 0 = not known"""


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The block up to which the index reflects the chain."""

    number: int
    hash: bytes
    """32 bytes"""


class JobIndex:
    """Booked jobs by due time."""

    def __init__(self, path: Path, *, chain_id: int, everloop: str) -> None:
        """Open or make the file; one of another chain, Everloop or layout is emptied.

        Raises:
            ConfigError: The file cannot be used.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            if self._db.execute("PRAGMA user_version").fetchone()[0] != _LAYOUT:
                self._db.executescript(_OLD)
            self._db.executescript(f"{_SCHEMA} PRAGMA user_version = {_LAYOUT};")
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"index {path} cannot be used ({error}); remove it, it is rebuilt"
            ) from error
        subject = f"{chain_id}:{everloop.lower()}"
        if self._meta("subject") != subject:
            self.reset()
            self._set_meta("subject", subject)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes within it one: after a kill either all or none are there."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @property
    def cursor(self) -> Cursor | None:
        """The block up to which the index reflects the chain; None when it is new."""
        number, hash_ = self._meta("number"), self._meta("hash")
        return Cursor(number=int(number), hash=bytes.fromhex(hash_)) if number and hash_ else None

    @cursor.setter
    def cursor(self, cursor: Cursor) -> None:
        self._set_meta("number", str(cursor.number))
        self._set_meta("hash", cursor.hash.hex())

    @property
    def hour(self) -> int:
        """The last hour whose jobs were searched for by bucket; 0 = none."""
        return int(self._meta("hour") or 0)

    @hour.setter
    def hour(self, hour: int) -> None:
        self._set_meta("hour", str(hour))

    def put(self, known: Known, *, block: int) -> None:
        """Remember a job, or its new state; `block` is where it was last touched."""
        job, slot = known.job, known.slot
        closes = slot.due + job.timing.window if slot.due else 0
        self._db.execute(
            "INSERT OR REPLACE INTO jobs "
            "(id, is_inference, record, slot, due, closes, booked, block) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                known.id,
                job.is_inference,
                _encode(job),
                slot.pack().to_bytes(32, "big"),
                slot.due,
                closes,
                known.booked,
                block,
            ),
        )

    def drop(self, id: bytes) -> None:
        """Forget a job."""
        self._db.execute("DELETE FROM jobs WHERE id = ?", (id,))

    def get(self, id: bytes) -> Known | None:
        """Return one job, or None."""
        found = self._select("id = ?", (id,), 1)
        return found[0] if found else None

    def due_tasks(self, time: int, *, limit: int = 100, skip: Skip | None = None) -> list[Known]:
        """Return tasks due at `time` (Unix s), the longest due first, leaving out some by id."""
        where = "is_inference = 0 AND due > 0 AND due <= ? ORDER BY due"
        return self._select(where, (time,), limit, skip)

    def due_inferences(
        self, time: int, *, limit: int = 100, skip: Skip | None = None
    ) -> list[Known]:
        """Return inferences due at `time` (Unix s), the soonest to close first."""
        where = "is_inference = 1 AND due > 0 AND due <= ? ORDER BY closes"
        return self._select(where, (time,), limit, skip)

    def expired(self, time: int, *, limit: int = 100, skip: Skip | None = None) -> list[Known]:
        """Return inferences whose window is over at `time` (Unix s)."""
        where = "is_inference = 1 AND closes > 0 AND closes <= ? ORDER BY closes"
        return self._select(where, (time,), limit, skip)

    def dormant(self, *, limit: int = 100, skip: Skip | None = None) -> list[Known]:
        """Return inferences that wait for money or a provider."""
        return self._select("is_inference = 1 AND due = 0 ORDER BY block", (), limit, skip)

    def touched_since(self, block: int) -> list[bytes]:
        """Return the ids of jobs last touched at or after a block."""
        return [
            row[0] for row in self._db.execute("SELECT id FROM jobs WHERE block >= ?", (block,))
        ]

    def count(self) -> int:
        """Return how many jobs are known."""
        return int(self._db.execute("SELECT COUNT(*) FROM jobs").fetchone()[0])

    def reset(self) -> None:
        """Forget everything but what the index is about."""
        self._db.execute("DELETE FROM jobs")
        self._db.execute("DELETE FROM meta WHERE key <> 'subject'")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _select(
        self, where: str, values: tuple[Any, ...], limit: int, skip: Skip | None = None
    ) -> list[Known]:
        """Read rows until `limit` of them are not to be skipped.

        Jobs that were refused lately must not fill the limit: anybody can book such jobs.
        """
        rows = self._db.execute(
            f"SELECT id, is_inference, record, slot, booked FROM jobs WHERE {where}", values
        )
        wanted = (row for row in rows if skip is None or not skip(row[0]))
        return [
            Known(
                id=id,
                job=_decode(record, is_inference=bool(is_inference)),
                slot=JobSlot.unpack(int.from_bytes(slot, "big")),
                booked=booked,
            )
            for id, is_inference, record, slot, booked in itertools.islice(wanted, limit)
        ]

    def _meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else ""

    def _set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


def _encode(job: Job) -> bytes:
    """Write a record as the ABI does, by its kind."""
    from eth_abi.abi import encode

    return encode([INFERENCE_ABI if job.is_inference else TASK_ABI], [job.to_tuple()])


def _decode(record: bytes, *, is_inference: bool) -> Job:
    """Read a record that `_encode` wrote."""
    from eth_abi.abi import decode

    return Job.from_tuple(decode([INFERENCE_ABI if is_inference else TASK_ABI], record)[0])

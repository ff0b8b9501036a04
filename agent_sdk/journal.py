"""What a daemon has done so far, stage by stage, in one SQLite file.

Every stage is on disk before the next one begins, so a kill at any point leaves a file from which
the daemon can tell what it still has to do: nothing is signed twice for one (kind, id, run) unless
the earlier transaction is known never to be mined.

    seen ──► computed ──► signed ──► sent ──► mined
      │          │           └─────────┴────► reverted │ dropped │ skipped
      └──────────┴──► skipped
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent_sdk.errors import ConfigError

__all__ = ["BROADCAST", "STAGES", "Entry", "Journal"]

STAGES: Final = (
    "seen",
    "computed",
    "signed",
    "sent",
    "mined",
    "reverted",
    "dropped",
    "skipped",
)

BROADCAST: Final = ("signed", "sent", "mined")
"""Stages at which a transaction may be, or become, part of the chain."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS stages (
    seq   INTEGER PRIMARY KEY,
    kind  TEXT    NOT NULL,
    id    BLOB    NOT NULL,
    run   INTEGER NOT NULL,
    stage TEXT    NOT NULL,
    at    REAL    NOT NULL,
    data  TEXT    NOT NULL
);
CREATE INDEX IF NOT EXISTS stages_by_job ON stages (kind, id, run, seq);
"""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Where one piece of work stands: its last stage, and the notes of its last attempt."""

    kind: str
    """`deliver`, `decline`, `execute`, `expire` or `resume`."""
    id: bytes
    """The job, 32 bytes."""
    run: int
    """Number of the run, from 0."""
    stage: str
    """One of `STAGES`."""
    at: float
    """Unix seconds at which the stage was reached, by the machine's clock."""
    attempts: int
    """How often a transaction was signed for it."""
    failures: int
    """How often one was mined in vain: reverted or skipped."""
    data: Mapping[str, Any]
    """Notes, JSON-safe."""

    @property
    def is_broadcast(self) -> bool:
        """Whether a transaction of it may be, or become, part of the chain."""
        return self.stage in BROADCAST


class Journal:
    """Append-only stages of every (kind, id, run); others may read while a daemon writes."""

    def __init__(self, path: Path) -> None:
        """Open or make the file.

        Raises:
            ConfigError: The file cannot be opened or is no journal.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                path, timeout=5.0, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"journal {path} cannot be used ({error}); name a writable directory"
            ) from error

    def record(self, kind: str, id: bytes, run: int, stage: str, **data: Any) -> None:
        """Append a stage; when this returns, it is on disk.

        Args:
            kind: Sort of work.
            id: The job, 32 bytes.
            run: Number of the run.
            stage: One of `STAGES`.
            data: JSON-safe notes; those of earlier stages of the attempt stay.
        """
        if stage not in STAGES:
            raise ValueError(f"{stage!r} is no stage; one of {', '.join(STAGES)}")
        self._db.execute(
            "INSERT INTO stages (kind, id, run, stage, at, data) VALUES (?, ?, ?, ?, ?, ?)",
            (
                kind,
                id,
                run,
                stage,
                time.time(),
                json.dumps(data, separators=(",", ":")),
            ),
        )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all stages recorded within it one write: after a kill all are there, or none.

        One transaction on the chain may do several pieces of work. Within another one it is part
        of that.
        """
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def get(self, kind: str, id: bytes, run: int) -> Entry | None:
        """Return where one piece of work stands, or None if it was never seen."""
        rows = self._db.execute(
            "SELECT stage, at, data FROM stages WHERE kind = ? AND id = ? AND run = ? ORDER BY seq",
            (kind, id, run),
        ).fetchall()
        return _fold(kind, id, run, rows) if rows else None

    def entries(self, kind: str | None = None, *, stages: tuple[str, ...] = STAGES) -> list[Entry]:
        """Return all work, oldest first, of one kind and with its last stage among `stages`."""
        wanted = ",".join("?" * len(stages))
        keys = self._db.execute(
            "SELECT kind, id, run FROM stages AS last JOIN ("
            "SELECT MAX(seq) AS top, MIN(seq) AS first FROM stages GROUP BY kind, id, run"
            f") AS ends ON last.seq = ends.top WHERE stage IN ({wanted}) "
            "AND (? IS NULL OR kind = ?) ORDER BY ends.first",
            (*stages, kind, kind),
        ).fetchall()
        found = (self.get(*key) for key in keys)
        return [entry for entry in found if entry is not None]

    def unsettled(self) -> list[Entry]:
        """Return the work whose transaction was signed and not yet seen in a block."""
        return self.entries(stages=("signed", "sent"))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _fold(kind: str, id: bytes, run: int, rows: list[tuple[str, float, str]]) -> Entry:
    """Merge the stages of one piece of work; a new `seen` begins an attempt with fresh notes."""
    data: dict[str, Any] = {}
    attempts = failures = 0
    for stage, _, text in rows:
        if stage == "seen":
            data = {}
        attempts += stage == "signed"
        failures += stage in ("reverted", "skipped")
        data.update(json.loads(text))
    stage, at, _ = rows[-1]
    return Entry(
        kind=kind,
        id=id,
        run=run,
        stage=stage,
        at=at,
        attempts=attempts,
        failures=failures,
        data=data,
    )

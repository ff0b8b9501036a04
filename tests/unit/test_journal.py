"""The journal keeps every stage over a kill and tells what is left to do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent_sdk.errors import ConfigError
from agent_sdk.journal import Journal

ID = bytes(range(32))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "keeper.sqlite")


def test_unknown_work_is_none(journal: Journal) -> None:
    assert journal.get("deliver", ID, 0) is None


def test_last_stage_and_all_notes_of_the_attempt_are_returned(journal: Journal) -> None:
    journal.record("deliver", ID, 3, "seen", pinned=7)
    journal.record("deliver", ID, 3, "computed", tokens=12)
    entry = journal.get("deliver", ID, 3)
    assert entry is not None
    assert (entry.stage, dict(entry.data)) == ("computed", {"pinned": 7, "tokens": 12})


def test_a_new_attempt_forgets_old_notes_and_counts_signatures(
    journal: Journal,
) -> None:
    for stage in ("seen", "signed", "dropped"):
        journal.record("expire", ID, 0, stage, tx="0x01")
    journal.record("expire", ID, 0, "seen")
    entry = journal.get("expire", ID, 0)
    assert entry is not None
    assert (entry.stage, entry.attempts, dict(entry.data)) == ("seen", 1, {})


def test_kinds_and_runs_are_apart(journal: Journal) -> None:
    journal.record("execute", ID, 1, "mined")
    assert journal.get("execute", ID, 2) is None
    assert journal.get("expire", ID, 1) is None


def test_unsettled_are_those_signed_or_sent(journal: Journal) -> None:
    for run, stage in enumerate(("seen", "signed", "sent", "mined", "dropped")):
        journal.record("deliver", ID, run, stage)
    assert [entry.run for entry in journal.unsettled()] == [1, 2]


def test_entries_come_oldest_first_and_by_kind(journal: Journal) -> None:
    for run in (2, 0, 1):
        journal.record("deliver", ID, run, "seen")
    journal.record("expire", ID, 9, "seen")
    journal.record("deliver", ID, 2, "computed")
    assert [entry.run for entry in journal.entries("deliver")] == [2, 0, 1]


def test_what_is_recorded_together_is_there_as_a_whole_or_not_at_all(journal: Journal) -> None:
    def interrupted() -> None:
        with journal.transaction():
            journal.record("execute", ID, 0, "signed")
            with journal.transaction():
                journal.record("execute", ID[::-1], 0, "signed")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert journal.entries() == []


def test_refuses_an_unknown_stage(journal: Journal) -> None:
    with pytest.raises(ValueError, match="'done' is no stage"):
        journal.record("deliver", ID, 0, "done")


def test_what_was_recorded_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "provider.sqlite"
    code = (
        "import os, sys; from pathlib import Path; from agent_sdk.journal import Journal\n"
        "Journal(Path(sys.argv[1])).record('deliver', bytes(32), 5, 'signed', tx='0xab')\n"
        f"os.kill(os.getpid(), {int(signal.SIGKILL)})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=False, env=os.environ, timeout=30
    )
    assert done.returncode == -signal.SIGKILL
    entry = Journal(path).get("deliver", bytes(32), 5)
    assert entry is not None
    assert (entry.stage, entry.data["tx"]) == ("signed", "0xab")


def test_a_second_reader_sees_what_the_first_wrote(journal: Journal) -> None:
    journal.record("deliver", ID, 0, "computed", tokens=5)
    assert [entry.data["tokens"] for entry in Journal(journal.path).entries("deliver")] == [5]


def test_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_text("not a database, but long enough to be read as a header of one" * 20)
    with pytest.raises(ConfigError, match=r"journal .* cannot be used"):
        Journal(path)

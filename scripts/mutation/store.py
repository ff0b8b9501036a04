"""Verdicts on disk, by what they depend on."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from mutation.generator import Mutant
from mutation.judge import Verdict


class Store:
    """One file of verdicts for each state of contracts, tests, settings and tools.

    A line is written as soon as a verdict is known, so an interrupted run goes on where it was.
    """

    def __init__(self, folder: Path, key: str, *, keep: bool = False) -> None:
        """Open the file of a state.

        Args:
            folder: where the files are.
            key: hash of the state.
            keep: take verdicts on unchanged lines over from older states. What else has changed
                since is not looked at.
        """
        self._path = folder / f"{key}.jsonl"
        self._lock = threading.Lock()
        self._verdicts: dict[str, Verdict] = {}
        #: Number of verdicts from other states.
        self.kept = 0
        if keep:
            older = sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
            for path in older:
                self._verdicts.update(_read(path))
            self.kept = len(self._verdicts)
        own = dict(_read(self._path))
        self.kept -= len(own.keys() & self._verdicts.keys())
        self._verdicts.update(own)

    def get(self, mutant: Mutant) -> Verdict | None:
        """Return a known verdict."""
        return self._verdicts.get(mutant.key)

    def put(self, mutant: Mutant, verdict: Verdict) -> None:
        """Keep a verdict."""
        line = json.dumps({"mutant": mutant.key, "place": mutant.place, **asdict(verdict)})
        with self._lock:
            self._verdicts[mutant.key] = verdict
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                # An interruption may have cut the last line off: this one begins anew.
                file.write(f"\n{line}")


def _read(path: Path) -> Iterator[tuple[str, Verdict]]:
    """Yield the verdicts of a file, but lines that an interruption cut off."""
    if not path.is_file():
        return
    for line in path.read_text("utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        yield entry["mutant"], Verdict(entry["status"], entry["by"], entry["seconds"])

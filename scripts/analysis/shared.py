"""What the analyses share: running a tool, tables, and the exit code."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from check import FLOORS, ROOT, run

BUILD = ROOT / ".build"
ANALYSIS_BIN = ROOT / ".venv" / "analysis" / "bin"


def floor(name: str) -> int:
    """Return the least number that tests/floors.json asks of `name`."""
    return int(json.loads(FLOORS.read_text("utf-8"))[name])


def run_tool(
    command: Sequence[str | Path], *, limit: float, environment: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command with extra environment variables; return exit code and all that it printed.

    They are this command's alone: what an analysis runs next has the environment from before.
    """
    before = dict(os.environ)
    os.environ.update(environment or {})
    try:
        return run(["sh", "-c", 'exec "$@" 2>&1', "sh", *command], capture=True, limit=limit)
    finally:
        os.environ.clear()
        os.environ.update(before)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out in columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = []
    for row in [header, ["-" * width for width in widths], *rows]:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def finish(name: str, analyse: Callable[[], list[str]]) -> int:
    """Run one analysis, print what it misses and one last line; return the exit code."""
    start = time.monotonic()
    misses = analyse()
    for line in misses:
        print(f"FAILED {name}: {line}")
    verdict = f"{len(misses)} misses" if misses else "passed"
    print(f"{name}: {verdict} in {time.monotonic() - start:.0f} s", flush=True)
    return 1 if misses else 0

"""`make formal`: the model of an agent and the contracts, 10,000 random traces through both."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from formal.report import coverage, explain, verdict
from formal.workers import MOST_TOLD, play

__all__ = ["main"]

TRACES = 10_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Play traces, print differences and one last line; return the exit code."""
    parser = argparse.ArgumentParser(prog="formal", description=__doc__)
    parser.add_argument("--traces", type=int, default=TRACES, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of all traces (default %(default)s)")
    parser.add_argument("--trace", type=int, help="play this one alone, and tell its moves")
    parser.add_argument("--workers", type=int, default=2, help="nodes at once (default 2)")
    options = parser.parse_args(arguments)
    numbers = range(options.traces) if options.trace is None else [options.trace]
    start, played, differing = time.monotonic(), 0, 0
    endings: Counter[tuple[str, str]] = Counter()
    for report in play(options.seed, numbers, workers=min(options.workers, len(numbers))):
        played += report.played
        endings += report.endings
        for number, found in report.found:
            differing += 1
            if differing <= MOST_TOLD:
                print(*explain(options.seed, number, found), sep="\n", flush=True)
        if played % 1_000 == 0:
            seconds = time.monotonic() - start
            print(f"{played:,} traces, {differing} differences, {seconds:.0f} s", flush=True)
    print(*coverage(endings), sep="\n")
    print(f"seed {options.seed}, {time.monotonic() - start:.0f} s")
    print(verdict(played, differing), flush=True)
    return 1 if differing or played < len(numbers) else 0


if __name__ == "__main__":
    sys.exit(main())

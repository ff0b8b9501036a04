"""Traces on several nodes at once, one process each."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory

from formal.node import private_node
from formal.trace import Bench, BirthDiffersError, Played
from formal.world import build

__all__ = ["MOST_TOLD", "Report", "play"]

CHUNK = 100
"""traces between two reports of a worker"""
MOST_TOLD = 3
"""differences that are made small, and told with all their moves"""


@dataclass(frozen=True)
class Share:
    """What one worker plays: every n-th trace of a seed."""

    seed: int
    numbers: Sequence[int]


@dataclass(frozen=True)
class Report:
    """What a worker has played since its last report."""

    endings: Counter[tuple[str, str]]
    played: int
    found: tuple[tuple[int, Played], ...]


def work(share: Share) -> Iterator[Report]:
    """Play traces on a node of one's own."""
    with TemporaryDirectory() as folder, private_node(Path(folder) / "log") as (node, chain):
        bench = Bench(node, build(chain))
        for at in range(0, len(share.numbers), CHUNK):
            endings: Counter[tuple[str, str]] = Counter()
            found: list[tuple[int, Played]] = []
            numbers = share.numbers[at : at + CHUNK]
            for number in numbers:
                played = bench.random(share.seed, number)
                names = (move.name for move in played.moves)
                endings.update(zip(names, played.endings, strict=True))
                if played.differences:
                    small = bench.shrink(played) if len(found) < MOST_TOLD else played
                    found.append((number, small))
            yield Report(endings, len(numbers), tuple(found))


def _send(share: Share, queue: multiprocessing.Queue[Report | str | None]) -> None:
    try:
        for report in work(share):
            queue.put(report)
    except BirthDiffersError as error:
        queue.put(str(error))
    queue.put(None)


def play(seed: int, traces: Sequence[int], *, workers: int) -> Iterator[Report]:
    """Play traces on several nodes and yield reports as they come.

    Raises:
        SystemExit: a worker failed, or the beginning of all traces differs, so that not all were
            played.
    """
    if workers == 1:
        try:
            yield from work(Share(seed, traces))
        except BirthDiffersError as error:
            raise SystemExit(_told(str(error))) from None
        return
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[Report | str | None] = context.Queue()
    shares = [Share(seed, traces[first::workers]) for first in range(workers)]
    processes = [context.Process(target=_send, args=(share, queue)) for share in shares]
    for process in processes:
        process.start()
    running = workers
    while running:
        try:
            report = queue.get(timeout=1)
        except Empty:
            if any(process.exitcode for process in processes):
                _stop(processes)
                raise SystemExit("FAILED formal: a worker failed, see above") from None
            continue
        if isinstance(report, str):
            _stop(processes)
            raise SystemExit(_told(report))
        if report is None:
            running -= 1
        else:
            yield report
    for process in processes:
        process.join()


def _told(difference: str) -> str:
    return f'FAILED formal: {difference}; again: make formal ARGS="--traces 1 --workers 1"'


def _stop(processes: Sequence[SpawnProcess]) -> None:
    for process in processes:
        process.terminate()
        process.join()

"""Judging a sample with several workers until it is full or time is over."""

from __future__ import annotations

import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

from mutation.generator import Mutant
from mutation.judge import LIVE, Verdict
from mutation.processes import stop_all
from mutation.sample import Sampler
from mutation.setup import Ready
from mutation.store import Store
from mutation.workspace import Workspace


@dataclass
class Outcome:
    """What a campaign found.

    Attributes:
        verdicts: every drawn mutant with its verdict.
        judged: number of verdicts that this run came to; the others were known.
        seconds: time that took.
        complete: whether the sample is full.
    """

    verdicts: list[tuple[Mutant, Verdict]] = field(default_factory=list)
    judged: int = 0
    seconds: float = 0.0
    complete: bool = True

    @property
    def live(self) -> Counter[str]:
        """Return the number of real mutants by stratum."""
        return Counter(m.stratum for m, verdict in self.verdicts if verdict.status in LIVE)


class Campaign:
    """Draws, judges what is not known yet, and draws again for what turned out to be no mutant."""

    def __init__(
        self,
        sampler: Sampler,
        store: Store,
        make_ready: Callable[[], Ready],
        deadline: float,
        say: Callable[[str], None],
    ) -> None:
        """Take what the campaign needs.

        Args:
            sampler: gives the mutants.
            store: keeps the verdicts.
            make_ready: prepares the workspaces; called only if something is unknown.
            deadline: time of `time.monotonic` after which no mutant is begun.
            say: prints a line of progress.
        """
        self._sampler = sampler
        self._store = store
        self._make_ready = make_ready
        self._deadline = deadline
        self._say = say
        self._ready: Ready | None = None
        self._planned = 0
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Judge until the sample is full or time is over."""
        while drawn := self._sampler.draw(self.outcome.live):
            unknown = [mutant for mutant in drawn if self._store.get(mutant) is None]
            if unknown:
                self._judge_all(unknown)
            for mutant in drawn:
                verdict = self._store.get(mutant)
                if verdict is not None:
                    self.outcome.verdicts.append((mutant, verdict))
                else:
                    self.outcome.complete = False
            if not self.outcome.complete:
                break
        return self.outcome

    def _judge_all(self, mutants: Sequence[Mutant]) -> None:
        """Share mutants among the workers."""
        if self._ready is None:
            self._ready = self._make_ready()
        self._planned += len(mutants)
        self._say(f"{len(mutants)} mutants to judge")
        todo: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
        for mutant in mutants:
            todo.put(mutant)
        start = time.monotonic()
        workspaces = self._ready.workspaces
        with ThreadPoolExecutor(len(workspaces)) as pool:
            workers = [pool.submit(self._work, todo, workspace) for workspace in workspaces]
            try:
                for worker in as_completed(workers):
                    worker.result()
            except BaseException:
                stop_all()
                raise
        self.outcome.seconds += time.monotonic() - start

    def _work(self, todo: queue.SimpleQueue[Mutant], workspace: Workspace) -> None:
        """Judge one mutant after the other."""
        assert self._ready is not None
        while time.monotonic() < self._deadline:
            try:
                mutant = todo.get_nowait()
            except queue.Empty:
                return
            verdict = self._ready.judge.judge(mutant, workspace)
            self._store.put(mutant, verdict)
            self.outcome.judged += 1
            self._say(
                f"{self.outcome.judged:4d} of {self._planned}: {verdict.status:8s} "
                f"{verdict.seconds:5.1f} s  {mutant.place} {mutant.unit} {mutant.edit.operator}"
                + (f" ({verdict.by})" if verdict.by else "")
            )

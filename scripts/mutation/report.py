"""What a campaign found, in words and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mutation.campaign import Outcome
from mutation.generator import Mutant
from mutation.judge import GAS_ONLY, KILLED, LIVE, REFUSED, SAME, Verdict
from mutation.settings import PATH, Reason, Settings

#: Least share of mutants that the tests must kill.
BAR = 0.85


@dataclass(frozen=True)
class Report:
    """A campaign's outcome beside what is known about its mutants.

    Attributes:
        outcome: the verdicts.
        settings: reasons for survivors.
        stale: reasons that fit no mutant any more.
        total: number of all mutants of the group.
        header: what was run: group, seed, size, hash of the state.
    """

    outcome: Outcome
    settings: Settings
    stale: Sequence[Reason]
    total: int
    header: dict[str, Any]

    @property
    def counts(self) -> Counter[str]:
        """Return the number of verdicts by status."""
        return Counter(verdict.status for _, verdict in self.outcome.verdicts)

    @property
    def survivors(self) -> list[tuple[Mutant, Verdict, Reason | None]]:
        """Return the mutants that count and were not killed, in order of place."""
        found = [
            (mutant, verdict, self.settings.reason(mutant))
            for mutant, verdict in self.outcome.verdicts
            if verdict.status in LIVE and verdict.status != KILLED
        ]
        return sorted(found, key=lambda entry: (entry[0].path, entry[0].edit.start))

    @property
    def refuted(self) -> list[Reason]:
        """Return the reasons that call a mutant equivalent which a test kills."""
        reasons = [
            self.settings.reason(mutant)
            for mutant, verdict in self.outcome.verdicts
            if verdict.status == KILLED
        ]
        return [reason for reason in reasons if reason and reason.kind == "equivalent"]

    @property
    def size(self) -> int:
        """Return the number of mutants that count."""
        return sum(self.counts[status] for status in LIVE)

    @property
    def score(self) -> float:
        """Return the share of killed mutants; reasons change nothing about it."""
        return self.counts[KILLED] / self.size if self.size else 0.0

    @property
    def score_without_equivalent(self) -> float:
        """Return the share of killed mutants among those not marked equivalent."""
        marked = sum(1 for *_, reason in self.survivors if reason and reason.kind == "equivalent")
        return self.counts[KILLED] / (self.size - marked) if self.size > marked else 0.0

    @property
    def passed(self) -> bool:
        """Tell whether the sample is full, the bar is met and every reason holds."""
        holds = not self.stale and not self.refuted
        return self.outcome.complete and self.score >= BAR and holds

    def lines(self) -> Iterator[str]:
        """Yield the report as text, the figures last."""
        for mutant, verdict, reason in self.survivors:
            yield f"SURVIVED {mutant.place} {mutant.unit} [{mutant.edit.operator}]"
            yield f"  - {mutant.before}"
            yield f"  + {mutant.after}"
            if verdict.status == GAS_ONLY:
                yield f"  only a test that measures gas notices: {verdict.by}"
            if reason:
                yield f"  {reason.kind}: {reason.text}"
        for reason in self.stale:
            yield f"STALE {PATH}: no such mutant in {reason.unit}: {reason.after}"
        for reason in self.refuted:
            yield f"REFUTED {PATH}: a test kills this in {reason.unit}: {reason.after}"
        counts, killed = self.counts, self.counts[KILLED]
        discarded = counts[REFUSED] + counts[SAME]
        yield (
            f"{self.header['group']}: {self.size} of {self.total} mutants judged, seed "
            f"{self.header['seed']}; {discarded} more discarded ({counts[REFUSED]} do not compile, "
            f"{counts[SAME]} have the code of the original)"
        )
        if not self.outcome.complete:
            yield "INCOMPLETE: time is over; the same command goes on from here"
        reasoned = sum(1 for *_, reason in self.survivors if reason)
        yield f"survivors: {len(self.survivors)}, {reasoned} of them with a reason"
        yield (
            f"killed {killed} of {self.size}: {self.score:.1%}; without those marked equivalent "
            f"{self.score_without_equivalent:.1%}; at least {BAR:.0%} is asked of the first"
        )

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            **self.header,
            "total": self.total,
            "judged": self.size,
            "complete": self.outcome.complete,
            "counts": dict(self.counts),
            "score": round(self.score, 4),
            "scoreWithoutEquivalent": round(self.score_without_equivalent, 4),
            "passed": self.passed,
            "mutants": [
                {
                    "place": mutant.place,
                    "unit": f"{mutant.path} {mutant.unit}",
                    "operator": mutant.edit.operator,
                    "before": mutant.before,
                    "after": mutant.after,
                    "status": verdict.status,
                    "by": verdict.by,
                    "seconds": round(verdict.seconds, 1),
                }
                for mutant, verdict in self.outcome.verdicts
            ],
        }

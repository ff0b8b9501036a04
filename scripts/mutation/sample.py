"""A seeded sample that gives every function its share."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

from mutation.generator import Mutant


class Sampler:
    """Draws mutants stratum by stratum, always in the same order for the same seed.

    Each stratum gets one mutant, and the rest goes by size.
    A mutant that turns out to be none is replaced by the next of its stratum, or, where that is
    used up, by one of the stratum with most left.
    """

    def __init__(self, mutants: Sequence[Mutant], size: int, seed: int) -> None:
        strata: dict[str, list[Mutant]] = defaultdict(list)
        for mutant in mutants:
            strata[mutant.stratum].append(mutant)
        self._queues = {name: strata[name] for name in sorted(strata)}
        self._order = random.Random(seed)
        for name, queue in self._queues.items():
            random.Random(f"{seed} {name}").shuffle(queue)
        #: Number of mutants wanted of each stratum.
        self.quotas = quotas({name: len(queue) for name, queue in self._queues.items()}, size)

    def draw(self, live: Mapping[str, int]) -> list[Mutant]:
        """Take the mutants that are missing; none when the sample is full or all are used up.

        Args:
            live: number of real mutants that earlier draws gave, by stratum.
        """
        drawn: list[Mutant] = []
        for name, quota in self.quotas.items():
            drawn += self._take(name, quota - live.get(name, 0))
        missing = sum(self.quotas.values()) - sum(live.values()) - len(drawn)
        for _ in range(missing):
            longest = max(self._queues, key=lambda name: len(self._queues[name]))
            drawn += self._take(longest, 1)
        # Mixed, so that a run that is stopped early has seen a bit of everything.
        self._order.shuffle(drawn)
        return drawn

    def _take(self, name: str, count: int) -> list[Mutant]:
        queue = self._queues[name]
        taken, self._queues[name] = queue[: max(0, count)], queue[max(0, count) :]
        return taken


def quotas(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """Share `size` among strata: one each, the rest by size, largest remainder first.

    Every stratum keeps its one even where `size` is smaller than their number.
    """
    shares = dict.fromkeys(sizes, 1)
    rest = min(size, sum(sizes.values())) - len(shares)
    more = {name: count - 1 for name, count in sizes.items() if count > 1}
    if rest <= 0 or not more:
        return shares
    exact = {name: rest * count / sum(more.values()) for name, count in more.items()}
    for name, share in exact.items():
        shares[name] += int(share)
    over = rest - sum(int(share) for share in exact.values())
    for name in sorted(exact, key=lambda name: (int(exact[name]) - exact[name], name))[:over]:
        shares[name] += 1
    return shares

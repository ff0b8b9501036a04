"""How long to leave work alone that was refused."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

__all__ = ["Patience"]

FIRST_PAUSE: Final = 0.5
"""s after the first refusal; doubled with each further one"""
LONGEST_PAUSE: Final = 600.0
"""s; money that comes in ends a pause, and what else may help is found within ten minutes"""


class Patience:
    """Growing pauses per (kind, job); kept in memory, since a restart may well try at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Count by `clock`, in seconds."""
        self._clock = clock
        self._pauses: dict[tuple[str, bytes], tuple[float, float]] = {}

    def allows(self, kind: str, id: bytes) -> bool:
        """Whether it is time for another try."""
        _, until = self._pauses.get((kind, id), (0.0, 0.0))
        return self._clock() >= until

    def skips(self, kind: str) -> Callable[[bytes], bool]:
        """Return whether to leave a job of that kind alone for now, as a function of its id."""
        return lambda id: not self.allows(kind, id)

    def refused(self, kind: str, id: bytes, *, at_most: float = math.inf) -> float:
        """Note a refusal and return the pause until the next try, `at_most` s."""
        last, _ = self._pauses.get((kind, id), (0.0, 0.0))
        pause = min(at_most, LONGEST_PAUSE, last * 2 if last else FIRST_PAUSE)
        self._pauses[(kind, id)] = (pause, self._clock() + pause)
        return pause

    def done(self, kind: str, id: bytes) -> None:
        """Forget earlier refusals."""
        self._pauses.pop((kind, id), None)

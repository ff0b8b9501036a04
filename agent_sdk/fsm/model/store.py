"""Synchronized data: what the operators agreed on, by period, with its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Store"]


class Store:
    """Values by key, one slot a period, every value that a key had in the period.

    Attributes:
        period: index of the current period.
        periods: the slots that are kept, oldest first.
    """

    def __init__(self, first: Mapping[str, list[Any]]) -> None:
        self.period = 0
        self.periods: dict[int, dict[str, list[Any]]] = {
            0: {key: list(history) for key, history in first.items()}
        }

    @property
    def current(self) -> dict[str, list[Any]]:
        """The slot of the current period: key to history, latest last."""
        return self.periods[self.period]

    def latest(self, key: str, default: Any = None) -> Any:
        """Return the latest value of a key in this period."""
        history = self.current.get(key)
        return history[-1] if history else default

    def append(self, values: Mapping[str, Any]) -> None:
        """Add one value to the history of each key."""
        for key, value in values.items():
            self.current.setdefault(key, []).append(value)

    def open(self, cross_period: Iterable[str]) -> None:
        """Begin a period: only the latest values of these keys are carried over."""
        carried = {key: [self.latest(key)] for key in cross_period if key in self.current}
        self.period += 1
        self.periods[self.period] = carried

    def prune(self, depth: int, history: int | None = None) -> None:
        """Keep the latest periods, and if asked only the latest values of the current one.

        Args:
            depth: number of periods, at least one is kept.
            history: number of values of each key of the current period, at least one is kept.
        """
        if history is not None:
            kept = max(history, 1)
            self.periods[self.period] = {key: h[-kept:] for key, h in self.current.items()}
        recent = list(self.periods)[-max(depth, 1) :]
        self.periods = {period: self.periods[period] for period in recent}

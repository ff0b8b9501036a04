"""Who takes part, and how many must agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_sdk.errors import SpecError

__all__ = ["Operators", "threshold_of", "tolerated"]


def threshold_of(count: int, override: int | None = None) -> int:
    """Return how many of so many operators must agree: ceil((2N + 1) / 3), or an override.

    Raises:
        SpecError: if the override is below that or above N.
    """
    least = -(-(2 * count + 1) // 3)
    if override is None:
        return least
    if not least <= override <= count:
        raise SpecError(
            f"consensus threshold {override} of {count} operators: choose {least} to {count}"
        )
    return override


def tolerated(count: int) -> int:
    """Return how many crashed or lying operators change nothing: floor((N - 1) / 3)."""
    return (count - 1) // 3


@dataclass(frozen=True)
class Operators:
    """The operators of a service.

    Attributes:
        everyone: all of them, sorted.
        active: those whose payloads count.
        threshold: how many must agree.
    """

    everyone: tuple[str, ...]
    active: frozenset[str]
    threshold: int

    @classmethod
    def of(
        cls,
        names: Iterable[str],
        *,
        active: Iterable[str] | None = None,
        override: int | None = None,
    ) -> Operators:
        """Return the operators with these names.

        Raises:
            SpecError: if there are none, or the override does not fit.
        """
        everyone = tuple(sorted(set(names)))
        if not everyone:
            raise SpecError("a service has no operators: name at least one")
        taking_part = frozenset(everyone if active is None else active)
        return cls(everyone, taking_part, threshold_of(len(everyone), override))

"""Hostile cases: what is attempted, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Case", "Make", "Play", "decision"]

Play = Callable[..., None]
"""takes the {Stage}; more parameters have defaults, which bind what a loop varies"""
Make = Callable[..., bytes]
"""takes the {World}, likewise"""


@dataclass(frozen=True)
class Case:
    """One attempt.

    Attributes:
        family: what kind of attempt it is.
        name: its name within the family; both together are its id.
        says: what is attempted, in a line.
        play: carries it out.
        subject: the agent attacked.
        ends: whether the model ends the loop, which is its right.
    """

    family: str
    name: str
    says: str
    play: Play
    subject: str = "OracleAgent"
    ends: bool = False

    @property
    def id(self) -> str:
        """Stable: `family/name`."""
        return f"{self.family}/{self.name}"


def decision(
    family: str, name: str, says: str, make: Make, *, subject: str = "OracleAgent"
) -> Case:
    """Return the case of one decision, as the provider's key delivers it."""
    return Case(family, name, says, lambda stage: stage.deliver(make(stage.world)), subject)

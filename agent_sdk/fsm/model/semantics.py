"""The rules of the chain, and where those of open-autonomy differ from them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CHAIN", "OPEN_AUTONOMY", "Semantics"]


@dataclass(frozen=True)
class Semantics:
    """One switch for each deliberate difference; docs/guides/fsm-apps.md gives the reasons.

    Attributes:
        one_operator_set: Threshold, votes left and acceptance count the same operators. Otherwise
            a subset takes part: the threshold counts all, the votes left count the subset, and
            rounds that wait for all take payloads from anybody.
        exact_values: Votes are equal when their encodings are: 1 and true differ.
        aligned_keys: A value keeps its key. Otherwise the values of one payload that are not None
            move to the first keys.
        chained_deadlines: A round entered by a timeout begins at the missed deadline. Otherwise it
            begins at the time of the block.
        timed_start: The first round has a deadline.
        dead_ends: An event that the table does not know ends the app. Otherwise the app is refused
            when it is built.
        none_opens_period: Agreeing on None begins a period too, and the agreed value is written
            nowhere. Otherwise it is NONE, as in every round.
    """

    one_operator_set: bool
    exact_values: bool
    aligned_keys: bool
    chained_deadlines: bool
    timed_start: bool
    dead_ends: bool
    none_opens_period: bool


CHAIN = Semantics(
    one_operator_set=True,
    exact_values=True,
    aligned_keys=True,
    chained_deadlines=True,
    timed_start=True,
    dead_ends=False,
    none_opens_period=False,
)

OPEN_AUTONOMY = Semantics(
    one_operator_set=False,
    exact_values=False,
    aligned_keys=False,
    chained_deadlines=False,
    timed_start=False,
    dead_ends=True,
    none_opens_period=True,
)

"""Small apps to compose, and the rules that a composition breaks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from agent_sdk.fsm.compose import compose
from agent_sdk.fsm.finding import RulesBroken
from agent_sdk.fsm.spec import Spec


def app(letter: str, states: int = 2, *, finals: int = 1, starts: int = 1) -> Spec:
    """Return an app whose states lead to each other in a row and the last to the final ones."""
    names = [f"{letter}{number}Round" for number in range(1, states + 1)]
    ends = [f"{letter}{number}EndRound" for number in range(1, finals + 1)]
    row = {(name, "DONE"): after for name, after in pairwise(names)}
    last = {(names[-1], f"END_{number}"): end for number, end in enumerate(ends)}
    transitions = row | last
    return Spec(
        label=f"{letter}AbciApp",
        default_start_state=names[0],
        start_states=frozenset(names[:starts]),
        states=frozenset(names + ends),
        final_states=frozenset(ends),
        alphabet_in=frozenset(event for _, event in transitions),
        transition_func=transitions,
    )


A, B, C = app("A"), app("B"), app("C")


def rules(specs: Sequence[Spec], mapping: dict[str, str], **options: Any) -> list[str]:
    """Return the rules that a composition breaks."""
    try:
        compose(specs, mapping, **options)
    except RulesBroken as error:
        return [finding.rule for finding in error.findings]
    return []

"""Place the states of a specification: one row per distance from the start, few crossings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent_sdk.fsm.spec import Spec

__all__ = ["GAP_X", "HEIGHT", "Box", "place"]

HEIGHT = 36
"""Pixels of a box; those of its width follow its name."""
GAP_X = 48
GAP_Y = 96
_CHARACTER = 7.4
_SWEEPS = 8


@dataclass(frozen=True)
class Box:
    """Where a state is drawn.

    Attributes:
        x: left edge, pixels.
        y: upper edge, pixels.
        width: pixels.
    """

    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        """Horizontal centre, pixels."""
        return self.x + self.width / 2


def place(spec: Spec) -> dict[str, Box]:
    """Return the box of each state."""
    rows = _ordered(_rows(spec), _neighbours(spec))
    widths = {state: len(state) * _CHARACTER + 28 for state in spec.states}
    spans = [sum(widths[state] + GAP_X for state in row) - GAP_X for row in rows]
    widest = max(spans, default=0.0)
    boxes = {}
    for number, (row, span) in enumerate(zip(rows, spans, strict=True)):
        x = (widest - span) / 2
        for state in row:
            boxes[state] = Box(x, number * (HEIGHT + GAP_Y), widths[state])
            x += widths[state] + GAP_X
    return boxes


def _neighbours(spec: Spec) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {state: set() for state in spec.states}
    for (state, _), target in spec.transition_func.items():
        if state in found and target in found and state != target:
            found[state].add(target)
            found[target].add(state)
    return found


def _rows(spec: Spec) -> list[list[str]]:
    """Return the states by their distance from the start; unreachable ones last."""
    targets: dict[str, list[str]] = {}
    for (state, _), target in sorted(spec.transition_func.items()):
        targets.setdefault(state, []).append(target)
    row = [spec.default_start_state, *sorted(spec.start_states - {spec.default_start_state})]
    row = [state for state in row if state in spec.states]
    seen = set(row)
    rows = []
    while row:
        rows.append(row)
        ahead = (target for state in row for target in targets.get(state, []))
        row = [target for target in dict.fromkeys(ahead) if target in spec.states - seen]
        seen.update(row)
    lost = sorted(spec.states - seen)
    return [*rows, lost] if lost else rows


def _ordered(rows: Sequence[Sequence[str]], neighbours: Mapping[str, set[str]]) -> list[list[str]]:
    """Order each row by the mean position of its neighbours in the rows beside it."""
    ordered = [list(row) for row in rows]
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for number in range(1, len(ordered)) if down else range(len(ordered) - 2, -1, -1):
            beside = ordered[number - 1 if down else number + 1]
            at = {state: (index + 0.5) / len(beside) for index, state in enumerate(beside)}
            means = {}
            for index, state in enumerate(ordered[number]):
                near = [at[other] for other in neighbours[state] if other in at]
                own = (index + 0.5) / len(ordered[number])
                means[state] = (sum(near) / len(near) if near else own, index)
            ordered[number].sort(key=means.__getitem__)
    return ordered

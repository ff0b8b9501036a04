"""What a run of many traces prints, and a trace that can be repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from formal.trace import Played

__all__ = ["coverage", "explain", "verdict"]


def verdict(traces: int, differences: int) -> str:
    """Return the last line."""
    return f"{traces:,} traces, {differences:,} differences"


def explain(seed: int, trace: int, found: Played) -> Iterator[str]:
    """Tell a difference: the moves that lead to it, what differs, how to see it again."""
    yield f"seed {seed}, trace {trace} differs after {len(found.moves)} moves:"
    for move, ending in zip(found.moves, found.endings, strict=True):
        yield f"  {move}  # {ending or 'no data'}"
    for line in found.differences:
        yield f"  DIFFERS {line}"
    yield f'  again: make formal ARGS="--seed {seed} --trace {trace}"'


def coverage(endings: Counter[tuple[str, str]]) -> Iterator[str]:
    """Tell how often each move was made, and how many ways it ended."""
    moves = sorted({name for name, _ in endings})
    for name in moves:
        ways = {ending: n for (move, ending), n in endings.items() if move == name}
        most = sorted(ways.items(), key=lambda item: (-item[1], item[0]))
        told = ", ".join(f"{ending or 'no data'} {n:,}" for ending, n in most)
        yield f"  {name:<14} {sum(ways.values()):>7,}: {told}"

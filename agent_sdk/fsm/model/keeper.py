"""Who acts alone in a round: drawn from the block's randomness, another one at each attempt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

__all__ = ["Draw", "keeper_of"]


@dataclass(frozen=True)
class Draw:
    """The draw of a keeper.

    Attributes:
        entropy: randomness of the block in which the state was first entered.
        attempt: how often its keeper has missed or failed since.
    """

    entropy: int
    attempt: int = 0

    def again(self) -> Draw:
        """Return the draw of the next attempt."""
        return Draw(self.entropy, self.attempt + 1)


def keeper_of(draw: Draw, everyone: Sequence[str], excluded: Collection[str] = ()) -> str:
    """Return the keeper of a draw; if nobody is left, everybody is asked again."""
    live = [name for name in everyone if name not in excluded] or list(everyone)
    return live[(draw.entropy + draw.attempt) % len(live)]

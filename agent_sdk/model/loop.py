"""The autonomy loop: when the next application of T is due.

"When the transition function T is implemented with a self-scheduling action,
T: S x D x A_ss -> S, we call T an autonomy loop."
Source: definition, "Agent Definition"; contracts/libraries/NextDue.sol. All times are Unix seconds.
"""

from __future__ import annotations

from agent_sdk.types import Timing

__all__ = ["REJECTED", "SELDOM", "STOP", "after_failure", "after_miss", "after_success"]

STOP = 2**256 - 1
"""a wish to run never again. Source: IConsumers.STOP"""
REJECTED = 2**256 - 2
"""the answer named no action; next run after the interval. Source: IConsumers.REJECTED"""
SELDOM = 2**40 - 1
"""later than any heartbeat: what a paused agent wishes. Source: AgentActions.SELDOM"""

_MAX_DOUBLINGS = 6
_DAY = 86_400


def after_success(timing: Timing, *, due: int, wish: int, now: int) -> int:
    """Return the next due time after a run that succeeded; 0 = the loop is over.

    Args:
        timing: of the record.
        due: when this run was due.
        wish: what the target answered to "when next?".
        now: time of the block.
    """
    if wish == STOP:
        return 0
    if wish in (0, REJECTED):
        return _regular(timing, due, now) if timing.interval else 0
    if timing.heartbeat == 0:
        return 0
    earliest, latest = now + (timing.interval or 1), now + timing.heartbeat
    return earliest if wish < earliest else min(wish, latest)


def after_failure(timing: Timing, *, failures: int, now: int) -> int:
    """Return the next due time after so many failed runs in a row; the pause doubles six times."""
    if timing.heartbeat == 0:
        return 0
    pause = timing.heartbeat << min(failures, _MAX_DOUBLINGS)
    return now + min(pause, max(timing.heartbeat, _DAY))


def after_miss(timing: Timing, *, now: int) -> int:
    """Return the next due time of a run that went unanswered. Source: Misses._afterMiss."""
    return now + timing.heartbeat if timing.heartbeat else 0


def _regular(timing: Timing, due: int, now: int) -> int:
    if timing.is_grid:
        return due + ((now - due) // timing.interval + 1) * timing.interval
    return now + timing.interval

"""How runs end, and why they do not begin: the enums of the contracts."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Ending", "Miss", "Outcome", "Refusal"]


class Outcome(IntEnum):
    """What became of a task that was to be run. Source: IScheduler.Outcome."""

    SUCCEEDED = 0
    FAILED = 1
    STALE = 2
    NOT_DUE = 3
    UNAFFORDABLE = 4


class Ending(IntEnum):
    """How the target took a decision. Source: IInferenceMarket.Ending."""

    RECORDED = 0
    ACCEPTED = 1
    REJECTED = 2
    FAILED = 3


class Refusal(IntEnum):
    """Why an answer of a batch was not taken. Source: IInferenceMarket.Refusal."""

    NONE = 0
    NOT_BOOKED = 1
    NOT_PROVIDER = 2
    WRONG_RUN = 3
    OUTSIDE_WINDOW = 4
    TOO_LONG = 5
    WRONG_PINNED_BLOCK = 6
    UNSORTED = 7


class Miss(IntEnum):
    """Why a run went unanswered. Source: contracts/interfaces/IConsumers.sol, `Miss`."""

    EXPIRED = 0
    DECLINED = 1
    RESIGNED = 2
    UNSERVED = 3

"""Payloads, when two of them vote for the same, and why one is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Payload", "Refusal", "identity", "is_none", "majority_possible", "strongest"]


class Refusal(StrEnum):
    """Why a payload is refused; a refusal never changes a round."""

    LATE = "late_payload_type"
    WRONG_TYPE = "wrong_payload_type"
    WRONG_ROUND = "wrong_round_count"
    NOT_PARTICIPANT = "not_participant"
    ALREADY_SENT = "already_sent"
    NOT_KEEPER = "not_keeper"
    KEEPER_SENT = "keeper_already_set"
    DIFFERENT = "different_value"
    DUPLICATE = "duplicate_value"
    PAUSED = "paused"
    ENDED = "ended"
    TIMEOUTS_DUE = "timeouts_due"


@dataclass(frozen=True)
class Payload:
    """What one operator sends in one round.

    Attributes:
        sender: the operator.
        kind: the type of payload, by name.
        round_count: the round it is meant for.
        attributes: its values by name, in the order of their declaration; None means "I failed".
    """

    sender: str
    kind: str
    round_count: int
    attributes: Mapping[str, Any]

    @property
    def values(self) -> tuple[Any, ...]:
        """The values alone."""
        return tuple(self.attributes.values())


def is_none(values: Sequence[Any]) -> bool:
    """Tell whether a payload says nothing but "I failed"."""
    return all(value is None for value in values)


def identity(values: Any, *, exact: bool) -> Hashable:
    """Return what two payloads have in common when they vote for the same values.

    Args:
        values: the values of a payload.
        exact: by encoding, as on the chain; otherwise by Python's equality, where 1 is True.
    """
    if exact:
        return json.dumps(values, sort_keys=True, default=_bytes)
    if isinstance(values, Mapping):
        return frozenset((name, identity(value, exact=False)) for name, value in values.items())
    if isinstance(values, list | tuple):
        return tuple(identity(value, exact=False) for value in values)
    return values  # type: ignore[no-any-return]


def _bytes(value: Any) -> dict[str, str]:
    """Return bytes as JSON that no other value of a payload has."""
    if isinstance(value, bytes):
        return {"__bytes__": value.hex()}
    raise TypeError(f"{value!r} is no value of a payload: take an ABI type")


def strongest(votes: Iterable[Hashable]) -> tuple[Hashable, int]:
    """Return the vote that most operators cast, the earliest of equals, and their number."""
    return max(Counter(votes).items(), key=lambda item: item[1], default=((), 0))


def majority_possible(votes: Sequence[Hashable], *, voters: int, threshold: int) -> bool:
    """Tell whether the votes that are left can still bring one value to the threshold."""
    if not votes:
        return True
    return voters - len(votes) + strongest(votes)[1] >= threshold

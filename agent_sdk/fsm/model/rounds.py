"""One round: its rules, and which payloads it takes; pure, without clock or chain."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from agent_sdk.fsm.model.operators import Operators
from agent_sdk.fsm.model.semantics import Semantics
from agent_sdk.fsm.model.values import (
    Payload,
    Refusal,
    identity,
)
from agent_sdk.fsm.spec import RoundKind

__all__ = ["Event", "Outcome", "Round", "RoundRules"]


class Event(StrEnum):
    """How a round ends by itself; a timeout is another way."""

    DONE = "DONE"
    NONE = "NONE"
    NO_MAJORITY = "NO_MAJORITY"
    NEGATIVE = "NEGATIVE"
    FAIL = "FAIL"


@dataclass(frozen=True)
class RoundRules:
    """What a specification says of one round.

    Attributes:
        name: state of the table.
        kind: when it ends.
        payload: type of payload that it takes, by name.
        keys: where the agreed values go, in the order of the payload's attributes.
        collection: where the payloads of all senders go, or None.
        confirmations: blocks after the threshold in which more payloads are taken.
        rejoin: operators that do not take part at present may send too.
        opens_period: DONE begins a new period.
        executes: DONE makes the agreed call; if that fails the ending is FAIL.
        events: names that the table has for the endings, where they differ.
    """

    name: str
    kind: RoundKind
    payload: str
    keys: tuple[str, ...] = ()
    collection: str | None = None
    confirmations: int = 0
    rejoin: bool = False
    opens_period: bool = False
    executes: bool = False
    events: Mapping[Event, str] = field(default_factory=dict)

    @property
    def endings(self) -> tuple[str, ...]:
        """Events with which the round can end by itself, as the table calls them."""
        found = [Event(role) for role in self.kind.outcomes]
        if self.executes and Event.FAIL not in found:
            found.append(Event.FAIL)
        return tuple(self.name_of(event) for event in found)

    def name_of(self, event: Event) -> str:
        """Return what the table calls an ending."""
        return self.events.get(event, event.value)


@dataclass(frozen=True)
class Outcome:
    """How a round ended.

    Attributes:
        event: the ending.
        writes: values to append to the synchronized data, by key.
        values: what was agreed on, where the ending is such a value.
    """

    event: Event
    writes: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[Any, ...] | None = None


class Round(ABC):
    """A round under way; the subclasses are the kinds.

    Attributes:
        collection: payloads by sender, in order of arrival.
        confirmations: blocks since the threshold was reached, that block included.
    """

    #: Whether operators that do not take part may send where the rules let them.
    _rejoins: ClassVar[bool] = True

    def __init__(
        self,
        rules: RoundRules,
        *,
        operators: Operators,
        round_count: int,
        semantics: Semantics,
        previous_payload: str | None = None,
        keeper: str | None = None,
    ) -> None:
        self.rules = rules
        self.operators = operators
        self.round_count = round_count
        self.semantics = semantics
        self.previous_payload = previous_payload
        self.keeper = keeper
        self.collection: dict[str, Payload] = {}
        self.confirmations = 0
        self._reached_at: int | None = None

    def offer(self, payload: Payload) -> Refusal | None:
        """Take a payload, or say why not."""
        refusal = self._refuse_type(payload) or self._refuse(payload)
        if refusal is None:
            self.collection[payload.sender] = payload
        return refusal

    @abstractmethod
    def end(self, height: int) -> Outcome | None:
        """Return how the round ends after a block, or None when it goes on."""

    def _refuse_type(self, payload: Payload) -> Refusal | None:
        if payload.kind == self.rules.payload:
            return None
        late = self.previous_payload is not None and payload.kind == self.previous_payload
        return Refusal.LATE if late else Refusal.WRONG_TYPE

    def _refuse(self, payload: Payload) -> Refusal | None:
        if payload.round_count != self.round_count:
            return Refusal.WRONG_ROUND
        if self._asks_sender() and payload.sender not in self._accepted():
            return Refusal.NOT_PARTICIPANT
        return Refusal.ALREADY_SENT if payload.sender in self.collection else None

    def _asks_sender(self) -> bool:
        """Tell whether payloads of others than the operators are refused."""
        return True

    def _accepted(self) -> frozenset[str] | tuple[str, ...]:
        everyone = self.semantics.one_operator_set or (self._rejoins and self.rules.rejoin)
        return self.operators.everyone if everyone else self.operators.active

    @property
    def voters(self) -> int:
        """How many votes there can be in all."""
        one_set = self.semantics.one_operator_set
        return len(self.operators.everyone if one_set else self.operators.active)

    def same(self, values: Any) -> Any:
        """Return what equal votes have in common."""
        return identity(values, exact=self.semantics.exact_values)

    def collected(self) -> dict[str, Any]:
        """Return the payloads of all senders under their key."""
        if self.rules.collection is None:
            return {}
        rows = [[sender, dict(p.attributes)] for sender, p in self.collection.items()]
        return {self.rules.collection: {"__collection__": rows}}

    def agreed(self, values: tuple[Any, ...]) -> dict[str, Any]:
        """Return agreed values under their keys."""
        return dict(zip(self.rules.keys, values, strict=False))

    def confirmed(self, height: int) -> bool:
        """Count the blocks since k payloads are there; tell whether they are enough."""
        if len(self.collection) < self.operators.threshold:
            return False
        if self._reached_at is None:
            self._reached_at = height
        self.confirmations = height - self._reached_at + 1
        return self.confirmations > self.rules.confirmations

"""The kinds of rounds: when each ends, and what it writes.

With k being the threshold and N the number of operators:

    CollectSameUntilThreshold       k equal values: DONE, or NONE when they are None;
                                    NO_MAJORITY once no value can reach k
    CollectDifferentUntilThreshold  k payloads: DONE
    CollectNonEmptyUntilThreshold   k payloads: DONE, or NONE when all are None
    CollectSameUntilAll             N equal payloads: DONE
    CollectDifferentUntilAll        N different payloads: DONE
    OnlyKeeperSends                 the keeper's payload: DONE, or FAIL when it is None
    Voting                          k True: DONE, k False: NEGATIVE, k None: NONE;
                                    NO_MAJORITY once none of them can reach k
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from agent_sdk.fsm.model.operators import Operators
from agent_sdk.fsm.model.rounds import Event, Outcome, Round, RoundRules
from agent_sdk.fsm.model.semantics import Semantics
from agent_sdk.fsm.model.values import Payload, Refusal, is_none, majority_possible, strongest
from agent_sdk.fsm.spec import RoundKind

__all__ = ["new_round"]


class CollectSameUntilThreshold(Round):
    """k operators send the same."""

    def end(self, height: int) -> Outcome | None:
        """End on agreement, or once there can be none."""
        votes = [self.same(p.values) for p in self.collection.values()]
        vote, count = strongest(votes)
        if count >= self.operators.threshold:
            values = next(p.values for p in self.collection.values() if self.same(p.values) == vote)
            if self.rules.opens_period and self.semantics.none_opens_period:
                return Outcome(Event.DONE)
            if is_none(values):
                return Outcome(Event.NONE)
            return Outcome(Event.DONE, {**self.agreed(values), **self.collected()}, values)
        if majority_possible(votes, voters=self.voters, threshold=self.operators.threshold):
            return None
        return Outcome(Event.NO_MAJORITY)


class CollectDifferentUntilThreshold(Round):
    """k operators send something; there is always a way on, so never NO_MAJORITY."""

    def end(self, height: int) -> Outcome | None:
        """End once enough payloads are there for long enough."""
        return Outcome(Event.DONE, self.collected()) if self.confirmed(height) else None


class CollectNonEmptyUntilThreshold(Round):
    """k operators send something, and at least one of them not None."""

    def end(self, height: int) -> Outcome | None:
        """End once enough payloads are there for long enough."""
        if not self.confirmed(height):
            return None
        given = {s: p.values for s, p in self.collection.items() if not is_none(p.values)}
        writes = {**self._values_by_sender(given), **self.collected()}
        return Outcome(Event.DONE if given else Event.NONE, writes)

    def _values_by_sender(self, given: Mapping[str, tuple[Any, ...]]) -> dict[str, Any]:
        """Return what is not None, by key and then by sender; None leaves no gap in compat."""
        keys = self.rules.keys
        if self.semantics.aligned_keys:
            rows = {
                sender: dict(zip(keys, values, strict=False)) for sender, values in given.items()
            }
        else:
            rows = {
                sender: dict(zip(keys, (v for v in values if v is not None), strict=False))
                for sender, values in given.items()
            }
            if len(keys) != 1:
                return rows
        return {
            key: {sender: row[key] for sender, row in rows.items() if row.get(key) is not None}
            for key in keys
        }


class _CollectUntilAll(Round):
    def end(self, height: int) -> Outcome | None:
        """End once everybody has sent."""
        if len(self.collection) < len(self.operators.everyone):
            return None
        return Outcome(Event.DONE, {**self._found(), **self.collected()}, self._values())

    def _values(self) -> tuple[Any, ...] | None:
        """Return what all agree on, if this is about agreeing."""
        return None

    def _found(self) -> dict[str, Any]:
        """Return who takes part from now on, where that may change."""
        return {} if self.semantics.one_operator_set else {"participants": sorted(self.collection)}

    def _refuse(self, payload: Payload) -> Refusal | None:
        sent = payload.sender in self.collection
        known = {self.same(p.values) for p in self.collection.values()}
        refusal = None if sent else self._refuse_value(self.same(payload.values), known)
        return refusal or super()._refuse(payload)

    def _asks_sender(self) -> bool:
        return self.semantics.one_operator_set

    @abstractmethod
    def _refuse_value(self, value: Any, known: set[Any]) -> Refusal | None: ...


class CollectSameUntilAll(_CollectUntilAll):
    """All operators send the same; another value is refused."""

    def _refuse_value(self, value: Any, known: set[Any]) -> Refusal | None:
        return Refusal.DIFFERENT if known and value not in known else None

    def _values(self) -> tuple[Any, ...]:
        return next(iter(self.collection.values())).values

    def _found(self) -> dict[str, Any]:
        return {**super()._found(), **self.agreed(self._values())}


class CollectDifferentUntilAll(_CollectUntilAll):
    """All operators send different values; a value that is there already is refused."""

    def _refuse_value(self, value: Any, known: set[Any]) -> Refusal | None:
        return Refusal.DUPLICATE if value in known else None


class OnlyKeeperSends(Round):
    """The keeper sends once; nobody else does, and only an operator taking part is keeper."""

    _rejoins = False

    def _refuse(self, payload: Payload) -> Refusal | None:
        refusal = super()._refuse(payload)
        if refusal is Refusal.ALREADY_SENT:
            return Refusal.KEEPER_SENT
        if refusal is None and payload.sender != self.keeper:
            return Refusal.NOT_KEEPER
        return refusal

    def end(self, height: int) -> Outcome | None:
        """End with the keeper's payload."""
        for payload in self.collection.values():
            if is_none(payload.values):
                return Outcome(Event.FAIL)
            return Outcome(Event.DONE, self.agreed(payload.values))
        return None


class Voting(Round):
    """k operators vote yes, no, or that they could not tell."""

    _BALLOT = ((True, Event.DONE), (False, Event.NEGATIVE), (None, Event.NONE))

    def end(self, height: int) -> Outcome | None:
        """End on a majority, or once there can be none."""
        votes = [self.same(p.values[:1]) for p in self.collection.values()]
        for ballot, event in self._BALLOT:
            if votes.count(self.same((ballot,))) >= self.operators.threshold:
                done = event is Event.DONE
                return Outcome(event, self.collected() if done else {}, (ballot,))
        if majority_possible(votes, voters=self.voters, threshold=self.operators.threshold):
            return None
        return Outcome(Event.NO_MAJORITY)


_KINDS: Mapping[RoundKind, type[Round]] = {
    RoundKind.COLLECT_SAME_UNTIL_THRESHOLD: CollectSameUntilThreshold,
    RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD: CollectDifferentUntilThreshold,
    RoundKind.COLLECT_NON_EMPTY_UNTIL_THRESHOLD: CollectNonEmptyUntilThreshold,
    RoundKind.COLLECT_SAME_UNTIL_ALL: CollectSameUntilAll,
    RoundKind.COLLECT_DIFFERENT_UNTIL_ALL: CollectDifferentUntilAll,
    RoundKind.ONLY_KEEPER_SENDS: OnlyKeeperSends,
    RoundKind.VOTING: Voting,
}


def new_round(
    rules: RoundRules,
    *,
    operators: Operators,
    round_count: int,
    semantics: Semantics,
    previous_payload: str | None = None,
    keeper: str | None = None,
) -> Round:
    """Begin a round of the kind that its rules name."""
    return _KINDS[rules.kind](
        rules,
        operators=operators,
        round_count=round_count,
        semantics=semantics,
        previous_payload=previous_payload,
        keeper=keeper,
    )

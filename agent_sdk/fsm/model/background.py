"""Background apps: pause, resume and terminate by agreement, whatever the round; slash by proof."""

from __future__ import annotations

from enum import StrEnum

from agent_sdk.fsm.model.operators import Operators
from agent_sdk.fsm.model.values import Payload, Refusal, identity

__all__ = ["Background", "Effect", "equivocates"]


class Effect(StrEnum):
    """What operators can agree on beside the rounds; the value is the type of payload."""

    PAUSE = "background/pause"
    RESUME = "background/resume"
    TERMINATE = "background/terminate"


class Background:
    """Votes for the effects; one vote of each operator for each effect and term.

    Attributes:
        term: number of effects so far; a payload carries it as its round count.
        paused: whether the app stands still.
        terminated: whether it has ended for good.
    """

    def __init__(self, operators: Operators) -> None:
        self.term = 0
        self.paused = False
        self.terminated = False
        self._operators = operators
        self._votes: dict[Effect, set[str]] = {effect: set() for effect in Effect}

    def takes(self, payload: Payload) -> bool:
        """Tell whether a payload is for the background."""
        return payload.kind in set(Effect)

    def offer(self, payload: Payload) -> Refusal | None:
        """Take a vote, or say why not."""
        effect = Effect(payload.kind)
        if self.terminated:
            return Refusal.ENDED
        if payload.round_count != self.term:
            return Refusal.WRONG_ROUND
        if payload.sender not in self._operators.everyone:
            return Refusal.NOT_PARTICIPANT
        if (effect is Effect.PAUSE and self.paused) or (
            effect is Effect.RESUME and not self.paused
        ):
            return Refusal.WRONG_TYPE
        if payload.sender in self._votes[effect]:
            return Refusal.ALREADY_SENT
        self._votes[effect].add(payload.sender)
        return None

    def end(self) -> Effect | None:
        """Return the effect that enough operators want, and apply it; ending comes first."""
        for effect in (Effect.TERMINATE, Effect.PAUSE, Effect.RESUME):
            if len(self._votes[effect]) >= self._operators.threshold:
                self._apply(effect)
                return effect
        return None

    def _apply(self, effect: Effect) -> None:
        self.term += 1
        self._votes = {each: set() for each in Effect}
        self.paused = effect is Effect.PAUSE
        self.terminated = effect is Effect.TERMINATE


def equivocates(first: Payload, second: Payload) -> bool:
    """Tell whether two payloads prove that an operator voted twice in one round."""
    return (
        (first.sender, first.kind, first.round_count)
        == (second.sender, second.kind, second.round_count)
    ) and identity(first.values, exact=True) != identity(second.values, exact=True)

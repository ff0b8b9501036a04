"""What becomes of one due run: it is answered, handed back, or left for now.

Everything that an answer is made of is read at the pinned block, so anybody can check it later.
A run that has no answer is handed back in the first half of its window. Later an empty answer goes
out, which the target records as no decision: strangers can make an engine fail, so no stake is put
on that.
"""

from __future__ import annotations

from typing import Final

from agent_sdk.chain import Chain
from agent_sdk.daemons import decisions, declines
from agent_sdk.daemons.answers import Answers, Thinking
from agent_sdk.daemons.bundles import Ready
from agent_sdk.daemons.deliveries import Deliveries
from agent_sdk.daemons.engine_state import EngineState
from agent_sdk.daemons.handbacks import Handbacks
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.question import Reader, Unanswerable
from agent_sdk.types import Block

__all__ = ["Responder"]

PINNED_DEPTH: Final = 8_000
"""blocks; Everloop knows the hashes of about that many. Source: EIP-2935, PinnedBlock.sol"""
PINNED_SPARE: Final = 150
"""blocks; an answer as of a block that is that much older may still be delivered"""


class Responder:
    """Makes the answers of one provider, one run at a time."""

    def __init__(
        self,
        chain: Chain,
        reader: Reader,
        answers: Answers,
        state: EngineState,
        out: Deliveries,
        back: Handbacks,
    ) -> None:
        """Read with `reader`, ask through `answers`, weigh by `out`, hand back through `back`."""
        self._chain = chain
        self._reader = reader
        self._answers = answers
        self._state = state
        self._out = out
        self._back = back

    def respond(self, known: Known, head: Block) -> Ready | str | None:
        """Decide; return the delivery, or what stands against it; None where it is handed back.

        Raises:
            EngineError: The engine has no answer now, and there is time to ask again.
            Thinking: The engine needs longer than a turn, or is at another run.
            Reverted: The chain would refuse the delivery.
        """
        hopeless = self._hopeless(known, head)
        if hopeless and self._back.decline(known, head, hopeless):
            return None
        refusal = self._out.too_dear(known, head, gas=0)
        if refusal:
            return refusal
        pinned = self._pinned(known)
        if pinned is None:
            return "no block at or after the due time"
        decision = self._answers.recorded(known, pinned)
        if decision is None:
            left = self._out.left(known, head)
            try:
                decision = self._decide(known, pinned, left)
            except Unanswerable as error:
                if self._back.decline(known, head, str(error), lasting=True):
                    return None
                decision = self._answers.give_up(known, pinned, str(error))
        return "asked to stop" if decision is None else self._out.ready(known, pinned, decision)

    def _hopeless(self, known: Known, head: Block) -> str:
        """Return why a run is better handed back than waited for; empty where it is not."""
        if self._back.is_beyond(known, head):
            return "the base fee is above its owner's cap"
        left = self._out.left(known, head)
        if not declines.is_early(known.job, left) or self._answers.has_decision(known):
            return ""
        fault = self._answers.fault_of(known) or self._state.lasting_fault
        if fault and declines.is_fruitless(known.job, left):
            return f"the engine does not answer: {fault}"
        waits = self._answers.is_busy and not self._answers.is_asked(known)
        if waits and declines.is_last_call(known.job, left):
            return "the engine is at other runs"
        return ""

    def _decide(self, known: Known, pinned: Block, left: float) -> bytes | None:
        """Read and ask, `left` s before the end of the window; None when asked to stop.

        Raises:
            Thinking: The engine needs longer than a turn, or is at another run.
            Unanswerable: There will be no answer to this run.
        """
        spare = left - decisions.last_seconds(known.job)
        if self._answers.is_asked(known, pinned):
            return self._answers.take(known, seconds=spare)
        if self._answers.is_busy and spare > 0:
            raise Thinking("the engine is at another run")
        question = self._reader.read(known, pinned, is_last=spare <= 0)
        if spare <= 0:
            raise Unanswerable(f"no answer came in time: {left:.0f} s are left")
        self._answers.ask(known, question, seconds=spare)
        return self._answers.take(known, seconds=spare)

    def _pinned(self, known: Known) -> Block | None:
        """Return the block to read at: the first at or after the due time that Everloop knows.

        Where several blocks share a time, those before the booking's own do not know the job.
        """
        pinned = self._chain.block_at(known.slot.due)
        if pinned is None:
            return None
        # Late readers see a note in the history; a miss would cost stake.
        reach = self._chain.height() - PINNED_DEPTH
        before = self._answers.pinned_number(known)
        if pinned.number < reach and before is not None and before >= reach - PINNED_SPARE:
            reach = before
        least = max(known.booked, reach)
        return self._chain.block(least) if pinned.number < least else pinned

"""Answers of a decision engine, each journaled with all that it was made of."""

from __future__ import annotations

from typing import Final

from agent_sdk.daemons.index import Known
from agent_sdk.daemons.lifecycle import Stop, aside, log
from agent_sdk.daemons.question import Question
from agent_sdk.engines import Decision, Engine
from agent_sdk.engines.base import MAX_PROMPT
from agent_sdk.journal import Journal
from agent_sdk.manifest import HOLD, Action
from agent_sdk.types import Block

__all__ = ["DELIVER", "Answers"]

DELIVER: Final = "deliver"
"""kind of the journal's entries"""


class Answers:
    """Asks one engine and remembers what it said."""

    def __init__(self, mind: Engine, journal: Journal, stop: Stop) -> None:
        """Ask `mind`; give up waiting for it when asked to stop."""
        self._mind = mind
        self._journal = journal
        self._stop = stop
        self.seconds = 0.0
        """s that an answer takes, from the last ones"""

    def recorded(self, known: Known, pinned: Block) -> bytes | None:
        """Return the decision that was computed for this run before, if it still holds."""
        entry = self._journal.get(DELIVER, known.id, known.slot.runs)
        if entry is None or entry.data.get("pinned_hash") != "0x" + pinned.hash.hex():
            return None
        text = entry.data.get("decision")
        return bytes.fromhex(text.removeprefix("0x")) if isinstance(text, str) else None

    def find(self, known: Known, question: Question) -> bytes | None:
        """Return the decision for a run as call data; None when asked to stop meanwhile.

        An answer longer than the job pays for becomes hold().

        Raises:
            EngineError: The engine has no answer now.
        """
        self._note_question(known, question)
        answer = aside(
            lambda: self._mind.decide(
                question.manifest, question.prompt, question.budget, history=question.history
            ),
            self._stop,
        )
        if answer is None:
            return None
        self.seconds = max(self.seconds / 2, answer.milliseconds / 1_000)
        actions, reason = answer.actions, answer.reason
        decision = question.manifest.encode(actions)
        limit = known.job.timing.output_limit
        if len(decision) > limit:
            actions, reason = (HOLD,), f"the answer takes {len(decision)} bytes of {limit}"
            decision = question.manifest.encode(actions)
        self._note_answer(known, answer, actions, reason, decision)
        return decision

    def _note_question(self, known: Known, question: Question) -> None:
        self._journal.record(
            DELIVER,
            known.id,
            known.slot.runs,
            "seen",
            agent=known.job.target,
            provider=known.job.provider,
            pinned_block=question.pinned.number,
            pinned_hash="0x" + question.pinned.hash.hex(),
            prompt=question.prompt[:MAX_PROMPT],
            prompt_hash=question.prompt_hash,
        )

    def _note_answer(
        self,
        known: Known,
        answer: Decision,
        actions: tuple[Action, ...],
        reason: str,
        decision: bytes,
    ) -> None:
        self._journal.record(
            DELIVER,
            known.id,
            known.slot.runs,
            "computed",
            raw_output=answer.raw,
            tokens=answer.tokens,
            milliseconds=answer.milliseconds,
            reason=reason,
            actions=[action.to_dict() for action in actions],
            decision="0x" + decision.hex(),
            engine=self._mind.name,
            model=self._mind.model,
            model_sha256=self._mind.model_sha256,
        )
        log(
            "decided",
            job=known.id,
            run=known.slot.runs,
            actions="; ".join(str(action) for action in actions),
            milliseconds=answer.milliseconds,
            reason=reason,
        )

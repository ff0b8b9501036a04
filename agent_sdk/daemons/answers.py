"""Answers of a decision engine, each journaled with all that it was made of."""

from __future__ import annotations

import logging
from typing import Final

from agent_sdk.daemons.index import Known
from agent_sdk.daemons.lifecycle import Stop, aside, log
from agent_sdk.daemons.question import Question
from agent_sdk.daemons.results import Result, decided, fallback, written
from agent_sdk.engines import Engine, Writer
from agent_sdk.engines.base import MAX_PROMPT
from agent_sdk.errors import EngineError
from agent_sdk.journal import Journal
from agent_sdk.manifest import Manifest
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

    def recorded(self, known: Known, pinned: Block) -> bytes | None:
        """Return the decision that was computed for this run before, if it still holds."""
        entry = self._journal.get(DELIVER, known.id, known.slot.runs)
        if entry is None or entry.data.get("pinned_hash") != "0x" + pinned.hash.hex():
            return None
        text = entry.data.get("decision")
        return bytes.fromhex(text.removeprefix("0x")) if isinstance(text, str) else None

    def find(
        self, known: Known, question: Question, *, seconds: float, last: bool = True
    ) -> bytes | None:
        """Return the decision for a run; None when asked to stop meanwhile.

        An agent's is call data, a plain question's is text. An engine that is not done after
        `seconds` is waited for no longer, and the fallback is the decision if it is the `last` try.

        Raises:
            EngineError: The engine has no answer now.
        """
        self._note_question(known, question.pinned, question)
        limit = known.job.timing.output_limit
        try:
            result = aside(lambda: self._ask(question, limit), self._stop, seconds=seconds)
        except TimeoutError as error:
            if not last:
                raise EngineError(f"{error}; another run comes first") from None
            result = fallback(question.manifest, limit, str(error))
        if result is None:
            return None
        self._note_answer(known, result)
        return result.decision

    def give_up(self, known: Known, pinned: Block, manifest: Manifest | None, reason: str) -> bytes:
        """Return the decision of a run that has no answer, and say why."""
        self._note_question(known, pinned, None)
        result = fallback(manifest, known.job.timing.output_limit, reason)
        self._note_answer(known, result)
        return result.decision

    def _ask(self, question: Question, limit: int) -> Result:
        if question.manifest is not None:
            answer = self._mind.decide(
                question.manifest, question.prompt, question.budget, history=question.history
            )
            return decided(question.manifest, answer, limit)
        if not isinstance(self._mind, Writer):
            return fallback(None, limit, f"engine {self._mind.name} answers no plain questions")
        return written(self._mind.complete(question.prompt, limit=limit), limit)

    def _note_question(self, known: Known, pinned: Block, question: Question | None) -> None:
        asked = (
            {}
            if question is None
            else {
                "prompt": question.prompt[:MAX_PROMPT],
                "prompt_hash": question.prompt_hash,
            }
        )
        self._journal.record(
            DELIVER,
            known.id,
            known.slot.runs,
            "seen",
            agent=known.job.target,
            provider=known.job.provider,
            pinned_block=pinned.number,
            pinned_hash="0x" + pinned.hash.hex(),
            **asked,
        )

    def _note_answer(self, known: Known, result: Result) -> None:
        self._journal.record(
            DELIVER,
            known.id,
            known.slot.runs,
            "computed",
            raw_output=result.raw,
            tokens=result.tokens,
            milliseconds=result.milliseconds,
            reason=result.reason,
            actions=[action.to_dict() for action in result.actions],
            decision="0x" + result.decision.hex(),
            engine=self._mind.name,
            model=self._mind.model,
            model_sha256=self._mind.model_sha256,
        )
        log(
            "decided",
            level=logging.WARNING if result.reason else logging.INFO,
            job=known.id,
            run=known.slot.runs,
            actions="; ".join(str(action) for action in result.actions),
            bytes=len(result.decision),
            milliseconds=result.milliseconds,
            reason=result.reason,
        )

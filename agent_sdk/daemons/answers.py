"""Answers of a decision engine, each journaled with all that it was made of."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Final

from agent_sdk.daemons.engine_state import EngineState, words
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.lifecycle import Aside, Stop, log
from agent_sdk.daemons.question import Question
from agent_sdk.daemons.results import Result, decided, nothing, written
from agent_sdk.engines import Engine, Writer
from agent_sdk.engines.base import MAX_PROMPT
from agent_sdk.journal import Journal
from agent_sdk.types import Block

__all__ = ["DELIVER", "Answers", "Thinking"]

DELIVER: Final = "deliver"
"""kind of the journal's entries"""


TURN_SECONDS: Final = 5.0
"""s that all other runs wait for one answer"""
BUSY_SECONDS: Final = 60.0
"""s after which an engine is asked about another run although it is at one"""


class Thinking(Exception):
    """There is no answer yet, and time to look again."""


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """A question that an engine is at, or was."""

    question: Question
    work: Aside[Result]
    began: float
    """s, by the monotonic clock"""
    until: float
    """s, by the same clock: later nobody wants the answer"""


class Answers:
    """Asks one engine and remembers what it said."""

    def __init__(self, mind: Engine, state: EngineState, journal: Journal, stop: Stop) -> None:
        """Ask `mind`, noting in `state` how it is; give up waiting for it when asked to stop."""
        self._mind = mind
        self._state = state
        self._journal = journal
        self._stop = stop
        self._asked: dict[tuple[bytes, int], _Asked] = {}
        self._faults: dict[bytes, tuple[int, str]] = {}

    def recorded(self, known: Known, pinned: Block) -> bytes | None:
        """Return the decision that was computed for this run before, if it still holds."""
        entry = self._journal.get(DELIVER, known.id, known.slot.runs)
        if entry is None or entry.data.get("pinned_hash") != "0x" + pinned.hash.hex():
            return None
        text = entry.data.get("decision")
        return bytes.fromhex(text.removeprefix("0x")) if isinstance(text, str) else None

    def pinned_number(self, known: Known) -> int | None:
        """Return the number of the block at which this run was asked about before."""
        entry = self._journal.get(DELIVER, known.id, known.slot.runs)
        number = entry.data.get("pinned_block") if entry is not None else None
        return number if isinstance(number, int) else None

    def has_decision(self, known: Known) -> bool:
        """Whether a decision was computed for this run before."""
        entry = self._journal.get(DELIVER, known.id, known.slot.runs)
        return entry is not None and "decision" in entry.data

    def fault_of(self, known: Known) -> str:
        """Return what the engine failed with when it was last asked about this run, or nothing."""
        run, fault = self._faults.get(known.id, (-1, ""))
        return fault if run == known.slot.runs else ""

    @property
    def is_busy(self) -> bool:
        """Whether the engine is at an answer that it has not been given long for."""
        now = time.monotonic()
        return any(
            not asked.work.is_done and now - asked.began < BUSY_SECONDS
            for asked in self._asked.values()
        )

    def is_asked(self, known: Known, pinned: Block | None = None) -> bool:
        """Whether the engine was asked about this run, as of that block, and not yet waited out."""
        asked = self._asked.get((known.id, known.slot.runs))
        if asked is None:
            return False
        return pinned is None or asked.question.pinned.hash == pinned.hash

    def ask(self, known: Known, question: Question, *, seconds: float) -> None:
        """Ask the engine about a run; `take` has what it says, within `seconds`.

        An agent's answer is call data, a plain question's is text.
        """
        self._note_question(known, question.pinned, question)
        limit, now = known.job.timing.output_limit, time.monotonic()
        # Of runs that were cancelled or expired meanwhile nobody takes the answer.
        self._asked = {key: one for key, one in self._asked.items() if now < one.until}
        self._asked[(known.id, known.slot.runs)] = _Asked(
            question=question,
            work=Aside(lambda: self._ask(question, limit)),
            began=now,
            until=now + seconds + BUSY_SECONDS,
        )

    def take(self, known: Known, *, seconds: float) -> bytes | None:
        """Return the decision of a run that was asked about; None when asked to stop meanwhile.

        An engine that is not done after `seconds` is waited for no longer, and the decision is
        empty. Other runs may be due before that, so nobody waits here for longer than a turn.

        Raises:
            Thinking: There is no answer yet.
            EngineError: The engine has no answer now.
        """
        key = (known.id, known.slot.runs)
        asked = self._asked[key]
        turn = max(0.0, asked.began + TURN_SECONDS - time.monotonic())
        try:
            result = asked.work.wait(self._stop, seconds=max(0.0, min(turn, seconds)))
        except TimeoutError:
            if asked.work.is_done:
                del self._asked[key]
                raise
            if seconds > turn:
                raise Thinking("the engine is at it") from None
            taken = time.monotonic() - asked.began
            result = nothing(f"no answer within {taken:.1f} s")
            self._state.is_late(result.reason)
        except BaseException as error:
            del self._asked[key]
            self._faults[known.id] = (known.slot.runs, words(error))
            raise
        if result is None:
            return None
        del self._asked[key]
        self._faults.pop(known.id, None)
        self._note_answer(known, result)
        return result.decision

    def give_up(self, known: Known, pinned: Block, reason: str) -> bytes:
        """Return the empty decision of a run that nobody answered, and say why."""
        self._note_question(known, pinned, None)
        result = nothing(reason)
        self._note_answer(known, result)
        return result.decision

    def _ask(self, question: Question, limit: int) -> Result:
        mind, manifest = self._mind, question.manifest
        if manifest is not None:
            answer = self._state.watch(
                lambda: mind.decide(
                    manifest,
                    question.prompt,
                    question.budget,
                    history=question.history,
                    context=question.context,
                )
            )
            return decided(manifest, answer, limit)
        if not isinstance(mind, Writer):
            return nothing(f"engine {mind.name} answers no plain questions")
        return written(
            self._state.watch(lambda: mind.complete(question.prompt, limit=limit)), limit
        )

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

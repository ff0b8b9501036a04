"""Whether a decision engine answers: what it did last, and what it says when it is looked at."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from agent_sdk.daemons.lifecycle import Aside, log
from agent_sdk.engines import Checkable, Engine

__all__ = ["EngineState", "words"]

T = TypeVar("T")

LOOK_SECONDS: Final = 30.0
"""s between looks at an engine that can be looked at without a question"""


class EngineState:
    """What is known of one engine; written by the threads that ask it."""

    def __init__(self, mind: Engine) -> None:
        """Know nothing against `mind` yet."""
        self._mind = mind
        self._look: Aside[None] | None = None
        self._looked = float("-inf")
        self._is_unreachable = False
        self._is_late = False
        self.fault = ""
        """what stands against it; empty once it answers again"""
        self.failures = 0
        """questions in a row without an answer"""

    @property
    def lasting_fault(self) -> str:
        """What stands against all runs, not only against the one that it was asked about."""
        return self.fault if self._is_unreachable or self._is_late else ""

    def watch(self, ask: Callable[[], T]) -> T:
        """Ask the engine something and note whether it answers.

        Raises:
            Exception: What the engine raises.
        """
        try:
            answer = ask()
        except Exception as error:
            self.fault = words(error)
            self.failures += 1
            raise
        self._is_unreachable = self._is_late = False
        self.fault, self.failures = "", 0
        return answer

    def is_late(self, reason: str) -> None:
        """Note that an answer did not come in its window; only an answer clears that."""
        self.fault, self._is_late = reason, True
        self.failures += 1

    def look(self) -> None:
        """Look at the engine from time to time, without waiting for what it says."""
        if not isinstance(self._mind, Checkable):
            return
        if self._look is not None and self._look.is_done:
            self._look = None
        if self._look is None and time.monotonic() - self._looked >= LOOK_SECONDS:
            self._look = Aside(self.look_now)

    def look_now(self) -> None:
        """Look at the engine, and say what is wrong with it."""
        self._looked = time.monotonic()
        if not isinstance(self._mind, Checkable):
            return
        try:
            self._mind.check()
        except Exception as error:
            if not self._is_unreachable:
                log(
                    "the engine does not answer",
                    level=logging.WARNING,
                    reason=words(error),
                    consequence="runs are handed back until it does",
                )
            self.fault, self._is_unreachable = words(error), True
            return
        self._is_unreachable = False
        # One that lists its models may still answer nothing.
        if not self._is_late:
            self.fault, self.failures = "", 0


def words(error: BaseException) -> str:
    """Return an error in one line."""
    return str(error) or type(error).__name__

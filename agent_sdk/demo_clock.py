"""The demo's clock: it moves anvil's time to the next step and waits for the machines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from agent_sdk.agent import Agent
from agent_sdk.chain import Chain
from agent_sdk.errors import CheckFailed
from agent_sdk.types import Step

__all__ = ["Clock", "until"]

PATIENCE_SECONDS: Final = 90.0
"""s for one step; a model on a machine with other work takes several"""


def until(condition: Callable[[], bool], fault: str, *, seconds: float | None = None) -> None:
    """Wait until a condition holds, at most `seconds`.

    Raises:
        CheckFailed: It does not in time; the message is `fault`.
    """
    patience = PATIENCE_SECONDS if seconds is None else seconds
    last = time.monotonic() + patience
    while not condition():
        if time.monotonic() > last:
            raise CheckFailed(f"{fault} (waited {patience:.0f} s)")
        time.sleep(0.05)


class Clock:
    """Moves time for one agent."""

    def __init__(self, chain: Chain, agent: Agent, seen: Callable[[Step], None]) -> None:
        """Call `seen` with every step that is made."""
        self._chain = chain
        self._agent = agent
        self._seen = seen
        self._steps = 0

    def run_to(self, steps: int) -> None:
        """Let time pass until the agent has made so many steps.

        Raises:
            CheckFailed: It stands still.
        """
        while self._steps < steps:
            self._to_due()
            until(self._stepped, f"agent {self._agent.address} makes no step {self._steps}")

    def pass_window(self) -> None:
        """Let a run become due and its window pass, and wait until it is over.

        Raises:
            CheckFailed: Nobody expires it.
        """
        job, runs = self._agent.job(), self._agent.slot().runs
        self._to_due()
        if job is not None:
            self._chain.advance(job.timing.window)
        fault = f"nobody expires the missed run of agent {self._agent.address}"
        until(lambda: self._agent.slot().runs > runs, fault)

    def _to_due(self) -> None:
        """Move the clock to the agent's next due time, unless that has come."""
        wait = self._agent.slot().due - self._chain.block().time
        if wait > 0:
            self._chain.advance(wait)

    def _stepped(self) -> bool:
        """Whether the agent has made a step since the last look; shows each."""
        made = self._agent.contract.steps()
        if made > self._steps:
            for step in self._agent.history()[self._steps : made]:
                self._seen(step)
            self._steps = made
            return True
        return False

"""An agent's last steps for its prompt, rebuilt from events and checked against its head."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract
from agent_sdk.daemons.lifecycle import log
from agent_sdk.history import GENESIS, fold
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak
from agent_sdk.tools import shown
from agent_sdk.types import Block, Event

__all__ = ["Recall"]

KEPT: Final = 8
"""steps shown to the model"""
REST: Final = 1_000
"""blocks for which a history that does not re-derive is not read again"""
CHUNK: Final = 2_000
"""blocks read at a time"""
READ_SECONDS: Final = 5.0
"""s after which no further chunk is read for one run; the next run goes on from there"""


@dataclass(kw_only=True)
class _Memory:
    """What is known of one agent up to a block."""

    head: bytes = GENESIS
    block: int
    is_proven: bool = False
    """whether it added up to the agent's head before"""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT))


class Recall:
    """Histories of the agents that a provider serves; each event is read once."""

    def __init__(self, chain: Chain, engine: EverloopContract, *, start_block: int = 0) -> None:
        """Read from `start_block`, that of Everloop's deployment."""
        self._chain = chain
        self._engine = engine
        self._start = start_block
        self._memories: dict[str, _Memory] = {}
        self._hopeless: dict[str, int] = {}

    def lines(self, agent: str, loop: bytes, manifest: Manifest, pinned: Block) -> Sequence[str]:
        """Return the last steps before the pinned block, oldest first, one line each.

        Args:
            agent: Address of the agent.
            loop: Id of its inference, 32 bytes.
            manifest: Names its actions.
            pinned: Block at which the prompt is read.

        Returns:
            No line where the events do not add up to the agent's head at that block, or are too
            many to be read for one run.
        """
        if pinned.number < self._hopeless.get(agent, 0):
            return ()
        wanted = AgentContract(self._chain, agent, block=pinned.number).history_head()
        memory = self._memories.get(agent)
        if memory is None or memory.block >= pinned.number:
            memory = self._anew()
        is_whole = self._grow(memory, agent, loop, manifest, pinned.number)
        if is_whole and memory.head != wanted and memory.is_proven:
            # Blocks that it was read from may be gone.
            memory = self._anew()
            is_whole = self._grow(memory, agent, loop, manifest, pinned.number)
        self._memories[agent] = memory
        if not is_whole:
            log("history is read in part", job=loop, agent=agent, block=memory.block)
            return ()
        if memory.head != wanted:
            self._memories.pop(agent)
            self._hopeless[agent] = pinned.number + REST
            log("history does not re-derive", level=logging.ERROR, job=loop, agent=agent)
            return ()
        memory.is_proven = True
        return tuple(memory.lines)

    def _anew(self) -> _Memory:
        return _Memory(block=self._start - 1)

    def _grow(
        self, memory: _Memory, agent: str, loop: bytes, manifest: Manifest, last: int
    ) -> bool:
        """Fold the events after what is known, up to block `last` if there is time; return that."""
        end = time.monotonic() + READ_SECONDS
        while memory.block < last:
            upto = min(last, memory.block + CHUNK)
            steps = AgentContract(self._chain, agent).events(
                "Stepped", from_block=memory.block + 1, to_block=upto
            )
            decisions = self._decisions(loop, steps[0].block, upto) if steps else {}
            for event in steps:
                memory.head = fold([event], head=memory.head)
                memory.lines.append(_line(event, decisions, manifest))
            memory.block = upto
            if time.monotonic() > end:
                break
        return memory.block >= last

    def _decisions(self, loop: bytes, first: int, last: int) -> dict[bytes, bytes]:
        """Return delivered decisions by their hash."""
        found = self._engine.job_events(
            "InferenceDelivered", from_block=first, to_block=last, id=loop
        )
        return {keccak(event.args["decision"]): event.args["decision"] for event in found}


def _line(event: Event, decisions: dict[bytes, bytes], manifest: Manifest) -> str:
    """Return one step in a line: `step 4: pay(25) (acted)`.

    What the manifest cannot read is told as call data: the next decision rests on what was done.
    """
    decision = decisions.get(event.args["decisionHash"])
    actions = None if decision is None else manifest.try_decode(decision)
    told, result = shown(actions, decision), event.args["result"].name.lower()
    return f"step {event.args['step']}: {told} ({result})"

"""Agents that a keeper wakes: those it was told of, since an agent pays for being woken itself.

All else that a keeper does is paid by Everloop; a stranger's agent might promise and not pay.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, WakeableContract
from agent_sdk.daemons.index import JobIndex, Known, Skip
from agent_sdk.daemons.lifecycle import log
from agent_sdk.errors import Reverted, SpecError
from agent_sdk.types import Block, Call, Job

__all__ = ["Wakes"]


class Wakes:
    """Looks which of some agents call for a step before its time."""

    def __init__(self, chain: Chain, index: JobIndex, agents: Sequence[str]) -> None:
        """Look at `agents`, addresses, whose loops `index` knows."""
        self._chain = chain
        self._index = index
        self._agents = tuple(agents)
        self._loops: dict[str, bytes] = {}
        self._complained: set[str] = set()

    def called_for(self, head: Block, skip: Skip) -> list[Known]:
        """Return the loops whose next step lies ahead and whose agents call for it now."""
        ahead = (self._ahead(agent, head, skip) for agent in self._agents)
        return [loop for loop in ahead if loop is not None and self._calls(loop)]

    def wake(self, job: Job) -> Call:
        """Return the call that wakes the agent of a loop."""
        return WakeableContract(self._chain, job.owner).wake(job)

    def _ahead(self, agent: str, head: Block, skip: Skip) -> Known | None:
        """Return an agent's loop if its next step lies ahead and it may be looked at."""
        if agent not in self._loops:
            try:
                self._loops[agent] = AgentContract(self._chain, agent).loop_id()
            except (Reverted, SpecError) as error:
                self._complain(agent, f"it is no agent: {error}")
                self._agents = tuple(other for other in self._agents if other != agent)
                return None
        id = self._loops[agent]
        loop = None if skip(id) else self._index.get(id)
        return loop if loop is not None and loop.slot.due > head.time else None

    def _calls(self, loop: Known) -> bool:
        """Whether an agent calls for its step; one that cannot tell now may be able to later."""
        agent = loop.job.owner
        try:
            return WakeableContract(self._chain, agent).should_wake()
        except (Reverted, SpecError) as error:
            self._complain(agent, f"it cannot tell whether it calls for a step: {error}")
            return False

    def _complain(self, agent: str, reason: str) -> None:
        """Say once what is wrong with an address."""
        if agent.lower() not in self._complained:
            self._complained.add(agent.lower())
            log("not woken", agent=agent, reason=reason)

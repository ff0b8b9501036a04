"""Money that comes in for jobs left alone: their back-off ends with it, not minutes later."""

from __future__ import annotations

import itertools
from collections.abc import Set
from typing import Final

from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.patience import Patience
from agent_sdk.logs import address_topic
from agent_sdk.types import Block

__all__ = ["Funding"]

MAX_OWNERS: Final = 500
"""owners asked for in one query; nodes take about a thousand topics, and beyond it all deposits
are read instead"""

LOOKS: Final = 32
"""treasuries looked at in one block; ETH sent to an agent leaves no event"""


class Funding:
    """Owners of jobs that were refused, and what they had then."""

    def __init__(self, chain: Chain, engine: EverloopContract, patience: Patience) -> None:
        """Watch owners on `chain`, and end the pauses of `patience` once one is funded."""
        self._chain = chain
        self._engine = engine
        self._patience = patience
        self._seen: Block | None = None
        self._jobs: dict[str, set[tuple[str, bytes]]] = {}
        self._treasuries: dict[str, int] = {}

    def refused(self, kind: str, known: Known) -> None:
        """Watch the owner of a job that was refused; of one to be resumed, its treasury too.

        An agent tops its balance up from its treasury when its loop is resumed.
        """
        owner = known.job.owner.lower()
        self._jobs.setdefault(owner, set()).add((kind, known.id))
        if kind == "resume":
            self._treasuries[owner] = self._chain.balance(owner)

    def look(self, head: Block) -> None:
        """End the pauses of owners who got money since the last look, up to the block `head`."""
        seen = self._seen
        if seen is not None and seen.hash != head.hash:
            self._forget()
            if self._jobs:
                first = min(seen.number + 1, head.number)
                self._end_pauses(self._deposited(first, head.number) | self._enriched())
        self._seen = head

    def _end_pauses(self, owners: Set[str]) -> None:
        """Have the jobs of some owners tried again now."""
        for owner in owners:
            self._treasuries.pop(owner, None)
            for kind, id in self._jobs.pop(owner, ()):
                self._patience.done(kind, id)

    def _forget(self) -> None:
        """Leave out owners whose jobs are all tried again without further ado."""
        for owner, jobs in list(self._jobs.items()):
            jobs -= {job for job in jobs if self._patience.allows(*job)}
            if not jobs:
                del self._jobs[owner]
                self._treasuries.pop(owner, None)

    def _deposited(self, first: int, last: int) -> Set[str]:
        """Return the owners whose balance at Everloop grew by a deposit."""
        topics = [[address_topic(owner) for owner in self._jobs]]
        found = self._engine.events(
            "Deposited",
            from_block=first,
            to_block=last,
            topics=topics if len(self._jobs) <= MAX_OWNERS else (),
        )
        return {event.args["account"].lower() for event in found} & self._jobs.keys()

    def _enriched(self) -> Set[str]:
        """Return the owners whose treasury grew, looking at those first that waited longest."""
        richer = set()
        for owner in list(itertools.islice(self._treasuries, LOOKS)):
            has = self._chain.balance(owner)
            had = self._treasuries.pop(owner)
            self._treasuries[owner] = has
            if has > had:
                richer.add(owner)
        return richer

"""Runs that a provider hands back, and jobs that it leaves since it can never answer them."""

from __future__ import annotations

from typing import Final

from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons import declines
from agent_sdk.daemons.decisions import Prices
from agent_sdk.daemons.deliveries import Deliveries
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.lifecycle import log
from agent_sdk.daemons.watch import Watch
from agent_sdk.errors import Reverted
from agent_sdk.journal import Journal
from agent_sdk.types import Block

__all__ = ["DECLINE", "RESIGN", "Handbacks"]

DECLINE: Final = "decline"
"""kind of the journal's entries of runs handed back"""
RESIGN: Final = "resign"
"""kind of those of jobs left for good"""

MOST_IN_A_ROW: Final = 5
"""runs of one job handed back because nobody can answer them, before the job is left: each costs
the provider gas and its record"""


class Handbacks:
    """Hands runs back for one provider."""

    def __init__(
        self,
        chain: Chain,
        engine: EverloopContract,
        dispatcher: Dispatcher,
        journal: Journal,
        watch: Watch,
        out: Deliveries,
    ) -> None:
        """Send through `dispatcher`; `out` knows what delivering costs."""
        self._chain = chain
        self._engine = engine
        self._dispatcher = dispatcher
        self._journal = journal
        self._watch = watch
        self._out = out
        self.declined = 0
        """runs handed back, or on their way"""
        self.resigned = 0
        """jobs left"""

    def is_open(self, known: Known) -> bool:
        """Whether a run is not handed back yet, nor on its way."""
        return self._dispatcher.may_act(DECLINE, known.id, known.slot.runs)

    def decline(self, known: Known, head: Block, reason: str, *, lasting: bool = False) -> bool:
        """Hand a run back, if that costs less than a miss; return whether it is on its way.

        Args:
            known: The job.
            head: The newest block.
            reason: Why.
            lasting: Whether the job's later runs cannot be answered either; after some of these in
                a row the job is left.
        """
        id, run = known.id, known.slot.runs
        if not self.is_open(known):
            return True
        call = self._engine.decline(known.job, run=run)
        try:
            gas = self._dispatcher.simulate(call)
        except Reverted as error:
            log("not declined", job=id, run=run, reason=str(error))
            return False
        fees = self._chain.fees()
        found = declines.should_decline(
            known.job,
            known.slot,
            Prices(time=head.time, base_fee=head.base_fee, gas_price=head.base_fee + fees.priority),
            gas=gas,
            penalty=self._out.penalty,
        )
        if not found.act:
            log("not declined", job=id, run=run, reason=found.reason)
            return False
        log("declines", job=id, run=run, reason=reason, cost_wei=-found.profit)
        notes = {"reason": reason[:1_000], "lasting": lasting}
        cap = self._out.penalty // gas
        self._dispatcher.act(DECLINE, id, run, call, gas=gas, fees=fees, fee_cap=cap, notes=notes)
        self.declined += 1
        if self._in_a_row(id, run) >= MOST_IN_A_ROW:
            self._resign(known, reason)
        return True

    def is_beyond(self, known: Known, head: Block) -> bool:
        """Whether a run costs us less when it is handed back than when it is answered."""
        job, slot, prices = known.job, known.slot, self._out.prices(known, head)
        if not declines.is_beyond(job, slot, prices, gas=0):
            return False
        gas = self._dispatcher.simulate(self._engine.decline(job, run=slot.runs))
        return declines.is_beyond(job, slot, prices, gas=gas)

    def _in_a_row(self, id: bytes, run: int) -> int:
        """Return how many runs up to this one were handed back for a lasting reason."""
        count = 0
        while entry := self._journal.get(DECLINE, id, run - count):
            if entry.stage != "mined" or not entry.data.get("lasting"):
                break
            count += 1
        return count

    def _resign(self, known: Known, reason: str) -> None:
        """Leave a job for good, between two of its runs."""
        fresh = self._watch.refresh(known, self._chain.block())
        if fresh is None or fresh.slot.is_resigned:
            return
        id, run = fresh.id, fresh.slot.runs
        if not self._dispatcher.may_act(RESIGN, id, run):
            return
        call = self._engine.resign(fresh.job)
        try:
            gas = self._dispatcher.simulate(call)
        except Reverted as error:
            log("not resigned", job=id, run=run, reason=str(error))
            return
        log("resigns", job=id, run=run, reason=reason, declined_in_a_row=MOST_IN_A_ROW)
        fees = self._chain.fees()
        self._dispatcher.act(
            RESIGN, id, run, call, gas=gas, fees=fees, notes={"reason": reason[:1_000]}
        )
        self.resigned += 1

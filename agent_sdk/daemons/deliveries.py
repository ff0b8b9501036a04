"""What a provider delivers: answers, several of one moment together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property

from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract, RegistryContract
from agent_sdk.daemons import decisions
from agent_sdk.daemons.answers import DELIVER
from agent_sdk.daemons.bundles import Ready, bundles
from agent_sdk.daemons.decisions import Prices
from agent_sdk.daemons.dispatch import Dispatcher, Work
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.joint import Joint, deliveries
from agent_sdk.daemons.lifecycle import Stop
from agent_sdk.errors import ChainUnavailable
from agent_sdk.types import Answer, Block, Pin

__all__ = ["Deliveries"]


class Deliveries:
    """Weighs and sends answers for one provider."""

    def __init__(
        self,
        chain: Chain,
        engine: EverloopContract,
        dispatcher: Dispatcher,
        stop: Stop,
        *,
        min_profit: int,
    ) -> None:
        """Send through `dispatcher` what earns at least `min_profit` wei, until `stop`."""
        self._chain = chain
        self._engine = engine
        self._dispatcher = dispatcher
        self._stop = stop
        self._min_profit = min_profit
        self._joint = Joint(dispatcher, deliveries(engine))

    def left(self, known: Known, head: Block) -> float:
        """Return s until the window of a run closes."""
        now = decisions.clock(head.time, time.time())
        return decisions.seconds_left(known.job, known.slot, now)

    def too_dear(self, known: Known, head: Block, *, gas: int) -> str | None:
        """Weigh the fee against the gas, and at last the penalty; return what stands against it."""
        found = decisions.should_answer(
            known.job,
            known.slot,
            self.prices(known, head),
            gas=gas,
            penalty=self._at_stake(known, head),
            min_profit=self._min_profit,
        )
        return None if found.act else found.reason

    def ready(self, known: Known, pinned: Block, decision: bytes) -> Ready | str:
        """Simulate and weigh a delivery; return it, or what stands against it.

        Raises:
            Reverted: The chain would refuse it.
        """
        job, run = known.job, known.slot.runs
        call = self._engine.deliver(
            job, run=run, pinned_block=pinned.number, pinned_hash=pinned.hash, decision=decision
        )
        gas = self._dispatcher.simulate(call)
        head = self._chain.block()
        refusal = self.too_dear(known, head, gas=gas)
        if refusal:
            return refusal
        cap = decisions.fee_cap(job, gas=gas, penalty=self._at_stake(known, head))
        priority = self._chain.fees().priority
        own_cap = job.pricing.max_gas_price
        return Ready(
            known=known,
            call=call,
            gas=gas,
            fees=decisions.bid_for(job, base_fee=head.base_fee, priority=priority, cap=cap),
            fee_cap=cap,
            work=Work(kind=DELIVER, id=known.id, run=run, gas=gas, own_cap=own_cap),
            answer=Answer(
                job=job,
                pin=Pin(run=run, number=pinned.number, hash=pinned.hash),
                decision=decision,
            ),
        )

    def send(self, items: Sequence[Ready]) -> dict[bytes, str | None]:
        """Deliver; return by job what stands against it, None for what was mined."""
        found: dict[bytes, str | None] = {}
        for bundle in bundles(items):
            for sent in self._joint.plan(bundle):
                ids = [item.known.id for item in sent[0]]
                found |= dict.fromkeys(ids, "not mined yet")
                if self._stop.is_set:
                    continue
                try:
                    receipts = self._joint.send(sent)
                except ChainUnavailable:
                    raise
                except Exception as error:
                    found |= dict.fromkeys(ids, f"{type(error).__name__}: {error}")
                    continue
                for id, receipt in receipts.items():
                    found[id] = None if receipt.status else "the delivery was reverted"
        return found

    def let_bid(self, known: Known, head: Block) -> None:
        """Let a delivery that finds no block bid up to the penalty once the window is closing."""
        key = (DELIVER, known.id, known.slot.runs)
        gas = self._dispatcher.noted(*key, "gas")
        at_stake = self._at_stake(known, head) if gas else 0
        if at_stake:
            own = self._dispatcher.noted(*key, "own_cap")
            cap = decisions.fee_cap(known.job, gas=gas, penalty=at_stake, own_cap=own)
            self._dispatcher.allow(*key, fee_cap=cap)

    @cached_property
    def penalty(self) -> int:
        """What a miss costs, wei."""
        return RegistryContract(self._chain, self._engine.registry()).penalty()

    def _at_stake(self, known: Known, head: Block) -> int:
        """Return what a miss costs if the window is about to close, wei; 0 = there is time."""
        urgent = self.left(known, head) <= 2 * decisions.last_seconds(known.job)
        return self.penalty if urgent else 0

    def prices(self, known: Known, head: Block) -> Prices:
        """Return what the moment costs for a job."""
        priority = self._chain.fees().priority
        return decisions.prices_for(
            known.job, time=head.time, base_fee=head.base_fee, priority=priority
        )

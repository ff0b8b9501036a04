"""The keeper: runs due tasks, ends runs that providers missed, resumes loops that ran dry, wakes.

It holds no state that matters: jobs come from the chain, and the journal only says what it sent.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final, TypedDict

from agent_sdk import accounts
from agent_sdk.abi import decode_result
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons import decisions
from agent_sdk.daemons.bundles import Ready, bundles
from agent_sdk.daemons.decisions import Decision, Prices
from agent_sdk.daemons.dispatch import Dispatcher, Work
from agent_sdk.daemons.funding import Funding
from agent_sdk.daemons.health import serve_health
from agent_sdk.daemons.index import JobIndex, Known, Skip
from agent_sdk.daemons.joint import Joint, Sent, executions
from agent_sdk.daemons.lifecycle import Status, Stop, log, run_loop, setup_logs, sole_user
from agent_sdk.daemons.patience import Patience
from agent_sdk.daemons.purse import Purse
from agent_sdk.daemons.settings import KeeperSettings
from agent_sdk.daemons.wakes import Wakes
from agent_sdk.daemons.watch import Watch
from agent_sdk.errors import ChainUnavailable, Reverted
from agent_sdk.journal import Journal
from agent_sdk.types import Block, Call, Fees

__all__ = ["Keeper", "run_keeper"]

BATCH: Final = 32
"""jobs of one kind looked at in one tick"""


class _Most(TypedDict):
    """How many jobs are looked at, and which are not."""

    limit: int
    skip: Skip


class Keeper:
    """One look at the chain after another, each doing what is due."""

    def __init__(
        self,
        settings: KeeperSettings,
        chain: Chain,
        dispatcher: Dispatcher,
        stop: Stop,
        status: Status,
    ) -> None:
        """Work on `chain` through `dispatcher` until `stop`."""
        self._settings = settings
        self._chain = chain
        self._dispatcher = dispatcher
        self._stop = stop
        self._status = status
        self._engine = EverloopContract(chain, settings.everloop)
        self.index = JobIndex(
            settings.directory / "keeper-index.sqlite",
            chain_id=settings.chain_id,
            everloop=settings.everloop,
        )
        self._watch = Watch(
            chain,
            self._engine,
            self.index,
            start_block=settings.start_block,
            block_range=settings.block_range,
            lookback_hours=settings.lookback_hours,
        )
        self._joint = Joint(dispatcher, executions(self._engine))
        self._patience = Patience()
        self._funding = Funding(chain, self._engine, self._patience)
        self._purse = Purse(chain, dispatcher.address)
        self._wakes = Wakes(chain, self.index, settings.wake)
        self._done = 0

    def tick(self) -> bool:
        """Look at the chain once and do what is due; return whether anything was done."""
        head = self._watch.sync()
        self._funding.look(head)
        self._purse.look()
        self._dispatcher.recover()
        # What hurts agents most comes first.
        acted = self._each("expire", self.index.expired(head.time, **self._most("expire")), head)
        acted |= self._tasks(head)
        acted |= self._each(
            "wake", self._wakes.called_for(head, self._patience.skips("wake")), head
        )
        acted |= self._each("resume", self.index.dormant(**self._most("resume")), head)
        self._status.write(
            block=head.number,
            jobs=self.index.count(),
            done=self._done,
            balance_wei=self._purse.balance,
            ready=not self._purse.lack,
            unready=self._purse.lack,
        )
        return acted

    def _most(self, kind: str) -> _Most:
        """Return how much is looked at, and what is left alone for now."""
        return {"limit": BATCH, "skip": self._patience.skips(kind)}

    def _each(self, kind: str, found: Sequence[Known], head: Block) -> bool:
        """Do work of one kind, a transaction each; return whether any was mined."""
        acted = False
        for known in found:
            item = None if self._stop.is_set else self._weighed(kind, known, head)
            if item is not None:
                acted |= self._sent(([item], item.call, item.gas))
        return acted

    def _tasks(self, head: Block) -> bool:
        """Run due tasks, those that are worth it at one price together."""
        due = self.index.due_tasks(head.time, **self._most("execute"))
        weighed = (self._weighed("execute", known, head) for known in due)
        acted = False
        for bundle in bundles([item for item in weighed if item is not None]):
            for sent in self._joint.plan(bundle):
                if not self._stop.is_set:
                    acted |= self._sent(sent)
        return acted

    def _weighed(self, kind: str, known: Known, head: Block) -> Ready | None:
        """Weigh one job so that whatever is wrong with it leaves the others alone."""
        try:
            return self._weigh(kind, known, head)
        except ChainUnavailable:
            raise
        except Reverted as error:
            self._leave(kind, known, str(error))
        except Exception as error:
            self._leave(kind, known, f"{type(error).__name__}: {error}")
        return None

    def _weigh(self, kind: str, known: Known, head: Block) -> Ready | None:
        """Re-read one job, simulate its work and decide; None where nothing is to be done now.

        Raises:
            Reverted: The chain refuses it, and says why.
        """
        fresh = self._watch.refresh(known, head)
        if fresh is None or not self._dispatcher.may_act(kind, fresh.id, fresh.slot.runs):
            return None
        call = self._call(kind, fresh)
        market = self._chain.fees()
        # An agent that is woken pays within the call, where a price is bid.
        gas = self._dispatcher.simulate(call, fees=market if kind == "wake" else None)
        priority = market.priority
        prices = decisions.prices_for(
            fresh.job, time=head.time, base_fee=head.base_fee, priority=priority
        )
        decision = self._decide(kind, fresh, prices, gas=gas)
        if not decision.act:
            self._leave(kind, fresh, decision.reason)
            return None
        fees = decisions.bid_for(fresh.job, base_fee=head.base_fee, priority=priority)
        if kind == "resume" and not self._would_resume(call, gas, fees):
            self._leave(kind, fresh, "nobody would take it, and its owner would pay for the call")
            return None
        return Ready(
            known=fresh,
            call=call,
            gas=gas,
            fees=fees,
            fee_cap=fresh.job.pricing.max_gas_price,
            work=Work(
                kind=kind,
                id=fresh.id,
                run=fresh.slot.runs,
                gas=gas,
                own_cap=fresh.job.pricing.max_gas_price,
                notes={"expected_wei": decision.profit},
            ),
        )

    def _would_resume(self, call: Call, gas: int, fees: Fees) -> bool:
        """Whether a dormant job would be booked again: the caller is paid in any case."""
        answer = self._dispatcher.foresee(call, gas=gas, fees=fees)
        return bool(decode_result("Everloop", "resume", answer))

    def _sent(self, sent: Sent) -> bool:
        """Send, and note what became of each item; return whether any was done."""
        items = sent[0]
        try:
            done = self._joint.send(sent)
        except ChainUnavailable:
            raise
        except Exception as error:
            for item in items:
                self._leave(item.work.kind, item.known, f"{type(error).__name__}: {error}")
            return False
        succeeded = {id for id, receipt in done.items() if receipt.status}
        for item in items:
            if item.known.id in succeeded:
                self._patience.done(item.work.kind, item.known.id)
            else:
                self._refused(item.work.kind, item.known)
        self._done += len(succeeded)
        return bool(succeeded)

    def _leave(self, kind: str, known: Known, reason: str) -> None:
        """Leave a job alone for a while, and say why."""
        wait = self._refused(kind, known)
        log("left", job=known.id, kind=kind, reason=reason, wait_seconds=wait)

    def _refused(self, kind: str, known: Known) -> float:
        """Note a refusal; return s until the next try, which money for its owner brings forward."""
        self._funding.refused(kind, known)
        return self._patience.refused(kind, known.id)

    def _decide(self, kind: str, known: Known, prices: Prices, *, gas: int) -> Decision:
        """Ask the pure decision of that kind of work."""
        choose = {
            "execute": decisions.should_execute,
            "expire": decisions.should_expire,
            "resume": decisions.should_resume,
            "wake": decisions.should_wake,
        }[kind]
        least = self._settings.min_profit_wei
        return choose(known.job, known.slot, prices, gas=gas, min_profit=least)

    def _call(self, kind: str, known: Known) -> Call:
        """Return the call that does the work."""
        choose = {
            "execute": self._engine.execute,
            "expire": self._engine.expire,
            "resume": self._engine.resume,
            "wake": self._wakes.wake,
        }[kind]
        return choose(known.job)


def run_keeper(settings: KeeperSettings) -> int:
    """Keep until SIGTERM or SIGINT.

    Returns:
        0 when drained.

    Raises:
        ConfigError: The chain is another one, the account is unknown, or the directory is taken.
        ChainUnavailable: Nobody answers at the start; later it is waited for.
    """
    setup_logs("keeper")
    stop = Stop(parent=settings.parent)
    stop.install()
    lock = sole_user(settings.directory, "keeper")
    chain = Chain.connect(settings.rpc, chain_id=settings.chain_id)
    signer = accounts.load(
        settings.account, chain_id=settings.chain_id, password_file=settings.password_file
    )
    journal = Journal(settings.directory / "keeper.sqlite")
    status = Status(settings.directory / "keeper.json", "keeper")
    keeper = Keeper(settings, chain, Dispatcher(chain, signer, journal, stop), stop, status)
    serve_health(status, settings.health_port)
    log("keeper works", address=signer.address, chain=settings.chain_id, everloop=settings.everloop)
    began = time.monotonic()
    run_loop(keeper.tick, stop, poll_seconds=settings.poll_seconds)
    keeper.index.close()
    journal.close()
    lock.close()
    log("keeper ends", level=logging.INFO, seconds=round(time.monotonic() - began, 1))
    return 0

"""The keeper: runs due tasks, ends runs that providers missed, resumes loops that ran dry.

It holds no state that matters: jobs come from the chain, and the journal only says what it sent.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from agent_sdk import accounts
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons import decisions
from agent_sdk.daemons.decisions import Decision, Prices
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.health import serve_health
from agent_sdk.daemons.index import JobIndex, Known
from agent_sdk.daemons.lifecycle import Status, Stop, log, run_loop, setup_logs, sole_user
from agent_sdk.daemons.patience import Patience
from agent_sdk.daemons.settings import KeeperSettings
from agent_sdk.daemons.watch import Watch
from agent_sdk.errors import ChainUnavailable, Reverted
from agent_sdk.journal import Journal
from agent_sdk.types import Block, Call

__all__ = ["Keeper", "run_keeper"]

BATCH: Final = 32
"""jobs of one kind looked at in one tick"""


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
        self._patience = Patience()
        self._done = 0

    def tick(self) -> bool:
        """Look at the chain once and do what is due; return whether anything was done."""
        head = self._watch.sync()
        self._dispatcher.recover()
        acted = False
        for kind, known in self._work(head):
            if self._stop.is_set:
                break
            acted |= self._guarded(kind, known, head)
        self._status.write(block=head.number, jobs=self.index.count(), done=self._done)
        return acted

    def _work(self, head: Block) -> list[tuple[str, Known]]:
        """Return what may be due, what hurts agents most first."""
        skips, index = self._patience.skips, self.index
        work = {
            "expire": index.expired(head.time, limit=BATCH, skip=skips("expire")),
            "execute": index.due_tasks(head.time, limit=BATCH, skip=skips("execute")),
            "resume": index.dormant(limit=BATCH, skip=skips("resume")),
        }
        return [(kind, known) for kind, found in work.items() for known in found]

    def _guarded(self, kind: str, known: Known, head: Block) -> bool:
        """Handle one job so that whatever is wrong with it leaves the others alone."""
        try:
            return self._handle(kind, known, head)
        except ChainUnavailable:
            raise
        except Exception as error:
            self._leave(kind, known, f"{type(error).__name__}: {error}")
            return False

    def _handle(self, kind: str, known: Known, head: Block) -> bool:
        """Re-read one job, decide, and act; return whether its transaction was mined."""
        fresh = self._watch.refresh(known, head)
        if fresh is None or not self._dispatcher.may_act(kind, fresh.id, fresh.slot.runs):
            return False
        call = self._call(kind, fresh)
        try:
            gas = self._dispatcher.simulate(call)
        except Reverted as error:
            self._leave(kind, fresh, str(error))
            return False
        return self._send(kind, fresh, call, gas=gas, head=head)

    def _send(self, kind: str, known: Known, call: Call, *, gas: int, head: Block) -> bool:
        """Weigh what it brings, then send."""
        priority = self._chain.fees().priority
        prices = decisions.prices_for(
            known.job, time=head.time, base_fee=head.base_fee, priority=priority
        )
        decision = self._decide(kind, known, prices, gas=gas)
        if not decision.act:
            self._leave(kind, known, decision.reason)
            return False
        fees = decisions.bid_for(known.job, base_fee=head.base_fee, priority=priority)
        receipt = self._dispatcher.act(
            kind,
            known.id,
            known.slot.runs,
            call,
            gas=gas,
            fees=fees,
            fee_cap=known.job.pricing.max_gas_price,
            notes={"expected_wei": decision.profit},
        )
        if receipt is None or not receipt.status:
            self._patience.refused(kind, known.id)
            return False
        self._patience.done(kind, known.id)
        self._done += 1
        return True

    def _leave(self, kind: str, known: Known, reason: str) -> None:
        """Leave a job alone for a while, and say why."""
        wait = self._patience.refused(kind, known.id)
        log("left", job=known.id, kind=kind, reason=reason, wait_seconds=wait)

    def _decide(self, kind: str, known: Known, prices: Prices, *, gas: int) -> Decision:
        """Ask the pure decision of that kind of work."""
        choose = {
            "execute": decisions.should_execute,
            "expire": decisions.should_expire,
            "resume": decisions.should_resume,
        }[kind]
        least = self._settings.min_profit_wei
        return choose(known.job, known.slot, prices, gas=gas, min_profit=least)

    def _call(self, kind: str, known: Known) -> Call:
        """Return the call that does the work."""
        if kind == "execute":
            return self._engine.execute(known.job)
        return (
            self._engine.expire(known.job) if kind == "expire" else self._engine.resume(known.job)
        )


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

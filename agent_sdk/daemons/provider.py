"""The provider: answers due inferences with its decision engine and delivers the answers.

    InferenceRequested ─► due ─► prompt(), manifest() at the pinned block ─► engine ─► call data
                            └──► the input booked ─────────────────────────► engine ─► text
                                                        simulate ─► sign ─► journal ─► deliver

Everything that an answer is made of is read at the pinned block, so anybody can check it later.
Where there is no answer, hold() or nothing is delivered: a run that is missed costs stake.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import Final

from agent_sdk import accounts, engines
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract, RegistryContract
from agent_sdk.daemons import decisions
from agent_sdk.daemons.answers import DELIVER, Answers, Thinking
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.health import serve_health
from agent_sdk.daemons.index import JobIndex, Known
from agent_sdk.daemons.lifecycle import Status, Stop, log, run_loop, setup_logs, sole_user
from agent_sdk.daemons.patience import Patience
from agent_sdk.daemons.question import Question, read_input, read_manifest, read_question
from agent_sdk.daemons.recall import Recall
from agent_sdk.daemons.settings import ProviderSettings
from agent_sdk.daemons.watch import Watch
from agent_sdk.engines import Engine
from agent_sdk.errors import ChainError, ChainUnavailable, EverloopError, Reverted
from agent_sdk.journal import Journal
from agent_sdk.manifest import Manifest
from agent_sdk.types import ZERO_HASH, Block

__all__ = ["Provider", "run_provider"]

BATCH: Final = 32
"""inferences looked at in one tick"""
PINNED_DEPTH: Final = 8_000
"""blocks; Everloop knows the hashes of about that many. Source: EIP-2935, PinnedBlock.sol"""
PINNED_SPARE: Final = 150
"""blocks; an answer as of a block that is that much older may still be delivered"""
LOOK_SECONDS: Final = 2.0
"""s between looks at an answer that is being made"""


class Provider:
    """One look at the chain after another, answering what is due."""

    def __init__(
        self,
        settings: ProviderSettings,
        chain: Chain,
        mind: Engine,
        journal: Journal,
        dispatcher: Dispatcher,
        stop: Stop,
    ) -> None:
        """Answer on `chain` with `mind`, sending through `dispatcher`, until `stop`."""
        self._settings = settings
        self._chain = chain
        self._mind = mind
        self._answers = Answers(mind, journal, stop)
        self._dispatcher = dispatcher
        self._stop = stop
        self.status = Status(settings.directory / "provider.json", "provider")
        self._engine = EverloopContract(chain, settings.everloop)
        self.index = JobIndex(
            settings.directory / "provider-index.sqlite",
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
            provider=dispatcher.address,
        )
        self._recall = Recall(chain, self._engine, start_block=settings.start_block)
        self._patience = Patience()
        self._delivered = 0

    def tick(self) -> bool:
        """Look at the chain once and answer what is due; return whether anything was delivered."""
        head = self._watch.sync()
        self._dispatcher.recover()
        acted = False
        skip = self._patience.skips(DELIVER)
        for known in self.index.due_inferences(head.time, limit=BATCH, skip=skip):
            if self._stop.is_set:
                break
            acted |= self._handle(known, head)
        self.status.write(
            block=head.number,
            jobs=self.index.count(),
            delivered=self._delivered,
            engine=self._mind.name,
            model=self._mind.model,
            model_sha256=self._mind.model_sha256,
        )
        return acted

    def _handle(self, known: Known, head: Block) -> bool:
        """Answer one job, or say why not; return whether it was delivered.

        Whatever is wrong with a job, with its target above all, leaves the others alone.
        """
        try:
            head = self._chain.block()
            fresh = self._watch.refresh(known, head)
            if fresh is None:
                return False
            if not self._dispatcher.may_act(DELIVER, fresh.id, fresh.slot.runs):
                self._let_bid(fresh, head)
                return False
            refusal = self._answer(fresh, head)
        except Thinking:
            at_most = min(LOOK_SECONDS, decisions.longest_pause(known.job, self._left(known, head)))
            self._patience.refused(DELIVER, known.id, at_most=at_most)
            return False
        except EverloopError as error:
            if isinstance(error, ChainUnavailable):
                # A target may keep a node busy until it gives up; a dead node raises here again.
                self._chain.height()
            refusal = str(error)
        except Exception as error:
            refusal = f"{type(error).__name__}: {error}"
        if refusal is None:
            self._patience.done(DELIVER, known.id)
            self._delivered += 1
            return True
        at_most = decisions.longest_pause(known.job, self._left(known, head))
        wait = self._patience.refused(DELIVER, known.id, at_most=at_most)
        log("left", job=known.id, run=known.slot.runs, reason=refusal, wait_seconds=wait)
        return False

    def _answer(self, known: Known, head: Block) -> str | None:
        """Decide, and deliver the decision; return None when mined, else what stands against it.

        Raises:
            EngineError: The engine has no answer now, and there is time to ask again.
            Reverted: The chain would refuse the delivery.
        """
        refusal = self._too_dear(known, head, gas=0)
        if refusal:
            return refusal
        pinned = self._pinned(known)
        if pinned is None:
            return "no block at or after the due time"
        decision = self._answers.recorded(known, pinned)
        if decision is None:
            decision = self._decide(known, pinned, self._left(known, head))
        if decision is None:
            return "asked to stop"
        return self._deliver(known, pinned, decision)

    def _decide(self, known: Known, pinned: Block, left: float) -> bytes | None:
        """Read and ask, `left` s before the end of the window; None when asked to stop.

        A target that cannot be read at the pinned block never can, so it gets the fallback at once;
        a node or an engine that fails is tried again until the last seconds.

        Raises:
            Thinking: The engine needs longer than a turn, or is at another run.
        """
        spare = left - decisions.last_seconds(known.job)
        if self._answers.is_asked(known, pinned):
            return self._answers.take(known, seconds=spare)
        if self._answers.is_busy and spare > 0:
            raise Thinking("the engine is at another run")
        manifest: Manifest | None = None
        question: Question | None = None
        fault = f"no answer came in time: {left:.0f} s are left"
        try:
            if known.job.input != ZERO_HASH:
                question = read_input(self._engine, known, pinned, start=self._settings.start_block)
            else:
                manifest = read_manifest(self._chain, known, pinned)
                question = read_question(
                    self._chain, self._engine, self._recall, known, pinned, manifest
                )
        except Exception as error:
            passing = isinstance(error, ChainError) and not isinstance(error, Reverted)
            if passing and spare > 0:
                raise
            fault = f"it cannot be read: {type(error).__name__}: {error}"
        if question is None or spare <= 0:
            return self._answers.give_up(known, pinned, manifest, fault)
        self._answers.ask(known, question, seconds=spare)
        return self._answers.take(known, seconds=spare)

    def _left(self, known: Known, head: Block) -> float:
        """Return s until the window of a run closes."""
        now = decisions.clock(head.time, time.time())
        return decisions.seconds_left(known.job, known.slot, now)

    @cached_property
    def _penalty(self) -> int:
        """What a miss costs, wei."""
        return RegistryContract(self._chain, self._engine.registry()).penalty()

    def _pinned(self, known: Known) -> Block | None:
        """Return the block to read at: the first at or after the due time that Everloop knows.

        Where several blocks share a time, those before the booking's own do not know the job.
        """
        pinned = self._chain.block_at(known.slot.due)
        if pinned is None:
            return None
        # Late readers see a note in the history; a miss would cost stake.
        reach = self._chain.height() - PINNED_DEPTH
        before = self._answers.pinned_number(known)
        if pinned.number < reach and before is not None and before >= reach - PINNED_SPARE:
            reach = before
        least = max(known.booked, reach)
        return self._chain.block(least) if pinned.number < least else pinned

    def _too_dear(self, known: Known, head: Block, *, gas: int) -> str | None:
        """Weigh the fee against the gas, and at last the penalty; return what stands against it."""
        prices = decisions.prices_for(
            known.job,
            time=head.time,
            base_fee=head.base_fee,
            priority=self._chain.fees().priority,
        )
        found = decisions.should_answer(
            known.job,
            known.slot,
            prices,
            gas=gas,
            penalty=self._at_stake(known, head),
            min_profit=self._settings.min_profit_wei,
        )
        return None if found.act else found.reason

    def _at_stake(self, known: Known, head: Block) -> int:
        """Return what a miss costs if the window is about to close, wei; 0 = there is time."""
        urgent = self._left(known, head) <= 2 * decisions.last_seconds(known.job)
        return self._penalty if urgent else 0

    def _let_bid(self, known: Known, head: Block) -> None:
        """Let a delivery that finds no block bid up to the penalty once the window is closing."""
        gas, at_stake = self._dispatcher.noted(DELIVER, known.id, known.slot.runs, "gas"), 0
        if gas:
            at_stake = self._at_stake(known, head)
        if at_stake:
            cap = decisions.fee_cap(known.job, gas=gas, penalty=at_stake)
            self._dispatcher.allow(DELIVER, known.id, known.slot.runs, fee_cap=cap)

    def _deliver(self, known: Known, pinned: Block, decision: bytes) -> str | None:
        """Simulate, weigh and send; return None when mined, else what stands against it."""
        call = self._engine.deliver(
            known.job,
            run=known.slot.runs,
            pinned_block=pinned.number,
            pinned_hash=pinned.hash,
            decision=decision,
        )
        gas = self._dispatcher.simulate(call)
        head = self._chain.block()
        refusal = self._too_dear(known, head, gas=gas)
        if refusal:
            return refusal
        cap = decisions.fee_cap(known.job, gas=gas, penalty=self._at_stake(known, head))
        fees = decisions.bid_for(
            known.job, base_fee=head.base_fee, priority=self._chain.fees().priority, cap=cap
        )
        receipt = self._dispatcher.act(
            DELIVER,
            known.id,
            known.slot.runs,
            call,
            gas=gas,
            fees=fees,
            fee_cap=cap,
            notes={"gas": gas},
        )
        if receipt is None:
            return "not mined yet"
        return None if receipt.status else "the delivery was reverted"


def run_provider(settings: ProviderSettings) -> int:
    """Answer until SIGTERM or SIGINT.

    Returns:
        0 when drained.

    Raises:
        ConfigError: The chain is another one, the account is unknown, or the directory is taken.
        EngineError: The engine cannot be loaded.
        ChainUnavailable: Nobody answers at the start; later it is waited for.
    """
    setup_logs("provider")
    stop = Stop(parent=settings.parent)
    stop.install()
    lock = sole_user(settings.directory, "provider")
    chain = Chain.connect(settings.rpc, chain_id=settings.chain_id)
    signer = accounts.load(
        settings.account, chain_id=settings.chain_id, password_file=settings.password_file
    )
    mind = engines.engine(settings.engine, threads=settings.engine_threads or None)
    journal = Journal(settings.directory / "provider.sqlite")
    dispatcher = Dispatcher(chain, signer, journal, stop)
    provider = Provider(settings, chain, mind, journal, dispatcher, stop)
    serve_health(provider.status, settings.health_port)
    log("provider works", address=signer.address, engine=mind.name, model=mind.model)
    began = time.monotonic()
    run_loop(provider.tick, stop, poll_seconds=settings.poll_seconds)
    provider.index.close()
    journal.close()
    lock.close()
    log("provider ends", seconds=round(time.monotonic() - began, 1))
    return 0

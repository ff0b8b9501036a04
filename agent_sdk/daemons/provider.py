"""The provider: answers due inferences with its decision engine and delivers the answers.

    InferenceRequested ─► due ─► prompt(), manifest() at the pinned block ─► engine ─► call data
                            └──► the input booked ─────────────────────────► engine ─► text
                                                        simulate ─► sign ─► journal ─► deliver

What becomes of one run is the responder's to decide.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from agent_sdk import accounts, engines
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons import decisions
from agent_sdk.daemons.answers import DELIVER, Answers, Thinking
from agent_sdk.daemons.bundles import Ready
from agent_sdk.daemons.deliveries import Deliveries
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.engine_state import EngineState
from agent_sdk.daemons.handbacks import Handbacks
from agent_sdk.daemons.health import serve_health
from agent_sdk.daemons.index import JobIndex, Known
from agent_sdk.daemons.keys import Key, unauthorised
from agent_sdk.daemons.lifecycle import Status, Stop, log, run_loop, setup_logs, sole_user
from agent_sdk.daemons.patience import Patience
from agent_sdk.daemons.purse import Purse
from agent_sdk.daemons.question import Reader
from agent_sdk.daemons.responder import Responder
from agent_sdk.daemons.settings import ProviderSettings
from agent_sdk.daemons.watch import Watch
from agent_sdk.engines import Engine, Writer
from agent_sdk.engines.record import record
from agent_sdk.errors import ChainUnavailable, EverloopError
from agent_sdk.journal import Journal
from agent_sdk.types import Block

__all__ = ["Provider", "run_provider"]

BATCH: Final = 32
"""inferences looked at in one tick"""
LOOK_SECONDS: Final = 2.0
"""s between looks at an answer that is being made"""
GATHER_SECONDS: Final = 1.0
"""s that a ready answer waits for others before the engine is asked for one more"""
HURRY_SECONDS: Final = 30.0
"""s before the end of a window from which on an answer waits for nothing"""


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
        self.state = EngineState(mind)
        self._dispatcher = dispatcher
        self._stop = stop
        self.status = Status(settings.directory / "provider.json", "provider")
        self._engine = EverloopContract(chain, settings.everloop)
        self.index = JobIndex(
            settings.directory / "provider-index.sqlite",
            chain_id=settings.chain_id,
            everloop=settings.everloop,
        )
        self._key = Key(self._engine, settings.provider, dispatcher.address)
        self._watch = Watch(
            chain,
            self._engine,
            self.index,
            start_block=settings.start_block,
            block_range=settings.block_range,
            lookback_hours=settings.lookback_hours,
            provider=self._key.provider,
        )
        self._out = Deliveries(
            chain, self._engine, dispatcher, stop, min_profit=settings.min_profit_wei
        )
        reader = Reader(
            chain,
            self._engine,
            start_block=settings.start_block,
            models=settings.models,
            answers_in_words=isinstance(mind, Writer),
            lens=settings.agent_lens,
        )
        answers = Answers(mind, self.state, journal, stop)
        self._back = Handbacks(chain, self._engine, dispatcher, journal, self._watch, self._out)
        self._responder = Responder(chain, reader, answers, self.state, self._out, self._back)
        self._purse = Purse(chain, dispatcher.address)
        self._patience = Patience()
        self._delivered = 0

    def tick(self) -> bool:
        """Look at the chain once and answer what is due; return whether anything was done."""
        head = self._watch.sync()
        self._purse.look()
        self.state.look()
        self._dispatcher.recover()
        before = self._delivered + self._back.declined
        is_authorised = self._key.speaks()
        if is_authorised:
            self._answer_due(head)
        self._report(head, is_authorised=is_authorised)
        return self._delivered + self._back.declined > before

    def _report(self, head: Block, *, is_authorised: bool) -> None:
        """Write how the provider is."""
        fault = self.state.fault
        against = [
            "" if is_authorised else unauthorised(self._key.provider, self._key.address),
            self._purse.lack,
            f"the engine does not answer: {fault}" if fault else "",
        ]
        unready = "; ".join(filter(None, against))
        self.status.write(
            block=head.number,
            jobs=self.index.count(),
            delivered=self._delivered,
            declined=self._back.declined,
            resigned=self._back.resigned,
            provider=self._key.provider,
            key=self._key.address,
            authorised=is_authorised,
            balance_wei=self._purse.balance,
            engine=self._mind.name,
            engine_ready=not fault,
            engine_failures=self.state.failures,
            model=self._mind.model,
            model_sha256=self._mind.model_sha256,
            ready=not unready,
            unready=unready,
        )

    def _answer_due(self, head: Block) -> None:
        """Answer due runs; answers that are ready at about the same time go out together."""
        skip = self._patience.skips(DELIVER)
        gathered: list[Ready] = []
        began = 0.0
        for known in self.index.due_inferences(head.time, limit=BATCH, skip=skip):
            if self._stop.is_set:
                break
            if gathered and time.monotonic() - began > GATHER_SECONDS:
                self._send(gathered)
                gathered = []
            item = self._handle(known, head)
            if item is None:
                continue
            began = began if gathered else time.monotonic()
            gathered.append(item)
            if self._out.left(item.known, head) < HURRY_SECONDS:
                self._send(gathered)
                gathered = []
        self._send(gathered)

    def _send(self, items: Sequence[Ready]) -> None:
        """Deliver, and note what became of each answer."""
        found = self._out.send(items)
        for item in items:
            refusal = found.get(item.known.id, "not sent")
            if refusal is None:
                self._patience.done(DELIVER, item.known.id)
                self._delivered += 1
            else:
                self._leave(item.known, refusal)

    def _handle(self, known: Known, head: Block) -> Ready | None:
        """Make the answer of one job, or say why not.

        Whatever is wrong with a job, with its target above all, leaves the others alone.
        """
        try:
            head = self._chain.block()
            fresh = self._watch.refresh(known, head)
            if fresh is None:
                return None
            known = fresh
            if not self._dispatcher.may_act(DELIVER, known.id, known.slot.runs):
                self._out.let_bid(known, head)
                return None
            if not self._back.is_open(known):
                return None
            item = self._responder.respond(known, head)
        except Thinking:
            at_most = min(LOOK_SECONDS, self._longest_pause(known, head))
            self._patience.refused(DELIVER, known.id, at_most=at_most)
            return None
        except EverloopError as error:
            if isinstance(error, ChainUnavailable):
                # A target may keep a node busy until it gives up; a dead node raises here again.
                self._chain.height()
            self._key.doubt(error)
            item = str(error)
        except Exception as error:
            item = f"{type(error).__name__}: {error}"
        if isinstance(item, str):
            self._leave(known, item)
            return None
        return item

    def _leave(self, known: Known, reason: str) -> None:
        """Leave a run alone for a while, and say why."""
        at_most = self._longest_pause(known, self._chain.block())
        wait = self._patience.refused(DELIVER, known.id, at_most=at_most)
        log("left", job=known.id, run=known.slot.runs, reason=reason, wait_seconds=wait)

    def _longest_pause(self, known: Known, head: Block) -> float:
        return decisions.longest_pause(known.job, self._out.left(known, head))


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
    if settings.engine_record:
        mind = record(mind, settings.engine_record)
    journal = Journal(settings.directory / "provider.sqlite")
    dispatcher = Dispatcher(chain, signer, journal, stop)
    provider = Provider(settings, chain, mind, journal, dispatcher, stop)
    serve_health(provider.status, settings.health_port)
    provider.state.look_now()
    log(
        "provider works",
        provider=settings.provider or signer.address,
        key=signer.address,
        engine=mind.name,
        model=mind.model,
    )
    began = time.monotonic()
    run_loop(provider.tick, stop, poll_seconds=settings.poll_seconds)
    provider.index.close()
    journal.close()
    lock.close()
    log("provider ends", seconds=round(time.monotonic() - began, 1))
    return 0

"""What an inference asks, read from the chain at the pinned block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.means import read_budget
from agent_sdk.daemons.recall import Recall
from agent_sdk.engines import Budget
from agent_sdk.errors import ChainError, Reverted
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak, model_id
from agent_sdk.types import ZERO_HASH, Block

__all__ = ["Question", "Reader", "Unanswerable"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """All that an answer is made of."""

    pinned: Block
    """the lowest-numbered block at or after the due time"""
    prompt: str
    """what `prompt()` returned there, or the booking's input; untrusted"""
    manifest: Manifest | None = None
    """of the agent; None for a plain question, answered in words"""
    budget: Budget = field(default_factory=Budget)
    history: tuple[str, ...] = ()
    """the agent's last steps, oldest first, one line each"""
    context: str = ""
    """what `context()` returned; untrusted"""

    @property
    def prompt_hash(self) -> str:
        """keccak256 of the prompt's UTF-8 bytes, 0x and 64 hex digits."""
        return "0x" + keccak(self.prompt.encode()).hex()


class Unanswerable(Exception):
    """There will be no answer to a run."""


class Reader:
    """Reads what runs ask of one engine."""

    def __init__(
        self,
        chain: Chain,
        engine: EverloopContract,
        *,
        start_block: int,
        models: Sequence[str],
        answers_in_words: bool,
        lens: str = "",
    ) -> None:
        """Read from `chain`.

        Args:
            chain: Where to read.
            engine: Everloop on it.
            start_block: Block of Everloop's deployment.
            models: `name@revision` of those that are answered for; all if empty.
            answers_in_words: Whether plain questions are.
            lens: Address of AgentLens, which knows what agents can afford; empty = none.
        """
        self._chain = chain
        self._engine = engine
        self._recall = Recall(chain, engine, start_block=start_block)
        self._start = start_block
        self._models = {model_id(model) for model in models}
        self._answers_in_words = answers_in_words
        self._lens = lens

    def read(self, known: Known, pinned: Block, *, is_last: bool) -> Question:
        """Return what a run asks.

        A target that cannot be read at the pinned block never can; a node that fails is to be asked
        again, unless this is the last time.

        Raises:
            ChainError: The node fails.
            Unanswerable: It cannot be read, or is none that is answered.
        """
        manifest: Manifest | None = None
        try:
            if known.job.input != ZERO_HASH:
                question = read_input(self._engine, known, pinned, start=self._start)
            else:
                manifest = read_manifest(self._chain, known, pinned)
                question = read_question(
                    self._chain,
                    self._engine,
                    self._recall,
                    known,
                    pinned,
                    manifest,
                    lens=self._lens,
                )
        except Exception as error:
            passing = isinstance(error, ChainError) and not isinstance(error, Reverted)
            if passing and not is_last:
                raise
            fault = f"it cannot be read: {type(error).__name__}: {error}"
            raise Unanswerable(fault) from None
        if self._models and known.job.model_id not in self._models:
            fault = f"it asks for model 0x{known.job.model_id.hex()}, which is not answered here"
            raise Unanswerable(fault)
        if manifest is None and not self._answers_in_words:
            raise Unanswerable("plain questions are not answered here")
        return question


def read_manifest(chain: Chain, known: Known, pinned: Block) -> Manifest:
    """Read what the target of an inference can do.

    Raises:
        Reverted: The target is no agent.
        SpecError: Its manifest does not parse.
    """
    return Manifest.parse(
        AgentContract(chain, known.job.target, block=pinned.number).manifest_text()
    )


def read_question(
    chain: Chain,
    engine: EverloopContract,
    recall: Recall,
    known: Known,
    pinned: Block,
    manifest: Manifest,
    *,
    lens: str = "",
) -> Question:
    """Read what the target of an inference asks at the pinned block.

    Args:
        chain: Where to read.
        engine: Everloop on it.
        recall: Histories of the agents served.
        known: The inference.
        pinned: The block to read at.
        manifest: Of the target.
        lens: Address of AgentLens; empty = none.

    Raises:
        Reverted: The target is no agent.
    """
    agent = AgentContract(chain, known.job.target, block=pinned.number)
    return Question(
        pinned=pinned,
        prompt=agent.prompt(),
        manifest=manifest,
        budget=read_budget(chain, engine, known.job, manifest, block=pinned.number, lens=lens),
        context=agent.context(),
        history=tuple(recall.lines(known.job.target, known.id, manifest, pinned)),
    )


def read_input(engine: EverloopContract, known: Known, pinned: Block, *, start: int) -> Question:
    """Read the question that came with a booking; bytes that are no UTF-8 are replaced.

    Args:
        engine: Everloop.
        known: The inference.
        pinned: The block that the answer is as of.
        start: Block of Everloop's deployment: searched from where the booking's is not known.

    Raises:
        ChainError: The node has no booking with the bytes that the record names.
    """
    bookings = engine.job_events(
        "InferenceRequested",
        from_block=known.booked or start,
        to_block=known.booked or pinned.number,
        id=known.id,
    )
    for booking in reversed(bookings):
        data = bytes(booking.args["input"])
        if keccak(data) == known.job.input:
            return Question(pinned=pinned, prompt=data.decode("utf-8", "replace"))
    raise ChainError(
        f"the node has no booking with input 0x{known.job.input.hex()}: does it keep its events?"
    )

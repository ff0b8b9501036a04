"""What an inference asks, read from the chain at the pinned block."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.recall import Recall
from agent_sdk.engines import Budget
from agent_sdk.errors import ChainError
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak
from agent_sdk.types import Block

__all__ = ["Question", "read_input", "read_manifest", "read_question"]


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

    @property
    def prompt_hash(self) -> str:
        """keccak256 of the prompt's UTF-8 bytes, 0x and 64 hex digits."""
        return "0x" + keccak(self.prompt.encode()).hex()


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
) -> Question:
    """Read what the target of an inference asks at the pinned block.

    Args:
        chain: Where to read.
        engine: Everloop on it.
        recall: Histories of the agents served.
        known: The inference.
        pinned: The block to read at.
        manifest: Of the target.

    Raises:
        Reverted: The target is no agent.
    """
    agent = AgentContract(chain, known.job.target, block=pinned.number)
    account = engine.at_block(pinned.number).account_of(known.job.owner)
    return Question(
        pinned=pinned,
        prompt=agent.prompt(),
        manifest=manifest,
        budget=Budget(run_balance=account.balance),
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

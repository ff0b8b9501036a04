"""What an agent asks, read from the chain at the pinned block."""

from __future__ import annotations

from dataclasses import dataclass

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract
from agent_sdk.daemons.index import Known
from agent_sdk.daemons.recall import Recall
from agent_sdk.engines import Budget
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak
from agent_sdk.types import Block

__all__ = ["Question", "read_question"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """All that an answer is made of."""

    pinned: Block
    """the lowest-numbered block at or after the due time"""
    prompt: str
    """what `prompt()` returned there; untrusted"""
    manifest: Manifest
    budget: Budget
    history: tuple[str, ...]
    """the agent's last steps, oldest first, one line each"""

    @property
    def prompt_hash(self) -> str:
        """keccak256 of the prompt's UTF-8 bytes, 0x and 64 hex digits."""
        return "0x" + keccak(self.prompt.encode()).hex()


def read_question(
    chain: Chain, engine: EverloopContract, recall: Recall, known: Known, pinned: Block
) -> Question:
    """Read what the target of an inference asks at the pinned block.

    Args:
        chain: Where to read.
        engine: Everloop on it.
        recall: Histories of the agents served.
        known: The inference.
        pinned: The block to read at.

    Raises:
        Reverted: The target is no agent.
        SpecError: Its manifest does not parse.
    """
    agent = AgentContract(chain, known.job.target, block=pinned.number)
    manifest = Manifest.parse(agent.manifest_text())
    account = engine.at_block(pinned.number).account_of(known.job.owner)
    return Question(
        pinned=pinned,
        prompt=agent.prompt(),
        manifest=manifest,
        budget=Budget(run_balance=account.balance),
        history=tuple(recall.lines(known.job.target, known.id, manifest, pinned)),
    )

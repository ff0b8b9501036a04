"""What an agent can afford at a block, as the lens over agents reckons it there."""

from __future__ import annotations

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, AgentLensContract, EverloopContract
from agent_sdk.engines import Budget
from agent_sdk.errors import Reverted
from agent_sdk.manifest import HOLD, Manifest
from agent_sdk.types import Job

__all__ = ["read_budget"]


def read_budget(
    chain: Chain,
    engine: EverloopContract,
    job: Job,
    manifest: Manifest,
    *,
    block: int,
    lens: str = "",
) -> Budget:
    """Return what the target of an inference can afford at a block.

    The lens knows booked loops of agents; of another target, and where no lens is known, the
    balance that pays for the run is all there is to say.

    Args:
        chain: Where to read.
        engine: Everloop on it.
        job: The inference, as booked at that block.
        manifest: Of its target.
        block: Number of the block.
        lens: Address of AgentLens; empty = none.
    """
    balance = engine.at_block(block).balance_of(job.owner)
    if not lens:
        return Budget(run_balance=balance)
    agent = AgentContract(chain, job.target, block=block)
    try:
        seen = AgentLensContract(chain, lens, block=block).assess(job.target, job)
        policy, left = agent.policy(), agent.budget_left()
    except Reverted:
        return Budget(run_balance=balance)
    opened = set(seen.open_actions)
    return Budget(
        treasury=seen.treasury,
        run_balance=seen.run_balance,
        runway=seen.runway_steps,
        liberty=tuple(
            t.name for t in manifest.tools if t.selector in opened or t.name == HOLD.name
        ),
        step_cost=seen.step_cost,
        policy=policy,
        budget_left=left,
    )

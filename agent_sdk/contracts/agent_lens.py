"""AgentLens: how free an agent is and how long it lasts, as the chain reckons it."""

from __future__ import annotations

from dataclasses import dataclass

from agent_sdk.contracts.binding import Binding
from agent_sdk.types import Job

__all__ = ["AgentLensContract", "AgentView"]


@dataclass(frozen=True, kw_only=True)
class AgentView:
    """One agent at one block. Source: IAgentLens.AgentView."""

    step_cost: int
    """wei, the most that one step can cost"""
    treasury: int
    """wei"""
    run_balance: int
    """wei"""
    open_actions: tuple[bytes, ...]
    """selectors"""
    liberty: int
    utility: int
    """in the unit of the weights"""
    runway_steps: int
    runway_seconds: int


class AgentLensContract(Binding):
    """The lens over agents. Source: IAgentLens."""

    artifact = "AgentLens"

    def assess(self, agent: str, job: Job, *, alpha: int = 1, beta: int = 1) -> AgentView:
        """Return an agent's liberty, utility and runway.

        Args:
            agent: its address.
            job: the record of its loop, as booked.
            alpha: worth of one open action.
            beta: worth of having any money at all.

        Raises:
            Reverted: the record is not the loop's.
        """
        (cost, treasury, run, found, liberty, worth, steps, seconds) = self._read(
            "assess", agent, job.to_tuple(), alpha, beta
        )
        return AgentView(
            step_cost=cost,
            treasury=treasury,
            run_balance=run,
            open_actions=tuple(bytes(selector) for selector in found),
            liberty=liberty,
            utility=worth,
            runway_steps=steps,
            runway_seconds=seconds,
        )

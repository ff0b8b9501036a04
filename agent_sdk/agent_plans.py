"""Actions that an agent takes later: which plans are open, and what became of others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_sdk.types import Event, Result

__all__ = ["PLAN_EVENTS", "Plan", "PlanEnd", "plans_of"]

PLAN_EVENTS = ("PlanMade", "PlanCancelled", "PlanRun")
"""Source: IPlanner"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An action that the agent takes by itself. Source: IPlanner.PlanMade."""

    number: int
    """0 to 7; free again when it has ended"""
    due: int
    """Unix s"""
    data: bytes
    """call data of the action, 4 to 447 bytes"""
    block: int
    """where it was made"""
    tx: bytes
    """32 bytes, of the same"""


@dataclass(frozen=True, kw_only=True)
class PlanEnd:
    """What became of a plan. Source: IPlanner.PlanRun, IPlanner.PlanCancelled."""

    plan: Plan
    result: Result | None
    """what its run did; None where it was dropped"""
    block: int
    """where it ended"""
    tx: bytes
    """32 bytes, of the same"""


def plans_of(events: Iterable[Event]) -> tuple[Sequence[Plan], Sequence[PlanEnd]]:
    """Return the open plans by their numbers, and those that have ended, in that order.

    Args:
        events: `PLAN_EVENTS` of one agent, in order.
    """
    plans: dict[int, Plan] = {}
    ended: list[PlanEnd] = []
    for event in events:
        number = int(event.args["number"])
        if event.name == "PlanMade":
            plans[number] = Plan(
                number=number,
                due=int(event.args["due"]),
                data=bytes(event.args["plan"]),
                block=event.block,
                tx=event.tx,
            )
        elif number in plans:
            result = Result(event.args["result"]) if event.name == "PlanRun" else None
            plan = plans.pop(number)
            ended.append(PlanEnd(plan=plan, result=result, block=event.block, tx=event.tx))
    return [plans[number] for number in sorted(plans)], ended

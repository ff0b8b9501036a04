"""Actions that an agent takes later: which plans are open, from its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_sdk.types import Event

__all__ = ["PLAN_EVENTS", "Plan", "open_plans"]

PLAN_EVENTS = ("PlanMade", "PlanCancelled", "PlanRun")
"""Source: IPlanner"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """An action that the agent takes by itself. Source: IPlanner.PlanMade."""

    number: int
    """0 to 7"""
    due: int
    """Unix s"""
    data: bytes
    """call data of the action, 4 to 447 bytes"""
    block: int
    """where it was made"""
    tx: bytes
    """32 bytes, of the same"""


def open_plans(events: Iterable[Event]) -> Sequence[Plan]:
    """Return the plans that have neither run nor been dropped, by their numbers.

    Args:
        events: `PLAN_EVENTS` of one agent, in order.
    """
    plans: dict[int, Plan] = {}
    for event in events:
        number = int(event.args["number"])
        plans.pop(number, None)
        if event.name == "PlanMade":
            plans[number] = Plan(
                number=number,
                due=int(event.args["due"]),
                data=bytes(event.args["plan"]),
                block=event.block,
                tx=event.tx,
            )
    return [plans[number] for number in sorted(plans)]

"""Liberty, utility and runway of an agent; pure functions.

An action is open to the agent when it is enabled, the policy lets it spend the action's declared
cost now, and the balance pays that cost and one more step. Recipients, rules and limits on tokens
are not asked, so an open action may still fail. Liberty L counts the open actions.
Utility is U = ALPHA x L + BETA x 1[balance > 0]. Runway is how many more steps the money lasts.
AgentLens reckons the same on chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

from agent_sdk.types import Policy
from agent_sdk.units import format_seconds, format_wei

__all__ = ["ALPHA", "BETA", "Balance", "Funds", "Runway", "open_actions", "runway", "utility"]

ALPHA = 1.0
"""worth of one open action"""

BETA = 1.0
"""worth of having any money at all"""

RECENT = 10
"""steps that typical costs and pauses are averaged over"""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """b of an agent's state s = (c, h, b)."""

    treasury: int
    """wei in the agent"""
    run: int
    """wei at Everloop that pay for steps, the reserved part included"""

    @property
    def total(self) -> int:
        """Both together, wei."""
        return self.treasury + self.run

    def __str__(self) -> str:
        """One line for people."""
        return f"{format_wei(self.treasury)} in the treasury, {format_wei(self.run)} for steps"


@dataclass(frozen=True, kw_only=True)
class Runway:
    """How long the money lasts: at the record's caps, and at the cost of recent steps."""

    steps: int
    seconds: int
    typical_steps: int
    typical_seconds: int
    step_cost: int
    """wei, at the caps"""
    typical_cost: int
    """wei, mean of recent steps; at the caps before the first one"""

    def __str__(self) -> str:
        """One line for people."""
        return (
            f"{self.steps} steps ({format_seconds(self.seconds)}) at the caps, "
            f"{self.typical_steps} steps ({format_seconds(self.typical_seconds)}) at recent cost"
        )


def open_actions(
    names: Iterable[str],
    *,
    balance: Balance,
    step_cost: int,
    policy: Policy,
    budget_left: int,
    costs: Mapping[str, int],
) -> list[str]:
    """Return the actions that are open now: A_t.

    Args:
        names: of all enabled actions; none while the agent is paused.
        balance: what the agent has.
        step_cost: wei, the most one step can cost.
        policy: what it may spend.
        budget_left: wei that the policy's window leaves.
        costs: declared costs, wei by action: the least ETH that it moves; 0 for those left out.
    """
    spendable = min(policy.action_cap, budget_left, max(0, balance.treasury - policy.reserve))
    return [
        name
        for name in names
        if (cost := costs.get(name, 0)) <= spendable and cost + step_cost <= balance.total
    ]


@dataclass(frozen=True, kw_only=True)
class Funds:
    """What decides which actions an agent can pay for."""

    balance: Balance
    step_cost: int
    """wei, the most one step can cost"""
    policy: Policy
    budget_left: int
    """wei that the policy's window leaves"""

    def open(self, costs: Mapping[str, int]) -> list[str]:
        """Return which actions of those declared costs are open; see `open_actions`."""
        return open_actions(
            costs,
            balance=self.balance,
            step_cost=self.step_cost,
            policy=self.policy,
            budget_left=self.budget_left,
            costs=costs,
        )

    def pays(self, costs: Sequence[int]) -> bool:
        """Whether the actions of one decision can be paid for together, and one more step."""
        total = sum(costs)
        spendable = min(self.budget_left, max(0, self.balance.treasury - self.policy.reserve))
        return (
            max(costs, default=0) <= self.policy.action_cap
            and total <= spendable
            and total + self.step_cost <= self.balance.total
        )

    def after(self, cost: int) -> Funds:
        """Return what is left once the actions have moved `cost` and the step is paid.

        The run balance pays for the step first, then the treasury, which tops it up.
        """
        short = max(0, self.step_cost - self.balance.run)
        left = Balance(
            treasury=max(0, self.balance.treasury - cost - short),
            run=max(0, self.balance.run - self.step_cost),
        )
        return replace(self, balance=left, budget_left=max(0, self.budget_left - cost))


def utility(liberty: int, *, balance: int) -> float:
    """Return U for a liberty and a balance (wei)."""
    return ALPHA * liberty + BETA * (balance > 0)


def runway(
    balance: Balance,
    *,
    step_cost: int,
    interval: int,
    reserve: int,
    paid: Sequence[int],
    times: Sequence[int],
) -> Runway:
    """Return how long run balance and treasury above the reserve last.

    Args:
        balance: what the agent has.
        step_cost: wei, the most one step can cost; 0 when the agent has no loop.
        interval: s between steps.
        reserve: wei that the treasury keeps.
        paid: wei, what past steps cost.
        times: Unix s, when they were.
    """
    funds = balance.run + max(0, balance.treasury - reserve)
    typical_cost = round(mean(paid[-RECENT:])) if paid else step_cost
    recent = times[-RECENT:]
    pause = (recent[-1] - recent[0]) // (len(recent) - 1) if len(recent) > 1 else interval
    steps = funds // step_cost if step_cost else 0
    typical_steps = funds // typical_cost if step_cost and typical_cost else 0
    return Runway(
        steps=steps,
        seconds=steps * interval,
        typical_steps=typical_steps,
        typical_seconds=typical_steps * pause,
        step_cost=step_cost,
        typical_cost=typical_cost,
    )

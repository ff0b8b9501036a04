"""A_t, L_t and U_t of the definition, "Action Space". Source: contracts/lens/AgentLens.sol.

"L_t = |A_t|, where A_t is the set of actions that the agent can take at time t."
"U_t = alpha L_t + beta 1(b_t > 0)."
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent_sdk.model.policy import budget_left
from agent_sdk.model.state import Chain
from agent_sdk.model.transition import quote
from agent_sdk.utility import Balance, open_actions

__all__ = ["affordable", "liberty", "utility"]


def affordable(chain: Chain, costs: Mapping[str, int], selectors: Mapping[str, bytes]) -> list[str]:
    """Return A_t: the enabled actions whose declared cost policy and balance allow now.

    Args:
        chain: B_t, its loop booked.
        costs: declared costs of the manifest's actions, wei by name.
        selectors: 4 bytes by name, in the manifest's order.
    """
    c, b = chain.s.c, chain.s.b
    enabled = [n for n, s in selectors.items() if not c.paused and s not in c.disabled]
    assert chain.record is not None
    return open_actions(
        enabled,
        balance=Balance(treasury=b.treasury, run=b.account.balance),
        step_cost=quote(chain.record),
        policy=c.policy,
        budget_left=budget_left(c.policy, c.spending, chain.time),
        costs=costs,
    )


def liberty(actions: Sequence[str]) -> int:
    """Return L_t = |A_t|."""
    return len(actions)


def utility(chain: Chain, actions: Sequence[str], *, alpha: int, beta: int) -> int:
    """Return U_t = alpha L_t + beta 1(b_t > 0)."""
    return alpha * liberty(actions) + beta * (chain.s.b.total > 0)

"""The firewall between D and the money: limits, rolling budgets, and who may change them.

"Any action taken by the agent as result of a decision engine call is valid as long as the agent
can afford to take it." What it can afford is what its policy and its balance allow.
Source: contracts/agent/AgentPolicy.sol, AgentOwner.sol, contracts/libraries/Budget.sol.
"""

from __future__ import annotations

from dataclasses import replace

from agent_sdk.model.frame import Transaction, require
from agent_sdk.model.state import Context, Spending
from agent_sdk.payloads import keccak
from agent_sdk.payloads import selector as selector_of
from agent_sdk.types import ZERO_ADDRESS, Policy, Rule

__all__ = [
    "accept_owner",
    "budget_left",
    "cancel_change",
    "charge",
    "charge_action",
    "chargeable",
    "pause",
    "propose_owner",
    "ready_at",
    "renounce",
    "require_owner",
    "require_target",
    "set_action",
    "set_limits",
    "set_owner",
    "set_recipient",
    "set_target",
]

_LOOSEN_DELAY = 86_400
_GRACE = 7 * 86_400
_BATCH = selector_of("batch(bytes[])")


def budget_left(policy: Policy, spending: Spending, now: int) -> int:
    """Return wei that may still be spent now: two adjoining epochs count. Source: Budget.left."""
    rolled = _rolled(policy.window, spending, now)
    return max(0, policy.budget - rolled.current - rolled.previous)


def chargeable(tx: Transaction) -> int:
    """Return the most wei that `charge` takes now. Source: AgentPolicy._chargeable."""
    policy = tx.c.policy
    above = max(0, tx.chain.s.b.treasury - policy.reserve)
    return min(budget_left(policy, tx.c.spending, tx.now), above)


def charge(tx: Transaction, amount: int) -> None:
    """Check and effect of ETH that leaves without the owner: budget and reserve. [AGT-3]."""
    policy, treasury = tx.c.policy, tx.chain.s.b.treasury
    required = amount + policy.reserve
    require(treasury >= required, "Agent_UnderReserve", treasury, required)
    left = budget_left(policy, tx.c.spending, tx.now)
    require(amount <= left, "Agent_OverBudget", amount, left)
    rolled = _rolled(policy.window, tx.c.spending, tx.now)
    tx.learn(spending=replace(rolled, current=rolled.current + amount))


def charge_action(tx: Transaction, amount: int) -> None:
    """Check and effect of ETH that leaves by an action: the cap too. [AGT-3]."""
    cap = tx.c.policy.action_cap
    require(amount <= cap, "Agent_OverActionCap", amount, cap)
    charge(tx, amount)


def require_owner(tx: Transaction, caller: str) -> None:
    """Refuse everybody but the owner. Source: AgentOwner._checkOwner."""
    require(caller == tx.c.owner, "Agent_NotOwner", tx.c.owner, caller)
    require(tx.acting is None, "Agent_WhileActing")


def require_target(tx: Transaction, target: str) -> None:
    """Refuse whoever trusts the agent's voice. Source: AgentPolicy._checkTarget."""
    known = tx.setting
    trusted = (known.agent, known.everloop, known.executor, known.orders, known.registry)
    require(target not in (*trusted, known.factory), "Agent_BadTarget", target)


def set_limits(tx: Transaction, limits: Policy) -> None:
    """Replace the limits; what lets more out waits a day. Source: AgentPolicy.setLimits."""
    require_owner(tx, tx.sender)
    require(limits.window != 0, "Agent_BadPolicy", "window", 0, 1)
    old = tx.c.policy
    looser = (
        limits.action_cap > old.action_cap
        or limits.budget > old.budget
        or limits.window < old.window
        or limits.reserve < old.reserve
    )
    if not _passes(tx, looser):
        return
    if old.window != limits.window:
        rolled = _rolled(old.window, tx.c.spending, tx.now)
        moved = rolled.current + rolled.previous
        tx.learn(spending=Spending(current=moved, previous=0, epoch=tx.now // limits.window))
    tx.learn(policy=limits)
    tx.emit(tx.setting.agent, "LimitsChanged", limits.to_tuple())


def set_recipient(tx: Transaction, to: str, listed: bool) -> None:
    """List a recipient, after a day, or strike it at once. Source: AgentPolicy.setRecipient."""
    require_owner(tx, tx.sender)
    require_target(tx, to)
    if not _passes(tx, listed and to not in tx.c.recipients):
        return
    recipients = tx.c.recipients | {to} if listed else tx.c.recipients - {to}
    tx.learn(recipients=recipients)
    tx.emit(tx.setting.agent, "RecipientChanged", to, listed)


def set_target(tx: Transaction, target: str, selector: bytes, rule: Rule) -> None:
    """Say what `call` may do with a function. Source: AgentPolicy.setTarget."""
    require_owner(tx, tx.sender)
    require_target(tx, target)
    if not _passes(tx, rule > tx.c.rules.get((target, selector), Rule.NONE)):
        return
    tx.learn(rules={**tx.c.rules, (target, selector): rule})
    tx.emit(tx.setting.agent, "RuleChanged", target, selector, int(rule))


def set_action(tx: Transaction, selector: bytes, enabled: bool) -> None:
    """Switch an action off at once, or on after a day. Source: AgentPolicy.setAction."""
    require_owner(tx, tx.sender)
    require(selector != _BATCH, "Agent_NotAnAction", selector)
    if not _passes(tx, enabled and selector in tx.c.disabled):
        return
    disabled = tx.c.disabled - {selector} if enabled else tx.c.disabled | {selector}
    tx.learn(disabled=disabled)
    tx.emit(tx.setting.agent, "ActionChanged", selector, enabled)


def pause(tx: Transaction, paused: bool) -> None:
    """Have decisions recorded and not acted upon, or acted upon again."""
    require_owner(tx, tx.sender)
    tx.learn(paused=paused)
    tx.emit(tx.setting.agent, "PauseChanged", paused)


def ready_at(c: Context, change: bytes, now: int) -> int:
    """When a queued change passes, Unix s; 0 = not queued, or too long ago.

    Source: AgentOwner.readyAt.
    """
    ready = c.queue.get(change, 0)
    return 0 if now > ready + _GRACE else ready


def cancel_change(tx: Transaction, change: bytes) -> None:
    """Forget a queued change. Source: AgentOwner.cancelChange."""
    require_owner(tx, tx.sender)
    require(tx.c.queue.get(change, 0) != 0, "Agent_NoChange", change)
    tx.learn(queue={**tx.c.queue, change: 0})
    tx.emit(tx.setting.agent, "ChangeCancelled", change)


def propose_owner(tx: Transaction, pending: str) -> None:
    """Name who may become the owner. Source: AgentOwner.proposeOwner."""
    require_owner(tx, tx.sender)
    tx.learn(pending_owner=pending)
    tx.emit(tx.setting.agent, "OwnerProposed", pending)


def accept_owner(tx: Transaction, caller: str) -> None:
    """Become the owner. Source: AgentOwner.acceptOwner."""
    pending = tx.c.pending_owner
    require(caller == pending, "Agent_NotPendingOwner", pending, caller)
    require(tx.acting is None, "Agent_WhileActing")
    set_owner(tx, caller)


def renounce(tx: Transaction) -> None:
    """Leave the agent without an owner: its policy is final. Source: AgentOwner.renounce."""
    require_owner(tx, tx.sender)
    require(not tx.c.paused, "Agent_WhilePaused")
    set_owner(tx, ZERO_ADDRESS)


def set_owner(tx: Transaction, to: str) -> None:
    """Source: AgentOwner._setOwner."""
    tx.emit(tx.setting.agent, "OwnerChanged", tx.c.owner, to)
    tx.learn(owner=to, pending_owner=ZERO_ADDRESS)


def _passes(tx: Transaction, looser: bool) -> bool:
    """Whether a change may be made now; otherwise it is queued. Source: AgentOwner._passes."""
    change = keccak(tx.data)
    ready = ready_at(tx.c, change, tx.now)
    if looser and not ready:
        ready = tx.now + _LOOSEN_DELAY
        tx.learn(queue={**tx.c.queue, change: ready})
        tx.emit(tx.setting.agent, "ChangeQueued", change, ready, tx.data)
        return False
    ripe = not looser or tx.now >= ready
    require(ripe, "Agent_ChangeNotReady", change, ready, tx.now)
    if tx.c.queue.get(change, 0):
        tx.learn(queue={**tx.c.queue, change: 0})
    return True


def _rolled(window: int, spending: Spending, now: int) -> Spending:
    """Return what counts in the epoch of now. Source: Budget._rolled."""
    epoch = now // window
    if epoch == spending.epoch:
        return spending
    previous = spending.current if epoch == spending.epoch + 1 else 0
    return Spending(current=0, previous=previous, epoch=epoch)

"""f: "Action a_t causes blockchain state transition: B_{t+1} = f(B_t, a_t)".

Every transaction that agent and engine can see, by anyone, as one move; a refused one leaves B as
it was. Source: the external functions of Everloop, ProviderRegistry and Agent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from agent_sdk.model import misses, money, policy, runs, transition, treasury
from agent_sdk.model.frame import Revert, Transaction, require
from agent_sdk.model.money import MIN_STAKE
from agent_sdk.payloads import selector

__all__ = ["MOVES", "apply"]


def apply(tx: Transaction, move: str, *arguments: Any) -> Revert | None:
    """Apply one move to B; return why it was refused, which leaves B as it was."""
    return tx.attempt(lambda: MOVES[move](tx, *arguments))


def _gift(tx: Transaction) -> None:
    """ETH sent to the agent: it grants nothing. Source: AgentTreasury.receive."""
    tx.move_treasury(tx.value)


def _deposit(tx: Transaction) -> None:
    money.deposit(tx, tx.setting.agent, tx.sender, tx.value)


def _serve(tx: Transaction, serving: bool) -> None:
    """A provider takes work, or no more of it. Source: ProviderRegistry.serve."""
    bonded = tx.chain.stakes[tx.sender].bonded
    enough = not serving or bonded >= MIN_STAKE
    require(enough, "Registry_StakeTooSmall", tx.sender, bonded, MIN_STAKE)
    money.sync(tx, tx.sender, serving)


def _earnings(tx: Transaction, amount: int, to: str) -> None:
    """Take earnings out of the ledger. Source: Ledger.withdraw. [LED-3]."""
    money.charge(tx, tx.sender, amount)
    tx.emit(tx.setting.everloop, "Withdrawn", tx.sender, to, amount)
    tx.pay(to, amount)


def _top_up(tx: Transaction, provider: str) -> None:
    """Add to a stake. Source: StakeBook.stake."""
    stake = tx.chain.stakes[provider]
    more = replace(stake, bonded=stake.bonded + tx.value)
    tx.change(stakes={**tx.chain.stakes, provider: more})
    tx.emit(tx.setting.registry, "Staked", provider, tx.sender, tx.value)
    money.sync(tx, provider, more.serving)


def _intrude(tx: Transaction, decision: bytes) -> None:
    """A stranger calls an action, or a batch of them, from outside. [AGT-3]."""
    known = (
        "hold()",
        "stopLoop()",
        "count(uint256)",
        "transfer(address,uint256)",
        "batch(bytes[])",
    )
    actions = {selector(name) for name in known}
    require(decision[:4] in actions, "Agent_NoFunction", decision[:4])
    raise Revert("Agent_NotActing", tx.sender)


def _answer_myself(tx: Transaction) -> None:
    """A stranger plays the engine. Source: Agent.onInference."""
    raise Revert("Agent_NotEverloop", tx.sender)


MOVES: Mapping[str, Callable[..., None]] = {
    "create": transition.genesis,
    "deliver": runs.deliver,
    "expire": misses.expire,
    "decline": misses.decline,
    "resign": misses.resign,
    "resume": misses.resume,
    "refuel": lambda tx: treasury.refuel(tx, tx.sender),
    "gift": _gift,
    "deposit": _deposit,
    "serve": _serve,
    "earnings": _earnings,
    "top_up": _top_up,
    "intrude": _intrude,
    "answer_myself": _answer_myself,
    "set_limits": policy.set_limits,
    "set_recipient": policy.set_recipient,
    "set_target": policy.set_target,
    "set_action": policy.set_action,
    "pause": lambda tx: policy.pause(tx, True),
    "unpause": lambda tx: policy.pause(tx, False),
    "cancel_change": policy.cancel_change,
    "propose_owner": policy.propose_owner,
    "accept_owner": lambda tx: policy.accept_owner(tx, tx.sender),
    "renounce": policy.renounce,
    "withdraw": treasury.withdraw,
    "drain": treasury.drain,
    "stop": transition.stop,
    "start": transition.start,
}
"""By name; arguments as the function takes them, records and enums as the SDK has them."""

"""The agent's money, and how it leaves: by actions, top-ups, or the owner's hand.

Source: contracts/agent/AgentTreasury.sol; contracts/examples/SavingsVault.sol for what `call`
reaches here.
"""

from __future__ import annotations

from agent_sdk.model import money
from agent_sdk.model.frame import Revert, Transaction, require
from agent_sdk.model.policy import charge, charge_action, chargeable, require_owner
from agent_sdk.payloads import selector as selector_of
from agent_sdk.types import Rule

__all__ = ["call", "drain", "refuel", "send", "send_token", "withdraw"]

SAVE = selector_of("save()")
REDEEM = selector_of("redeem(uint256)")
SAVINGS_OF = selector_of("savingsOf(address)")
_REFUEL = selector_of("refuel()")


def send(tx: Transaction, to: str, amount: int) -> None:
    """Move wei to a listed recipient. Source: AgentTreasury._send. [AGT-3]."""
    require(to in tx.c.recipients, "Agent_NotRecipient", to)
    charge_action(tx, amount)
    sent = tx.attempt(lambda: _pay(tx, to, amount)) is None
    require(sent, "Agent_TransferFailed", to, amount)
    tx.emit(tx.setting.agent, "Transferred", to, amount)


def send_token(tx: Transaction, token: str, to: str) -> None:
    """Refuse to move tokens: no trace sets a limit for one. Source: AgentTreasury._sendToken."""
    require(to in tx.c.recipients, "Agent_NotRecipient", to)
    raise Revert("Agent_NoTokenLimit", token)


def call(tx: Transaction, target: str, value: int, data: bytes) -> None:
    """Call a function that the policy lists. Source: AgentTreasury.call."""
    selector = data[:4] if len(data) >= 4 else bytes(4)
    rule = tx.c.rules.get((target, selector), Rule.NONE)
    if len(data) >= 4 and selector == bytes(4):
        rule = Rule.NONE
    allowed = rule != Rule.NONE if value == 0 else rule == Rule.PAY
    require(allowed, "Agent_NoRule", target, selector, value)
    require(not data or target in tx.setting.codes, "Agent_NoCode", target)
    if value:
        charge_action(tx, value)
    tx.emit(tx.setting.agent, "Called", target, selector, value)
    done = tx.attempt(lambda: _reach(tx, target, value, data)) is None
    require(done, "Agent_CallFailed", target, selector)


def refuel(tx: Transaction, caller: str) -> None:
    """Fill the run balance up from the treasury, within the budget. Source: refuel. [AGT-3]."""
    require(caller != tx.setting.agent, "Agent_NotAnAction", _REFUEL)
    missing = max(0, tx.c.run_target - tx.chain.s.b.account.balance)
    amount = min(missing, chargeable(tx))
    if amount == 0:
        return
    charge(tx, amount)
    tx.emit(tx.setting.agent, "Refuelled", amount)
    tx.move_treasury(-amount)
    money.deposit(tx, tx.setting.agent, tx.setting.agent, amount)


def withdraw(tx: Transaction, amount: int, to: str) -> None:
    """Take wei out of the treasury; the owner's. Source: AgentTreasury.withdraw."""
    require_owner(tx, tx.sender)
    tx.emit(tx.setting.agent, "OwnerWithdrew", to, amount)
    sent = tx.attempt(lambda: _pay(tx, to, amount)) is None
    require(sent, "Agent_TransferFailed", to, amount)


def drain(tx: Transaction, amount: int) -> None:
    """Take the free run balance into the treasury; the owner's. Source: AgentTreasury.drain."""
    require_owner(tx, tx.sender)
    agent = tx.setting.agent
    money.charge(tx, agent, amount)
    tx.emit(tx.setting.everloop, "Withdrawn", agent, agent, amount)
    tx.move_treasury(amount)


def _pay(tx: Transaction, to: str, amount: int) -> None:
    """ETH without data: accounts take it, and so does the agent; other contracts do not."""
    require(amount <= tx.chain.s.b.treasury, "")
    require(to not in tx.setting.codes or to == tx.setting.agent, "")
    if to == tx.setting.agent:
        return
    tx.move_treasury(-amount)
    tx.pay(to, amount)


def _reach(tx: Transaction, target: str, value: int, data: bytes) -> None:
    """What `call` does at its target: the vault, or an account that only takes ETH."""
    if target != tx.setting.vault:
        _pay(tx, target, value)
        return
    agent, selector = tx.setting.agent, data[:4]
    if selector == SAVE:
        require(value <= tx.chain.s.b.treasury, "")
        tx.move_treasury(-value)
        tx.change(savings=tx.chain.savings + value)
        tx.emit(target, "Saved", agent, value)
        return
    require(value == 0 and len(data) >= 36, "")
    if selector == REDEEM:
        amount = int.from_bytes(data[4:36], "big")
        saved = tx.chain.savings
        require(amount <= saved, "Vault_NotEnough", agent, saved, amount)
        tx.change(savings=saved - amount)
        tx.emit(target, "Redeemed", agent, amount)
        tx.move_treasury(amount)
        return
    require(selector == SAVINGS_OF and not any(data[4:16]), "")

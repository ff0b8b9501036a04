"""One transaction on B: who sends it, what it changes, what it emits, and what reverts undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agent_sdk.model.state import Chain, Context, Setting
from agent_sdk.types import Account, Result

__all__ = ["Emitted", "Metered", "Revert", "Transaction", "label", "require"]


class Revert(Exception):
    """A call that is undone, with the contract's error; an empty name where it gives no data."""

    def __init__(self, name: str, *args: Any) -> None:
        super().__init__(name, *args)
        self.name = name
        self.values = args


@dataclass(frozen=True)
class Emitted:
    """One event: who emits it, its name, its arguments in Solidity's order, words as they are."""

    emitter: str
    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Metered:
    """What the EVM measures and no model can know: taken from the receipt, and checked there."""

    gas: int = 0
    """gas that a run's provider, keeper or caller is paid for"""
    owner_gas: int = 0
    """gas of a missed run that the owner is repaid"""


@dataclass
class Acting:
    """Transient storage of a decision. Source: AgentActions._acting."""

    entered: int = 0
    """actions entered so far"""
    wake: int | None = None
    """Unix s that the last wake asks for, or `loop.STOP`"""


class Transaction:
    """One transaction in the making."""

    def __init__(
        self,
        setting: Setting,
        chain: Chain,
        *,
        sender: str,
        gas_price: int,
        data: bytes = b"",
        value: int = 0,
        metered: Metered = Metered(),
    ) -> None:
        self.setting = setting
        self.chain = chain
        self.sender = sender
        self.gas_price = gas_price
        """wei per gas that the sender pays: tx.gasprice"""
        self.data = data
        self.value = value
        self.metered = metered
        self.events: list[Emitted] = []
        self.acting: Acting | None = None
        self.failure: Revert | None = None
        """why the decision failed, which the contract keeps to itself"""
        self.result: Result | None = None
        """what became of the decision"""

    @property
    def now(self) -> int:
        """block.timestamp, Unix s."""
        return self.chain.time

    @property
    def c(self) -> Context:
        """The agent's context as it stands."""
        return self.chain.s.c

    def emit(self, emitter: str, name: str, *values: Any) -> None:
        """Emit an event."""
        self.events.append(Emitted(emitter, name, values))

    def learn(self, **changes: Any) -> None:
        """Change c."""
        self.chain = self.chain.with_state(c=replace(self.c, **changes))

    def change(self, **changes: Any) -> None:
        """Change B outside s."""
        self.chain = replace(self.chain, **changes)

    def account(self, of: str) -> Account:
        """Return an account of the ledger."""
        return self.chain.account(self.setting.agent, of)

    def write(self, of: str, account: Account) -> None:
        """Change an account of the ledger."""
        self.chain = self.chain.with_account(self.setting.agent, of, account)

    def move_treasury(self, amount: int) -> None:
        """Change the treasury by so many wei."""
        b = self.chain.s.b
        self.chain = self.chain.with_state(b=replace(b, treasury=b.treasury + amount))

    def pay(self, to: str, amount: int) -> None:
        """Have ETH arrive outside of agent and engine."""
        held = self.chain.wealth.get(to, 0)
        self.change(wealth={**self.chain.wealth, to: held + amount})

    def attempt(self, call: Callable[[], None]) -> Revert | None:
        """Make a call that may revert, which undoes all that it did; return why it did."""
        chain, emitted = self.chain, len(self.events)
        acting = None if self.acting is None else replace(self.acting)
        try:
            call()
        except Revert as reason:
            self.chain, self.acting = chain, acting
            del self.events[emitted:]
            return reason
        return None


def label(text: str) -> bytes:
    """Return a field's name as errors of the engine give it: 32 bytes."""
    return text.encode().ljust(32, b"\0")


def require(holds: bool, name: str, *args: Any) -> None:
    """Revert with an error unless something holds."""
    if not holds:
        raise Revert(name, *args)

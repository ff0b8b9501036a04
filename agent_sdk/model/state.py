"""S, the states s = (c, h, b) of an agent, and B, the blockchain around it; frozen values.

"S is the set of possible states of the agent, where each state is a tuple of (c_t, h_t, b_t)."
"Let B_t represent the blockchain state at time t, and s_t represent the agent's state."
Source: definition, sections "Agent Definition" and "Agent State Evolution".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agent_sdk.types import Account, Choice, Job, JobSlot, Offer, Policy, Rule

__all__ = ["Chain", "Context", "Funds", "History", "Setting", "Spending", "Stake", "State"]

EMPTY_ACCOUNT = Account(
    balance=0,
    reserved=0,
    open=0,
    delivered=0,
    missed=0,
    declined=0,
    latency=0,
    capacity=0,
    locked=False,
)
EMPTY_SLOT = JobSlot(commitment=0, due=0, runs=0, failures=0)


@dataclass(frozen=True, kw_only=True)
class Spending:
    """What was spent against a budget. Source: contracts/types/Policy.sol, `Spending`."""

    current: int = 0
    """wei in the current epoch"""
    previous: int = 0
    """wei in the epoch before"""
    epoch: int = 0
    """number of the current epoch: time / window"""


@dataclass(frozen=True, kw_only=True)
class Context:
    """c_t: "agent's context at time t", all that the agent keeps besides history and money.

    Source: storage of AgentOwner, AgentPolicy, AgentActions, Agent and the agent's own contract.
    """

    owner: str
    pending_owner: str
    policy: Policy
    spending: Spending
    run_target: int
    """wei; `refuel` fills the run balance up to this"""
    choices: tuple[Choice, ...]
    """providers in order of preference"""
    recipients: frozenset[str] = frozenset()
    rules: Mapping[tuple[str, bytes], Rule] = field(default_factory=dict)
    """what `call` may do, by target and selector"""
    disabled: frozenset[bytes] = frozenset()
    """selectors of actions that are switched off"""
    paused: bool = False
    queue: Mapping[bytes, int] = field(default_factory=dict)
    """Unix s from which a queued change passes, by the hash of its call data"""
    total: int = 0
    """what CounterAgent has counted: the state of its business logic"""


@dataclass(frozen=True, kw_only=True)
class History:
    """h_t: "history of transactions and actions up to time t", as the chain of hashes keeps it.

    Source: AgentHistory._history.
    """

    head: bytes = bytes(28)
    """28 bytes"""
    steps: int = 0
    """t: how often T has been applied"""


@dataclass(frozen=True, kw_only=True)
class Funds:
    """b_t: "balance of the agent at time t": treasury and run balance."""

    treasury: int = 0
    """wei in the agent contract"""
    account: Account = EMPTY_ACCOUNT
    """the agent's account at Everloop: run balance and its reserved part"""

    @property
    def total(self) -> int:
        """b_t in wei."""
        return self.treasury + self.account.balance


@dataclass(frozen=True, kw_only=True)
class State:
    """s_t = (c_t, h_t, b_t)."""

    c: Context
    h: History = History()
    b: Funds = Funds()


@dataclass(frozen=True, kw_only=True)
class Stake:
    """What the registry keeps of a provider. Source: StakeBook.Entry."""

    bonded: int
    """wei"""
    serving: bool


@dataclass(frozen=True, kw_only=True)
class Chain:
    """B_t: the part of the blockchain's state that an agent and its engine see or change."""

    time: int
    """Unix s of the block"""
    base_fee: int
    """wei per gas"""
    s: State
    """s_t, the agent's own part"""
    slot: JobSlot = EMPTY_SLOT
    """the one stored word of the loop"""
    record: Job | None = None
    """the record that the loop was last booked with"""
    resumable_at: int = 0
    """Unix s before which the loop is not resumed again"""
    accounts: Mapping[str, Account] = field(default_factory=dict)
    """all other accounts at Everloop"""
    stakes: Mapping[str, Stake] = field(default_factory=dict)
    wealth: Mapping[str, int] = field(default_factory=dict)
    """wei of whoever the agent pays outside Everloop"""
    savings: int = 0
    """wei of the agent in the SavingsVault"""

    def account(self, agent: str, of: str) -> Account:
        """Return an account of the ledger; the agent's own is part of its state."""
        return self.s.b.account if of == agent else self.accounts.get(of, EMPTY_ACCOUNT)

    def with_account(self, agent: str, of: str, account: Account) -> Chain:
        """Return B with one account of the ledger changed."""
        if of == agent:
            return self.with_state(b=replace(self.s.b, account=account))
        return replace(self, accounts={**self.accounts, of: account})

    def with_state(
        self, *, c: Context | None = None, h: History | None = None, b: Funds | None = None
    ) -> Chain:
        """Return B with parts of s_t changed."""
        s = State(c=c or self.s.c, h=h or self.s.h, b=b or self.s.b)
        return replace(self, s=s)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What never changes in a trace: addresses, offers, immutables of the contracts."""

    chain_id: int
    agent: str
    loop_id: bytes
    """32 bytes"""
    loop_salt: bytes
    """32 bytes"""
    everloop: str
    executor: str
    orders: str
    registry: str
    factory: str
    vault: str
    offers: Mapping[tuple[str, bytes], Offer]
    """by provider and model id"""
    protocol_bps: int
    protocol_receiver: str
    codes: frozenset[str]
    """addresses with code: of those that take ETH the agent knows only the vault's `save`"""

"""What an agent is born with, and what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from agent_sdk.types.job import Pricing, Timing

if TYPE_CHECKING:
    from agent_sdk.manifest import Action

__all__ = ["Birth", "Choice", "Loop", "Policy", "Result", "Rule", "Step", "TokenLimit"]


class Result(IntEnum):
    """What became of a decision. Source: IAgent.Result."""

    ACTED = 0
    FAILED = 1
    REJECTED = 2
    PAUSED = 3


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What an agent may spend, whatever a model answers. Source: contracts/types/Policy.sol."""

    action_cap: int
    """wei; most that one action moves out"""
    budget: int
    """wei; most that leaves through actions and top-ups in any window"""
    window: int
    """s; length of the budget's window"""
    reserve: int
    """wei; the treasury never falls below this through actions"""

    def to_tuple(self) -> tuple[int, int, int, int]:
        """Return the fields in the order of the ABI."""
        return (self.action_cap, self.budget, self.window, self.reserve)

    @classmethod
    def from_tuple(cls, fields: Sequence[Any]) -> Policy:
        """Read a decoded ABI tuple."""
        action_cap, budget, window, reserve = fields
        return cls(action_cap=action_cap, budget=budget, window=window, reserve=reserve)

    def tighter(self, other: Policy) -> Policy:
        """Return, field by field, the limit that lets less out. Source: PolicyLib.isLooser."""
        return Policy(
            action_cap=min(self.action_cap, other.action_cap),
            budget=min(self.budget, other.budget),
            window=max(self.window, other.window),
            reserve=max(self.reserve, other.reserve),
        )


@dataclass(frozen=True, kw_only=True)
class TokenLimit:
    """What an agent may spend of one ERC-20 token. Source: contracts/types/Policy.sol."""

    action_cap: int
    """units of the token; most that one action moves out"""
    budget: int
    """units; most that leaves through actions in any window"""
    window: int
    """s; length of the budget's window; 0 = no limit was set, so nothing leaves"""

    def to_tuple(self) -> tuple[int, int, int]:
        """Return the fields in the order of the ABI."""
        return (self.action_cap, self.budget, self.window)

    def tighter(self, other: TokenLimit) -> TokenLimit:
        """Return, field by field, the limit that lets less out. Source: PolicyLib.isLooser."""
        return TokenLimit(
            action_cap=min(self.action_cap, other.action_cap),
            budget=min(self.budget, other.budget),
            window=max(self.window, other.window),
        )


class Rule(IntEnum):
    """What the action `call` may do with one function of a contract. Source: Policy.sol."""

    NONE = 0
    CALL = 1
    """without value"""
    PAY = 2
    """also with value"""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A provider and one of its models. Source: contracts/types/Policy.sol."""

    provider: str
    model_id: bytes
    """32 bytes, keccak256 of `name@revision`"""

    def to_tuple(self) -> tuple[str, bytes]:
        """Return the fields in the order of the ABI."""
        return (self.provider, self.model_id)


@dataclass(frozen=True, kw_only=True)
class Loop:
    """How an agent's loop runs. Source: contracts/types/Policy.sol."""

    interval: int
    """s between steps"""
    heartbeat: int
    """s; longest pause, and the pause after a failure"""
    window: int
    """s to answer"""
    gas_limit: int
    """gas of one step's callback"""
    output_limit: int
    """bytes of one decision"""
    max_gas_price: int
    """wei per gas"""
    max_priority_fee: int
    """wei per gas above the base fee"""
    max_fee: int
    """wei per inference"""
    max_data_fee: int = 0
    """gwei per step for its data on a rollup"""

    def changed(self, **given: int) -> Loop:
        """Return it with fields changed; a heartbeat not given is no shorter than the interval."""
        made = replace(self, **given)
        if "heartbeat" in given:
            return made
        return replace(made, heartbeat=max(made.heartbeat, made.interval))

    def to_tuple(self) -> tuple[int, ...]:
        """Return the fields in the order of the ABI."""
        return (
            self.interval,
            self.heartbeat,
            self.window,
            self.gas_limit,
            self.output_limit,
            self.max_gas_price,
            self.max_priority_fee,
            self.max_data_fee,
            self.max_fee,
        )

    def timing(self) -> Timing:
        """Return when its inference runs. Source: Agent._book."""
        return Timing(
            interval=self.interval,
            heartbeat=self.heartbeat,
            window=self.window,
            gas_limit=self.gas_limit,
            output_limit=self.output_limit,
        )

    def pricing(self, *, fee: int = 0) -> Pricing:
        """Return what its inference may cost, for a fee in wei. Source: Agent._book."""
        return Pricing(
            max_gas_price=self.max_gas_price,
            max_priority_fee=self.max_priority_fee,
            max_data_fee=self.max_data_fee,
            amount=self.max_fee,
            fee=fee,
        )


@dataclass(frozen=True, kw_only=True)
class Birth:
    """What an agent is born with. Source: contracts/types/Policy.sol."""

    loop: Loop
    policy: Policy
    providers: tuple[Choice, ...]
    """in order of preference, 1 to 8"""
    recipients: tuple[str, ...] = ()
    """who may receive ETH from actions, up to 16"""
    run_balance: int = 0
    """wei of the creation value put into the run balance; the rest is the treasury"""
    first_due: int = 0
    """Unix s of the first step; a past time means now"""

    def to_tuple(self) -> tuple[Any, ...]:
        """Return the fields in the order of the ABI."""
        return (
            self.loop.to_tuple(),
            self.policy.to_tuple(),
            [choice.to_tuple() for choice in self.providers],
            list(self.recipients),
            self.run_balance,
            self.first_due,
        )


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of an agent, from the events of its transaction. Source: IAgent.Stepped."""

    step: int
    """number of the step, from 0"""
    id: bytes
    """32 bytes, the inference"""
    run: int
    """number of the inference's run, from 0"""
    pinned_block: int
    """block at which the prompt was read"""
    pinned_hash: bytes
    """32 bytes"""
    time: int
    """Unix s of the step's block"""
    decision_hash: bytes
    """32 bytes, keccak256 of the decision"""
    result: Result
    decision: bytes
    """call data of one self-call; empty where no event holds it"""
    actions: tuple[Action, ...] | None
    """the decision read by the agent's manifest; None where it cannot read it"""
    provider: str
    """who answered; empty where no event says"""
    paid: int
    """wei paid for the run"""
    next_due: int
    """Unix s; 0 = over or dormant"""
    block: int
    tx: bytes
    """32 bytes"""

    @property
    def summary(self) -> str:
        """What was decided, in a line: the actions, or call data that the manifest cannot read."""
        from agent_sdk.tools import shown

        return shown(self.actions, self.decision if self.provider else None)

    def to_dict(self) -> dict[str, Any]:
        """Return the step as JSON data."""
        return {
            "step": self.step,
            "time": self.time,
            "result": self.result.name.lower(),
            "actions": None if self.actions is None else [a.to_dict() for a in self.actions],
            "decision": f"0x{self.decision.hex()}",
            "summary": self.summary,
            "provider": self.provider,
            "paid_wei": self.paid,
            "next_due": self.next_due or None,
            "pinned_block": self.pinned_block,
            "block": self.block,
            "tx": f"0x{self.tx.hex()}",
        }

    def __str__(self) -> str:
        """One line: number, time, what was done and what it cost."""
        from agent_sdk.units import format_wei

        return (
            f"step {self.step} at {self.time}: {self.summary} [{self.result.name.lower()}]"
            f" by {self.provider} for {format_wei(self.paid)}"
        )

"""What can be read of one agent: its state, what it can do, how long it lasts, what it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from agent_sdk.accounts import Signer
from agent_sdk.agent_origin import check_origin
from agent_sdk.chain import Chain
from agent_sdk.contracts import (
    AgentContract,
    AgentLensContract,
    EverloopContract,
)
from agent_sdk.deployment import Deployment
from agent_sdk.errors import CheckFailed, ConfigError, Reverted, SpecError
from agent_sdk.history import History, read
from agent_sdk.manifest import Manifest
from agent_sdk.step_failures import FAILING, failure_of, is_failing
from agent_sdk.types import Job, JobSlot, Loop, Receipt, Step
from agent_sdk.utility import Balance, Runway, open_actions, runway, utility

__all__ = ["AgentReader", "State"]


@dataclass(frozen=True, kw_only=True)
class State:
    """An agent's state s = (c, h, b)."""

    context: str
    """c, in the agent's own words"""
    history_head: bytes
    """h, 28 bytes"""
    balance: Balance
    """b"""

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.context} {self.balance}; history 0x{self.history_head.hex()}"


class AgentReader:
    """One agent on one chain, to look at; everything is read anew each time."""

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        address: str,
        *,
        signer: Signer | None = None,
        receipt: Receipt | None = None,
    ) -> None:
        self.address = address
        self.contract = AgentContract(chain, address)
        self.receipt = receipt
        """of the transaction that made it, if it was made here"""
        self._chain = chain
        self._deployment = deployment
        self._engine = EverloopContract(chain, deployment.everloop)
        self._signer = signer

    @cached_property
    def manifest(self) -> Manifest:
        """What the agent tells a model about itself.

        Raises:
            SpecError: it does not parse.
        """
        try:
            return Manifest.parse(self.contract.manifest_text())
        except SpecError as error:
            raise SpecError(
                f"the manifest of agent {self.address} does not parse: {error}"
            ) from error

    @cached_property
    def loop_id(self) -> bytes:
        """The id of the loop's inference, 32 bytes."""
        return self.contract.loop_id()

    @property
    def state(self) -> State:
        """The agent's state s = (c, h, b) now."""
        return State(
            context=self.contract.context(),
            history_head=self.contract.history_head(),
            balance=self.balance,
        )

    @property
    def balance(self) -> Balance:
        """What the agent has."""
        return Balance(
            treasury=self._chain.balance(self.address), run=self._engine.balance_of(self.address)
        )

    @property
    def liberty(self) -> int:
        """How many of its actions are open now; see `agent_sdk.utility`."""
        return len(self.open_actions)

    @property
    def open_actions(self) -> list[str]:
        """Its open actions: enabled, and policy and balance allow their declared cost now."""
        return self._open_actions(self.job(), self.slot())

    @property
    def utility(self) -> float:
        """U = alpha x liberty + beta x 1[balance > 0]."""
        return utility(self.liberty, balance=self.balance.total)

    @property
    def runway(self) -> Runway:
        """How long its money lasts."""
        return self._runway(self._history(check_blocks=False).steps)

    def job(self) -> Job | None:
        """Return the record of its loop, or None if it was never booked."""
        return self._engine.record_of(self.loop_id, from_block=self._deployment.block)

    @property
    def loop(self) -> Loop:
        """How its loop runs, or ran before it was stopped.

        Raises:
            ConfigError: it was never booked.
        """
        job = self.job()
        if job is None:
            raise ConfigError(f"agent {self.address} never ran: it has no loop to read")
        timing, pricing = job.timing, job.pricing
        return Loop(
            interval=timing.interval,
            heartbeat=timing.heartbeat,
            window=timing.window,
            gas_limit=timing.gas_limit,
            output_limit=timing.output_limit,
            max_gas_price=pricing.max_gas_price,
            max_priority_fee=pricing.max_priority_fee,
            max_fee=pricing.amount,
            max_data_fee=pricing.max_data_fee,
        )

    def slot(self) -> JobSlot:
        """Return the stored slot of its loop."""
        return self._engine.slot_of(self.loop_id)

    def history(self, *, verify: bool = False) -> list[Step]:
        """Return all steps.

        Args:
            verify: check them against the chain first.

        Raises:
            CheckFailed: they do not re-derive.
        """
        found = self.verify() if verify else self._history(check_blocks=False)
        if verify and not found.verified:
            fault = next(f for f in found.findings if f.breaks_history)
            raise CheckFailed(
                f"the history of agent {self.address} does not verify: {fault}; "
                "ask another RPC node, and where it says the same, do not trust the agent"
            )
        return list(found.steps)

    def verify(self) -> History:
        """Return the history with all that does not hold."""
        found = self._history(check_blocks=True)
        more = check_origin(self._chain, self._deployment, self.address, loop=self.loop_id)
        return replace(found, findings=(*found.findings, *more))

    @property
    def chain_time(self) -> int:
        """The time of the newest block, Unix s."""
        return self._chain.block().time

    @property
    def health(self) -> str:
        """In a word: `ok`, or what is the matter, the gravest first.

        `stopped` and `dormant`: nothing is booked. `paused`: its decisions are not acted upon.
        `overdue`: a run went unanswered. `failing`: the last three steps failed or were rejected.
        """
        told = self.contract.events("Stepped", from_block=self._deployment.block)[-FAILING:]
        results = [int(event.args["result"]) for event in told]
        return self._health(self.slot(), self.job(), results)

    def halt(self, slot: JobSlot) -> str:
        """Return why the agent acts no more: stopped, dormant or paused; empty where it goes on.

        Args:
            slot: of its loop, as read before.
        """
        if not slot.is_booked:
            return "stopped"
        if slot.is_dormant:
            return "dormant"
        return "paused" if self.contract.is_paused() else ""

    def why(self, step: Step) -> Reverted:
        """Return what a failed step reverted with; its node has to trace transactions.

        Raises:
            CheckFailed: the step did not fail, or the node cannot tell.
        """
        return failure_of(self._chain, self.address, step)

    def inspect(self) -> dict[str, Any]:
        """Return all there is to know about the agent as JSON data."""
        found = self._history(check_blocks=False)
        job, slot, balance = self.job(), self.slot(), self.balance
        left, opened = self._runway(found.steps, job=job), self._open_actions(job, slot)
        last = found.steps[-1] if found.steps else None
        return {
            "address": self.address,
            "name": self.manifest.name,
            "owner": self.contract.owner(),
            "context": self.contract.context(),
            "steps": found.chain_steps,
            "history_head": f"0x{found.chain_head.hex()}",
            "history_verified": found.verified,
            "balance_wei": {"treasury": balance.treasury, "run": balance.run},
            "runway_steps": left.steps,
            "runway_seconds": left.seconds,
            "runway_typical_steps": left.typical_steps,
            "runway_typical_seconds": left.typical_seconds,
            "step_cost_wei": left.step_cost,
            "step_cost_typical_wei": left.typical_cost,
            "liberty": len(opened),
            "open_actions": opened,
            "utility": utility(len(opened), balance=balance.total),
            "next_due": slot.due or None,
            "last_step": None if last is None else last.to_dict(),
            "policy": {
                **asdict(self.contract.policy()),
                "budget_left": self.contract.budget_left(),
                "paused": self.contract.is_paused(),
            },
            "provider": job.provider if job and slot.is_booked else None,
            "providers": [choice.provider for choice in self.contract.choices()],
            "health": self._health(slot, job, [step.result for step in found.steps]),
        }

    def _history(self, *, check_blocks: bool) -> History:
        return read(
            self._chain,
            self._engine,
            self.address,
            from_block=self._deployment.block,
            manifest=self.manifest,
            check_blocks=check_blocks,
        )

    def _open_actions(self, job: Job | None, slot: JobSlot) -> list[str]:
        """Ask the lens, in one call; it knows only loops that are booked."""
        lens = self._deployment.contracts.get("AgentLens")
        if lens and job and slot.is_booked:
            seen = AgentLensContract(self._chain, lens).assess(self.address, job)
            return [t.name for t in self.manifest.tools if t.selector in seen.open_actions]
        return open_actions(
            [t.name for t in self.manifest.tools if self.contract.is_enabled(t.selector)],
            balance=self.balance,
            step_cost=self._engine.worst_cost(job) if job else 0,
            policy=self.contract.policy(),
            budget_left=self.contract.budget_left(),
            costs=self.manifest.costs,
        )

    def _runway(self, steps: Sequence[Step], *, job: Job | None = None) -> Runway:
        job = job or self.job()
        return runway(
            self.balance,
            step_cost=self._engine.worst_cost(job) if job else 0,
            interval=job.timing.interval if job else 0,
            reserve=self.contract.policy().reserve,
            paid=[step.paid for step in steps],
            times=[step.time for step in steps],
        )

    def _health(self, slot: JobSlot, job: Job | None, results: Sequence[int]) -> str:
        if job is None:
            return "stopped"
        if halt := self.halt(slot):
            return halt
        if self._chain.block().time >= slot.due + job.timing.window:
            return "overdue"
        return "failing" if is_failing(results) else "ok"

    def __repr__(self) -> str:
        return f"Agent({self.address})"

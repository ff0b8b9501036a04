"""One agent: what its owner and others do with it, besides looking at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from agent_sdk.agent_owner import AgentOwner, Change
from agent_sdk.agent_plans import PLAN_EVENTS, Plan, PlanEnd, plans_of
from agent_sdk.agent_reader import State
from agent_sdk.agent_waiting import wait
from agent_sdk.contracts import PlannerContract, WakeableContract
from agent_sdk.errors import ConfigError, Reverted
from agent_sdk.payloads import address as checked_address
from agent_sdk.types import Call, Choice, Job, Loop, Receipt
from agent_sdk.units import format_seconds, format_wei, parse_wei

__all__ = ["Agent", "Change", "Plan", "PlanEnd", "State"]

MAX_PROVIDERS = 8
"""of an agent's list. Source: Agent.MAX_PROVIDERS"""


class Agent(AgentOwner):
    """One agent on one chain; everything is read anew each time."""

    def fund(self, amount: str | int, *, to: str = "treasury") -> Receipt:
        """Send ETH to the agent; anyone may.

        Args:
            amount: wei, or text with a unit: "0.5 ether".
            to: `treasury` (what actions spend) or `run` (what steps cost).
        """
        value = parse_wei(amount)
        calls = {
            "treasury": Call(self.address, b"", value, "funding the treasury"),
            "run": self._engine.deposit(self.address, value=value),
        }
        if to not in calls:
            raise ConfigError(f"an agent has no balance {to!r}: use treasury or run")
        return self._chain.send(self._require_signer(), calls[to])

    def withdraw(self, amount: str | int, *, to: str | None = None) -> Receipt:
        """Take ETH out of the treasury; the owner's.

        Args:
            amount: wei, text with a unit, or `all`: the free run balance and the whole treasury.
            to: who gets it; the signer if None.

        Raises:
            ConfigError: the treasury does not hold it.
            Reverted: the signer is not the owner, or the receiver takes no ETH.
        """
        signer = self._require_signer()
        receiver = checked_address(signer.address if to is None else to)
        if amount == "all" and (free := self._engine.free_of(self.address)):
            self._chain.send(signer, self.contract.drain(free))
        treasury = self.balance.treasury
        value = treasury if amount == "all" else parse_wei(amount)
        if value > treasury or not value:
            raise ConfigError(
                f"the treasury of agent {self.address} holds {format_wei(treasury)}: withdraw "
                "more than nothing and no more than that"
            )
        return self._chain.send(signer, self.contract.withdraw(value, to=receiver))

    def stop(self) -> Receipt:
        """End the loop, outside an open window; the owner's.

        Right after a step it works, unless the interval is no longer than a block: then `pause` the
        agent. Once its open run has ended, the next is due a heartbeat later, and until then this
        works.

        Raises:
            ConfigError: it has ended already.
            Reverted: the signer is not the owner, or the provider may still answer.
        """
        job = self.job()
        if job is None or not self.slot().is_booked:
            raise ConfigError(f"agent {self.address} is stopped already: nothing is to be done")
        try:
            return self._chain.send(self._require_signer(), self.contract.stop(job))
        except Reverted as error:
            if error.name != "Inference_InsideWindow":
                raise
            heartbeat = format_seconds(job.timing.heartbeat)
            raise error.advised(
                f"or stop it right after its next step (`everloop agent wait {self.address}`); "
                f"where that fails as well, `everloop agent pause {self.address}`: once its open "
                f"run has ended, the next is due {heartbeat} later, and until then this works"
            ) from None

    def start(self, *, loop: Loop | None = None, provider: str | None = None) -> Receipt:
        """Begin the loop again, at once, after `stop`; the owner's.

        Args:
            loop: how it runs from now on; as before if None.
            provider: which of the agent's list answers; the first that has room if None.

        Raises:
            ConfigError: it runs, no provider of the list has room, or the run balance is too low.
            Reverted: the signer is not the owner, or a provider's offer refuses the loop.
        """
        before, slot = self.job(), self.slot()
        if slot.is_booked or before is None:
            state = "dormant: fund its run balance" if slot.is_dormant else "running already"
            raise ConfigError(f"agent {self.address} is {state}; only a stopped loop is started")
        number, choice = self._startable(provider)
        cycle = loop or self.loop
        job = _record(before, cycle, choice)
        fee = self._engine.offer_of(choice.provider, choice.model_id).fee(cycle.output_limit)
        needed = self._engine.worst_cost(replace(job, pricing=replace(job.pricing, fee=fee)))
        if (free := self._engine.free_of(self.address)) < needed:
            raise ConfigError(
                f"the run balance of agent {self.address} is {format_wei(free)} and a step may "
                f"cost {format_wei(needed)}: `everloop agent fund {self.address} AMOUNT --to run`"
            )
        return self._chain.send(self._require_signer(), self.contract.start(cycle, choice=number))

    def set_providers(self, choices: Sequence[Choice]) -> Receipt:
        """Replace the list of providers; the owner's.

        The run that is booked stays with its provider; the list counts when that one misses,
        declines or leaves, and when the loop is started.

        Args:
            choices: in order of preference, 1 to 8: `net.providers.choice(address)`.

        Raises:
            ConfigError: none, or more than 8.
            Reverted: the signer is not the owner.
        """
        if not 1 <= len(choices) <= MAX_PROVIDERS:
            raise ConfigError(
                f"an agent has 1 to {MAX_PROVIDERS} providers and {len(choices)} are named: name "
                "others"
            )
        return self._chain.send(self._require_signer(), self.contract.set_providers(choices))

    def wake(self) -> Receipt:
        """Bring the next step forward to now, and be paid for it; anyone may.

        Raises:
            ConfigError: its loop was never booked.
            Reverted: nothing calls for it, or it was woken an interval ago at most.
        """
        signer, job = self._require_signer(), self.job()
        if job is None:
            raise ConfigError(f"agent {self.address} never ran: it has no loop to wake")
        return self._chain.send(signer, WakeableContract(self._chain, self.address).wake(job))

    def all_plans(self) -> tuple[Sequence[Plan], Sequence[PlanEnd]]:
        """Return `plans` and `ended_plans`, by one look at the chain."""
        planner = PlannerContract(self._chain, self.address)
        return plans_of(planner.events(*PLAN_EVENTS, from_block=self._deployment.block))

    def plans(self) -> Sequence[Plan]:
        """Return the actions that the agent takes later by itself, by their numbers."""
        return self.all_plans()[0]

    def ended_plans(self) -> Sequence[PlanEnd]:
        """Return the plans that have run or were dropped, in that order, and what became of each.

        A plan is no step: the history does not tell of it.
        """
        return self.all_plans()[1]

    def drop_plan(self, number: int) -> Receipt:
        """Drop an action that the agent would take later; the owner's.

        Raises:
            ConfigError: there is no such plan.
            Reverted: the signer is not the owner.
        """
        signer, known = self._require_signer(), [plan.number for plan in self.plans()]
        if number not in known:
            listed = ", ".join(map(str, known)) or "none"
            raise ConfigError(f"agent {self.address} has no plan {number}: open are {listed}")
        call = PlannerContract(self._chain, self.address).drop_plan(number)
        return self._chain.send(signer, call)

    def wait(
        self,
        *,
        steps: int = 1,
        timeout: float = 600.0,
        poll: float = 0.5,
        tell: Callable[[str], None] | None = None,
    ) -> int:
        """Wait until the agent has made more steps and return how many it has made in all.

        Args:
            steps: how many more.
            timeout: s
            poll: s between looks.
            tell: is given a line of text at each step but the last, and every 10 s.

        Raises:
            CheckFailed: time is over; or at once where the agent is stopped, dormant or paused, or
                its next run is due after the timeout and nobody can wake it.
        """
        say = tell or (lambda line: None)
        return wait(self, self._chain, steps=steps, timeout=timeout, poll=poll, tell=say)

    def _startable(self, provider: str | None) -> tuple[int, Choice]:
        """Return the number and the choice of the list to start with."""
        listed = self.contract.choices()
        wanted = None if provider is None else checked_address(provider)
        known = [c for c in enumerate(listed) if wanted in (None, c[1].provider)]
        if not known:
            raise ConfigError(
                f"provider {wanted} is not in the list of agent {self.address}: see "
                f"`everloop agent providers {self.address}`"
            )
        for number, choice in known:
            account = self._engine.account_of(choice.provider)
            if account.open < account.capacity:
                return number, choice
        raise ConfigError(
            f"no provider of agent {self.address} takes work now: name others with "
            f"`everloop agent providers {self.address} --set PROVIDER`"
        )


def _record(job: Job, loop: Loop, choice: Choice) -> Job:
    """Return the record of a loop with a provider. Source: Agent._book."""
    return replace(
        job,
        provider=choice.provider,
        model_id=choice.model_id,
        timing=loop.timing(),
        pricing=loop.pricing(),
    )

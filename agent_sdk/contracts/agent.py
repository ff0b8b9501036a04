"""Agent: one autonomous agent, whatever its subclass."""

from __future__ import annotations

from collections.abc import Sequence

from agent_sdk.contracts.agent_policy import AgentPolicyContract
from agent_sdk.contracts.binding import Binding
from agent_sdk.types import Call, Choice, Job, Loop

__all__ = ["AgentContract", "PlannerContract", "WakeableContract"]


class AgentContract(AgentPolicyContract):
    """An agent. Source: IAgent."""

    def prompt(self) -> str:
        """Return what the model is asked at this block."""
        return self._read_text("prompt")

    def context(self) -> str:
        """Return what the agent keeps in mind: c of its state s = (c, h, b).

        Text of models and advisers stands in it; bytes that are no UTF-8 are replaced.
        """
        return self._read_text("context")

    def manifest_text(self) -> str:
        """Return the manifest as the agent publishes it, JSON."""
        return str(self._read("manifest"))

    def history_head(self) -> bytes:
        """Return the head of the hash chain over all steps, 28 bytes."""
        return bytes(self._read("historyHead"))

    def steps(self) -> int:
        """Return how many decisions have been applied."""
        return int(self._read("steps"))

    def choices(self) -> list[Choice]:
        """Return the providers in order of preference."""
        return [Choice(provider=p, model_id=m) for p, m in self._read("choices")]

    def manifest_pointer(self) -> str:
        """Return where the manifest is kept as code."""
        return str(self._read("manifestPointer"))

    def loop_id(self) -> bytes:
        """Return the id of the loop's inference, 32 bytes."""
        return bytes(self._read("loopId"))

    def loop_salt(self) -> bytes:
        """Return the salt of the loop's inference, 32 bytes."""
        return bytes(self._read("loopSalt"))

    def refuel(self) -> Call:
        """Top up the run balance from the treasury within the policy; anyone's."""
        return self._call("refuel")

    def set_providers(self, choices: Sequence[Choice]) -> Call:
        """Replace the list of providers; the owner's."""
        return self._call("setProviders", [choice.to_tuple() for choice in choices])

    def stop(self, job: Job) -> Call:
        """End the loop; the owner's."""
        return self._call("stop", job.to_tuple())

    def start(self, loop: Loop, *, choice: int = 0) -> Call:
        """Begin the loop again with provider number `choice` of the list; the owner's."""
        return self._call("start", loop.to_tuple(), choice)


class PlannerContract(Binding):
    """An agent that takes actions later. Source: IPlanner."""

    artifact = "IPlanner"

    def drop_plan(self, number: int) -> Call:
        """Drop a planned action; the owner's."""
        return self._call("dropPlan", number)


class WakeableContract(Binding):
    """An agent that anyone may wake. Source: IWakeable."""

    artifact = "IWakeable"

    def should_wake(self) -> bool:
        """Return whether something has happened that should not wait for the next step."""
        return bool(self._read("shouldWake"))

    def wake(self, job: Job) -> Call:
        """Bring the next step forward to now, and be paid for it; anyone's."""
        return self._call("wake", job.to_tuple())

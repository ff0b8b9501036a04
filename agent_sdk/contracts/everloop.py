"""Everloop: ledger, scheduler and inference market at one address."""

from __future__ import annotations

from collections.abc import Sequence

from agent_sdk.contracts.binding import Binding
from agent_sdk.logs import address_topic
from agent_sdk.types import Account, Call, Event, Job, JobSlot

__all__ = ["EverloopContract"]


class EverloopContract(Binding):
    """The engine. Source: IEverloop."""

    artifact = "Everloop"

    # Ledger

    def account_of(self, account: str) -> Account:
        """Return the whole record of an account."""
        return Account.unpack(self._read("accountOf", account))

    def balance_of(self, account: str) -> int:
        """Return the balance of an account, its reserved part included, wei."""
        return int(self._read("balanceOf", account))

    def free_of(self, account: str) -> int:
        """Return the part of the balance that may be withdrawn now, wei."""
        return int(self._read("freeOf", account))

    def deposit(self, account: str, *, value: int) -> Call:
        """Add `value` wei to the balance of `account`."""
        return self._call("deposit", account, value=value)

    def withdraw(self, amount: int, *, to: str) -> Call:
        """Take `amount` wei out of the sender's free balance."""
        return self._call("withdraw", amount, to)

    # Jobs

    def slot_of(self, id: bytes) -> JobSlot:
        """Return the stored slot of a job."""
        return JobSlot.unpack(self._read("slotOf", id))

    def worst_cost(self, job: Job) -> int:
        """Return the most that one run of an inference can cost its owner, wei."""
        return int(self._read("worstCost", job.to_tuple()))

    def executor(self) -> str:
        """Return where raw calls leave from."""
        return str(self._read("EXECUTOR"))

    def registry(self) -> str:
        """Return who knows providers, offers and stakes."""
        return str(self._read("REGISTRY"))

    def schedule(self, job: Job, *, due: int = 0) -> Call:
        """Book a task; `due` in Unix s, a past time means now."""
        return self._call("schedule", job.to_tuple(), due)

    def cancel(self, salt: bytes) -> Call:
        """End the sender's task of that salt."""
        return self._call("cancel", salt)

    def execute(self, jobs: Sequence[Job]) -> Call:
        """Run due tasks."""
        return self._call("execute", [job.to_tuple() for job in jobs])

    def request(self, job: Job, *, input_: bytes = b"", due: int = 0) -> Call:
        """Book an inference; `due` in Unix s, a past time means now."""
        return self._call("request", job.to_tuple(), input_, due)

    def deliver(
        self, job: Job, *, run: int, pinned_block: int, pinned_hash: bytes, decision: bytes
    ) -> Call:
        """Answer a due inference."""
        return self._call("deliver", job.to_tuple(), run, pinned_block, pinned_hash, decision)

    def expire(self, job: Job) -> Call:
        """End a run that was not answered in time."""
        return self._call("expire", job.to_tuple())

    def resume(self, job: Job) -> Call:
        """Book a dormant inference again."""
        return self._call("resume", job.to_tuple())

    def cancel_inference(self, job: Job) -> Call:
        """End the sender's inference."""
        return self._call("cancelInference", job.to_tuple())

    # Events

    def job_events(
        self,
        *names: str,
        from_block: int,
        to_block: int | None = None,
        id: bytes | None = None,
        actor: str | None = None,
    ) -> list[Event]:
        """Return events of jobs in order.

        Args:
            names: of the events.
            from_block: first block.
            to_block: last block; the newest if None.
            id: of one job.
            actor: second indexed argument: the provider of an inference, the owner of a task.
        """
        who = None if actor is None else address_topic(actor)
        topics = [id, who]
        return self.events(*names, from_block=from_block, to_block=to_block, topics=topics)

    def record_of(self, id: bytes, *, from_block: int = 0) -> Job | None:
        """Return the record of a job from its newest booking, or None if it was never booked."""
        found = self.job_events("InferenceRequested", "TaskScheduled", from_block=from_block, id=id)
        job = found[-1].args["job"] if found else None
        return job if isinstance(job, Job) else None

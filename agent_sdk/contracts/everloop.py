"""Everloop: ledger, scheduler and inference market at one address."""

from __future__ import annotations

from collections.abc import Sequence

from agent_sdk.contracts.binding import Binding
from agent_sdk.logs import address_topic
from agent_sdk.types import Account, Answer, Call, Event, Job, JobSlot, Offer, Pin

__all__ = ["BOOKINGS", "EverloopContract"]

BOOKINGS = ("TaskScheduled", "TaskReposted", "InferenceRequested", "InferenceReposted")
"""events that carry a whole record"""


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

    def locked_until(self, account: str) -> int:
        """Return when the lock of an account ends, Unix s; in the past where it is not locked."""
        return int(self._read("lockedUntil", account))

    def lock(self, until: int) -> Call:
        """Bind the sender's balance for signed inferences until a time (Unix s)."""
        return self._call("lock", until)

    # Parts

    def executor(self) -> str:
        """Return where raw calls leave from."""
        return str(self._read("EXECUTOR"))

    def orders(self) -> str:
        """Return who brings what owners signed."""
        return str(self._read("ORDERS"))

    def registry(self) -> str:
        """Return who knows providers and stakes."""
        return str(self._read("REGISTRY"))

    def data_fee(self) -> str:
        """Return who knows what the chain charges for data; the zero address for nobody."""
        return str(self._read("DATA_FEE"))

    def protocol_fee(self) -> tuple[int, str]:
        """Return the protocol's share of fees (basis points), and whose balance it goes to."""
        bps, receiver = self._read("protocolFee")
        return int(bps), str(receiver)

    # Tasks

    def slot_of(self, id: bytes) -> JobSlot:
        """Return the stored slot of a job."""
        return JobSlot.unpack(self._read("slotOf", id))

    def schedule(self, job: Job, *, due: int = 0) -> Call:
        """Book a task; `due` in Unix s, a past time means now."""
        return self._call("schedule", job.to_tuple(), due)

    def update(self, job: Job, *, due: int = 0) -> Call:
        """Change the sender's booked task of that salt into this record."""
        return self._call("update", job.to_tuple(), due)

    def cancel(self, salt: bytes) -> Call:
        """End the sender's task of that salt."""
        return self._call("cancel", salt)

    def execute(self, job: Job) -> Call:
        """Run one due task; the chain refuses with a reason if it cannot be run."""
        return self._call("execute", job.to_tuple())

    def execute_batch(self, jobs: Sequence[Job]) -> Call:
        """Run due tasks; those that cannot be run are left out."""
        return self._call("executeBatch", [job.to_tuple() for job in jobs])

    def repost(self, job: Job) -> Call:
        """Tell the record of a booked task again."""
        return self._call("repost", job.to_tuple())

    # Inferences

    def worst_cost(self, job: Job) -> int:
        """Return the most that one run of an inference can cost its owner, wei."""
        return int(self._read("worstCost", job.to_tuple()))

    def request(self, job: Job, *, input_: bytes = b"", due: int = 0) -> Call:
        """Book an inference; `due` in Unix s, a past time means now."""
        return self._call("request", job.to_tuple(), input_, due)

    def update_inference(self, old: Job, new: Job, *, input_: bytes = b"", due: int = 0) -> Call:
        """Change the sender's inference from one record into another of the same salt."""
        return self._call("updateInference", old.to_tuple(), new.to_tuple(), input_, due)

    def cancel_inference(self, job: Job) -> Call:
        """End the sender's inference."""
        return self._call("cancelInference", job.to_tuple())

    def deliver(
        self, job: Job, *, run: int, pinned_block: int, pinned_hash: bytes, decision: bytes
    ) -> Call:
        """Answer a due inference."""
        pin = Pin(run=run, number=pinned_block, hash=pinned_hash)
        return self._call("deliver", job.to_tuple(), pin.pack(), decision)

    def deliver_batch(self, answers: Sequence[Answer]) -> Call:
        """Answer due inferences of one provider; those that cannot be taken are left out.

        Args:
            answers: in any order; the chain wants them by owner, so they are sorted here.
        """
        ordered = sorted(answers, key=lambda answer: int(answer.job.owner, 16))
        return self._call("deliverBatch", [answer.to_tuple() for answer in ordered])

    def decline(self, job: Job, *, run: int) -> Call:
        """Hand a due run back, unpaid."""
        return self._call("decline", job.to_tuple(), run)

    def resign(self, job: Job) -> Call:
        """Leave an inference between two of its runs."""
        return self._call("resign", job.to_tuple())

    def expire(self, job: Job) -> Call:
        """End a run that was not answered in time."""
        return self._call("expire", job.to_tuple())

    def resume(self, job: Job) -> Call:
        """Book a dormant inference again."""
        return self._call("resume", job.to_tuple())

    def repost_inference(self, job: Job) -> Call:
        """Tell the record of a booked inference again."""
        return self._call("repostInference", job.to_tuple())

    # Offers and keys

    def offer_of(self, provider: str, model_id: bytes) -> Offer:
        """Return the terms of one offer; its `min_max_gas_price` is 0 where there is none."""
        return Offer.from_tuple(self._read("offerOf", provider, model_id))

    def is_authorised(self, provider: str, key: str) -> bool:
        """Return whether `key` may answer for the provider."""
        return bool(self._read("isAuthorised", provider, key))

    def authorise(self, key: str, *, on: bool = True) -> Call:
        """Let `key` answer, decline and resign for the sender, or end that."""
        return self._call("authorise", key, on)

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

    def record_of(
        self, id: bytes, *, from_block: int = 0, to_block: int | None = None
    ) -> Job | None:
        """Return the record of a job from its newest booking, or None if it was never booked.

        Args:
            id: of the job, 32 bytes.
            from_block: first block that is searched.
            to_block: last block; the newest if None.
        """
        found = self.job_events(*BOOKINGS, from_block=from_block, to_block=to_block, id=id)
        job = found[-1].args["job"] if found else None
        return job if isinstance(job, Job) else None

"""Keep the index equal to the chain: follow events, search hours by topic, re-read slots touched.

Events say which jobs exist and carry their records; the slot read at the head decides what is true.
So the order of events does not matter, and a lost or doubled log cannot make a daemon act twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agent_sdk import logs
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons.index import Cursor, JobIndex, Known
from agent_sdk.payloads import bucket
from agent_sdk.types import Block, Event, Job, JobSlot

__all__ = ["INFERENCE_EVENTS", "TASK_EVENTS", "Watch"]

BOOKINGS: Final = ("TaskScheduled", "InferenceRequested")
REPOSTS: Final = ("TaskReposted", "InferenceReposted")
"""events that tell a record again; they say nothing of when it was booked"""
TASK_EVENTS: Final = ("TaskScheduled", "TaskReposted", "TaskExecuted")
INFERENCE_EVENTS: Final = (
    "InferenceRequested",
    "InferenceReposted",
    "InferenceDelivered",
    "InferenceExpired",
    "InferenceDeclined",
    "InferenceResigned",
    "InferenceResumed",
    "InferenceMoved",
)

MAX_HOURS: Final = 500
"""hours asked for in one query; nodes take about a thousand topics, and beyond it all events are
read instead"""

REORG_DEPTH: Final = 64
"""blocks re-read after the head's ancestor changed; deeper changes empty the index"""


class Watch:
    """Reads a chain into an index."""

    def __init__(
        self,
        chain: Chain,
        engine: EverloopContract,
        index: JobIndex,
        *,
        start_block: int = 0,
        block_range: int = 2_000,
        lookback_hours: int = 8_760,
        provider: str | None = None,
    ) -> None:
        """Watch all jobs, or with `provider` the inferences of that provider alone.

        Args:
            chain: Where to read.
            engine: Everloop on it.
            index: Where to write.
            start_block: Block of Everloop's deployment.
            block_range: Blocks per log query.
            lookback_hours: Hours of due times searched when the index is new, at most; none
                before the deployment is.
            provider: Address of a provider.
        """
        self._chain = chain
        self._engine = engine
        self._index = index
        self._start = start_block
        self._range = block_range
        self._lookback = lookback_hours
        self._provider = provider

    def sync(self) -> Block:
        """Bring the index up to the head and return the head.

        Raises:
            ChainUnavailable: The node does not answer; the index is as it was.
        """
        head = self._chain.block("latest")
        cursor = self._trusted_cursor(head)
        if cursor is None:
            self._rebuild(head)
        elif cursor.hash != head.hash:
            events = self._events(cursor.number + 1, head.number)
            events += self._unseen_hours(head)
            self._apply(events, head)
        return head

    def refresh(self, known: Known, head: Block) -> Known | None:
        """Re-read one job's slot at the head; None when the job is over or has another record."""
        with self._index.transaction():
            return self._reread(known.id, known.job, known.booked, head)

    def _trusted_cursor(self, head: Block) -> Cursor | None:
        """Return the cursor, moved back where history has changed; None if nothing holds."""
        cursor = self._index.cursor
        if cursor is None:
            return None
        if cursor.number <= head.number and self._chain.block(cursor.number).hash == cursor.hash:
            return cursor
        back = max(self._start, min(cursor.number, head.number) - REORG_DEPTH)
        if back <= self._start or cursor.number - back > 2 * REORG_DEPTH:
            return None
        with self._index.transaction():
            for id in self._index.touched_since(back):
                known = self._index.get(id)
                if known is not None:
                    self._reread(id, known.job, known.booked, head)
        ancestor = self._chain.block(back)
        return Cursor(number=back, hash=ancestor.hash)

    def _rebuild(self, head: Block) -> None:
        """Fill a new index with what is due, was due since the deployment, or is dormant."""
        self._index.reset()
        born = self._chain.block(min(self._start, head.number))
        first = max(bucket(born.time), bucket(head.time) - self._lookback)
        hours = [0, *range(max(1, first), bucket(head.time) + 2)]
        self._index.hour = hours[-1]
        self._apply(self._events(self._start, head.number, hours=hours), head)

    def _unseen_hours(self, head: Block) -> list[Event]:
        """Search the hours begun since; jobs booked long ago for now come to light here."""
        coming = bucket(head.time) + 1
        hours = range(self._index.hour + 1, coming + 1)
        if not hours:
            return []
        found = self._events(self._start, head.number, hours=list(hours)[-self._lookback :])
        self._index.hour = coming
        return found

    def _events(self, first: int, last: int, *, hours: list[int] | None = None) -> list[Event]:
        """Read events in bounded ranges of blocks, of some hours or, if many, of all."""
        if last < first:
            return []
        names = INFERENCE_EVENTS if self._provider else TASK_EVENTS + INFERENCE_EVENTS
        topics: list[bytes | list[bytes] | None] = [
            [logs.topic("Everloop", name) for name in names],
            None,
            None,
        ]
        if self._provider:
            topics[2] = logs.address_topic(self._provider)
        if hours is not None and len(hours) <= MAX_HOURS:
            topics.append([hour.to_bytes(32, "big") for hour in hours])
        raw = self._chain.logs(
            address=self._engine.address,
            topics=topics,
            from_block=first,
            to_block=last,
            step=self._range,
        )
        return logs.decode("Everloop", raw)

    def _apply(self, events: Iterable[Event], head: Block) -> None:
        """Write the records that events carry, the slots of all jobs they touch, and the cursor."""
        records: dict[bytes, Event | None] = {}
        for event in events:
            id = event.args["id"]
            if event.name in BOOKINGS + REPOSTS:
                records[id] = event
            else:
                records.setdefault(id, None)
        with self._index.transaction():
            for id, telling in records.items():
                if telling is None:
                    self._reread(id, None, 0, head)
                    continue
                booked = telling.block if telling.name in BOOKINGS else 0
                self._reread(id, telling.args["job"], booked, head)
            self._index.cursor = Cursor(number=head.number, hash=head.hash)

    def _reread(self, id: bytes, job: Job | None, booked: int, head: Block) -> Known | None:
        """Write one job's slot at the head, finding its record where it is not the one given."""
        slot = self._engine.at_block(head.number).slot_of(id)
        if not booked or not _is_record(job, slot):
            known = self._index.get(id)
            if known is not None and _is_record(known.job, slot):
                job, booked = known.job, known.booked
            elif slot.is_booked:
                job, booked = self._told(id, slot, head) or (job, 0)
        if job is None or not _is_record(job, slot) or not self._is_ours(job):
            self._index.drop(id)
            return None
        fresh = Known(id=id, job=job, slot=slot, booked=booked)
        self._index.put(fresh, block=head.number)
        return fresh

    def _told(self, id: bytes, slot: JobSlot, head: Block) -> tuple[Job, int] | None:
        """Return the record that a slot commits to and the block that booked it, by all events.

        The block is 0 where only a repost tells the record: the node no longer has the booking.
        """
        found = self._engine.job_events(
            *BOOKINGS, *REPOSTS, from_block=self._start, to_block=head.number, id=id
        )
        told = [event for event in found if _is_record(event.args["job"], slot)]
        bookings = [event for event in told if event.name in BOOKINGS]
        if bookings:
            return bookings[-1].args["job"], bookings[-1].block
        return (told[-1].args["job"], 0) if told else None

    def _is_ours(self, job: Job) -> bool:
        """Whether the job is one that this watch is about."""
        return self._provider is None or job.provider.lower() == self._provider.lower()


def _is_record(job: Job | None, slot: JobSlot) -> bool:
    """Whether a record is the one that a slot commits to."""
    return job is not None and slot.commitment == job.commitment()

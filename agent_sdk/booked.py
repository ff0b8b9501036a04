"""The jobs that are booked now, from the events that told their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_sdk.contracts import EverloopContract
from agent_sdk.types import Event, Job, JobSlot

__all__ = ["Booked", "inferences", "tasks"]


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A job that is booked now."""

    id: bytes
    """32 bytes"""
    job: Job
    slot: JobSlot


def tasks(
    engine: EverloopContract, *, owner: str | None = None, from_block: int = 0
) -> list[Booked]:
    """Return every booked task, of one owner or of all."""
    names = ("TaskScheduled", "TaskReposted")
    return _booked(engine, engine.job_events(*names, from_block=from_block, actor=owner))


def inferences(
    engine: EverloopContract, *, provider: str | None = None, from_block: int = 0
) -> list[Booked]:
    """Return every booked inference, of one provider or of all; dormant ones included."""
    names = ("InferenceRequested", "InferenceReposted")
    return _booked(engine, engine.job_events(*names, from_block=from_block, actor=provider))


def _booked(engine: EverloopContract, events: Sequence[Event]) -> list[Booked]:
    """Return the newest record of each job whose slot still commits to it."""
    newest: dict[bytes, Job] = {event.args["id"]: event.args["job"] for event in events}
    found = [Booked(id=id, job=job, slot=engine.slot_of(id)) for id, job in newest.items()]
    return [booked for booked in found if booked.slot.commitment == booked.job.commitment()]

"""Tasks: timed calls that any keeper runs and their owner pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.errors import ConfigError
from agent_sdk.payloads import salt_of
from agent_sdk.types import (
    ZERO_ADDRESS,
    ZERO_HASH,
    Event,
    Job,
    JobSlot,
    Pricing,
    Receipt,
    Timing,
)
from agent_sdk.units import GWEI

__all__ = ["DEFAULT_MAX_GAS_PRICE", "Booked", "Scheduler", "Task", "inferences", "tasks"]

DEFAULT_MAX_GAS_PRICE = 20 * GWEI
"""wei per gas"""

DEFAULT_PRIORITY_FEE = 2 * GWEI
"""wei per gas above the base fee"""


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A job that is booked now."""

    id: bytes
    """32 bytes"""
    job: Job
    slot: JobSlot


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task just booked."""

    id: bytes
    """32 bytes"""
    job: Job
    """the final record: the one to execute with"""
    receipt: Receipt


def tasks(
    engine: EverloopContract, *, owner: str | None = None, from_block: int = 0
) -> list[Booked]:
    """Return every booked task, of one owner or of all."""
    return _booked(engine, engine.job_events("TaskScheduled", from_block=from_block, actor=owner))


def inferences(
    engine: EverloopContract, *, provider: str | None = None, from_block: int = 0
) -> list[Booked]:
    """Return every booked inference, of one provider or of all; dormant ones included."""
    found = engine.job_events("InferenceRequested", from_block=from_block, actor=provider)
    return _booked(engine, found)


class Scheduler:
    """The tasks of one deployment."""

    def __init__(
        self, chain: Chain, engine: EverloopContract, *, signer: Signer | None, from_block: int
    ) -> None:
        self._chain = chain
        self._engine = engine
        self._signer = signer
        self._from_block = from_block

    def schedule(
        self,
        target: str,
        *,
        interval: int,
        gas_limit: int,
        data: bytes = b"",
        heartbeat: int | None = None,
        window: int = 60,
        tip: int = 0,
        max_gas_price: int = DEFAULT_MAX_GAS_PRICE,
        max_priority_fee: int = DEFAULT_PRIORITY_FEE,
        raw: bool = False,
        first_due: int = 0,
        salt: str | bytes | int | None = None,
    ) -> Task:
        """Book a task that the signer pays from its balance at Everloop.

        Args:
            target: contract that is called.
            interval: s between runs; 0 = once.
            gas_limit: gas handed to the target, exactly.
            data: argument of `onTask`, or the call data of a raw call.
            heartbeat: s, longest pause and the pause after a failure; the interval if None.
            window: s in which the tip grows from nothing to `tip`.
            tip: wei, most that a keeper gets above its gas.
            max_gas_price: wei per gas.
            max_priority_fee: wei per gas above the base fee.
            raw: call the target with `data` as it is, from the Executor.
            first_due: Unix s; a past time means now.
            salt: word or number that tells the owner's tasks apart; random if None.
        """
        signer = self._require_signer()
        job = Job(
            owner=signer.address,
            target=target,
            provider=ZERO_ADDRESS,
            model_id=ZERO_HASH,
            input=ZERO_HASH,
            timing=Timing(
                interval=interval,
                heartbeat=interval if heartbeat is None else heartbeat,
                window=window,
                gas_limit=gas_limit,
                flags=Timing.RAW if raw else 0,
            ),
            pricing=Pricing(
                max_gas_price=max_gas_price, max_priority_fee=max_priority_fee, amount=tip
            ),
            salt=salt_of(salt),
            data=data,
        )
        receipt = self._chain.send(signer, self._engine.schedule(job, due=first_due))
        event = self._engine.events_of(receipt, "TaskScheduled")[0]
        return Task(id=event.args["id"], job=event.args["job"], receipt=receipt)

    def cancel(self, salt: str | bytes | int) -> Receipt:
        """End the signer's task of that salt."""
        return self._chain.send(self._require_signer(), self._engine.cancel(salt_of(salt)))

    def execute(self, jobs: Sequence[Job], *, signer: Signer | None = None) -> Receipt:
        """Run due tasks and earn their pay."""
        return self._chain.send(signer or self._require_signer(), self._engine.execute(jobs))

    def booked(self) -> list[Booked]:
        """Return all booked tasks."""
        return tasks(self._engine, from_block=self._from_block)

    def _require_signer(self) -> Signer:
        if self._signer is None:
            raise ConfigError("there is no account to sign with: name one with --account")
        return self._signer


def _booked(engine: EverloopContract, events: Sequence[Event]) -> list[Booked]:
    """Return the newest record of each job whose slot still commits to it."""
    newest: dict[bytes, Job] = {event.args["id"]: event.args["job"] for event in events}
    found = [Booked(id=id, job=job, slot=engine.slot_of(id)) for id, job in newest.items()]
    return [booked for booked in found if booked.slot.commitment == booked.job.commitment()]

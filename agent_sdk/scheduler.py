"""Tasks: timed calls that any keeper runs and their owner pays; and orders signed off chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Required, TypedDict, Unpack

from agent_sdk.accounts import Signer
from agent_sdk.booked import Booked, tasks
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract, OrdersContract
from agent_sdk.errors import ConfigError
from agent_sdk.orders import SignedOrder, require_bringable, sign
from agent_sdk.payloads import address as checked_address
from agent_sdk.payloads import salt_of
from agent_sdk.types import (
    MAX_GAS_LIMIT,
    ZERO_ADDRESS,
    ZERO_HASH,
    Call,
    Job,
    Pricing,
    Receipt,
    Timing,
)
from agent_sdk.units import GWEI, parse_seconds, parse_wei

__all__ = ["DEFAULT_MAX_GAS_PRICE", "DEFAULT_PRIORITY_FEE", "Scheduler", "Task", "Terms"]

DEFAULT_MAX_GAS_PRICE = 20 * GWEI
"""wei per gas"""

DEFAULT_PRIORITY_FEE = 2 * GWEI
"""wei per gas above the base fee"""

DEFAULT_VALIDITY = 3_600
"""s in which a signed order may be brought"""


class Terms(TypedDict, total=False):
    """Arguments of `Scheduler.draft` besides the target."""

    interval: Required[str | int]
    gas_limit: Required[int]
    data: bytes
    heartbeat: str | int | None
    window: str | int
    tip: str | int
    max_gas_price: str | int
    max_priority_fee: str | int
    max_data_fee: int
    raw: bool
    salt: str | bytes | int | None


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task just booked or changed."""

    id: bytes
    """32 bytes"""
    job: Job
    """the final record: the one to execute with"""
    receipt: Receipt


class Scheduler:
    """The tasks of one deployment, and the orders that its owners sign."""

    def __init__(
        self,
        chain: Chain,
        engine: EverloopContract,
        orders: OrdersContract,
        *,
        signer: Signer | None,
        from_block: int,
    ) -> None:
        self._chain = chain
        self._engine = engine
        self._orders = orders
        self._signer = signer
        self._from_block = from_block
        self._next_nonce = 0

    def draft(
        self,
        target: str,
        *,
        interval: str | int,
        gas_limit: int,
        data: bytes = b"",
        heartbeat: str | int | None = None,
        window: str | int = 60,
        tip: str | int = 0,
        max_gas_price: str | int = DEFAULT_MAX_GAS_PRICE,
        max_priority_fee: str | int = DEFAULT_PRIORITY_FEE,
        max_data_fee: int = 0,
        raw: bool = False,
        salt: str | bytes | int | None = None,
    ) -> Job:
        """Return the record of a task that the signer pays from its balance at Everloop.

        Durations are s or text with a unit ("5 min"), amounts wei or text ("2 gwei").

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
            max_data_fee: gwei per run for its data on a rollup.
            raw: call the target with `data` as it is, from the Executor.
            salt: word or number that tells the owner's tasks apart; random if None.

        Raises:
            ConfigError: a value that fits no record, or a gas limit that fits no transaction.
        """
        if type(gas_limit) is int and gas_limit > MAX_GAS_LIMIT:
            raise ConfigError(
                f"gas_limit {gas_limit} fits no transaction: use at most {MAX_GAS_LIMIT}"
            )
        if not isinstance(data, bytes):
            raise ConfigError(f"data {data!r} is no bytes: use bytes.fromhex for hexadecimal text")
        pause = parse_seconds(interval)
        job = Job(
            owner=self._require_signer().address,
            target=checked_address(target),
            provider=ZERO_ADDRESS,
            model_id=ZERO_HASH,
            input=ZERO_HASH,
            timing=Timing(
                interval=pause,
                heartbeat=pause if heartbeat is None else parse_seconds(heartbeat),
                window=parse_seconds(window),
                gas_limit=gas_limit,
                flags=Timing.RAW if raw else 0,
            ),
            pricing=Pricing(
                max_gas_price=parse_wei(max_gas_price),
                max_priority_fee=parse_wei(max_priority_fee),
                max_data_fee=max_data_fee,
                amount=parse_wei(tip),
            ),
            salt=salt_of(salt),
            data=data,
        )
        # What does not fit the packed words is told now, not when the record is sent.
        job.timing.pack()
        job.pricing.pack()
        return job

    def schedule(
        self,
        target: str,
        *,
        first_due: int = 0,
        without_code: bool = False,
        **terms: Unpack[Terms],
    ) -> Task:
        """Book a task that the signer pays from its balance at Everloop.

        Args:
            target: contract that is called.
            first_due: Unix s; a past time means now.
            without_code: take a target without code for a raw task: a contract to come.
            terms: see `draft`.

        Raises:
            ConfigError: the target has no code: every run would be paid and do nothing.
        """
        job = self.draft(target, **terms)
        if not (without_code and job.timing.is_raw) and not self._chain.code(target):
            raise ConfigError(
                f"there is no contract at {target}: its runs would be paid and do nothing; check "
                "the address, or say that a raw task may go without code"
            )
        return self._book(self._engine.schedule(job, due=first_due))

    def update(self, job: Job, *, due: int = 0) -> Task:
        """Change the signer's booked task of the record's salt.

        Args:
            job: the record from now on: `dataclasses.replace(task.job, …)`.
            due: Unix s of the next run; a past time means now.
        """
        return self._book(self._engine.update(job, due=due))

    def repost(self, job: Job, *, signer: Signer | None = None) -> Receipt:
        """Tell the record of a booked job again, for keepers and providers that missed it."""
        tell = self._engine.repost_inference if job.is_inference else self._engine.repost
        return self._chain.send(signer or self._require_signer(), tell(job))

    def cancel(self, salt: str | bytes | int) -> Receipt:
        """End the signer's task of that salt."""
        return self._chain.send(self._require_signer(), self._engine.cancel(salt_of(salt)))

    def execute(self, job: Job, *, signer: Signer | None = None) -> Receipt:
        """Run a due task and earn its pay.

        Raises:
            Reverted: it is not booked, not due, or its owner cannot pay.
        """
        return self._chain.send(signer or self._require_signer(), self._engine.execute(job))

    def execute_batch(self, jobs: Sequence[Job], *, signer: Signer | None = None) -> Receipt:
        """Run due tasks and earn their pay; those that cannot be run are left out.

        Raises:
            ConfigError: there are none.
        """
        if not jobs:
            raise ConfigError("a batch without tasks costs gas and does nothing: give due tasks")
        call = self._engine.execute_batch(jobs)
        return self._chain.send(signer or self._require_signer(), call)

    def sign(
        self,
        job: Job,
        *,
        valid_for: str | int = DEFAULT_VALIDITY,
        due: int = 0,
        nonce: int | None = None,
    ) -> SignedOrder:
        """Sign an order as the owner of its record, off chain and free of gas.

        Args:
            job: a task to be booked (see `draft`), or an inference to be answered once.
            valid_for: s from the newest block in which it may be brought.
            due: Unix s of a task's first run; a past time means now.
            nonce: the owner's number for it; a free one if None.

        Raises:
            ConfigError: nobody could bring it: another's record, an inference of its own provider,
                or one with an interval.
        """
        signer = self._require_signer()
        is_contract = job.owner != signer.address and bool(self._chain.code(job.owner))
        require_bringable(job, signer=signer.address, is_contract=is_contract)
        if nonce is None:
            nonce = self._orders.free_nonce(job.owner, start=self._next_nonce)
            self._next_nonce = nonce + 1
        return sign(
            job,
            signer,
            nonce=nonce,
            deadline=self._chain.block().time + parse_seconds(valid_for),
            due=due,
            chain_id=self._chain.chain_id,
            orders=self._orders.address,
        )

    def submit(self, order: SignedOrder) -> Task:
        """Book a task for the owner who signed it; the signer pays the gas.

        Raises:
            ConfigError: an inference, which its provider brings.
            Reverted: another signed it, it was brought before or revoked, or is too late.
        """
        if order.job.is_inference:
            raise ConfigError(
                f"this order is an inference: its provider {order.job.provider} brings it with the "
                "answer, by `inferences.answer`"
            )
        return self._book(self._orders.schedule_signed(order))

    def revoke(self, order: SignedOrder) -> Receipt:
        """Take back an order that the signer has signed."""
        return self._chain.send(self._require_signer(), self._orders.revoke_nonce(order.nonce))

    def booked(self) -> list[Booked]:
        """Return all booked tasks."""
        return tasks(self._engine, from_block=self._from_block)

    def _book(self, call: Call) -> Task:
        receipt = self._chain.send(self._require_signer(), call)
        event = self._engine.events_of(receipt, "TaskScheduled")[0]
        return Task(id=event.args["id"], job=event.args["job"], receipt=receipt)

    def _require_signer(self) -> Signer:
        if self._signer is None:
            raise ConfigError("there is no account to sign with: name one with --account")
        return self._signer

"""Questions to models: booked at the chain, or signed off chain and answered at once."""

from __future__ import annotations

from dataclasses import dataclass

from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract, OrdersContract
from agent_sdk.errors import ConfigError
from agent_sdk.orders import SignedOrder
from agent_sdk.payloads import address as checked_address
from agent_sdk.payloads import keccak, model_id, salt_of
from agent_sdk.provider_status import ProviderReader
from agent_sdk.scheduler import DEFAULT_MAX_GAS_PRICE, DEFAULT_PRIORITY_FEE
from agent_sdk.types import MAX_GAS_LIMIT, ZERO_HASH, Job, Pricing, Receipt, Timing
from agent_sdk.units import format_wei, parse_wei

__all__ = ["Inference", "Inferences"]

DEFAULT_WINDOW = 120
"""s in which a booked inference is to be answered"""


@dataclass(frozen=True, kw_only=True)
class Inference:
    """An inference just booked."""

    id: bytes
    """32 bytes"""
    job: Job
    """the final record, with the provider's fee"""
    receipt: Receipt


class Inferences:
    """Inferences of plain accounts and contracts; the loops of agents book themselves."""

    def __init__(
        self,
        chain: Chain,
        engine: EverloopContract,
        orders: OrdersContract,
        providers: ProviderReader,
        *,
        signer: Signer | None,
    ) -> None:
        self._chain = chain
        self._engine = engine
        self._orders = orders
        self._providers = providers
        self._signer = signer

    def draft(
        self,
        target: str,
        *,
        provider: str,
        question: str | bytes = b"",
        model: str | None = None,
        fee: str | int | None = None,
        gas_limit: int = 100_000,
        output_limit: int = 256,
        window: int | None = None,
        max_gas_price: int = DEFAULT_MAX_GAS_PRICE,
        max_priority_fee: int = DEFAULT_PRIORITY_FEE,
        max_data_fee: int = 0,
        salt: str | bytes | int | None = None,
    ) -> Job:
        """Return the record of one answer that the signer pays from its balance at Everloop.

        To be signed with `Scheduler.sign` and brought by the provider, or booked with `book`.

        Args:
            target: contract whose `onInference` gets the answer.
            provider: who is to answer.
            question: what is asked; nothing for the target's own `prompt()`.
            model: `name@revision` that the provider offers; its first if None.
            fee: wei or text with a unit, the price of the answer besides gas; by the provider's
                offer if None.
            gas_limit: gas handed to the target, exactly; 0 only records the answer.
            output_limit: bytes of the answer, at most.
            window: s in which a booked one is to be answered; two minutes, or what the offer asks,
                if None.
            max_gas_price: wei per gas.
            max_priority_fee: wei per gas above the base fee.
            max_data_fee: gwei for its data on a rollup.
            salt: word or number that tells the owner's inferences apart; random if None.

        Raises:
            ConfigError: no such provider or model, or a value that fits no record.
        """
        owner, known = self._require_signer().address, checked_address(provider)
        if known == owner:
            raise ConfigError(f"provider {known} cannot ask itself: name another provider")
        if gas_limit > MAX_GAS_LIMIT:
            raise ConfigError(
                f"gas_limit {gas_limit} fits no transaction: use at most {MAX_GAS_LIMIT}"
            )
        choice = self._providers.choice(known)
        id = choice.model_id if model is None else model_id(model)
        offer = self._engine.offer_of(known, id)
        if not offer.min_max_gas_price:
            raise ConfigError(f"provider {known} does not offer {model}: choose another model")
        asked = _bytes(question)
        return Job(
            owner=owner,
            target=checked_address(target),
            provider=known,
            model_id=id,
            input=keccak(asked) if asked else ZERO_HASH,
            timing=Timing(
                interval=0,
                heartbeat=0,
                window=max(DEFAULT_WINDOW, offer.min_window) if window is None else window,
                gas_limit=gas_limit,
                output_limit=output_limit,
            ),
            pricing=Pricing(
                max_gas_price=max_gas_price,
                max_priority_fee=max_priority_fee,
                max_data_fee=max_data_fee,
                amount=offer.fee(output_limit) if fee is None else parse_wei(fee),
            ),
            salt=salt_of(salt),
        )

    def book(self, job: Job, *, question: str | bytes = b"", due: int = 0) -> Inference:
        """Book an inference of the signer; its provider's daemon answers when it is due.

        Args:
            job: see `draft`.
            question: the same as in `draft`; it is told to the provider by an event.
            due: Unix s; a past time means now.

        Raises:
            ConfigError: the question is not the record's.
            Reverted: the provider's offer, its stake or the signer's balance refuses it.
        """
        call = self._engine.request(job, input_=_input(job, question), due=due)
        receipt = self._chain.send(self._require_signer(), call)
        event = self._engine.events_of(receipt, "InferenceRequested")[0]
        return Inference(id=event.args["id"], job=event.args["job"], receipt=receipt)

    def cancel(self, job: Job) -> Receipt:
        """End a booked inference of the signer, outside an open window.

        Args:
            job: the record as it was booked: `Inference.job`.
        """
        return self._chain.send(self._require_signer(), self._engine.cancel_inference(job))

    def answer(
        self, order: SignedOrder, decision: bytes, *, question: str | bytes = b""
    ) -> Receipt:
        """Bring a signed inference with its answer, and earn its fee; its provider's or a key's.

        Args:
            order: what the owner signed.
            decision: the answer, at most the record's output limit.
            question: what was asked; nothing where the target's `prompt()` was.

        Raises:
            ConfigError: a task, another question, too long an answer, or an owner that cannot pay.
            Reverted: another signed it, it was brought before or revoked, or is too late.
        """
        job = order.job
        if not job.is_inference:
            raise ConfigError("this order is a task: bring it by `scheduler.submit`")
        if len(decision) > job.timing.output_limit:
            raise ConfigError(
                f"the answer has {len(decision)} bytes and the order takes "
                f"{job.timing.output_limit}: shorten it"
            )
        free = self._engine.free_of(job.owner)
        if free < job.pricing.amount:
            raise ConfigError(
                f"owner {job.owner} has {format_wei(free)} free at Everloop and signed for "
                f"{format_wei(job.pricing.amount)} and gas: it must deposit more"
            )
        asked, pinned = _input(job, question), self._chain.block()
        call = self._orders.deliver_signed(
            order,
            input_=asked,
            pinned_block=pinned.number,
            pinned_hash=pinned.hash,
            decision=decision,
        )
        return self._chain.send(self._require_signer(), call)

    def _require_signer(self) -> Signer:
        if self._signer is None:
            raise ConfigError("there is no account to sign with: name one with --account")
        return self._signer


def _bytes(question: str | bytes) -> bytes:
    return question.encode() if isinstance(question, str) else question


def _input(job: Job, question: str | bytes) -> bytes:
    """Return the question as bytes if it is the record's."""
    asked = _bytes(question)
    if job.input != (keccak(asked) if asked else ZERO_HASH):
        raise ConfigError(
            "the question is not the one that the record commits to: give the bytes it was "
            "drafted with"
        )
    return asked

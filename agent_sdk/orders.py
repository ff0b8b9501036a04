"""Orders that owners sign off chain and others bring: EIP-712 messages, built and signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent_sdk.accounts import Signer
from agent_sdk.errors import ConfigError
from agent_sdk.types import INFERENCE_FIELDS, TASK_FIELDS, Job

__all__ = ["SignedOrder", "require_bringable", "sign", "typed_data"]

_DOMAIN = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}
_SCHEDULE = {"task": "Task", "due": "uint40", "nonce": "uint256", "deadline": "uint40"}
_ASK = {"inference": "Inference", "nonce": "uint256", "deadline": "uint40"}


@dataclass(frozen=True, kw_only=True)
class SignedOrder:
    """A task to be booked, or one inference to be answered at once, for an owner who signed it."""

    job: Job
    nonce: int
    """the owner's number, used once, in any order"""
    deadline: int
    """Unix s; the last moment for it"""
    due: int = 0
    """Unix s of a task's first run; a past time means now"""
    signature: bytes
    """65 bytes of a key, or what the owner contract accepts by ERC-1271"""

    def to_dict(self) -> dict[str, Any]:
        """Return the order as JSON data, to hand on: words and bytes in hexadecimal."""
        record = zip(self.job.fields, self.job.to_tuple(), strict=True)
        return {
            "record": {name: _hexadecimal(value) for name, value in record},
            "due": self.due,
            "nonce": hex(self.nonce),
            "deadline": self.deadline,
            "signature": _hexadecimal(self.signature),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> SignedOrder:
        """Read an order from JSON data.

        Raises:
            ConfigError: a field is missing, or of another type.
        """
        try:
            record = content["record"]
            fields = INFERENCE_FIELDS if "provider" in record else TASK_FIELDS
            values = {name: _value(kind, record[name]) for name, kind in fields.items()}
            return cls(
                job=Job.from_tuple(values),
                nonce=int(content["nonce"], 16),
                deadline=int(content["deadline"]),
                due=int(content["due"]),
                signature=_value("bytes", content["signature"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ConfigError(
                f"this is no signed order ({type(error).__name__}: {error}): ask its owner for it "
                "again"
            ) from None


def require_bringable(job: Job, *, signer: str, is_contract: bool) -> None:
    """Refuse to sign an order that nobody could ever bring.

    Args:
        job: the record.
        signer: who would sign.
        is_contract: whether the record's owner has code, and so judges signatures itself.

    Raises:
        ConfigError: another's record, an inference of its own provider, or one that repeats.
    """
    if job.owner != signer and not is_contract:
        raise ConfigError(f"the record's owner is {job.owner}: {signer} cannot sign for it")
    if not job.is_inference:
        return
    if job.provider == job.owner:
        raise ConfigError(f"provider {job.provider} cannot ask itself: name another provider")
    if job.timing.interval or job.timing.heartbeat:
        raise ConfigError(
            f"a signed inference runs once: leave out its interval of {job.timing.interval} s and "
            f"its heartbeat of {job.timing.heartbeat} s"
        )


def typed_data(
    job: Job, *, nonce: int, deadline: int, due: int = 0, chain_id: int, orders: str
) -> dict[str, Any]:
    """Return what an owner signs: `Schedule` for a task, `Ask` for an inference.

    Source: EIP-712; contracts/libraries/TypedData.sol.

    Args:
        job: the record; its owner signs.
        nonce: the owner's number for the order, used once.
        deadline: Unix s; the last moment for it.
        due: Unix s of a task's first run.
        chain_id: of the chain it is meant for.
        orders: address of the engine's SignedOrders.

    Raises:
        ConfigError: an inference with a due time: it is answered at once.
    """
    if job.is_inference and due:
        raise ConfigError(f"a signed inference is answered at once: leave out its due time {due}")
    if job.is_inference:
        primary, order, record = "Ask", _ASK, "Inference"
    else:
        primary, order, record = "Schedule", _SCHEDULE, "Task"
    message: dict[str, Any] = {
        record.lower(): dict(zip(job.fields, job.to_tuple(), strict=True)),
        "nonce": nonce,
        "deadline": deadline,
    }
    if not job.is_inference:
        message["due"] = due
    return {
        "types": {"EIP712Domain": _members(_DOMAIN)}
        | {primary: _members(order), record: _members(job.fields)},
        "primaryType": primary,
        "domain": {
            "name": "Everloop",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": orders,
        },
        "message": message,
    }


def sign(
    job: Job,
    signer: Signer,
    *,
    nonce: int,
    deadline: int,
    due: int = 0,
    chain_id: int,
    orders: str,
) -> SignedOrder:
    """Sign an order as the owner of its record; see `typed_data`."""
    message = typed_data(
        job, nonce=nonce, deadline=deadline, due=due, chain_id=chain_id, orders=orders
    )
    signature = signer.sign_typed_data(message)
    return SignedOrder(job=job, nonce=nonce, deadline=deadline, due=due, signature=signature)


def _hexadecimal(value: str | int | bytes) -> str:
    if isinstance(value, str):
        return value
    return hex(value) if isinstance(value, int) else f"0x{value.hex()}"


def _value(kind: str, text: str) -> Any:
    if kind == "address":
        return text
    return int(text, 16) if kind == "uint256" else bytes.fromhex(text.removeprefix("0x"))


def _members(fields: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields.items()]

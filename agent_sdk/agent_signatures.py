"""Digests that an agent approved: what it has signed, for contracts that ask (ERC-1271)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent_sdk.types import Event

__all__ = ["Signature", "SignatureState", "signatures"]


class SignatureState(StrEnum):
    """What a contract that asks is told."""

    VALID = "valid"
    """the agent has signed it"""
    PAUSED = "paused"
    """it is valid again once the owner has the agent act again"""
    REVOKED = "revoked"
    """the owner took it back; an action may approve it anew"""


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A digest that an action of the agent approved."""

    digest: bytes
    """32 bytes"""
    state: SignatureState
    block: int
    """where it was approved or revoked last"""
    tx: bytes
    """32 bytes, of the same"""


def signatures(events: Iterable[Event], *, paused: bool) -> Sequence[Signature]:
    """Return what an agent approved, in the order of the first approvals.

    Args:
        events: `DigestApproved` and `DigestRevoked` of the agent, in order.
        paused: whether the agent is.
    """
    newest: dict[bytes, Event] = {}
    for event in events:
        digest = bytes(event.args["digest"])
        if digest in newest or event.name == "DigestApproved":
            newest[digest] = event
    good = SignatureState.PAUSED if paused else SignatureState.VALID
    return [
        Signature(
            digest=digest,
            state=good if event.name == "DigestApproved" else SignatureState.REVOKED,
            block=event.block,
            tx=event.tx,
        )
        for digest, event in newest.items()
    ]

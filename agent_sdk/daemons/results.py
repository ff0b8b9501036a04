"""What a provider delivers, made of what its engine said: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_sdk.engines import Decision, Text
from agent_sdk.errors import SpecError
from agent_sdk.manifest import HOLD, Action, Manifest

__all__ = ["Result", "cut", "decided", "fallback", "nothing", "written"]


MAX_REASON: Final = 1_000
"""characters of a reason in the journal; some come from strangers"""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A decision ready to be delivered, and how it came about."""

    decision: bytes
    """no longer than the job pays for"""
    actions: tuple[Action, ...] = ()
    """none where the decision is text or empty"""
    raw: str = ""
    """as the model gave it"""
    tokens: int = 0
    milliseconds: int = 0
    reason: str = ""
    """why it is not a proper answer; empty for one"""


def cut(text: str, limit: int) -> bytes:
    """Return a text as UTF-8 of at most `limit` bytes that ends with a whole character."""
    data = text.encode("utf-8", "replace")
    return data if len(data) <= limit else data[:limit].decode("utf-8", "ignore").encode()


def decided(manifest: Manifest, answer: Decision, limit: int) -> Result:
    """Return an agent's decision as call data; one over `limit` bytes becomes hold().

    Raises:
        SpecError: The actions do not fit the manifest.
    """
    decision, actions, reason = manifest.encode(answer.actions), answer.actions, answer.reason
    if len(decision) > limit:
        least = fallback(manifest, limit, f"the answer takes {len(decision)} bytes of {limit}")
        decision, actions, reason = least.decision, least.actions, least.reason
    return Result(
        decision=decision,
        actions=actions,
        raw=answer.raw,
        tokens=answer.tokens,
        milliseconds=answer.milliseconds,
        reason=reason,
    )


def written(answer: Text, limit: int) -> Result:
    """Return an answer in words as the decision, cut to `limit` bytes."""
    return Result(
        decision=cut(answer.text, limit),
        raw=answer.text,
        tokens=answer.tokens,
        milliseconds=answer.milliseconds,
        reason=answer.reason,
    )


def fallback(manifest: Manifest, limit: int, reason: str) -> Result:
    """Return what is delivered for an answer that does not fit: hold() where the target has it.

    Args:
        manifest: Of the target.
        limit: Bytes that the job pays for.
        reason: Why the answer does not fit.
    """
    try:
        decision = manifest.encode((HOLD,))
    except SpecError:
        return nothing(reason)
    if len(decision) > limit:
        return nothing(reason)
    return Result(decision=decision, actions=(HOLD,), reason=reason[:MAX_REASON])


def nothing(reason: str) -> Result:
    """Return the empty answer: the target is told that nobody decided, and records no action."""
    return Result(decision=b"", reason=reason[:MAX_REASON])

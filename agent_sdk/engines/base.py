"""What every decision engine takes and gives."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from agent_sdk.errors import SpecError
from agent_sdk.manifest import HOLD, Action, Manifest
from agent_sdk.types import Policy

__all__ = [
    "MAX_PROMPT",
    "Budget",
    "Checkable",
    "Decision",
    "Engine",
    "Text",
    "Writer",
    "prompt_key",
    "settle",
]

MAX_PROMPT = 16_384
"""Characters of an agent's prompt that an engine reads; a longer one is answered with hold()."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What the agent can afford, for the prompt; None = not known."""

    treasury: int | None = None
    """wei the agent holds"""
    run_balance: int | None = None
    """wei set aside for its own runs"""
    runway: int | None = None
    """steps that the run balance pays for"""
    liberty: tuple[str, ...] | None = None
    """names of the open actions, see `agent_sdk.utility`; None = all. hold() always is one."""
    step_cost: int | None = None
    """wei, the most that one step can cost"""
    policy: Policy | None = None
    """what its actions may spend"""
    budget_left: int | None = None
    """wei that the policy's window leaves"""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """An engine's answer, ready for `Manifest.encode`."""

    actions: tuple[Action, ...]
    """1 to 8 actions that fit the manifest"""
    raw: str
    """the answer as the model gave it; empty when none came"""
    tokens: int
    """tokens the model wrote; 0 without a model"""
    milliseconds: int
    """wall clock"""
    reason: str = ""
    """why it came to hold() instead of an answer; empty for a proper answer"""


@dataclass(frozen=True, kw_only=True)
class Text:
    """An engine's answer to a plain question."""

    text: str
    """the answer; empty when none came"""
    tokens: int
    """tokens the model wrote; 0 without a model"""
    milliseconds: int
    """wall clock"""
    reason: str = ""
    """why there is no answer; empty for a proper one"""


@runtime_checkable
class Engine(Protocol):
    """Turns what an agent sees into what it does; safe to call from several threads."""

    @property
    def name(self) -> str:
        """The engine, such as `llama`."""

    @property
    def model(self) -> str:
        """The model behind it, `name@revision`; empty without one."""

    @property
    def model_sha256(self) -> str:
        """SHA-256 of the weights in hex; empty where they cannot be seen."""

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """Choose 1 to 8 actions.

        An answer that does not fit, is cut off or refused becomes hold() with the reason.

        Args:
            manifest: what the agent can do.
            prompt: what `prompt()` returned at the pinned block; untrusted.
            budget: what it can afford.
            history: its last steps, oldest first, one line each; untrusted.
            context: what `context()` returned: settings, notebook, plans, advice; untrusted.

        Raises:
            EngineError: no answer can be had now: no model, no server, no recording.
        """


@runtime_checkable
class Writer(Protocol):
    """What an engine that also writes free text can do besides."""

    def complete(self, question: str, *, limit: int) -> Text:
        """Answer a plain question; a longer answer may be cut anywhere.

        Args:
            question: as somebody put it; untrusted.
            limit: bytes of UTF-8 that are used of the answer, at most.

        Raises:
            EngineError: no answer can be had now: no model, no server, no recording.
        """


@runtime_checkable
class Checkable(Protocol):
    """What an engine that may be out of reach can do besides."""

    def check(self) -> None:
        """Find out whether it would be answered, without a question and at no cost.

        Raises:
            EngineError: it would not: no server, or one that refuses the key.
        """


def settle(
    manifest: Manifest,
    raw: str,
    *,
    tokens: int,
    milliseconds: int,
    allowed: Sequence[str] | None = None,
    refusal: str = "",
) -> Decision:
    """Turn a model's answer into a decision: its actions, or hold() and why.

    Args:
        manifest: what the agent can do.
        raw: the answer, JSON by `Manifest.schema`.
        tokens: tokens written.
        milliseconds: time taken.
        allowed: actions that are allowed now; None = all.
        refusal: why the answer must not be used, whatever it says.
    """
    actions: tuple[Action, ...] = (HOLD,)
    reason = refusal
    if not refusal:
        try:
            actions = manifest.read_answer(raw, allowed)
        except SpecError as error:
            reason = str(error)
    return Decision(
        actions=actions, raw=raw, tokens=tokens, milliseconds=milliseconds, reason=reason
    )


def prompt_key(prompt: str) -> str:
    """Return the SHA-256 of a prompt in hex: its key in recordings."""
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()

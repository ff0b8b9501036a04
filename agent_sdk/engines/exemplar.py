"""The nearest worked example alone: no language model, milliseconds."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from agent_sdk.engines.base import MAX_PROMPT, Budget, Decision
from agent_sdk.engines.embedding import nearest
from agent_sdk.errors import SpecError
from agent_sdk.manifest import HOLD, Action, Example, Manifest

__all__ = ["ExemplarEngine", "filled", "follow", "usable"]

_NUMBER = re.compile(r"\d+")
_MOST_DIGITS = 78
"""of the largest number that an argument holds, 2^256 - 1"""
_TOO_LARGE = 2**256
"""stands for each longer number: no argument holds it, and Python reads no 4,301 digits"""


class ExemplarEngine:
    """Does what the nearest worked example did, with the numbers of the observation."""

    name = "exemplar"
    model = ""
    model_sha256 = ""

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """See `Engine.decide`; neither history nor context matters here."""
        start = time.monotonic()
        actions: tuple[Action, ...] = (HOLD,)
        reason = ""
        short = len(prompt) <= MAX_PROMPT
        example = nearest(usable(manifest, budget), prompt) if short else None
        if example is None:
            reason = f"no worked example for a prompt of {len(prompt)} characters"
        else:
            actions, reason = follow(manifest, example, prompt)
        milliseconds = round((time.monotonic() - start) * 1000)
        return Decision(actions=actions, raw="", tokens=0, milliseconds=milliseconds, reason=reason)


def usable(manifest: Manifest, budget: Budget) -> list[Example]:
    """Return the worked examples all of whose actions are allowed now."""
    liberty = budget.liberty
    return [
        e
        for e in manifest.examples
        if liberty is None or all(a.name in (*liberty, HOLD.name) for a in e.used)
    ]


def follow(manifest: Manifest, example: Example, prompt: str) -> tuple[tuple[Action, ...], str]:
    """Return what a worked example calls for here, and why it is hold() where nothing fits.

    Args:
        manifest: what the agent can do.
        example: of the manifest.
        prompt: what the agent sees.
    """
    try:
        actions = tuple(filled(a, example.observation, prompt) for a in example.actions)
        manifest.encode(actions)
    except SpecError as error:
        return (HOLD,), str(error)
    return actions, ""


def filled(action: Action, known: str, seen: str) -> Action:
    """Return an example's action with the numbers of another observation.

    An argument that equals the i-th number of the example's observation becomes the i-th number of
    this one; every other is repeated as it is.

    Args:
        action: of the example.
        known: the example's observation.
        seen: the other one.
    """
    before, after = _numbers(known), _numbers(seen)

    def value(old: Any) -> Any:
        if isinstance(old, Mapping):
            return filled(Action(old["action"], old["args"]), known, seen).to_dict()
        if isinstance(old, bool) or old not in before:
            return old
        place = before.index(old)
        return after[place] if place < len(after) else old

    return Action(action.name, {name: value(old) for name, old in action.args.items()})


def _numbers(text: str) -> list[int]:
    """Return the numbers in a text, in order."""
    return [int(n) if len(n) <= _MOST_DIGITS else _TOO_LARGE for n in _NUMBER.findall(text)]

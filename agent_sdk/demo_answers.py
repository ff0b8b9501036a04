"""Check what a demo's report says of its engine, and each answer against what was delivered.

An answer is derived again from manifest, prompt and what the agent could afford at that block,
where its engine is here and deterministic; else it must encode to the call data delivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent_sdk.demo_facts import Facts
from agent_sdk.engines import Budget, Engine
from agent_sdk.engines.base import settle
from agent_sdk.engines.exemplar import ExemplarEngine
from agent_sdk.engines.utility import UtilityEngine
from agent_sdk.errors import ConfigError, EngineError
from agent_sdk.manifest import HOLD, Manifest
from agent_sdk.types import Step

__all__ = ["check_again", "check_answer", "check_model", "embedded"]

CHARACTERS_PER_TOKEN: Final = 16
"""more than any tokenizer reaches on short JSON"""

_RULES: Final[Mapping[str, Engine]] = {
    ExemplarEngine.name: ExemplarEngine(),
    UtilityEngine.name: UtilityEngine(),
}
"""engines without a model, by name"""
_UNREPEATABLE: Final = (
    "answer cut off at ",
    "the model refuses: ",
    "no worked example for ",
    "no answer within ",
    "no answer came in time",
    "it cannot be read: ",
)
"""how reasons begin that depend on more than manifest and answer"""


def embedded(report: Any) -> Engine | None:
    """Return the embedded model if the report names it and it is here; it is deterministic."""
    from agent_sdk.engines import engine as load

    if not isinstance(report, Mapping) or report.get("engine") != "llama":
        return None
    try:
        return load("llama")
    except (EngineError, ConfigError):
        return None


def check_model(report: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    """Check that engine, model and the weights' hash belong together, and to the weights here."""
    engine, model, sha256 = (str(report[key]) for key in ("engine", "model", "model_sha256"))
    tokens = sum(decision["tokens"] for decision in report["decisions"])
    if engine == "llama":
        yield from _weights(model, sha256)
        if not tokens:
            yield "engine: llama writes tokens and the decisions have none"
    elif engine in (*_RULES, "replay"):
        if sha256:
            yield f"model_sha256: {engine} has no weights and the report names {sha256!r}"
        if tokens:
            yield f"engine: {engine} writes no tokens and the decisions have {tokens}"
        if model != ("" if engine in _RULES else "replay"):
            yield f"model: {engine} has no model {model!r}"
    elif engine in ("http", "https"):
        if sha256 or not model:
            yield f"model: {engine} names a model and no weights, not {model!r} and {sha256!r}"
    else:
        yield f"engine: {engine!r} is none that the demo runs with"


def _weights(model: str, sha256: str) -> Iterator[str]:
    """Compare with the weights installed here."""
    from agent_sdk.engines import engine as load

    try:
        known = load("llama")
    except (EngineError, ConfigError) as error:
        yield f"model_sha256: there are no weights here to compare with ({error})"
        return
    if sha256 != known.model_sha256:
        yield f"model_sha256: {sha256!r} is not that of the weights, {known.model_sha256!r}"
    if model != known.model:
        yield f"model: {model!r} is not the model installed, {known.model!r}"


def check_answer(
    decision: Mapping[str, Any],
    step: Step,
    manifest: Manifest,
    *,
    engine: str,
    budget: Budget | None = None,
) -> Iterator[str]:
    """Check that the raw answer is the decision that was delivered, and could have its tokens.

    Args:
        decision: The report's entry.
        step: The step on the chain.
        manifest: Of the agent.
        engine: That the report names.
        budget: What the agent could afford; None = not known.

    Yields:
        One line per refusal.
    """
    name = f"decisions[{step.step}]"
    raw, reason, tokens = decision["raw_output"], decision["reason"], decision["tokens"]
    rule = _RULES.get(engine)
    if rule is not None:
        found = rule.decide(manifest, decision["prompt"], budget or Budget())
    else:
        found = settle(manifest, raw, tokens=0, milliseconds=0)
    encoded = manifest.encode(found.actions)
    if reason != found.reason and _is_too_long(reason, len(encoded)):
        encoded = manifest.encode((HOLD,))
    elif reason != found.reason and not (found.reason and _is_unrepeatable(reason, engine)):
        yield f"{name}.reason: the report says {reason!r} and the answer gives {found.reason!r}"
    if encoded != step.decision or (rule is not None and raw):
        yield f"{name}.raw_output: {raw[:80]!r} does not encode to the call data delivered"
    least = -(-len(raw) // CHARACTERS_PER_TOKEN) if tokens else 0
    if not least <= tokens <= len(raw) + 1:
        yield f"{name}.tokens: {tokens} tokens cannot write {len(raw)} characters"


def _is_too_long(reason: str, length: int) -> bool:
    """Whether a reason says that call data of that length is over the limit, and it may be."""
    found = re.fullmatch(r"the answer takes ([0-9]{1,9}) bytes of ([0-9]{1,9})", reason)
    return found is not None and int(found[1]) == length > int(found[2])


def _is_unrepeatable(reason: str, engine: str) -> bool:
    """Whether an unfit answer may have that reason; an endpoint's model has words of its own."""
    return bool(reason) and (engine in ("http", "https") or reason.startswith(_UNREPEATABLE))


def check_again(
    decision: Mapping[str, Any], manifest: Manifest, engine: Engine, budget: Budget
) -> Iterator[str]:
    """Ask the engine once more, with what the agent could afford; compare answer and tokens."""
    answer = engine.decide(manifest, str(decision["prompt"]), budget)
    name = f"decisions[{decision['step']}]"
    if answer.raw != decision["raw_output"]:
        yield f"{name}.raw_output: the engine answers {answer.raw[:80]!r}"
    if answer.reason != decision["reason"] and not _is_too_long(
        decision["reason"], len(manifest.encode(answer.actions))
    ):
        yield f"{name}.reason: the engine gives {answer.reason!r}"
    if answer.tokens != decision["tokens"]:
        yield f"{name}.tokens: the engine writes {answer.tokens}"

"""Why a step failed: an agent keeps no reason, so the node is asked to trace its transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from agent_sdk.chain import Chain
from agent_sdk.errors import CheckFailed, Reverted, RpcRefused
from agent_sdk.payloads import address
from agent_sdk.reverts import explain
from agent_sdk.types import Result, Step

__all__ = ["FAILING", "failure_of", "is_failing"]

FAILING: Final = 3
"""steps in a row without an action, after which an agent is `failing`"""

_UNTOLD = (Result.FAILED, Result.REJECTED)
_OUT_OF_GAS = ("out of gas", "start the loop again with a higher gas limit")
_NO_REASON = "does the action, or what it calls, exist?"

_Frame = Mapping[str, Any]


def is_failing(results: Sequence[int]) -> bool:
    """Whether the newest steps, by their results, all failed or were rejected."""
    last = list(results)[-FAILING:]
    return len(last) == FAILING and all(result in _UNTOLD for result in last)


def failure_of(chain: Chain, agent: str, step: Step) -> Reverted:
    """Return what the decision of a failed step reverted with.

    The transaction is traced as it was, so what came before it in its block counts as well. Where a
    call inside failed for another reason, that follows.

    Args:
        chain: Where; its node has to trace (`debug_traceTransaction`).
        agent: The agent's address.
        step: With the result `failed`.

    Raises:
        CheckFailed: The step did not fail, or the node cannot tell.
    """
    if step.result is not Result.FAILED:
        raise CheckFailed(f"step {step.step} did not fail: it was {step.result.name.lower()}")
    frame = _decision(_trace(chain, step), agent, step.decision)
    what = f"step {step.step}"
    if frame is None:
        raise CheckFailed(
            f"the trace of transaction 0x{step.tx.hex()} has no call of agent {agent} to itself "
            f"with the decision of step {step.step}: its gas limit left nothing for it, or the "
            "node is at fault"
        )
    found = _explained(frame, what)
    inner = _innermost(frame)
    if inner is frame or _output(inner) == _output(frame):
        return found
    said = _explained(inner, f"the call to {_address(inner)}")
    return Reverted(
        f"{found}; inside, {said}", name=found.name, arguments=found.arguments, data=found.data
    )


def _trace(chain: Chain, step: Step) -> _Frame:
    try:
        found = chain.rpc("debug_traceTransaction", f"0x{step.tx.hex()}", {"tracer": "callTracer"})
    except RpcRefused as error:
        raise CheckFailed(
            f"the node does not tell why step {step.step} failed ({error.reason}): ask one that "
            f"has debug_traceTransaction and keeps the state of block {step.block - 1}"
        ) from None
    return found if isinstance(found, Mapping) else {}


def _decision(top: _Frame, agent: str, decision: bytes) -> _Frame | None:
    """Return the call by which the agent acted upon the decision; None where it made none."""
    me, data = agent.lower(), f"0x{decision.hex()}"
    for frame in _frames(top):
        ends = (str(frame.get("from", "")).lower(), str(frame.get("to", "")).lower())
        if frame.get("type") == "CALL" and ends == (me, me) and frame.get("input") == data:
            return frame
    return None


def _frames(frame: _Frame) -> Iterator[_Frame]:
    yield frame
    for inner in frame.get("calls") or ():
        yield from _frames(inner)


def _innermost(frame: _Frame) -> _Frame:
    """Return the failed call that the failure began with."""
    failed = [inner for inner in frame.get("calls") or () if inner.get("error")]
    return _innermost(failed[-1]) if failed else frame


def _explained(frame: _Frame, what: str) -> Reverted:
    error = str(frame.get("error", ""))
    cause, advice = (error, _NO_REASON)
    if "gas" in error.lower():
        cause, advice = _OUT_OF_GAS
    return explain(_output(frame), action=what, reason=cause, advice=advice)


def _address(frame: _Frame) -> str:
    found = str(frame.get("to", ""))
    return address(found) if found else "no contract"


def _output(frame: _Frame) -> bytes:
    try:
        return bytes.fromhex(str(frame.get("output") or "").removeprefix("0x"))
    except ValueError:
        return b""

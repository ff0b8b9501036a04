"""Read a decision that the chain took: whatever its contract takes, honest or not.

What a model may answer, and what is encoded, is bound by {Manifest.read_answer} and
{Manifest.encode}; a provider that delivers bytes of its own is not.  So a plan may hold a batch or
another plan, or bytes that are no action at all, which stay bytes.
"""

from __future__ import annotations

from typing import Any

from agent_sdk import arguments
from agent_sdk.calldata import CallData
from agent_sdk.errors import SpecError
from agent_sdk.manifest import BATCH, Manifest, counted
from agent_sdk.tools import Action, Input

__all__ = ["read_decision"]

_DEEPEST = 16
"""Actions in actions: a plan has 447 bytes, and one that plans takes 100 of them."""


def read_decision(manifest: Manifest, decision: bytes) -> tuple[Action, ...]:
    """Return the actions of a decision.

    Raises:
        SpecError: it is no call of this agent's actions.
    """
    call = CallData(decision)
    if call.selector != BATCH:
        return (_action(manifest, call, 0),)
    return tuple(_action(manifest, one, 0) for one in _batch(call))


def _batch(call: CallData) -> list[CallData]:
    (calls,) = call.values(["bytes[]"])
    return [CallData(one, within=call) for one in counted(calls)]


def _action(manifest: Manifest, call: CallData, depth: int) -> Action:
    tool = next((t for t in manifest.tools if t.selector == call.selector), None)
    if tool is None:
        raise SpecError(
            f"call data 0x{call.selector.hex()}… is no action of {manifest.name}: compare the "
            "manifest"
        )
    values = call.values([i.type for i in tool.inputs])
    return Action(
        tool.name,
        {
            i.name: _argument(manifest, call, i, value, depth)
            for i, value in zip(tool.inputs, values, strict=True)
        },
    )


def _argument(manifest: Manifest, call: CallData, taken: Input, value: Any, depth: int) -> Any:
    if taken.is_action and depth < _DEEPEST:
        try:
            return _planned(manifest, CallData(value, within=call), depth + 1)
        except SpecError:
            pass
    return arguments.to_json(taken.type, value)


def _planned(manifest: Manifest, call: CallData, depth: int) -> dict[str, Any]:
    """Return an action in an action in JSON form; a batch is one whose argument is a list."""
    if call.selector != BATCH:
        return _action(manifest, call, depth).to_dict()
    items = [_action(manifest, one, depth).to_dict() for one in _batch(call)]
    return Action("batch", {"actions": items}).to_dict()

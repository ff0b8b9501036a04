"""Waiting for an agent's steps, as long as there is one to wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from agent_sdk.agent_reader import AgentReader
from agent_sdk.chain import Chain
from agent_sdk.contracts import WakeableContract
from agent_sdk.errors import CheckFailed, ConfigError, Reverted, RpcRefused, SpecError
from agent_sdk.units import format_seconds, format_time

__all__ = ["LOOK", "wait"]

LOOK: Final = 10.0
"""s between looks at whether and when the next step comes"""

_CURES: Final = {
    "stopped": "`everloop agent start {}` begins its loop again",
    "dormant": "it waits for money or a provider, see `everloop agent inspect {}`",
    "paused": (
        "it acts upon nothing and steps once a heartbeat; `everloop agent unpause {0}`, and `agent "
        "stop` and `agent start` for a step at once"
    ),
}


def wait(
    agent: AgentReader,
    chain: Chain,
    *,
    steps: int,
    timeout: float,
    poll: float,
    tell: Callable[[str], None],
) -> int:
    """Wait until an agent has made more steps and return how many it has made in all.

    Args:
        agent: The agent.
        chain: Where it lives.
        steps: How many more.
        timeout: s
        poll: s between looks at their number.
        tell: Is given a line of text at each step but the last, and every 10 s.

    Raises:
        CheckFailed: Time is over, or no step can come in time.
    """
    if type(steps) is not int or steps < 1:
        raise ConfigError(f"steps {steps!r} to wait for are none: use 1 or more")
    before = made = agent.contract.steps()
    deadline, look = time.monotonic() + timeout, 0.0
    while made < before + steps:
        now = time.monotonic()
        progress = f"{made - before} of {steps} steps"
        if now >= look:
            due = _due(agent, chain, deadline - now, progress)
            tell(f"{progress} made; the next is due at {format_time(due)}")
            look = now + LOOK
        if now >= deadline:
            raise CheckFailed(
                f"agent {agent.address} made {progress} in {timeout:g} s ({agent.health}): see "
                f"`everloop agent inspect {agent.address}`"
            )
        time.sleep(poll)
        if (found := agent.contract.steps()) != made:
            made, look = found, 0.0
    return made


def _due(agent: AgentReader, chain: Chain, left: float, progress: str) -> int:
    """Return when the next step is due, Unix s.

    Raises:
        CheckFailed: never, or only once the time that is left (s) is over.
    """
    slot = agent.slot()
    if halt := agent.halt(slot):
        cure = _CURES[halt].format(agent.address)
        raise CheckFailed(f"agent {agent.address} made {progress} and is {halt}: {cure}")
    ahead = slot.due - _time(chain)
    if ahead > left and not _is_wakeable(agent, chain):
        raise CheckFailed(
            f"agent {agent.address} made {progress}, and its next run is at "
            f"{format_time(slot.due)}, in {format_seconds(ahead)}: after the timeout; wait longer"
        )
    return slot.due


def _is_wakeable(agent: AgentReader, chain: Chain) -> bool:
    """Whether somebody may bring the agent's next run forward."""
    try:
        WakeableContract(chain, agent.address).should_wake()
    except (Reverted, SpecError):
        return False
    return True


def _time(chain: Chain) -> int:
    """Return the time of the chain, Unix s: its newest block may be old where few are made."""
    newest = chain.block().time
    try:
        pending = chain.rpc("eth_getBlockByNumber", "pending", False)
    except RpcRefused:
        return newest
    return max(newest, int(pending["timestamp"], 16)) if pending else newest

"""Changes of an agent's policy as commands tell them: made, queued, at odds with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.output import cost, plain, when

if TYPE_CHECKING:
    from agent_sdk.agent import Agent, Change
    from agent_sdk.agent_changes import Setback

__all__ = ["named", "outcome", "queue", "told", "warn"]


def queue(agent: Agent) -> list[dict[str, Any]]:
    """Return the queued changes of an agent as JSON data."""
    found = agent.queued_changes()
    time = agent.chain_time if found else 0
    return [
        {
            "change": f"0x{one.change.hex()}",
            "what": one.text(agent.manifest),
            "stage": one.stage(time),
            "ready_at": one.ready_at,
            "lapses_at": one.lapses_at,
            "data": f"0x{one.data.hex()}",
            "by_former_owner": one.by_former_owner,
        }
        for one in found
    ]


def named(queued: Mapping[str, Any]) -> str:
    """Return what a queued change is, for people: its owner's, or a former one's."""
    former = ", queued by a former owner" if queued["by_former_owner"] else ""
    return f"{queued['what']}{former}"


def told(agent: Agent, made: Sequence[tuple[str, Change]]) -> list[dict[str, Any]]:
    """Return changes as JSON data; `ready_at` is None where one is in force."""
    odds = _at_odds(agent, made)
    return [
        {
            "change": what,
            "ready_at": change.ready_at or None,
            "tightened": None if change.tightened is None else cost(change.tightened),
            "set_back_by": [
                {"change": f"0x{one.queued.change.hex()}", "what": one.text(agent.manifest)}
                for one in against
            ],
            **cost(change.receipt),
        }
        for (what, change), against in zip(made, odds, strict=True)
    ]


def outcome(change: Change) -> str:
    """Return what became of a change, for people."""
    if not change.ready_at:
        return "in force"
    begun = "what tightens is in force; the rest is queued" if change.tightened else "queued"
    ready = when(change.ready_at)
    return f"{begun}: from {ready} by the same command again, or `everloop agent changes`"


def warn(agent: Agent, made: Sequence[tuple[str, Change]]) -> None:
    """Say on stderr which queued changes would undo what was changed, and how to be rid of them."""
    seen: dict[bytes, str] = {}
    for (_, change), against in zip(made, _at_odds(agent, made), strict=True):
        begun = "another queued change" if change.ready_at else "a queued change"
        for one in against:
            seen[one.queued.change] = f"{begun} would {one.text(agent.manifest)}"
    for known, text in seen.items():
        cancel = f"everloop agent changes {agent.address} --cancel 0x{known.hex()}"
        click.echo(f"{plain(text)}; to be rid of it: {cancel}", err=True)


def _at_odds(agent: Agent, made: Sequence[tuple[str, Change]]) -> list[list[Setback]]:
    """Return for each change the queued ones that say otherwise."""
    from agent_sdk.agent_changes import setbacks

    queued = agent.queued_changes() if made else ()
    return [setbacks(change.data, queued) for _, change in made]

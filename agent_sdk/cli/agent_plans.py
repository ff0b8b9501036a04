"""`everloop agent plans`: what an agent does later, and dropping it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import Connection, chain_options, examples, json_option
from agent_sdk.cli.output import cost, facts, show_json, spent, table, when

if TYPE_CHECKING:
    from agent_sdk.agent import Agent, Plan, PlanEnd

__all__ = ["plans"]

_SHOWN = 10
"""plans that have ended, of which people are told"""


@click.command(epilog=examples("agent plans 0xAGENT", "agent plans 0xAGENT --drop 2"))
@click.argument("address")
@click.option(
    "--drop",
    "dropped",
    multiple=True,
    type=click.IntRange(0, 7),
    metavar="NUMBER",
    help="Drop it; its owner's. Several times for several.",
)
@json_option
@chain_options(account=True)
def plans(connection: Connection, address: str, dropped: tuple[int, ...], as_json: bool) -> None:
    """List the actions that the agent at ADDRESS takes later by itself, or drop some.

    A plan runs under the limits of its time, also after the loop has ended and under a new owner.
    It is no step: what became of the newest that ended stands here, not in the history.
    """
    agent = connection.network(sign=bool(dropped)).agents.at(address)
    made = [(number, agent.drop_plan(number)) for number in dict.fromkeys(dropped)]
    now = agent.chain_time
    waiting, over = agent.all_plans()
    listed = [{**_plan(agent, one), "overdue": one.due < now} for one in waiting]
    ended = [_ended(agent, one) for one in over]
    if as_json:
        more = [{"dropped": number, **cost(receipt)} for number, receipt in made]
        show_json({"plans": listed, "ended": ended, **({"changes": more} if dropped else {})})
        return
    for number, receipt in made:
        facts(spent(receipt), title=f"Dropped plan {number}")
    table(
        ("number", "due", "action"),
        [[one["number"], _due(one), one["action"]] for one in listed],
        empty="no plans: it takes no action later",
    )
    if ended:
        columns = ("action", "result", "block", "tx")
        table(columns, [[one[key] for key in columns] for one in ended[-_SHOWN:]], empty="")


def _due(plan: dict[str, Any]) -> str:
    """Return when a plan is due; one that is overdue waits for a keeper."""
    return when(plan["due"]) + (", overdue: no keeper has run it" if plan["overdue"] else "")


def _ended(agent: Agent, end: PlanEnd) -> dict[str, Any]:
    """Return what became of a plan as JSON data."""
    result = "dropped" if end.result is None else end.result.name.lower()
    place = {"block": end.block, "tx": f"0x{end.tx.hex()}"}
    return {**_plan(agent, end.plan), "result": result, **place}


def _plan(agent: Agent, plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    from agent_sdk.tools import shown

    return {
        "number": plan.number,
        "due": plan.due,
        "action": shown(agent.manifest.try_decode(plan.data), plan.data),
        "data": f"0x{plan.data.hex()}",
        "block": plan.block,
        "tx": f"0x{plan.tx.hex()}",
    }

"""`everloop agent plans`: what an agent does later, and dropping it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import Connection, chain_options, examples, json_option
from agent_sdk.cli.output import cost, facts, show_json, spent, table, when

if TYPE_CHECKING:
    from agent_sdk.agent import Agent, Plan

__all__ = ["plans"]


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
    """
    agent = connection.network(sign=bool(dropped)).agents.at(address)
    made = [(number, agent.drop_plan(number)) for number in dict.fromkeys(dropped)]
    listed = [_plan(agent, one) for one in agent.plans()]
    if as_json:
        more = [{"dropped": number, **cost(receipt)} for number, receipt in made]
        show_json({"plans": listed, **({"changes": more} if dropped else {})})
        return
    for number, receipt in made:
        facts(spent(receipt), title=f"Dropped plan {number}")
    rows = [[one["number"], when(one["due"]), one["action"]] for one in listed]
    table(("number", "due", "action"), rows, empty="no plans: it takes no action later")


def _plan(agent: Agent, plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON data."""
    from agent_sdk.errors import SpecError
    from agent_sdk.tools import shown

    try:
        actions = agent.manifest.decode(plan.data)
    except SpecError:
        actions = ()
    return {
        "number": plan.number,
        "due": plan.due,
        "action": shown(actions, plan.data),
        "data": f"0x{plan.data.hex()}",
        "block": plan.block,
        "tx": f"0x{plan.tx.hex()}",
    }

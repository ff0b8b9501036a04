"""`everloop agent wait`, `history` and `verify`: the steps of an agent, to come and made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import Connection, chain_options, json_option, seconds
from agent_sdk.cli.output import count, plain, show_json, table, when

if TYPE_CHECKING:
    from agent_sdk.agent import Agent
    from agent_sdk.types import Step

__all__ = ["history", "verify", "wait"]

WHY = 5
"""failed steps that `history --why` asks about: a trace each"""


@click.command()
@click.argument("address")
@click.option("--steps", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--timeout", callback=seconds, default="10 min", show_default=True)
@json_option
@chain_options()
def wait(connection: Connection, address: str, steps: int, timeout: int, as_json: bool) -> None:
    """Wait until the agent at ADDRESS has made more steps.

    Says on stderr how far it is, at each step and every 10 s. Gives up at once on an agent that is
    stopped, dormant or paused, or whose next run is due after the timeout and nobody can wake it.
    """
    found = connection.network().agents.at(address)
    before = found.contract.steps()
    made = found.wait(steps=steps, timeout=timeout, tell=None if as_json else _say)
    if as_json:
        show_json({"address": found.address, "more": made - before, "steps": made})
        return
    click.echo(f"{count(made - before, 'more step')}, {made} in all")


@click.command()
@click.argument("address")
@click.option("--verify", is_flag=True, help="Check it against the chain first.")
@click.option("--last", type=click.IntRange(min=1), help="Only that many, the newest.")
@click.option("--why", is_flag=True, help=f"Ask why the newest {WHY} failed steps failed.")
@json_option
@chain_options()
def history(
    connection: Connection, address: str, verify: bool, last: int | None, why: bool, as_json: bool
) -> None:
    """List the steps of the agent at ADDRESS.

    --why needs a node that traces transactions (debug_traceTransaction), as that of `everloop up`.
    """
    from agent_sdk.units import format_wei_alike

    found = connection.network().agents.at(address)
    steps = found.history(verify=verify)
    steps = steps[-last:] if last else steps
    reasons = _reasons(found, steps) if why else {}
    if as_json:
        more = [{"why": reasons.get(step.step)} if why else {} for step in steps]
        show_json([{**s.to_dict(), **one} for s, one in zip(steps, more, strict=True)])
        return
    rows = [
        (
            step.step,
            when(step.time),
            step.summary,
            step.result.name.lower(),
            step.provider,
            paid,
        )
        for step, paid in zip(steps, format_wei_alike([s.paid for s in steps]), strict=True)
    ]
    table(("step", "time", "actions", "result", "provider", "paid"), rows, empty="no steps yet")
    for reason in reasons.values():
        click.echo(plain(reason["message"]))
    if why and not reasons:
        click.echo("no step failed")


@click.command()
@click.argument("address")
@json_option
@chain_options()
def verify(connection: Connection, address: str, as_json: bool) -> int:
    """Rebuild the history of the agent at ADDRESS from events alone and check it.

    Exits with 1 if it does not hold.
    """
    found = connection.network().agents.at(address).verify()
    if as_json:
        show_json(
            {
                "address": found.agent,
                "block": found.block,
                "steps": len(found.steps),
                "history_head": f"0x{found.head.hex()}",
                "verified": found.verified,
                "findings": [
                    {"step": f.step, "text": f.text, "breaks_history": f.breaks_history}
                    for f in found.findings
                ],
            }
        )
    else:
        for finding in found.findings:
            click.echo(f"{'FAULT' if finding.breaks_history else 'note'}: {plain(finding)}")
        verdict = "verifies" if found.verified else "DOES NOT VERIFY"
        click.echo(
            f"{count(len(found.steps), 'step')} up to block {found.block}: history {verdict}"
        )
    return 0 if found.verified else 1


def _say(line: str) -> None:
    click.echo(line, err=True)


def _reasons(agent: Agent, steps: Sequence[Step]) -> dict[int, dict[str, Any]]:
    """Return why the newest failed steps failed, as JSON data by the step's number."""
    from agent_sdk.errors import CheckFailed
    from agent_sdk.types import Result

    found: dict[int, dict[str, Any]] = {}
    for step in [one for one in steps if one.result is Result.FAILED][-WHY:]:
        try:
            error = agent.why(step)
        except CheckFailed as unknown:
            found[step.step] = {"message": str(unknown)}
            continue
        details = error.details()
        found[step.step] = {
            "message": str(error),
            "name": details["name"],
            "arguments": details["arguments"],
        }
    return found

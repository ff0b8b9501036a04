"""`everloop agent`: make agents, fund them, look at them, check them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.agent_build import build, publish
from agent_sdk.cli.agent_limits import limit_options, limits_of, limits_text, warn_of_reserve
from agent_sdk.cli.agent_loop import loop_of, loop_options
from agent_sdk.cli.agent_owner import owner, pause, providers, start, stop, unpause, withdraw
from agent_sdk.cli.agent_plans import plans
from agent_sdk.cli.agent_policy import policy, tokens
from agent_sdk.cli.agent_rules import changes, rules, withdraw_nft
from agent_sdk.cli.agent_signatures import signatures
from agent_sdk.cli.agent_steps import history, verify, wait
from agent_sdk.cli.agent_wake import wake
from agent_sdk.cli.options import (
    Connection,
    amount,
    chain_options,
    examples,
    hex_bytes,
    json_option,
    quiet_option,
)
from agent_sdk.cli.output import cost, count, done, facts, show_json, spent, table, when

if TYPE_CHECKING:
    from agent_sdk.agent import Agent

__all__ = ["agent"]


@click.group()
def agent() -> None:
    """Make agents, fund them, look at them, check their history."""


for _command in (
    *(build, changes, history, owner, pause, plans, policy, providers, publish, rules),
    *(signatures, start, stop, tokens, unpause, verify, wait, wake, withdraw, withdraw_nft),
):
    agent.add_command(_command)


@agent.command(
    epilog=examples(
        "agent create CounterAgent --fund '1 ether'",
        "agent create CounterAgent --fund '1 ether' --interval '1 h' --max-gas-price '50 gwei'",
    )
)
@click.argument("name")
@click.option("--fund", required=True, callback=amount, help='ETH to give it: "1 ether".')
@click.option("--salt", help="Word that its address depends on.  [default: random]")
@click.option("--run-balance", callback=amount, help="Part of it for steps.  [default: a quarter]")
@loop_options
@limit_options("--budget-window")
@click.option("--provider", "providers", multiple=True, help="In order of preference; all if none.")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="KEY=VALUE",
    help="Setting of an example agent; a wrong KEY names those there are.",
)
@click.option("--recipient", "recipients", multiple=True, help="Who may get ETH from its actions.")
@click.option("--init", callback=hex_bytes, help="0x…: what your own agent's _initialize takes.")
@quiet_option
@json_option
@chain_options(account=True)
def create(
    connection: Connection,
    name: str,
    fund: int,
    salt: str | None,
    run_balance: int | None,
    providers: tuple[str, ...],
    options: tuple[str, ...],
    recipients: tuple[str, ...],
    init: bytes | None,
    quiet: bool,
    as_json: bool,
    **terms: int | None,
) -> None:
    """Make, fund and start the agent NAME in one transaction; the account becomes its owner.

    If nothing else is said, it steps once a minute (every 10 s on chain 31337) and pauses for 1 h
    at most; a decision gets 400,000 gas. A step pays at most 0.001 ether for an answer within
    2 min, 20 gwei for a unit of gas, 2 gwei above the base fee, and nothing for data on a rollup.
    Its actions move half of its treasury at once and all of it in any day, and leave a twentieth,
    18 ether at most; money that comes later changes no limit, and what is loosened waits a day.
    """
    from agent_sdk.blueprints import default_loop
    from agent_sdk.payloads import address as checked

    limits = limits_of(terms)
    net = connection.network(sign=True)
    made = net.agents.create(
        name,
        fund=fund,
        salt=salt,
        run_balance=run_balance,
        loop=loop_of(default_loop(is_local=net.chain.is_local), terms),
        policy=limits,
        providers=[net.providers.choice(p) for p in providers] or None,
        options=dict(_pair(option) for option in options),
        recipients=[checked(one) for one in recipients],
        init=init,
    )
    assert made.receipt is not None
    if as_json:
        show_json({"address": made.address, **cost(made.receipt)})
        return
    if quiet:
        click.echo(made.address)
        return
    limits_in_force = made.contract.policy()
    spends = limits_text(limits_in_force)
    lines = {"address": made.address, "may spend": spends, **spent(made.receipt)}
    facts(lines, title=f"{name} lives")
    warn_of_reserve(limits_in_force, treasury=net.chain.balance(made.address))


@agent.command()
@click.argument("address")
@click.argument("amount", callback=amount)
@click.option("--to", type=click.Choice(["treasury", "run"]), default="treasury", show_default=True)
@json_option
@chain_options(account=True)
def fund(connection: Connection, address: str, amount: int, to: str, as_json: bool) -> None:
    """Send AMOUNT of ETH to the agent at ADDRESS."""
    found = connection.network(sign=True).agents.at(address)
    receipt = found.fund(amount, to=to)
    done(receipt, title=f"Funded the {to} of {address}", as_json=as_json)
    if to == "treasury" and not as_json:
        click.echo(f"Its limits stay: {limits_text(found.contract.policy())}", err=True)


@agent.command("list")
@json_option
@chain_options()
def list_(connection: Connection, as_json: bool) -> None:
    """List all agents."""
    found = [_summary(a) for a in connection.network().agents.list()]
    if as_json:
        show_json(found)
        return
    columns = ("address", "name", "owner", "steps", "health")
    rows = [["?" if entry[key] is None else entry[key] for key in columns] for entry in found]
    table(columns, rows, empty="no agents: see `everloop agent create`")


@agent.command()
@click.argument("address")
@json_option
@chain_options()
def inspect(connection: Connection, address: str, as_json: bool) -> None:
    """Show state, money, runway and health of the agent at ADDRESS."""
    from agent_sdk.units import format_wei

    found = connection.network().agents.at(address).inspect()
    if as_json:
        show_json(found)
        return
    shown = {
        "name": found["name"],
        "owner": found["owner"],
        "context": found["context"].split("\n") if found["context"] else "empty",
        "health": _health(found),
        "steps": found["steps"],
        "history": f"{found['history_head']} "
        + ("verified" if found["history_verified"] else "DOES NOT VERIFY"),
        "treasury": format_wei(found["balance_wei"]["treasury"]),
        "run balance": format_wei(found["balance_wei"]["run"]),
        "runway": _runway(found),
        "liberty": _liberty(found["open_actions"]),
        "utility": found["utility"],
        "next due": when(found["next_due"]),
        "provider": found["provider"] or "none",
        "last step": _last(found["last_step"]),
    }
    facts(shown, title=f"Agent {found['address']}")


def _summary(agent: Agent) -> dict[str, Any]:
    """Return an agent's line of the list; anybody can have the factory clone what is no agent."""
    from agent_sdk.errors import ChainUnavailable, EverloopError

    found: dict[str, Any] = {"address": agent.address}
    try:
        return {
            **found,
            "name": agent.manifest.name,
            "owner": agent.contract.owner(),
            "steps": agent.contract.steps(),
            "health": agent.health,
        }
    except ChainUnavailable:
        raise
    except EverloopError:
        return {**found, "name": None, "owner": None, "steps": None, "health": "no agent"}


def _pair(option: str) -> tuple[str, str]:
    key, found, value = option.partition("=")
    if not found:
        raise click.BadParameter(f"{option!r} is not KEY=VALUE", param_hint="--option")
    return key, value


def _liberty(names: list[str]) -> str:
    return f"{len(names)}: {', '.join(names)}" if names else "0"


def _health(found: dict[str, Any]) -> str:
    """Return the health of an inspected agent, and where to read on."""
    more = {
        "failing": f"`everloop agent history {found['address']} --why` says why",
        "paused": "`everloop agent unpause` ends it",
    }
    health = str(found["health"])
    return f"{health}: {more[health]}" if health in more else health


def _runway(found: dict[str, Any]) -> str:
    """Return how long the money of an inspected agent lasts, for people."""
    from agent_sdk.units import format_seconds

    if found["health"] == "stopped":
        return "none: the loop is stopped; `everloop agent start` begins it again"
    return (
        f"{count(found['runway_steps'], 'step')}, {format_seconds(found['runway_seconds'])} at the "
        f"caps; {count(found['runway_typical_steps'], 'step')}, "
        f"{format_seconds(found['runway_typical_seconds'])} at recent cost"
    )


def _last(step: dict[str, Any] | None) -> str:
    if step is None:
        return "none yet"
    return f"{step['step']}: {step['summary']} [{step['result']}]"

"""`everloop agent policy` and `tokens`: what actions may move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.agent_limits import limit_options
from agent_sdk.cli.agent_queue import named, outcome, queue, told, warn
from agent_sdk.cli.options import (
    Connection,
    chain_options,
    examples,
    json_option,
    seconds,
)
from agent_sdk.cli.output import done, facts, show_json

if TYPE_CHECKING:
    from agent_sdk.agent import Agent, Change
    from agent_sdk.chain import Chain

__all__ = ["policy", "tokens"]


_PAUSED = "paused: decisions are recorded, and not acted upon until `everloop agent unpause`"


@click.command(
    epilog=examples(
        "agent policy 0xAGENT",
        "agent policy 0xAGENT --budget '0.5 ether' --window '1 d'",
        "agent policy 0xAGENT --allow 0xPAYEE --disable stopLoop",
    )
)
@click.argument("address")
@limit_options("--window")
@click.option("--allow", "--recipient", multiple=True, metavar="ADDRESS", help="Who may be paid.")
@click.option("--forbid", multiple=True, metavar="ADDRESS", help="Who may be paid no more.")
@click.option("--enable", multiple=True, metavar="ACTION", help="An action that was disabled.")
@click.option("--disable", multiple=True, metavar="ACTION", help="An action not to be taken.")
@json_option
@chain_options(account=True)
def policy(
    connection: Connection,
    address: str,
    action_cap: int | None,
    budget: int | None,
    window: int | None,
    reserve: int | None,
    allow: tuple[str, ...],
    forbid: tuple[str, ...],
    enable: tuple[str, ...],
    disable: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show what the actions of the agent at ADDRESS may spend, or change it; its owner's.

    What tightens is in force at once.
    What loosens waits a day: the same command, sent again within the week after, puts it in force,
    and so does `everloop agent changes`. Limits that tighten and loosen are sent as two changes.
    A queued change states all four limits, as they were then: cancel it if you tighten meanwhile.
    """
    limits = {"action_cap": action_cap, "budget": budget, "window": window, "reserve": reserve}
    limits = {name: value for name, value in limits.items() if value is not None}
    wanted = bool(limits or allow or forbid or enable or disable)
    found = connection.network(sign=wanted).agents.at(address)
    made = list(_changes(found, limits, (allow, forbid), (enable, disable)))
    shown = _policy(found)
    if as_json:
        show_json({**shown, **({"changes": told(found, made)} if wanted else {})})
        return
    _print(address, shown, made)
    warn(found, made)


@click.command(
    epilog=examples(
        "agent tokens 0xAGENT 0xTOKEN",
        "agent tokens 0xAGENT 0xTOKEN --action-cap 100 --budget 1000 --window '1 d'",
        "agent tokens 0xAGENT 0xTOKEN --withdraw 500",
    )
)
@click.argument("address")
@click.argument("token")
@click.option("--action-cap", type=click.IntRange(min=0), help="Most units that one action moves.")
@click.option("--budget", type=click.IntRange(min=0), help="Most units in any window; 0 forbids.")
@click.option("--window", callback=seconds, help="Length of the budget's window.")
@click.option("--withdraw", type=click.IntRange(min=1), help="Take that many units out.")
@click.option("--to", help="Who gets them.  [default: the account]")
@json_option
@chain_options(account=True)
def tokens(
    connection: Connection,
    address: str,
    token: str,
    action_cap: int | None,
    budget: int | None,
    window: int | None,
    withdraw: int | None,
    to: str | None,
    as_json: bool,
) -> None:
    """Show or change what actions may move of the ERC-20 TOKEN, or take tokens out; its owner's.

    Amounts are units of the token, without its decimals. Actions move none of it before a limit is
    set; the first one waits a day as well, and names all three fields.
    """
    fields = {"action_cap": action_cap, "budget": budget, "window": window}
    wanted = {name: value for name, value in fields.items() if value is not None}
    net = connection.network(sign=bool(wanted or withdraw))
    found = net.agents.at(address)
    _require_contract(net.chain, token)
    if withdraw:
        receipt = found.withdraw_token(token, withdraw, to=to)
        done(receipt, title=f"Withdrew tokens from {address}", as_json=as_json)
        return
    made = [("token limit", _limit(found, token, wanted))] if wanted else []
    limit, left = found.contract.token_policy(token)
    shown: dict[str, Any] = {
        "token": token,
        "action_cap": limit.action_cap,
        "budget": limit.budget,
        "window_seconds": limit.window,
        "left": left,
    }
    if as_json:
        show_json({**shown, **({"changes": told(found, made)} if made else {})})
        return
    _print(address, shown, made)
    warn(found, made)


def _changes(
    agent: Agent,
    limits: dict[str, Any],
    recipients: tuple[tuple[str, ...], tuple[str, ...]],
    actions: tuple[tuple[str, ...], tuple[str, ...]],
) -> Iterator[tuple[str, Change]]:
    """Send one transaction for each change; yield what it is and what became of it."""
    if limits:
        yield "limits", agent.set_limits(**limits)
    for listed, group in zip((True, False), recipients, strict=True):
        for to in group:
            verb = "allow" if listed else "forbid"
            yield f"{verb} {to}", agent.set_recipient(to, listed=listed)
    for enabled, group in zip((True, False), actions, strict=True):
        for name in group:
            verb = "enable" if enabled else "disable"
            yield f"{verb} {name}", agent.set_action(name, enabled=enabled)


def _require_contract(chain: Chain, token: str) -> None:
    from agent_sdk.errors import ConfigError
    from agent_sdk.payloads import address

    if not chain.code(address(token)):
        raise ConfigError(
            f"there is no contract at {token} on chain {chain.chain_id}: check the token's address"
        )


def _limit(agent: Agent, token: str, wanted: dict[str, int]) -> Change:
    from dataclasses import asdict, replace

    limit, _ = agent.contract.token_policy(token)
    lacking = [f"--{name.replace('_', '-')}" for name in asdict(limit) if name not in wanted]
    if lacking and not limit.window:
        raise click.UsageError(f"a token's first limit states all of it: add {', '.join(lacking)}")
    return agent.set_token_policy(token, replace(limit, **wanted))


def _policy(agent: Agent) -> dict[str, Any]:
    """Return the policy in force as JSON data."""
    limits, contract = agent.contract.policy(), agent.contract
    return {
        "owner": contract.owner(),
        "action_cap_wei": limits.action_cap,
        "budget_wei": limits.budget,
        "budget_left_wei": contract.budget_left(),
        "window_seconds": limits.window,
        "reserve_wei": limits.reserve,
        "recipients": list(agent.recipients()),
        "paused": contract.is_paused(),
        "disabled": list(agent.disabled_actions()),
        "closed": [t.name for t in agent.manifest.tools if not contract.is_enabled(t.selector)],
        "queued": queue(agent),
    }


def _print(address: str, shown: dict[str, Any], made: list[tuple[str, Change]]) -> None:
    """Print a policy for people, and what became of each change."""
    from agent_sdk.units import format_seconds, format_wei

    rows: dict[str, Any] = {}
    for name, value in shown.items():
        if name.endswith("_wei"):
            rows[name.removesuffix("_wei").replace("_", " ")] = format_wei(value)
        elif name.endswith("_seconds"):
            rows[name.removesuffix("_seconds")] = format_seconds(value)
        elif name == "queued":
            rows["queued"] = [f"{named(one)} ({one['stage']})" for one in value] or "nothing"
        elif name == "paused":
            rows["state"] = _PAUSED if value else "acts on decisions"
        elif name == "recipients":
            rows["may be paid"] = ", ".join(value) or "nobody"
        elif name == "disabled":
            rows["disabled"] = ", ".join(value) or "no action"
        elif name != "closed":
            rows[name.replace("_", " ")] = value
    rows |= {what: outcome(change) for what, change in made}
    facts(rows, title=f"Policy of {address}")

"""`everloop agent rules`, `changes` and `withdraw-nft`: what an owner opens, awaits, takes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from agent_sdk.cli.agent_queue import named, outcome, queue, told, warn
from agent_sdk.cli.options import (
    Connection,
    chain_options,
    change_ids,
    examples,
    json_option,
)
from agent_sdk.cli.output import cost, done, facts, plain, show_json, table, when

if TYPE_CHECKING:
    from agent_sdk.agent import Agent, Change
    from agent_sdk.types import Receipt

__all__ = ["changes", "rules", "withdraw_nft"]

_Pairs = tuple[tuple[str, str], ...]


@click.command(
    epilog=examples(
        "agent rules 0xAGENT",
        "agent rules 0xAGENT --allow 0xTARGET 'deposit(uint256)'",
        "agent rules 0xAGENT --allow 0xTARGET 'deposit()' --pay",
        "agent rules 0xAGENT --close 0xTARGET 0xd0e30db0",
    )
)
@click.argument("address")
@click.option(
    "--allow", nargs=2, multiple=True, metavar="TARGET FUNCTION", help="What may be called."
)
@click.option("--pay", is_flag=True, help="What is allowed may be sent ETH as well.")
@click.option(
    "--close", nargs=2, multiple=True, metavar="TARGET FUNCTION", help="What may be called no more."
)
@json_option
@chain_options(account=True)
def rules(
    connection: Connection,
    address: str,
    allow: _Pairs,
    pay: bool,
    close: _Pairs,
    as_json: bool,
) -> None:
    """Show or change what the action `call` of the agent at ADDRESS may call; its owner's.

    FUNCTION is a signature, `transfer(address,uint256)`; a selector of 4 bytes; or `none`, for call
    data of fewer than 4 bytes. ETH that leaves counts against the policy; what the function does
    with tokens is not bound by it. What allows more waits a day, see `everloop agent changes`.
    """
    if pay and not allow:
        raise click.UsageError("--pay goes with --allow: it says that ETH may be sent along")
    wanted = bool(allow or close)
    found = connection.network(sign=wanted).agents.at(address)
    made = list(_ruled(found, allow, close, pay=pay))
    listed = [rule.to_dict() for rule in found.rules()]
    if as_json:
        more = {"changes": told(found, made)} if wanted else {}
        show_json({"rules": listed, **more})
        return
    if made:
        facts({what: outcome(change) for what, change in made}, title=f"Rules of {address}")
        warn(found, made)
    rows = [
        (one["target"], one["signature"] or one["selector"], "yes" if one["pay"] else "no")
        for one in listed
    ]
    table(
        ("target", "function", "with ETH"), rows, empty="no rules: the action `call` calls nobody"
    )


@click.command(
    epilog=examples(
        "agent changes 0xAGENT",
        "agent changes 0xAGENT --apply all",
        "agent changes 0xAGENT --cancel 0x5d...e1",
    )
)
@click.argument("address")
@click.option(
    "--apply",
    "applied",
    multiple=True,
    callback=change_ids,
    metavar="CHANGE|all",
    help="Put it in force; `all` takes those that are ready and that no former owner queued.",
)
@click.option(
    "--cancel",
    "cancelled",
    multiple=True,
    callback=change_ids,
    metavar="CHANGE|all",
    help="Take it off the queue.",
)
@json_option
@chain_options(account=True)
def changes(
    connection: Connection,
    address: str,
    applied: tuple[bytes | str, ...],
    cancelled: tuple[bytes | str, ...],
    as_json: bool,
) -> None:
    """List the changes of the agent at ADDRESS that wait, put them in force, or cancel them.

    What loosens a policy waits a day, can be put in force within the week after, and then lapses.
    A change outlives a change of owners: what a former owner queued is put in force only where it
    is named.
    """
    from agent_sdk.errors import ConfigError

    wanted = bool(applied or cancelled)
    if "all" in applied and "all" in cancelled:
        raise ConfigError("--apply all and --cancel all exclude each other: name one of them")
    agent = connection.network(sign=wanted).agents.at(address)
    before = queue(agent)
    made = _sent(agent, before, applied, cancelled)
    left = queue(agent) if made else before
    if as_json:
        more = [{"what": one.what, "outcome": one.outcome, **cost(one.receipt)} for one in made]
        show_json({"queued": left, **({"changes": more} if wanted else {})})
        return
    mine = [one["ready_at"] for one in before if not one["by_former_owner"]]
    if made:
        facts({one.what: one.outcome for one in made}, title=f"Changes of {address}")
        warn(agent, [(one.what, one.change) for one in made if one.change])
    elif mine and wanted:
        click.echo(f"none is ready before {when(min(mine))}")
    rows = [
        (one["change"], named(one), one["stage"], when(one["ready_at"]), when(one["lapses_at"]))
        for one in left
    ]
    table(("change", "what", "stage", "ready at", "lapses at"), rows, empty="no change waits")


@click.command(
    "withdraw-nft",
    epilog=examples(
        "agent withdraw-nft 0xAGENT 0xTOKEN 7",
        "agent withdraw-nft 0xAGENT 0xITEMS 3 --amount 20 --to 0xSAFE",
    ),
)
@click.argument("address")
@click.argument("token")
@click.argument("id", type=click.IntRange(min=0))
@click.option("--amount", type=click.IntRange(min=1), help="How many, where TOKEN is of ERC-1155.")
@click.option("--to", help="Who gets it.  [default: the account]")
@json_option
@chain_options(account=True)
def withdraw_nft(
    connection: Connection,
    address: str,
    token: str,
    id: int,
    amount: int | None,
    to: str | None,
    as_json: bool,
) -> None:
    """Take the token ID of the contract TOKEN out of the agent at ADDRESS; its owner's command.

    TOKEN is of ERC-721, or of ERC-1155 where --amount is given. ERC-20: `everloop agent tokens`.
    """
    agent = connection.network(sign=True).agents.at(address)
    receipt = agent.withdraw_nft(token, id, amount=amount or 0, to=to)
    done(receipt, title=f"Withdrew token {id} from {address}", as_json=as_json)


def _ruled(
    agent: Agent, allow: _Pairs, close: _Pairs, *, pay: bool
) -> Iterator[tuple[str, Change]]:
    """Send one transaction for each rule, all read before; yield what it is and what became."""
    from agent_sdk.payloads import address, selector
    from agent_sdk.types import Rule

    opened = Rule.PAY if pay else Rule.CALL
    wanted = [
        (f"{verb} {function} of {target}", address(target), selector(function), rule)
        for verb, rule, group in (("close", Rule.NONE, close), ("allow", opened, allow))
        for target, function in group
    ]
    for what, target, chosen, rule in wanted:
        yield what, agent.set_target(target, chosen, rule)


class _Sent(NamedTuple):
    """A queued change that was cancelled or put in force."""

    what: str
    outcome: str
    receipt: Receipt
    change: Change | None
    """None where it was cancelled"""


def _sent(
    agent: Agent,
    before: list[dict[str, Any]],
    applied: tuple[bytes | str, ...],
    cancelled: tuple[bytes | str, ...],
) -> list[_Sent]:
    """Cancel changes and put others in force; say on stderr what is a former owner's."""
    from agent_sdk.agent_changes import Stage

    names = {one["change"]: named(one) for one in before}
    former = {one["change"] for one in before if one["by_former_owner"]}
    ready = [one["change"] for one in before if one["stage"] == Stage.READY]
    made = []
    for change in _meant(cancelled, list(names)):
        receipt = agent.cancel_change(change)
        made.append(_Sent(names.get(f"0x{change.hex()}", change.hex()), "cancelled", receipt, None))
    for change in _meant(applied, [one for one in ready if one not in former]):
        found, known = agent.apply_change(change), f"0x{change.hex()}"
        if known in former:
            click.echo(f"in force, though its owner of now did not ask: {names[known]}", err=True)
        made.append(_Sent(names[known], outcome(found), found.receipt, found))
        former.discard(known)
    if "all" in applied and (left := [names[one] for one in ready if one in former]):
        more = "; name it after --apply, or --cancel it"
        click.echo("\n".join(f"left out: {plain(one)}{more}" for one in left), err=True)
    return made


def _meant(given: tuple[bytes | str, ...], every: list[str]) -> list[bytes]:
    """Return the changes meant, each once; `all` means every one of `every`."""
    meant = [
        one
        for word in given
        for one in ([bytes.fromhex(x[2:]) for x in every] if isinstance(word, str) else [word])
    ]
    return list(dict.fromkeys(meant))

"""`everloop agent withdraw`, `stop`, `pause`, `owner` and so on: what an agent's owner may do."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.agent_loop import loop_of, loop_options
from agent_sdk.cli.options import (
    Connection,
    amount_or_all,
    chain_options,
    examples,
    json_option,
)
from agent_sdk.cli.output import cost, done, facts, show_json, spent, table

if TYPE_CHECKING:
    from agent_sdk.agent import Agent
    from agent_sdk.network import Everloop

__all__ = ["owner", "pause", "providers", "start", "stop", "unpause", "withdraw"]


@click.command()
@click.argument("address")
@click.argument("amount", callback=amount_or_all, metavar="AMOUNT|all")
@click.option("--to", help="Who gets it.  [default: the account]")
@json_option
@chain_options(account=True)
def withdraw(
    connection: Connection, address: str, amount: str | int, to: str | None, as_json: bool
) -> None:
    """Take AMOUNT of ETH out of the treasury of the agent at ADDRESS; its owner's command.

    `all` is the whole treasury and the run balance, but for what a booked run reserves.
    """
    found = connection.network(sign=True).agents.at(address)
    receipt = found.withdraw(amount, to=to)
    if as_json:
        show_json(cost(receipt))
        return
    facts({"left": found.balance, **spent(receipt)}, title=f"Withdrew from {address}")


@click.command()
@click.argument("address")
@json_option
@chain_options(account=True)
def stop(connection: Connection, address: str, as_json: bool) -> None:
    """End the loop of the agent at ADDRESS; its owner's command.

    It is refused while the provider may answer: from when a run is due until the answer, or until
    its window closes. So it works right after a step (`everloop agent wait`). Where a pause between
    steps is no longer than a block, `everloop agent pause` first: once the open run has ended, the
    next is due the longest pause later, and until then it can be stopped. `everloop agent start`
    begins it again.
    """
    receipt = connection.network(sign=True).agents.at(address).stop()
    done(receipt, title=f"Stopped {address}", as_json=as_json)


@click.command(
    epilog=examples(
        "agent start 0xAGENT", "agent start 0xAGENT --interval '1 h' --max-gas-price '10 gwei'"
    )
)
@click.argument("address")
@loop_options
@click.option(
    "--provider", help="Of the agent's list, who answers.  [default: the first that has room]"
)
@json_option
@chain_options(account=True)
def start(
    connection: Connection,
    address: str,
    provider: str | None,
    as_json: bool,
    **terms: int | None,
) -> None:
    """Begin the stopped loop of the agent at ADDRESS again, at once; its owner's command.

    What is not named stays as it was, but the longest pause is no shorter than the one between
    steps. Caps can rise as far as the run balance given at birth pays two of the dearest steps.
    """
    from agent_sdk.units import format_seconds, format_wei

    found = connection.network(sign=True).agents.at(address)
    loop = loop_of(found.loop, terms)
    receipt = found.start(loop=loop, provider=provider)
    if as_json:
        terms = {
            "interval_seconds": loop.interval,
            "heartbeat_seconds": loop.heartbeat,
            "max_fee_wei": loop.max_fee,
            "max_gas_price_wei": loop.max_gas_price,
        }
        show_json({**terms, **cost(receipt)})
        return
    booked = {
        "pause between steps": f"{format_seconds(loop.interval)}, and "
        f"{format_seconds(loop.heartbeat)} at most",
        "a step pays at most": f"{format_wei(loop.max_fee)} for an answer, "
        f"{format_wei(loop.max_gas_price)} for a unit of gas",
    }
    facts({**booked, **spent(receipt)}, title=f"Started {address}")


@click.command(
    epilog=examples("agent providers 0xAGENT", "agent providers 0xAGENT --set 0xONE --set 0xTWO")
)
@click.argument("address")
@click.option(
    "--set",
    "wanted",
    multiple=True,
    metavar="PROVIDER[=MODEL]",
    help="Replace the list, in order of preference; its owner's. Several times for several.",
)
@json_option
@chain_options(account=True)
def providers(connection: Connection, address: str, wanted: tuple[str, ...], as_json: bool) -> None:
    """List the providers that the agent at ADDRESS may use, or replace the list.

    The run that is booked stays with its provider; a new list counts when that one misses,
    declines or leaves, and when the loop is started.
    """
    net = connection.network(sign=bool(wanted))
    found = net.agents.at(address)
    receipt = found.set_providers([_choice(net, one) for one in wanted]) if wanted else None
    listed = _listed(net, found)
    if as_json:
        show_json({"providers": listed, **cost(receipt)} if receipt else listed)
        return
    if receipt:
        facts(spent(receipt), title=f"Changed the providers of {address}")
    rows = [
        (
            entry["provider"],
            entry["model"],
            "yes" if entry["serving"] else "no",
            "yes" if entry["booked"] else "",
        )
        for entry in listed
    ]
    table(("provider", "model", "serving", "has the next run"), rows, empty="no providers")


@click.command(epilog=examples("agent pause 0xAGENT"))
@click.argument("address")
@json_option
@chain_options(account=True)
def pause(connection: Connection, address: str, as_json: bool) -> None:
    """Have the decisions of the agent at ADDRESS recorded but not acted upon; its owner's.

    Its money stays within reach: withdraw, stop and refuel go on to work. While paused it steps
    once a heartbeat, and `agent unpause` does not bring the run that is booked nearer: `agent stop`
    and `agent start` do.
    """
    receipt = connection.network(sign=True).agents.at(address).pause()
    done(receipt, title=f"Paused {address}", as_json=as_json)


@click.command(epilog=examples("agent unpause 0xAGENT"))
@click.argument("address")
@json_option
@chain_options(account=True)
def unpause(connection: Connection, address: str, as_json: bool) -> None:
    """Have the decisions of the agent at ADDRESS acted upon again; its owner's.

    The next run stays as booked, a heartbeat after the last; `agent stop` and `agent start` have it
    step at once.
    """
    receipt = connection.network(sign=True).agents.at(address).unpause()
    done(receipt, title=f"Unpaused {address}", as_json=as_json)


@click.command(
    epilog=examples("agent owner 0xAGENT --propose 0xNEXT", "agent owner 0xAGENT --accept")
)
@click.argument("address")
@click.option("--propose", metavar="ADDRESS", help="Ask somebody to become the owner.")
@click.option("--accept", is_flag=True, help="Become the owner, as proposed.")
@click.option("--renounce", is_flag=True, help="Give it up for good: its policy is final.")
@json_option
@chain_options(account=True)
def owner(
    connection: Connection,
    address: str,
    propose: str | None,
    accept: bool,
    renounce: bool,
    as_json: bool,
) -> None:
    """Show who owns the agent at ADDRESS, or pass it on."""
    if sum((propose is not None, accept, renounce)) > 1:
        raise click.UsageError("--propose, --accept and --renounce exclude each other")
    found = connection.network(sign=bool(propose or accept or renounce)).agents.at(address)
    if propose is not None:
        done(found.propose_owner(propose), title=f"Proposed {propose}", as_json=as_json)
    elif accept:
        done(found.accept_owner(), title=f"Owner of {address} now", as_json=as_json)
    elif renounce:
        done(found.renounce(), title=f"Gave up {address}", as_json=as_json)
    else:
        mine, pending = found.contract.owner(), found.contract.pending_owner()
        if as_json:
            show_json({"owner": mine, "pending": pending if int(pending, 16) else None})
            return
        ends = {"owner": mine, "pending": pending}
        shown = {who: one if int(one, 16) else "nobody" for who, one in ends.items()}
        facts(shown, title=f"Agent {address}")


def _choice(net: Everloop, text: str) -> Any:
    """Read PROVIDER, which means its first model, or PROVIDER=MODEL."""
    from agent_sdk.errors import ConfigError
    from agent_sdk.payloads import address, model_id

    provider, named, model = text.partition("=")
    choice = net.providers.choice(address(provider))
    if not named:
        return choice
    offers = net.providers.status(choice.provider).offers
    if model not in offers:
        raise ConfigError(
            f"provider {choice.provider} does not offer {model}: name one of {', '.join(offers)}"
        )
    return dataclasses.replace(choice, model_id=model_id(model))


def _listed(net: Everloop, agent: Agent) -> list[dict[str, Any]]:
    """Return the agent's list, and who of it has the next run."""
    job, slot = agent.job(), agent.slot()
    booked = job.provider if job and slot.is_booked and not slot.is_dormant else None
    return [
        {
            "provider": choice.provider,
            "model": net.providers.model_name(choice),
            "serving": net.engine.account_of(choice.provider).serving,
            "booked": choice.provider == booked,
        }
        for choice in agent.contract.choices()
    ]

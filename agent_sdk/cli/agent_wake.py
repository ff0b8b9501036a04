"""`everloop agent wake`: have an agent step now, where the chain calls for it."""

from __future__ import annotations

import click

from agent_sdk.cli.options import Connection, chain_options, examples, json_option
from agent_sdk.cli.output import done

__all__ = ["wake"]


@click.command(epilog=examples("agent wake 0xAGENT"))
@click.argument("address")
@json_option
@chain_options(account=True)
def wake(connection: Connection, address: str, as_json: bool) -> None:
    """Bring the next step of the agent at ADDRESS forward to now, and be paid for it.

    Anyone may, once an interval, where the agent can be woken and says that something calls for
    it; its treasury pays the gas into the account's balance at Everloop.
    """
    agent = connection.network(sign=True).agents.at(address)
    done(agent.wake(), title=f"Woke {address}", as_json=as_json)

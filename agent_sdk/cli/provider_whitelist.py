"""`everloop provider whitelist` and `delist`: the governor's commands."""

from __future__ import annotations

import click

from agent_sdk.cli.options import Connection, chain_options, examples, json_option
from agent_sdk.cli.provider_view import show

__all__ = ["delist", "whitelist"]


@click.command()
@click.argument("address")
@json_option
@chain_options(account=True)
def whitelist(connection: Connection, address: str, as_json: bool) -> None:
    """Let the provider at ADDRESS serve after the registry's delay; the governor's command."""
    _judge(connection, address, listed=True, as_json=as_json)


@click.command(epilog=examples("provider delist 0xPROVIDER --account governor"))
@click.argument("address")
@json_option
@chain_options(account=True)
def delist(connection: Connection, address: str, as_json: bool) -> None:
    """Take the provider at ADDRESS off the whitelist; the governor's command.

    It takes no new work; its open runs are still answered, and its stake stays its own.
    """
    _judge(connection, address, listed=False, as_json=as_json)


def _judge(connection: Connection, address: str, *, listed: bool, as_json: bool) -> None:
    from agent_sdk.payloads import address as checked

    net = connection.network(sign=True)
    assert net.signer is not None
    known = checked(address)
    net.providers.status(known)
    send = net.providers.whitelist if listed else net.providers.delist
    send(known, governor=net.signer)
    show(net, known, as_json=as_json)

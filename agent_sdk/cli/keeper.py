"""`everloop keeper`: run what is due, for pay."""

from __future__ import annotations

from pathlib import Path

import click

from agent_sdk.cli.options import Connection, amount, chain_options, health_option

__all__ = ["keeper"]


@click.group()
def keeper() -> None:
    """Run what is due, for pay."""


@keeper.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=Path(".everloop/keeper"),
    show_default=True,
    help="Where journal and index live; one keeper each.",
)
@click.option(
    "--poll-seconds", type=float, default=1.0, show_default=True, help="Between looks at the node."
)
@click.option(
    "--min-profit",
    callback=amount,
    default="0 wei",
    show_default=True,
    help="Least that a transaction must earn above its gas.",
)
@click.option(
    "--wake",
    metavar="AGENT",
    multiple=True,
    help="Agent to wake when it calls for it; any number. It pays itself: name those you trust.",
)
@health_option
@chain_options(account=True)
def run(
    connection: Connection,
    directory: Path,
    poll_seconds: float,
    min_profit: int,
    wake: tuple[str, ...],
    health_port: int | None,
) -> int:
    """Keep until SIGTERM or Ctrl-C."""
    from agent_sdk.daemons import KeeperSettings, run_keeper

    net = connection.network(sign=True)
    settings = KeeperSettings(
        rpc=connection.url,
        chain_id=net.chain.chain_id,
        everloop=net.deployment.everloop,
        start_block=net.deployment.block,
        account=connection.account_name(net.chain.chain_id),
        password_file=connection.password_file,
        directory=directory,
        poll_seconds=poll_seconds,
        min_profit_wei=min_profit,
        wake=wake,
        health_port=health_port or 0,
    )
    return run_keeper(settings)

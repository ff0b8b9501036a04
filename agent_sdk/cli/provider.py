"""`everloop provider`: sell answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent_sdk.cli.options import (
    Connection,
    chain_options,
    examples,
    health_option,
    json_option,
)
from agent_sdk.cli.output import show_json, table
from agent_sdk.cli.provider_jobs import authorise, resign
from agent_sdk.cli.provider_money import owner, payout, unbond, withdraw, withdraw_stake
from agent_sdk.cli.provider_terms import offer, register, serve, stand, step_down
from agent_sdk.cli.provider_view import listed, show
from agent_sdk.cli.provider_whitelist import delist, whitelist

if TYPE_CHECKING:
    from agent_sdk.network import Everloop

__all__ = ["provider"]


@click.group()
def provider() -> None:
    """Sell answers: register, stake, offer, serve, take the money out."""


for _command in (
    *(authorise, delist, offer, owner, payout, register, resign, serve, stand, step_down, unbond),
    *(whitelist, withdraw, withdraw_stake),
):
    provider.add_command(_command)


@provider.command()
@click.argument("address")
@json_option
@chain_options()
def status(connection: Connection, address: str, as_json: bool) -> None:
    """Show stake, record, balance and terms of the provider at ADDRESS."""
    from agent_sdk.payloads import address as checked

    show(connection.network(), checked(address), as_json=as_json)


@provider.command("list")
@json_option
@chain_options()
def list_(connection: Connection, as_json: bool) -> None:
    """List all providers."""
    found = [entry.to_dict() for entry in connection.network().providers.list()]
    if as_json:
        show_json(found)
        return
    columns = ("address", "serving", "open", "delivered", "missed", "latency", "prices")
    table(columns, map(listed, found), empty="no providers: see `everloop provider register`")


@provider.command(
    epilog=examples(
        "provider run --account main",
        "provider run --account key --provider 0xMAIN --engine http://127.0.0.1:8000/v1#m",
    )
)
@click.option(
    "--engine",
    default="llama",
    show_default=True,
    help="llama, llama:FILE.gguf, exemplar, utility, http(s)://…/v1#MODEL of an OpenAI-like "
    "endpoint, or replay:FILE of recorded answers.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write each answer to this file, for --engine replay:FILE.",
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    help="CPU threads of the embedded model.  [default: 2, or 1 on a single core]",
)
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=Path(".everloop/provider"),
    show_default=True,
    help="Where journal and index live; one provider each.",
)
@click.option(
    "--poll-seconds", type=float, default=1.0, show_default=True, help="Between looks at the node."
)
@click.option("--provider", "address", help="For whom the account is a key; it earns.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME@REVISION",
    help="That the engine stands for; runs that ask for others are declined.  [default: all]",
)
@health_option
@chain_options(account=True)
def run(
    connection: Connection,
    engine: str,
    record: Path | None,
    threads: int | None,
    directory: Path,
    poll_seconds: float,
    address: str | None,
    models: tuple[str, ...],
    health_port: int | None,
) -> int:
    """Answer what is asked of the account, until SIGTERM or Ctrl-C.

    A provider that serves no longer answers the runs that are open.
    """
    from agent_sdk.daemons import ProviderSettings, run_provider

    net = connection.network(sign=True)
    assert net.signer is not None
    answers_for = _provider(net, address)
    _require_work(net, answers_for)
    settings = ProviderSettings(
        rpc=connection.url,
        chain_id=net.chain.chain_id,
        everloop=net.deployment.everloop,
        start_block=net.deployment.block,
        account=connection.account_name(net.chain.chain_id),
        password_file=connection.password_file,
        directory=directory,
        poll_seconds=poll_seconds,
        engine=engine,
        engine_threads=threads or 0,
        engine_record=str(record or ""),
        provider=answers_for,
        models=models,
        agent_lens=net.deployment.contracts.get("AgentLens", ""),
        health_port=health_port or 0,
    )
    return run_provider(settings)


def _provider(net: Everloop, address: str | None) -> str:
    """Return who is answered for.

    Raises:
        ConfigError: The account is not a key of it.
    """
    from agent_sdk.daemons.keys import unauthorised
    from agent_sdk.errors import ConfigError
    from agent_sdk.payloads import address as checked

    assert net.signer is not None
    key = net.signer.address
    known = checked(address) if address else key
    if known != key and not net.engine.is_authorised(known, key):
        raise ConfigError(unauthorised(known, key))
    return known


def _require_work(net: Everloop, address: str) -> None:
    """Refuse to run for a provider that takes no work and has none; each open run is at stake."""
    from agent_sdk.errors import ConfigError

    try:
        net.providers.require_serving(address)
    except ConfigError as error:
        still = net.engine.account_of(address).open
        if not still:
            raise
        click.echo(f"{error}; until then the {still} open runs are answered", err=True)

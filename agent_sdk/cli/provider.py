"""`everloop provider`: sell answers."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent_sdk.cli.options import (
    Connection,
    amount,
    amount_or_all,
    chain_options,
    examples,
    health_option,
    json_option,
    seconds,
)
from agent_sdk.cli.output import facts, show_json, table
from agent_sdk.cli.provider_jobs import authorise, resign

if TYPE_CHECKING:
    from agent_sdk.network import Everloop

__all__ = ["provider"]


@click.group()
def provider() -> None:
    """Sell answers: register, stake, offer, serve."""


provider.add_command(authorise)
provider.add_command(resign)


@provider.command()
@click.option("--stake", callback=amount, default="1 ether", show_default=True, help="In all.")
@click.option("--model", help="NAME@REVISION.  [default: the embedded model]")
@click.option("--price", callback=amount, help="Of one answer.  [default: 20000 gwei]")
@click.option("--price-per-kilobyte", callback=amount, help="Of output limit.")
@click.option("--min-gas-price", callback=amount, help="That bookings must be ready to pay.")
@click.option("--min-window", callback=seconds, help="Shortest time to answer.")
@click.option("--owner", help="Who may take the stake out.  [default: the account]")
@json_option
@chain_options(account=True)
def register(
    connection: Connection,
    stake: int,
    model: str | None,
    price: int | None,
    price_per_kilobyte: int | None,
    min_gas_price: int | None,
    min_window: int | None,
    owner: str | None,
    as_json: bool,
) -> None:
    """Register the account, stake, make an offer, and serve as soon as it is whitelisted.

    Where the account is the governor itself, it whitelists itself. Running it again brings stake
    and offer up to date.
    """
    from agent_sdk.providers import DEFAULT_MODEL, DEFAULT_OFFER

    net = connection.network(sign=True)
    assert net.signer is not None
    changed = {
        "base_price": price,
        "price_per_kilobyte": price_per_kilobyte,
        "min_max_gas_price": min_gas_price,
        "min_window": min_window,
    }
    terms = dataclasses.replace(
        DEFAULT_OFFER, **{k: v for k, v in changed.items() if v is not None}
    )
    offers = {model or DEFAULT_MODEL: terms}
    net.providers.register(net.signer, stake=stake, offers=offers, owner=owner)
    is_governor = net.registry.governor() == net.signer.address
    if is_governor and not net.registry.provider_of(net.signer.address).whitelisted_at:
        net.providers.whitelist(net.signer.address, governor=net.signer)
    if net.registry.is_whitelisted(net.signer.address):
        net.providers.serve(net.signer)
    _show(net, net.signer.address, as_json=as_json)
    if not net.registry.is_whitelisted(net.signer.address):
        click.echo(
            f"next: the governor {net.registry.governor()} runs "
            f"`everloop provider whitelist {net.signer.address}`; after the delay run "
            "`everloop provider serve`",
            err=True,
        )


@provider.command()
@click.argument("address")
@json_option
@chain_options(account=True)
def whitelist(connection: Connection, address: str, as_json: bool) -> None:
    """Let the provider at ADDRESS serve after the registry's delay; the governor's command."""
    from agent_sdk.payloads import address as checked

    net = connection.network(sign=True)
    assert net.signer is not None
    known = checked(address)
    net.providers.status(known)
    net.providers.whitelist(known, governor=net.signer)
    _show(net, known, as_json=as_json)


@provider.command()
@click.option("--off", is_flag=True, help="Take no new work; open runs are still answered.")
@json_option
@chain_options(account=True)
def serve(connection: Connection, off: bool, as_json: bool) -> None:
    """Start or stop taking new work."""
    net = connection.network(sign=True)
    assert net.signer is not None
    net.providers.serve(net.signer, on=not off)
    _show(net, net.signer.address, as_json=as_json)


@provider.command()
@click.argument("amount", callback=amount_or_all, metavar="AMOUNT|all")
@click.option("--to", help="Who gets it.  [default: the account]")
@json_option
@chain_options(account=True)
def withdraw(connection: Connection, amount: str | int, to: str | None, as_json: bool) -> None:
    """Take AMOUNT of ETH out of the account's earnings; the stake stays."""
    net = connection.network(sign=True)
    assert net.signer is not None
    net.providers.withdraw(net.signer, amount, to=to)
    _show(net, net.signer.address, as_json=as_json)


@provider.command()
@click.argument("address")
@json_option
@chain_options()
def status(connection: Connection, address: str, as_json: bool) -> None:
    """Show stake, record, earnings and offers of the provider at ADDRESS."""
    from agent_sdk.payloads import address as checked

    _show(connection.network(), checked(address), as_json=as_json)


@provider.command("list")
@json_option
@chain_options()
def list_(connection: Connection, as_json: bool) -> None:
    """List all providers."""
    found = [entry.to_dict() for entry in connection.network().providers.list()]
    if as_json:
        show_json(found)
        return
    columns = ("address", "serving", "open", "capacity", "delivered", "missed", "latency_seconds")
    rows = [[entry[column] for column in columns] for entry in found]
    table(columns, rows, empty="no providers: see `everloop provider register`")


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
    help="llama, llama:FILE.gguf, exemplar, or http(s)://…/v1#MODEL of an OpenAI-like endpoint.",
)
@click.option("--threads", type=int, default=0, help="CPU threads of the embedded model.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    default=Path(".everloop/provider"),
    show_default=True,
    help="Where journal and index live; one provider each.",
)
@click.option("--poll-seconds", type=float, default=1.0, show_default=True)
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
    threads: int,
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
        engine_threads=threads,
        provider=answers_for,
        models=models,
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


def _show(net: Everloop, address: str, *, as_json: bool) -> None:
    from agent_sdk.units import format_wei

    found = net.providers.status(address).to_dict()
    if as_json:
        show_json(found)
        return
    shown = {
        "owner": found["owner"],
        "serving": "yes" if found["serving"] else "no",
        "whitelisted": "yes" if found["whitelisted"] else "no",
        "stake": f"{format_wei(found['stake_wei'])}, covers {found['capacity']} open answers",
        "earnings": format_wei(found["earnings_wei"]),
        "record": f"{found['delivered']} delivered, {found['missed']} missed, {found['open']} open",
        "models": ", ".join(found["models"]) or "none",
    }
    facts(shown, title=f"Provider {address}")

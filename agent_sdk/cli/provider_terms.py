"""`everloop provider register`, `offer`, `serve`, `stand` and `step-down`: what is for sale."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import (
    Connection,
    amount,
    chain_options,
    examples,
    json_option,
    seconds,
)
from agent_sdk.cli.output import done
from agent_sdk.cli.provider_view import show

if TYPE_CHECKING:
    from agent_sdk.network import Everloop
    from agent_sdk.types import Offer

__all__ = ["offer", "register", "serve", "stand", "step_down"]

_model_option = click.option(
    "--model", help="NAME@REVISION.  [default: the only one offered, or the embedded model]"
)


def _term_options(command: Callable[..., Any]) -> Any:
    """Add --model and the options that say what it costs and demands."""
    for option in reversed(
        [
            _model_option,
            click.option(
                "--price",
                "base_price",
                callback=amount,
                help="Of one answer.  [default: as offered, or 20000 gwei]",
            ),
            click.option(
                "--price-per-kilobyte",
                callback=amount,
                help="Of output limit.  [default: as offered, or 10000 gwei]",
            ),
            click.option(
                "--min-gas-price",
                "min_max_gas_price",
                callback=amount,
                help="That bookings must be ready to pay.  [default: as offered, or 1 gwei]",
            ),
            click.option(
                "--min-window",
                callback=seconds,
                help="Shortest time to answer, 12 s to 1 d.  [default: as offered, or 20 s]",
            ),
            click.option(
                "--max-callback-gas",
                type=click.IntRange(1),
                help="Largest callback of a booking.  [default: as offered, or 1000000]",
            ),
            click.option(
                "--latency",
                callback=seconds,
                help="From due to answer, as claimed.  [default: as offered, or 5 s]",
            ),
        ]
    ):
        command = option(command)
    return command


@click.command()
@click.option(
    "--stake",
    callback=amount,
    help="Bring the stake up to this, at least 0.1 ether.  "
    "[default: 1 ether; what is staked already stays as it is]",
)
@_term_options
@click.option("--owner", help="Who may take the stake out.  [default: the account]")
@json_option
@chain_options(account=True)
def register(
    connection: Connection,
    stake: int | None,
    model: str | None,
    owner: str | None,
    as_json: bool,
    **terms: int | None,
) -> None:
    """Register the account, stake, make an offer, and serve as soon as it is whitelisted.

    Where the account is the governor itself, it whitelists itself. Running it again changes of
    stake and offer what is named and nothing else, and serves again if it was stopped. Stake and
    offer are checked before anything is sent.
    """
    net = connection.network(sign=True)
    assert net.signer is not None
    me = net.signer.address
    known = _offered(net)
    named = model is not None or any(value is not None for value in terms.values())
    offers = None
    if named or not known:
        name = _model(known, model)
        offers = {name: _changed(known.get(name), terms)}
    net.providers.register(net.signer, stake=stake, offers=offers, owner=owner)
    is_governor = net.registry.governor() == me
    if is_governor and not net.registry.provider_of(me).whitelisted_at:
        net.providers.whitelist(me, governor=net.signer)
    is_whitelisted = net.registry.is_whitelisted(me)
    if is_whitelisted and not net.engine.account_of(me).serving:
        net.providers.serve(net.signer)
    show(net, me, as_json=as_json)
    if not is_whitelisted:
        click.echo(
            f"next: the governor {net.registry.governor()} runs "
            f"`everloop provider whitelist {me}`; after the delay run `everloop provider serve`",
            err=True,
        )


@click.command(
    epilog=examples(
        "provider offer --price '30000 gwei' --account operator",
        "provider offer --model m@1 --withdraw --account operator",
    )
)
@_term_options
@click.option("--withdraw", is_flag=True, help="Offer the model no longer.")
@json_option
@chain_options(account=True)
def offer(
    connection: Connection,
    model: str | None,
    withdraw: bool,
    as_json: bool,
    **terms: int | None,
) -> None:
    """Offer a model, change what is named of an offer, or withdraw it.

    What is booked keeps the terms that it was booked with.
    """
    named = any(value is not None for value in terms.values())
    if named and withdraw:
        raise click.UsageError("an offer is changed or withdrawn: leave out one of them")
    net = connection.network(sign=True)
    assert net.signer is not None
    known = _offered(net)
    name = _model(known, model)
    if withdraw:
        net.providers.withdraw_offer(net.signer, name)
    elif not named and name in known:
        raise click.UsageError(f"{name} is offered already: name what is to change")
    else:
        net.providers.offer(net.signer, name, _changed(known.get(name), terms))
    show(net, net.signer.address, as_json=as_json)


@click.command()
@click.option("--off", is_flag=True, help="Take no new work; open runs are still answered.")
@json_option
@chain_options(account=True)
def serve(connection: Connection, off: bool, as_json: bool) -> None:
    """Start or stop taking new work."""
    net = connection.network(sign=True)
    assert net.signer is not None
    net.providers.serve(net.signer, on=not off)
    show(net, net.signer.address, as_json=as_json)


@click.command(epilog=examples("provider stand --account operator"))
@_model_option
@json_option
@chain_options(account=True)
def stand(connection: Connection, model: str | None, as_json: bool) -> None:
    """Be one of those that selection on chain chooses from for a model; 32 at most stand."""
    net = connection.network(sign=True)
    assert net.signer is not None
    name = _model(_offered(net), model)
    receipt = net.providers.stand(net.signer, name)
    found = {"provider": net.signer.address, "model": name, "standing": True}
    done(receipt, title=f"{net.signer.address} stands for {name}", as_json=as_json, found=found)


@click.command("step-down", epilog=examples("provider step-down --account operator"))
@_model_option
@json_option
@chain_options(account=True)
def step_down(connection: Connection, model: str | None, as_json: bool) -> None:
    """Be chosen no more by selection for a model; the offer stays."""
    net = connection.network(sign=True)
    assert net.signer is not None
    name = _model(_offered(net), model)
    receipt = net.providers.step_down(net.signer, name)
    found = {"provider": net.signer.address, "model": name, "standing": False}
    done(receipt, title=f"{net.signer.address} left {name}", as_json=as_json, found=found)


def _offered(net: Everloop) -> dict[str, Offer]:
    """Return what the account offers now; nothing where it is no provider."""
    from agent_sdk.errors import ConfigError

    assert net.signer is not None
    try:
        return dict(net.providers.status(net.signer.address).offers)
    except ConfigError:
        return {}


def _model(known: dict[str, Offer], model: str | None) -> str:
    """Return the model that is meant.

    Raises:
        ConfigError: None is named, and several are offered.
    """
    from agent_sdk.errors import ConfigError
    from agent_sdk.providers import DEFAULT_MODEL

    if model is not None:
        return model
    if len(known) > 1:
        raise ConfigError(f"several models are offered: name one of {', '.join(known)} in --model")
    return next(iter(known), DEFAULT_MODEL)


def _changed(known: Offer | None, terms: dict[str, int | None]) -> Offer:
    """Return the standing terms, or the default ones, with what is named changed."""
    from agent_sdk.providers import DEFAULT_OFFER

    named = {name: value for name, value in terms.items() if value is not None}
    return dataclasses.replace(known or DEFAULT_OFFER, **named)

"""`everloop provider withdraw`, `unbond`, `withdraw-stake` and `payout`: the way out."""

from __future__ import annotations

import click

from agent_sdk.cli.options import (
    Connection,
    amount_or_all,
    chain_options,
    examples,
    json_option,
)
from agent_sdk.cli.provider_view import show

__all__ = ["payout", "unbond", "withdraw", "withdraw_stake"]

_provider_option = click.option(
    "--provider", "address", help="Whose stake, where the account owns it.  [default: the account]"
)


@click.command(epilog=examples("provider withdraw all --account operator --to 0xSAFE"))
@click.argument("amount", callback=amount_or_all, metavar="AMOUNT|all")
@click.option("--to", help="Who gets it.  [default: the account]")
@json_option
@chain_options(account=True)
def withdraw(connection: Connection, amount: str | int, to: str | None, as_json: bool) -> None:
    """Take AMOUNT of ETH out of the provider's balance at Everloop; the stake stays.

    An account has one balance there: what it earned and what was paid in for its own tasks and
    inferences. `all` takes the free part of both, as `everloop account withdraw` does.
    """
    net = connection.network(sign=True)
    assert net.signer is not None
    net.providers.withdraw(net.signer, amount, to=to)
    show(net, net.signer.address, as_json=as_json)


@click.command(
    epilog=examples(
        "provider unbond '0.5 ether' --account operator",
        "provider unbond all --provider 0xPROVIDER --account owner",
    )
)
@click.argument("amount", callback=amount_or_all, metavar="AMOUNT|all")
@_provider_option
@json_option
@chain_options(account=True)
def unbond(connection: Connection, amount: str | int, address: str | None, as_json: bool) -> None:
    """Begin to take AMOUNT of ETH out of the stake; it is released after 14 days.

    `all` is what open runs do not bind. A provider that keeps less than the minimum stops serving.
    `everloop provider withdraw-stake` pays out what is released.
    """
    net = connection.network(sign=True)
    assert net.signer is not None
    net.providers.unbond(net.signer, amount, provider=address)
    show(net, _whose(address, net.signer.address), as_json=as_json)


@click.command("withdraw-stake", epilog=examples("provider withdraw-stake --account operator"))
@_provider_option
@json_option
@chain_options(account=True)
def withdraw_stake(connection: Connection, address: str | None, as_json: bool) -> None:
    """Send all stake that is released to its payout address; anyone may call.

    `everloop provider unbond` begins it, `everloop provider payout` says where it goes.
    """
    net = connection.network(sign=True)
    assert net.signer is not None
    net.providers.withdraw_stake(net.signer, provider=address)
    show(net, _whose(address, net.signer.address), as_json=as_json)


@click.command(epilog=examples("provider payout 0xSAFE --account owner --provider 0xPROVIDER"))
@click.argument("to")
@_provider_option
@json_option
@chain_options(account=True)
def payout(connection: Connection, to: str, address: str | None, as_json: bool) -> None:
    """Send the stake to the address TO when it leaves; its owner's command."""
    net = connection.network(sign=True)
    assert net.signer is not None
    net.providers.set_payout(net.signer, to, provider=address)
    show(net, _whose(address, net.signer.address), as_json=as_json)


def _whose(address: str | None, account: str) -> str:
    from agent_sdk.payloads import address as checked

    return checked(address) if address else account

"""`everloop provider withdraw`, `unbond`, `withdraw-stake`, `payout`, `owner`: the way out."""

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

__all__ = ["owner", "payout", "unbond", "withdraw", "withdraw_stake"]

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


@click.command(
    epilog=examples(
        "provider owner --provider 0xPROVIDER",
        "provider owner 0xNEXT --account operator",
        "provider owner --provider 0xPROVIDER --accept --account next",
        "provider owner --take-back --account operator",
    )
)
@click.argument("proposed", required=False)
@click.option("--accept", is_flag=True, help="Become the owner, as proposed.")
@click.option("--take-back", is_flag=True, help="Propose nobody any more.")
@_provider_option
@json_option
@chain_options(account=True)
def owner(
    connection: Connection,
    proposed: str | None,
    accept: bool,
    take_back: bool,
    address: str | None,
    as_json: bool,
) -> None:
    """Show whose the stake is, or pass it on to PROPOSED, who becomes its owner by --accept.

    The owner disposes of the stake: it unbonds, and says where it goes, which a new owner says
    anew. Who answers and what is earned stay with the provider's own account.
    """
    from agent_sdk.types import ZERO_ADDRESS

    named = sum((proposed is not None, accept, take_back))
    if named > 1:
        raise click.UsageError("PROPOSED, --accept and --take-back exclude each other")
    if accept and address is None:
        raise click.UsageError("--accept needs --provider: whose stake it is")
    if not named and address is not None:
        show(connection.network(), _whose(address, ""), as_json=as_json)
        return
    net = connection.network(sign=True)
    assert net.signer is not None
    whose = _whose(address, net.signer.address)
    if not named:
        show(net, whose, as_json=as_json)
        return
    if accept:
        net.providers.accept_owner(net.signer, provider=whose)
    else:
        net.providers.propose_owner(net.signer, proposed or ZERO_ADDRESS, provider=whose)
    show(net, whose, as_json=as_json)


def _whose(address: str | None, account: str) -> str:
    from agent_sdk.payloads import address as checked

    return checked(address) if address else account

"""`everloop account`: encrypted keystores, and the account's balance at Everloop."""

from __future__ import annotations

from pathlib import Path

import click

from agent_sdk.cli.options import (
    Connection,
    amount,
    amount_or_all,
    chain_options,
    examples,
    json_option,
    password_option,
    seconds,
)
from agent_sdk.cli.output import cost, done, facts, show_json, spent, table, when

__all__ = ["account"]


@click.group()
def account() -> None:
    """Make and list keystores; pay in at Everloop, take out, and bind the balance there."""


@account.command()
@click.argument("name")
@click.option("--import", "import_key", is_flag=True, help="Ask for a private key to put in.")
@password_option
@json_option
def new(name: str, import_key: bool, password_file: Path | None, as_json: bool) -> None:
    """Write an encrypted keystore to .everloop/keystores/NAME.json and print its address."""
    from agent_sdk.accounts import KEYSTORES, new_keystore, read_password
    from agent_sdk.errors import ConfigError

    if not name.replace("-", "").replace("_", "").isalnum():
        raise ConfigError(f"keystore name {name!r} has other signs than letters, digits, - and _")
    key = click.prompt("Private key", hide_input=True) if import_key else None
    password = (
        read_password(f"keystore {name}", password_file)
        if password_file
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    path = KEYSTORES / f"{name}.json"
    made = new_keystore(path, password=password, key=key)
    if as_json:
        show_json({"name": name, "address": made, "file": str(path)})
        return
    click.echo(made)


@account.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the keystores in .everloop/keystores."""
    import json

    from agent_sdk.accounts import KEYSTORES
    from agent_sdk.payloads import address

    found = []
    for path in sorted(KEYSTORES.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found.append({"name": path.stem, "address": address(content.get("address", ""))})
    if as_json:
        show_json(found)
        return
    rows = [(entry["name"], entry["address"]) for entry in found]
    table(("name", "address"), rows, empty="no keystores: `everloop account new NAME` makes one")


@account.command(epilog=examples("account show", "account show 0xADDRESS --json"))
@click.argument("address", required=False)
@json_option
@chain_options(account=True)
def show(connection: Connection, address: str | None, as_json: bool) -> None:
    """Show what the account, or the one at ADDRESS, has at Everloop."""
    from agent_sdk.payloads import address as checked
    from agent_sdk.units import format_wei

    net = connection.network(sign=address is None)
    who = checked(address) if address else net.signer.address if net.signer else ""
    record, until = net.engine.account_of(who), net.engine.locked_until(who)
    if as_json:
        show_json(
            {
                "address": who,
                "balance_wei": record.balance,
                "reserved_wei": record.reserved,
                "free_wei": record.free,
                "locked_until": until,
            }
        )
        return
    shown = {
        "balance": format_wei(record.balance),
        "reserved": f"{format_wei(record.reserved)} for booked runs",
        "free": format_wei(record.free),
        "locked until": when(until),
    }
    facts(shown, title=f"Account {who}")


@account.command(epilog=examples("account deposit '0.1 ether'"))
@click.argument("amount", callback=amount)
@click.option("--to", help="Whose balance grows.  [default: the account]")
@json_option
@chain_options(account=True)
def deposit(connection: Connection, amount: int, to: str | None, as_json: bool) -> None:
    """Pay AMOUNT of ETH in at Everloop: tasks and inferences are paid from there."""
    from agent_sdk.payloads import address as checked

    net = connection.network(sign=True)
    assert net.signer is not None
    who = checked(to) if to else net.signer.address
    receipt = net.ledger.deposit(amount, to=who)
    found = {"address": who, "balance_wei": net.engine.balance_of(who)}
    done(receipt, title=f"Paid in for {who}", as_json=as_json, found=found)


@account.command(
    epilog=examples("account withdraw '0.1 ether'", "account withdraw all --account keeper")
)
@click.argument("amount", callback=amount_or_all, metavar="AMOUNT|all")
@click.option("--to", help="Who gets it.  [default: the account]")
@json_option
@chain_options(account=True)
def withdraw(connection: Connection, amount: str | int, to: str | None, as_json: bool) -> None:
    """Take AMOUNT of ETH out of the account's balance at Everloop, paid in or earned.

    `all` is what no booked run reserves. A stake is not part of it: `everloop provider unbond`.
    """
    from agent_sdk.units import format_wei

    net = connection.network(sign=True)
    assert net.signer is not None
    who = net.signer.address
    receipt = net.ledger.withdraw(amount, to=to)
    left = net.engine.account_of(who)
    if as_json:
        found = {"address": who, "balance_wei": left.balance, "free_wei": left.free}
        show_json({**found, **cost(receipt)})
        return
    balance = f"{format_wei(left.balance)}, of which {format_wei(left.free)} is free"
    facts({"balance left": balance, **spent(receipt)}, title=f"Withdrew from {who} at Everloop")


@account.command(epilog=examples("account lock '2 h'", "account lock '8 d' --account main"))
@click.argument("duration", callback=seconds)
@json_option
@chain_options(account=True)
def lock(connection: Connection, duration: int, as_json: bool) -> None:
    """Bind the account's balance at Everloop for DURATION, 8 days at most.

    Until then it does not withdraw, and books no inferences. Providers may ask that before they
    answer what the account signed.
    """
    net = connection.network(sign=True)
    assert net.signer is not None
    receipt = net.ledger.lock(duration)
    until = net.engine.locked_until(net.signer.address)
    if as_json:
        show_json({"address": net.signer.address, "locked_until": until, **cost(receipt)})
        return
    facts({"until": when(until), **spent(receipt)}, title=f"Locked {net.signer.address}")

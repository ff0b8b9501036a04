"""`everloop account`: encrypted keystores."""

from __future__ import annotations

from pathlib import Path

import click

from agent_sdk.cli.output import show_json, table

__all__ = ["account"]


@click.group()
def account() -> None:
    """Make and list keystores."""


@account.command()
@click.argument("name")
@click.option("--import", "import_key", is_flag=True, help="Ask for a private key to put in.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    envvar="EVERLOOP_PASSWORD_FILE",
    help="First line = password; asked for on a terminal if absent.",
)
def new(name: str, import_key: bool, password_file: Path | None) -> None:
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
    click.echo(new_keystore(KEYSTORES / f"{name}.json", password=password, key=key))


@account.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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

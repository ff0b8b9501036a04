"""`everloop provider authorise` and `resign`: who answers, and what is answered no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import Connection, chain_options, examples, job_id, json_option
from agent_sdk.cli.output import done, facts, show_json

if TYPE_CHECKING:
    from agent_sdk.network import Everloop

__all__ = ["authorise", "resign"]


@click.command(
    epilog=examples(
        "provider authorise 0xKEY --account main",
        "provider authorise 0xKEY --revoke --account main",
        "provider run --provider 0xMAIN --account key",
    )
)
@click.argument("key")
@click.option("--revoke", is_flag=True, help="End it; nothing is stranded.")
@json_option
@chain_options(account=True)
def authorise(connection: Connection, key: str, revoke: bool, as_json: bool) -> None:
    """Let the account at KEY answer, decline and resign for this provider.

    It can move no money: what it earns is the provider's. It pays the gas of what it sends.
    """
    from agent_sdk.payloads import address

    net = connection.network(sign=True)
    assert net.signer is not None
    known = address(key)
    net.providers.status(net.signer.address)
    receipt = net.providers.authorise(net.signer, known, on=not revoke)
    found = {"provider": net.signer.address, "key": known, "authorised": not revoke}
    title = f"{'Revoked' if revoke else 'Authorised'} {known}"
    done(receipt, title=title, as_json=as_json, found=found)


@click.command(
    epilog=examples(
        "provider resign 0x5d...e1 --account main",
        "provider serve --off && everloop provider resign --all",
    )
)
@click.argument("ids", nargs=-1, callback=job_id, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that are booked with the provider.")
@click.option("--provider", help="For whom the account is a key.  [default: the account]")
@json_option
@chain_options(account=True)
def resign(
    connection: Connection,
    ids: tuple[bytes, ...],
    everything: bool,
    provider: str | None,
    as_json: bool,
) -> None:
    """Leave inferences between two of their runs, without a mark; their owners may move them.

    A run that is due is answered first: it is listed as open, and left by a later call.
    """
    from agent_sdk.payloads import address
    from agent_sdk.units import format_wei

    if bool(ids) == everything:
        raise click.UsageError("name the inferences to leave, or all of them with --all")
    net = connection.network(sign=True)
    assert net.signer is not None
    found = _resign(net, address(provider) if provider else net.signer.address, ids)
    if as_json:
        show_json(found)
        return
    shown = {"resigned": len(found["resigned"]), "open": len(found["open"])}
    facts({**shown, "cost": format_wei(found["cost_wei"])}, title="Resigned")
    for id in found["open"]:
        click.echo(f"{id} is due: it is answered first; run this again after it", err=True)


def _resign(net: Everloop, provider: str, ids: tuple[bytes, ...]) -> dict[str, Any]:
    """Leave what can be left, of `ids` or of all; return what was and what was not."""
    from agent_sdk.booked import inferences
    from agent_sdk.errors import ConfigError

    assert net.signer is not None
    booked = {
        one.id: one
        for one in inferences(net.engine, provider=provider, from_block=net.deployment.block)
    }
    strange = [id for id in ids if id not in booked]
    if strange:
        raise ConfigError(f"inference 0x{strange[0].hex()} is not booked with provider {provider}")
    left: list[str] = []
    open_: list[str] = []
    spent = 0
    for id in ids or booked:
        slot = net.engine.slot_of(id)
        if slot.is_resigned:
            continue
        if slot.due and net.chain.block().time >= slot.due:
            open_.append(f"0x{id.hex()}")
            continue
        spent += net.chain.send(net.signer, net.engine.resign(booked[id].job)).cost
        left.append(f"0x{id.hex()}")
    return {"provider": provider, "resigned": left, "open": open_, "cost_wei": spent}

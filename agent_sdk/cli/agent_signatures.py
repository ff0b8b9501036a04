"""`everloop agent signatures`: what an agent has signed, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agent_sdk.cli.options import Connection, chain_options, digests, examples, json_option
from agent_sdk.cli.output import cost, facts, show_json, spent, table

if TYPE_CHECKING:
    from agent_sdk.types import Receipt

__all__ = ["signatures"]


@click.command(
    epilog=examples("agent signatures 0xAGENT", "agent signatures 0xAGENT --revoke 0x5d...e1")
)
@click.argument("address")
@click.option(
    "--revoke",
    "revoked",
    multiple=True,
    callback=digests,
    metavar="DIGEST",
    help="Take it back; its owner's. Several times for several.",
)
@json_option
@chain_options(account=True)
def signatures(
    connection: Connection, address: str, revoked: tuple[bytes, ...], as_json: bool
) -> None:
    """List the digests that the agent at ADDRESS has signed (ERC-1271), or take some back.

    Its actions sign, its owner does not. While it is paused none of its signatures is valid; what
    has been done with one that is taken back stays done.
    """
    agent = connection.network(sign=bool(revoked)).agents.at(address)
    made: list[tuple[str, Receipt]] = [
        (f"0x{digest.hex()}", agent.revoke_digest(digest)) for digest in dict.fromkeys(revoked)
    ]
    listed = [
        {
            "digest": f"0x{one.digest.hex()}",
            "state": str(one.state),
            "block": one.block,
            "tx": f"0x{one.tx.hex()}",
        }
        for one in agent.signatures()
    ]
    if as_json:
        more = [{"revoked": digest, **cost(receipt)} for digest, receipt in made]
        show_json({"signatures": listed, **({"changes": more} if revoked else {})})
        return
    for digest, receipt in made:
        facts(spent(receipt), title=f"Revoked {digest}")
    columns = ("digest", "state", "block", "tx")
    rows = [[one[key] for key in columns] for one in listed]
    table(columns, rows, empty="no signatures: none of its actions approved a digest")

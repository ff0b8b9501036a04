"""What commands print: JSON for machines, tables for people.

Names, contexts and arguments come from strangers: their control characters do not reach the
terminal, and what looks like markup is shown as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from agent_sdk.types import Receipt

__all__ = ["cost", "count", "done", "facts", "plain", "show_json", "spent", "table", "when"]


def plain(value: Any) -> str:
    """Return a value as one line that moves no cursor and sets no colour."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2))


def facts(rows: Mapping[str, Any], *, title: str | None = None) -> None:
    """Print names and values, one a line; of a list, each value on a line of its own."""
    if title:
        click.secho(title, bold=True)
    width = max((len(name) for name in rows), default=0)
    for name, value in rows.items():
        for number, line in enumerate(value if isinstance(value, list) else [value]):
            click.echo(f"  {'' if number else name:<{width}}  {plain(line)}")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under column heads, or a sentence when there are none.

    A row is one line however narrow the terminal is: ids and addresses are there to be copied.
    """
    from rich.cells import cell_len

    found = [[plain(cell) for cell in row] for row in rows]
    if not found:
        click.echo(empty)
        return
    widths = [max(map(cell_len, column)) for column in zip(columns, *found, strict=True)]
    for number, row in enumerate([list(columns), *found]):
        cells = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        click.secho("  ".join(cells).rstrip(), bold=number == 0)


def cost(receipt: Receipt) -> dict[str, Any]:
    """Return what is said of a transaction as JSON data."""
    return {
        "tx": f"0x{receipt.tx.hex()}",
        "block": receipt.block,
        "gas": receipt.gas_used,
        "cost_wei": receipt.cost,
    }


def spent(receipt: Receipt) -> dict[str, Any]:
    """Return the same for people."""
    from agent_sdk.units import format_wei

    return {
        "transaction": f"0x{receipt.tx.hex()}",
        "block": receipt.block,
        "cost": f"{format_wei(receipt.cost)} for {receipt.gas_used} gas",
    }


def count(number: int, name: str) -> str:
    """Return a number of things in words: `1 step`, `2 steps`."""
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def done(
    receipt: Receipt, *, title: str, as_json: bool, found: Mapping[str, Any] | None = None
) -> None:
    """Print what a transaction did: JSON data and its cost, or a title and its cost."""
    if as_json:
        show_json({**(found or {}), **cost(receipt)})
        return
    facts(spent(receipt), title=title)


def when(time: int | None) -> str:
    """Return a Unix time for people; `never` for none."""
    from agent_sdk.units import format_time

    return format_time(time) if time else "never"

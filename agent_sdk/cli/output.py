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

__all__ = ["cost", "facts", "plain", "show_json", "table", "when"]


def plain(value: Any) -> str:
    """Return a value as one line that moves no cursor and sets no colour."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def show_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2))


def facts(rows: Mapping[str, Any], *, title: str | None = None) -> None:
    """Print names and values, one a line."""
    if title:
        click.secho(title, bold=True)
    width = max((len(name) for name in rows), default=0)
    for name, value in rows.items():
        click.echo(f"  {name:<{width}}  {plain(value)}")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Print rows under column heads, or a sentence when there are none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    found = [[Text(plain(cell)) for cell in row] for row in rows]
    if not found:
        click.echo(empty)
        return
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column, overflow="fold")
    for row in found:
        drawn.add_row(*row)
    Console().print(drawn)


def cost(receipt: Receipt) -> dict[str, Any]:
    """Return what is said of a transaction."""
    return {
        "tx": f"0x{receipt.tx.hex()}",
        "block": receipt.block,
        "gas": receipt.gas_used,
        "cost_wei": receipt.cost,
    }


def when(time: int | None) -> str:
    """Return a Unix time for people; `never` for none."""
    from datetime import UTC, datetime

    if not time:
        return "never"
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

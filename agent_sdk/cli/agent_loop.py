"""Options of the commands that book an agent's loop."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.cli.options import amount, seconds

if TYPE_CHECKING:
    from agent_sdk.types import Loop

__all__ = ["loop_of", "loop_options"]


def loop_options(command: Any) -> Any:
    """Add the options that say how a loop runs and what a step may cost; see `loop_of`."""
    for option in reversed(
        [
            click.option("--interval", callback=seconds, help="Pause between steps."),
            click.option("--heartbeat", callback=seconds, help="Longest pause."),
            click.option("--window", callback=seconds, help="Time to answer."),
            click.option("--gas-limit", type=click.IntRange(1), help="Gas of a decision."),
            click.option("--max-fee", callback=amount, help="Most for an answer."),
            click.option("--max-gas-price", callback=amount, help="Most for a unit of gas."),
            click.option("--max-priority-fee", callback=amount, help="Most above the base fee."),
            click.option("--max-data-fee", callback=amount, help="Most for data on a rollup."),
        ]
    ):
        command = option(command)
    return command


def loop_of(base: Loop, terms: Mapping[str, int | None]) -> Loop:
    """Return a loop with what was named changed; a heartbeat that was not named is no shorter.

    Args:
        base: what counts where nothing was named.
        terms: by name; s, gas, and wei, also for data, of which a loop keeps whole gwei.
    """
    from agent_sdk.units import GWEI

    given = {name: value for name, value in terms.items() if value is not None}
    if "max_data_fee" in given:
        given["max_data_fee"] = -(-given["max_data_fee"] // GWEI)
    made = dataclasses.replace(base, **given)
    if "heartbeat" in given:
        return made
    return dataclasses.replace(made, heartbeat=max(made.heartbeat, made.interval))

"""Options of the commands that book an agent's loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from agent_sdk.cli.options import amount, seconds
from agent_sdk.errors import ConfigError
from agent_sdk.types import MAX_GAS_LIMIT

if TYPE_CHECKING:
    from agent_sdk.types import Loop

__all__ = ["loop_of", "loop_options"]

MIN_GAS: Final = 300_000
"""gas of a decision. Source: Agent.MIN_STEP_GAS"""

WIDTHS: Final = {
    "max_fee": 64,
    "max_gas_price": 48,
    "max_priority_fee": 48,
    "max_data_fee": 32,
}
"""bits of each cap in a loop's record: wei, and gwei for data. Source: struct Loop"""


def loop_options(command: Any) -> Any:
    """Add the options that say how a loop runs and what a step may cost; see `loop_of`."""
    gas = click.IntRange(MIN_GAS, MAX_GAS_LIMIT)
    for option in reversed(
        [
            click.option("--interval", callback=seconds, help="Pause between steps."),
            click.option("--heartbeat", callback=seconds, help="Longest pause, up to 7 d."),
            click.option("--window", callback=seconds, help="Time to answer, up to 1 d."),
            click.option("--gas-limit", type=gas, metavar="GAS", help="For a decision."),
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

    Raises:
        ConfigError: a cap is more than a loop's record holds.
    """
    from agent_sdk.units import GWEI, format_wei

    given = {name: value for name, value in terms.items() if value is not None}
    for name, bits in WIDTHS.items():
        most = ((1 << bits) - 1) * (GWEI if name == "max_data_fee" else 1)
        if given.get(name, 0) > most:
            option = f"--{name.replace('_', '-')}"
            raise ConfigError(
                f"{option} {format_wei(given[name])} is too much: at most {format_wei(most)}"
            )
    if "max_data_fee" in given:
        given["max_data_fee"] = -(-given["max_data_fee"] // GWEI)
    return base.changed(**given)

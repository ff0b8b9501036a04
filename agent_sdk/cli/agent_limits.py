"""Options of the commands that say what an agent's actions may spend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import click

from agent_sdk.cli.options import amount, seconds

if TYPE_CHECKING:
    from agent_sdk.types import Policy

__all__ = ["limit_options", "limits_of", "limits_text", "warn_of_reserve"]

_NAMES: Final = {
    "action_cap": "action_cap",
    "budget": "budget",
    "budget_window": "window",
    "reserve": "reserve",
}
"""limit by option of a birth"""


def limit_options(window: str) -> Callable[[Any], Any]:
    """Return a decorator that adds the limits on ETH, each wei or s, None if it is not given.

    Args:
        window: the option that names the length of the budget's window.
    """

    def add(command: Any) -> Any:
        for option in reversed(
            [
                click.option("--action-cap", callback=amount, help="Most an action moves out."),
                click.option("--budget", callback=amount, help="Most that leaves in any window."),
                click.option(window, callback=seconds, help="Length of the budget's window."),
                click.option("--reserve", callback=amount, help="ETH that stays in the treasury."),
            ]
        ):
            command = option(command)
        return command

    return add


def limits_of(options: dict[str, int | None]) -> dict[str, int]:
    """Take a birth's limits out of its options; return those that were given, by name."""
    taken = {name: options.pop(option) for option, name in _NAMES.items()}
    return {name: value for name, value in taken.items() if value is not None}


def limits_text(policy: Policy) -> str:
    """Return limits as people read them."""
    from agent_sdk.units import format_seconds, format_wei

    return (
        f"{format_wei(policy.action_cap)} at once, {format_wei(policy.budget)} in any "
        f"{format_seconds(policy.window)}; {format_wei(policy.reserve)} stays"
    )


def warn_of_reserve(policy: Policy, *, treasury: int) -> None:
    """Say on stderr where a treasury (wei) holds no more than what must stay in it."""
    from agent_sdk.units import format_wei

    if treasury <= policy.reserve:
        click.echo(
            f"warning: its actions can move nothing: the treasury holds {format_wei(treasury)}, "
            f"and the reserve is {format_wei(policy.reserve)}",
            err=True,
        )

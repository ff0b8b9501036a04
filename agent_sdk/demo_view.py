"""What the demo shows: one line per event while it runs, a table and the costs at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent_sdk.demo_facts import Facts
from agent_sdk.types import Result, Step
from agent_sdk.units import ETHER, GWEI

__all__ = ["View"]


class View:
    """Writes to one console."""

    def __init__(self, console: Console, names: Mapping[str, str]) -> None:
        """Call providers by `names`, which maps addresses to short ones."""
        self._console = console
        self._names = {address.lower(): name for address, name in names.items()}

    def name(self, provider: str) -> str:
        """Return what to call a provider."""
        return self._names.get(provider.lower(), provider)

    def say(self, text: str, *, style: str = "") -> None:
        """Write one line as it is."""
        self._console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)

    def step(self, step: Step) -> None:
        """Write one line for a step just made."""
        self.say(f"step {step.step:>2}  {self.name(step.provider)}  {_done(step)}")

    def table(self, facts: Facts, decisions: Sequence[Mapping[str, Any]]) -> None:
        """Show every step with what it did and cost."""
        thought = {decision["step"]: decision for decision in decisions}
        table = Table(title="Steps of the agent", title_justify="left")
        for heading in ("step", "provider", "action"):
            table.add_column(heading, no_wrap=True)
        for heading in ("model ms", "tx gas", "paid, ether"):
            table.add_column(heading, justify="right", no_wrap=True)
        for step, gas in zip(facts.steps, facts.gas, strict=True):
            table.add_row(
                str(step.step),
                self.name(step.provider),
                escape(_done(step)),
                str(thought.get(step.step, {}).get("milliseconds", "")),
                f"{gas:,}",
                f"{step.paid / ETHER:.6f}",
            )
        self._console.print(table)

    def costs(self, facts: Facts, costs: Sequence[Mapping[str, int]]) -> None:
        """Show what a step and a day cost at each gas price."""
        pace = 86_400 // max(1, facts.interval)
        table = Table(
            title=f"Cost at {facts.gas_per_step:,} gas a step and {pace} steps a day",
            title_justify="left",
        )
        for heading in ("gas price, gwei", "step, ether", "day, ether"):
            table.add_column(heading, justify="right")
        for cost in costs:
            table.add_row(
                f"{cost['gas_price_wei'] / GWEI:g}",
                f"{cost['step_wei'] / ETHER:.6f}",
                f"{cost['day_wei'] / ETHER:.6f}",
            )
        self._console.print(table)

    def verdict(self, report: Mapping[str, Any]) -> None:
        """Say whether everything held, with a line for each thing that did not."""
        for line in report["failed"]:
            self.say(f"failed: {line}", style="red")
        if report["ok"]:
            self.say(
                f"ok: {report['steps']} steps, {report['human_transactions']} human transactions, "
                f"history verified, {report['failover_steps']} steps after the failover, "
                f"{report['seconds']} s",
                style="green",
            )


def _done(step: Step) -> str:
    """Return what a step did: `pay(12)`, and its result where that is no success."""
    done = step.summary
    return done if step.result is Result.ACTED else f"{done} {step.result.name.lower()}"

"""Gas of every path, as whole receipts on anvil: `python -m benchmarks.gas [--check]`."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from pathlib import Path

from benchmarks.answers import ALL_PATHS
from benchmarks.paths import charged_ratio
from benchmarks.world import fresh_world

__all__ = ["CEILINGS", "REPORT", "main", "measure"]

REPORT = Path(__file__).with_name("gas.json")
CEILINGS = {
    "autonomy_step": 70_000,
    "autonomy_step_hold": 65_000,
    "request_deliver": 115_000,
    "request_deliver_fresh": 135_000,
    "signed_one_tx": 75_000,
    "deliver_batch10": 22_000,
    "deliver_batch10_agents": 40_000,
    "schedule": 52_000,
    "task_run_recurring": 52_000,
    "task_run_raw": 56_000,
    "task_batch10": 27_000,
    "task_batch50": 25_000,
    "cancel": 30_000,
    "cancel_inference": 45_000,
    "agent_create": 340_000,
}
"""gas; what the protocol's design asks for"""
FAIR = (1.0, 1.05)
"""gas charged / gas used: a keeper never loses, an owner pays at most a twentieth too much"""


def measure() -> tuple[dict[str, int], dict[str, float]]:
    """Play every path on a chain of its own.

    Returns:
        gas per path, and gas charged / gas used where somebody is reimbursed.
    """
    found = {}
    for name, path in ALL_PATHS.items():
        with fresh_world() as world:
            found[name] = path(world)
        print(
            f"{name:24}{found[name]:>9,}{_verdict(name, found[name])}", file=sys.stderr, flush=True
        )
    return found, dict(charged_ratio)


def _verdict(name: str, gas: int) -> str:
    ceiling = CEILINGS.get(name)
    if ceiling is None:
        return ""
    return f"  ceiling {ceiling:>8,}  {(gas - ceiling) / ceiling:+.1%}"


def report(found: dict[str, int]) -> str:
    """The committed text: integers, and what each path does."""
    about = {
        name: " ".join((inspect.getdoc(path) or "").split()) for name, path in ALL_PATHS.items()
    }
    return json.dumps({"_about": about} | found, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Measure and write `benchmarks/gas.json`; with `--check` compare, exit 1 if it differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check: bool = parser.parse_args().check
    found, charged = measure()
    unfair = {name: ratio for name, ratio in charged.items() if not FAIR[0] <= ratio <= FAIR[1]}
    for name, ratio in charged.items():
        verdict = "  outside 0..+5 %" if name in unfair else ""
        print(f"{name:32} charged / used {ratio:.4f}{verdict}")
    text = report(found)
    if check and text != REPORT.read_text():
        print("gas differs from benchmarks/gas.json: run `make gas` and look at the difference")
        return 1
    if not check:
        REPORT.write_text(text)
    return 1 if unfair else 0


if __name__ == "__main__":
    sys.exit(main())

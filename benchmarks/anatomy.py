"""Where the gas of a path goes, by what the EVM charges for: `python -m benchmarks.anatomy`."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from agent_sdk.types import Receipt
from benchmarks.answers import ALL_PATHS
from benchmarks.world import World, fresh_world

__all__ = ["KINDS", "SHOWN", "anatomy", "main", "table"]

KINDS = ("transaction", "call data", "storage", "transient", "calls", "events", "computation")
SHOWN = {
    "autonomy_step": 1,
    "autonomy_step_hold": 1,
    "request_deliver": 2,
    "schedule": 1,
    "task_run_recurring": 1,
    "task_run_raw": 1,
    "signed_one_tx": 1,
    "agent_create": 1,
}
"""path: how many of its last transactions make up one unit"""
TRANSACTION = 21_000
_STORAGE = {"SLOAD", "SSTORE"}
_TRANSIENT = {"TLOAD", "TSTORE"}
_CALLS = {"CALL", "STATICCALL", "DELEGATECALL", "CREATE", "CREATE2", "EXTCODESIZE", "EXTCODECOPY"}


def anatomy(world: World, receipt: Receipt) -> Counter[str]:
    """Return the gas of a transaction by `KINDS`; their sum is what it used."""
    raw = world.chain.rpc("eth_getTransactionByHash", "0x" + receipt.tx.hex())
    data = bytes.fromhex(raw["input"][2:])
    trace = world.chain.rpc(
        "debug_traceTransaction", "0x" + receipt.tx.hex(), {"disableStorage": True}
    )
    parts: Counter[str] = Counter({"transaction": TRANSACTION})
    parts["call data"] = sum(16 if byte else 4 for byte in data)
    parts.update(_executed(trace["structLogs"]))
    parts["computation"] = receipt.gas_used - sum(parts.values())
    return parts


def _executed(steps: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """Sum up the steps that the EVM charges for by what they touch, not by what they compute."""
    parts: Counter[str] = Counter()
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        operation, cost = step["op"], step["gasCost"]
        if operation in _STORAGE:
            parts["storage"] += cost
        elif operation in _TRANSIENT:
            parts["transient"] += cost
        elif operation.startswith("LOG"):
            parts["events"] += cost
        elif operation in _CALLS:
            parts["calls"] += _own_gas(step, following)
    return parts


def _own_gas(step: Mapping[str, Any], following: Mapping[str, Any] | None) -> int:
    """Return what a call costs besides what it hands on; all of it where no code runs."""
    if following is None:
        return int(step["gasCost"])
    if following["depth"] > step["depth"]:
        return int(step["gasCost"] - following["gas"])
    return int(step["gas"] - following["gas"])


def table(rows: Mapping[str, Mapping[str, int]]) -> str:
    """Return the rows as a Markdown table, in gas."""
    lines = ["| path | " + " | ".join(KINDS) + " | sum |", "|---" * (len(KINDS) + 2) + "|"]
    for name, parts in rows.items():
        cells = [f"{parts.get(kind, 0):,}" for kind in KINDS]
        lines.append(f"| `{name}` | " + " | ".join(cells) + f" | {sum(parts.values()):,} |")
    return "\n".join(lines)


def main() -> int:
    """Play the paths that are shown and print the table."""
    rows = {}
    for name, count in SHOWN.items():
        with fresh_world(tracing=True) as world:
            ALL_PATHS[name](world)
            rows[name] = sum((anatomy(world, r) for r in world.sent[-count:]), Counter())
    print(table(rows) if "--json" not in sys.argv else json.dumps(rows, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())

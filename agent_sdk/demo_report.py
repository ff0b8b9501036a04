"""The demo's report: what the chain says, joined with what the providers' journals remember."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent_sdk.demo_facts import Facts, cost_per_step
from agent_sdk.deployment import Deployment
from agent_sdk.journal import Entry, Journal
from agent_sdk.types import Step
from agent_sdk.units import GWEI

__all__ = [
    "DECISION_KEYS",
    "MAX_SECONDS",
    "PRICES",
    "REPORT_KEYS",
    "Run",
    "build",
    "failures",
    "recall",
]

MIN_STEPS: Final = 12
MIN_FAILOVER: Final = 4
MIN_ACTIONS: Final = 3
MAX_SECONDS: Final = 360

PRICES: Final = (GWEI // 10, GWEI, 20 * GWEI)
"""wei per gas at which costs are told"""

REPORT_KEYS: Final = (
    "ok",
    "steps",
    "human_transactions",
    "engine",
    "model",
    "model_sha256",
    "history_verified",
    "failover_steps",
    "gas_per_step",
    "seconds",
    "cost_wei",
    "rpc",
    "agent",
    "decisions",
)
DECISION_KEYS: Final = (
    "step",
    "tx",
    "provider",
    "prompt_hash",
    "raw_output",
    "tokens",
    "milliseconds",
    "actions",
)

_DAY: Final = 86_400


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is known of a run besides the chain."""

    rpc: str
    agent: str
    deployment: Deployment
    engine: str
    """kind of engine that was asked for"""
    seconds: float
    """wall clock of the whole run"""
    keeper_returned: int
    """block after which the keeper had been restarted; 0 = it was not"""
    faults: tuple[str, ...] = ()
    """what went wrong besides the conditions, one line each"""


def recall(journals: Iterable[Path], steps: Iterable[Step]) -> dict[int, Entry]:
    """Return the journal's entry of each step by its number; steps without one are left out."""
    entries: dict[tuple[bytes, int, str], Entry] = {}
    for path in journals:
        journal = Journal(path)
        for entry in journal.entries("deliver"):
            entries[entry.id, entry.run, str(entry.data.get("decision"))] = entry
        journal.close()
    keys = {step.step: (step.id, step.run, "0x" + step.decision.hex()) for step in steps}
    return {number: entries[key] for number, key in keys.items() if key in entries}


def build(run: Run, facts: Facts, remembered: Mapping[int, Entry]) -> dict[str, Any]:
    """Return the report as JSON data, the verdict `ok` included."""
    decisions = [
        _decision(step, remembered[step.step]) for step in facts.steps if step.step in remembered
    ]
    last = remembered[max(remembered)].data if remembered else {}
    report: dict[str, Any] = {
        "ok": False,
        "steps": len(facts.steps),
        "human_transactions": facts.human_transactions,
        "engine": run.engine,
        "model": last.get("model", ""),
        "model_sha256": last.get("model_sha256", ""),
        "history_verified": facts.verified,
        "failover_steps": facts.failover_steps,
        "gas_per_step": facts.gas_per_step,
        "seconds": round(run.seconds, 1),
        "cost_wei": facts.cost_wei,
        "rpc": run.rpc,
        "agent": run.agent,
        "decisions": decisions,
        "actions": list(facts.effective_actions),
        "costs": costs(facts),
        "created_block": facts.created,
        "last_block": facts.last,
        "keeper_returned_block": run.keeper_returned,
        "deployment": run.deployment.to_dict(),
        "faults": list(run.faults),
    }
    report["failed"] = failures(report, facts)
    report["ok"] = not report["failed"]
    return report


def costs(facts: Facts) -> list[dict[str, int]]:
    """Return what a step and a day cost the agent at each price, wei."""
    steps_a_day = _DAY // max(1, facts.interval)
    return [
        {
            "gas_price_wei": price,
            "step_wei": cost_per_step(facts, price),
            "day_wei": cost_per_step(facts, price) * steps_a_day,
        }
        for price in PRICES
    ]


def failures(report: Mapping[str, Any], facts: Facts) -> list[str]:
    """Return one line for each condition that does not hold; none when the demo held."""
    returned = int(report["keeper_returned_block"])
    worked_again = returned > 0 and any(block > returned for block in facts.keeper_blocks)
    names = ", ".join(facts.effective_actions) or "none"
    conditions = [
        (len(facts.steps) >= MIN_STEPS, f"{len(facts.steps)} steps, {MIN_STEPS} are needed"),
        (
            facts.human_transactions == 0,
            f"{facts.human_transactions} human transactions after the agent's creation",
        ),
        (facts.verified, "history: " + "; ".join(facts.findings)),
        (
            len(facts.effective_actions) >= MIN_ACTIONS,
            f"actions that changed state: {names}; {MIN_ACTIONS} different ones are needed",
        ),
        (
            facts.failover_steps >= MIN_FAILOVER,
            f"{facts.failover_steps} steps by the second provider, {MIN_FAILOVER} are needed",
        ),
        (bool(facts.expiries), "no missed run was expired"),
        (worked_again, "the keeper did no work after its restart"),
        (
            len(report["decisions"]) == len(facts.steps),
            f"journals know {len(report['decisions'])} of {len(facts.steps)} decisions",
        ),
        (
            report["seconds"] <= MAX_SECONDS,
            f"{report['seconds']} s, at most {MAX_SECONDS} are allowed",
        ),
    ]
    return [*report["faults"], *(text for holds, text in conditions if not holds)]


def _decision(step: Step, entry: Entry) -> dict[str, Any]:
    return {
        "step": step.step,
        "tx": "0x" + step.tx.hex(),
        "provider": step.provider,
        "prompt_hash": entry.data["prompt_hash"],
        "raw_output": entry.data["raw_output"],
        "tokens": entry.data["tokens"],
        "milliseconds": entry.data["milliseconds"],
        "actions": entry.data["actions"],
        "prompt": entry.data["prompt"],
        "reason": entry.data["reason"],
    }

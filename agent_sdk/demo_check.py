"""Check a demo's report against the chain it speaks of, and refuse a forged one field by field.

Steps, senders, gas, costs, actions, prompts, answers and the history are derived again from the
chain's state, which the demo leaves beside its report. What no chain can know is bounded: seconds,
tokens and milliseconds must be possible, and with an engine at hand each answer is asked for again.
That an endpoint ran the model it is said to have run is the endpoint's word alone.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from agent_sdk.anvil import start_anvil
from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract
from agent_sdk.daemons.means import read_budget
from agent_sdk.demo_answers import check_again, check_answer, check_model, embedded
from agent_sdk.demo_facts import Facts, misnamed, read_facts
from agent_sdk.demo_report import DECISION_KEYS, REPORT_KEYS, costs, failures
from agent_sdk.deployment import Deployment
from agent_sdk.engines import Budget, Engine
from agent_sdk.errors import ChainError, CheckFailed, ConfigError, SpecError
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak
from agent_sdk.processes import end

__all__ = ["check", "check_file"]

STATE_FILE: Final = "demo-state.json"

SLACK_SECONDS: Final = 300
"""s that a run may take besides the time between its blocks: starting, waiting, verifying"""

_NUMBERS: Final = ("step", "tokens", "milliseconds")
_TEXTS: Final = ("raw_output", "prompt", "reason")
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {
    "agent": (str,),
    "seconds": (float, int),
    "keeper_returned_block": (int,),
    "deployment": (dict,),
    "faults": (list,),
}
_EXTRA_KEYS: Final = (
    "actions",
    "costs",
    "created_block",
    "last_block",
    "keeper_returned_block",
    "deployment",
    "faults",
    "failed",
)


def check_file(
    path: str | Path, *, state: str | Path | None = None, ask_again: bool = True
) -> list[str]:
    """Check a report by starting a chain with the state that lies beside it.

    Args:
        path: `demo.json`.
        state: The chain's state; `demo-state.json` in the same folder if None.
        ask_again: Whether to ask the embedded model for its answers again, where it gave them.

    Returns:
        One line per refusal, beginning with the field's name; none for a genuine report.

    Raises:
        ConfigError: A file is missing or is not JSON, or there is no anvil.
    """
    file = Path(path)
    states = Path(state) if state else file.with_name(STATE_FILE)
    try:
        report = json.loads(file.read_text())
    except OSError as error:
        raise ConfigError(
            f"report {file} cannot be read ({error.strerror}); run `everloop demo`"
        ) from error
    except ValueError as error:
        raise ConfigError(f"report {file} is not JSON ({error}); run `everloop demo`") from error
    if not states.is_file():
        raise ConfigError(f"state {states} is missing; run `everloop demo`")
    with tempfile.TemporaryDirectory(prefix="everloop-check-") as folder:
        process, chain = start_anvil(Path(folder) / "anvil.log", state=states)
        try:
            return check(report, chain, engine=embedded(report) if ask_again else None)
        finally:
            end([process])


def check(report: Any, chain: Chain, *, engine: Engine | None = None) -> list[str]:
    """Derive a report anew from the chain and compare.

    Args:
        report: JSON data.
        chain: The chain that the demo ran on, or a copy of it.
        engine: Asked again for every answer, if given.

    Returns:
        One line per refusal, beginning with the field's name; none for a genuine report.
    """
    shape = list(_shape(report))
    if shape:
        return shape
    try:
        deployment = Deployment.from_dict(report["deployment"])
        deployment.check(chain)
    except (ConfigError, CheckFailed, ChainError) as error:
        return [f"deployment: {error}"]
    last = report["last_block"]
    if type(last) is not int or not 0 < last <= chain.height():
        return [f"last_block: {last!r} is no block of the chain"]
    try:
        facts = read_facts(chain, deployment, str(report["agent"]), last=last)
        wrong = [f"deployment: {line}" for line in misnamed(chain, deployment, report["agent"])]
        manifest = Manifest.parse(AgentContract(chain, report["agent"]).manifest_text())
    except (CheckFailed, ChainError, ConfigError, SpecError, ValueError) as error:
        return [f"agent: {error}"]
    found = [*wrong, *_totals(report, facts), *check_model(report, facts)]
    found += _decisions(report, facts, chain)
    means = _Means(chain, deployment, str(report["agent"]), manifest)
    for decision, step in zip(report["decisions"], facts.steps, strict=False):
        budget = means.at_block(step.pinned_block)
        named = str(report["engine"])
        found += check_answer(decision, step, manifest, engine=named, budget=budget)
        if engine is not None:
            found += check_again(decision, manifest, engine, budget)
    return found


class _Means:
    """What the agent could afford, block by block."""

    def __init__(
        self, chain: Chain, deployment: Deployment, agent: str, manifest: Manifest
    ) -> None:
        self._chain = chain
        self._engine = EverloopContract(chain, deployment.everloop)
        self._deployment = deployment
        self._loop = AgentContract(chain, agent).loop_id()
        self._manifest = manifest

    def at_block(self, block: int) -> Budget:
        """Return what its provider read there."""
        job = self._engine.record_of(self._loop, from_block=self._deployment.block, to_block=block)
        if job is None:
            return Budget()
        lens = self._deployment.contracts.get("AgentLens", "")
        return read_budget(self._chain, self._engine, job, self._manifest, block=block, lens=lens)


def _shape(report: Any) -> Iterator[str]:
    """Refuse a report that lacks a field or has one of another type."""
    if not isinstance(report, Mapping):
        yield "report: not a JSON object"
        return
    for key in (*REPORT_KEYS, *_EXTRA_KEYS):
        if key not in report:
            yield f"{key}: missing"
    for key in sorted(set(report) - {*REPORT_KEYS, *_EXTRA_KEYS}, key=str):
        yield f"{key}: unknown"
    for key, kinds in _KINDS.items():
        if key in report and type(report[key]) not in kinds:
            yield f"{key}: {report[key]!r} is no {kinds[0].__name__}"
    if not all(isinstance(fault, str) for fault in _listed(report.get("faults"))):
        yield "faults: not a list of texts"
    decisions = report.get("decisions")
    if not isinstance(decisions, list):
        yield "decisions: not a list"
        return
    for number, decision in enumerate(decisions):
        yield from _decision_shape(f"decisions[{number}]", decision)


def _decision_shape(name: str, decision: Any) -> Iterator[str]:
    known = (*DECISION_KEYS, "prompt", "reason")
    for key in set(decision) - set(known) if isinstance(decision, Mapping) else ():
        yield f"{name}.{key}: unknown"
    for key in known:
        if not isinstance(decision, Mapping) or key not in decision:
            yield f"{name}.{key}: missing"
        elif key in _NUMBERS and type(decision[key]) is not int:
            yield f"{name}.{key}: {decision[key]!r} is no whole number"
        elif key in _TEXTS and type(decision[key]) is not str:
            yield f"{name}.{key}: {decision[key]!r} is no text"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _totals(report: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    """Compare what is counted over the whole run."""
    expected: dict[str, Any] = {
        "steps": len(facts.steps),
        "human_transactions": facts.human_transactions,
        "history_verified": facts.verified,
        "failover_steps": facts.failover_steps,
        "gas_per_step": facts.gas_per_step,
        "cost_wei": facts.cost_wei,
        "actions": list(facts.effective_actions),
        "costs": costs(facts),
        "created_block": facts.created,
    }
    for key, value in expected.items():
        if report[key] != value or type(report[key]) is not type(value):
            yield f"{key}: the report says {report[key]!r} and the chain {value!r}"
    yield from _bounds(report, facts)
    failed = failures(report, facts)
    if report["ok"] is not (not failed):
        yield f"ok: the report says {report['ok']!r} and the conditions give {not failed}"
    if report["failed"] != failed:
        yield f"failed: the report says {report['failed']!r} and the conditions give {failed!r}"


def _bounds(report: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    """Bound what no chain can know."""
    seconds = report["seconds"]
    blocks = facts.last - facts.created
    least, most = facts.busy_seconds - blocks, facts.busy_seconds + blocks + SLACK_SECONDS
    thinking = sum(decision["milliseconds"] for decision in report["decisions"]) / 1_000
    if not isinstance(seconds, int | float) or not max(least, thinking) <= seconds <= most:
        yield f"seconds: {seconds!r} is not within {max(least, thinking):.0f} and {most} s"
    returned = report["keeper_returned_block"]
    if not isinstance(returned, int) or not 0 <= returned <= facts.last:
        yield f"keeper_returned_block: {returned!r} is no block of the run"
    if not _is_loopback(str(report["rpc"])):
        yield f"rpc: {report['rpc']!r} is no loopback node, and the demo runs on one"


def _is_loopback(text: str) -> bool:
    try:
        url = urlsplit(text)
        return (url.scheme, url.hostname) == ("http", "127.0.0.1") and bool(url.port)
    except ValueError:
        return False


def _decisions(report: Mapping[str, Any], facts: Facts, chain: Chain) -> Iterator[str]:
    """Compare every decision's place, sender and prompt with the chain."""
    if len(report["decisions"]) != len(facts.steps):
        yield f"decisions: {len(report['decisions'])} are listed for {len(facts.steps)} steps"
    for number, (decision, step) in enumerate(zip(report["decisions"], facts.steps, strict=False)):
        prompt = AgentContract(chain, report["agent"], block=step.pinned_block).prompt()
        expected = {
            "step": step.step,
            "tx": "0x" + step.tx.hex(),
            "provider": step.provider,
            "prompt": prompt,
            "prompt_hash": "0x" + keccak(prompt.encode()).hex(),
            "actions": [action.to_dict() for action in step.actions or ()],
        }
        for key, value in expected.items():
            if decision[key] != value:
                told = f"the report says {decision[key]!r} and the chain {value!r}"
                yield f"decisions[{number}].{key}: {told}"
        pinned = chain.block(step.pinned_block)
        most = 1_000 * (step.time - pinned.time + 2)
        least = 1 if decision["tokens"] else 0
        if not least <= decision["milliseconds"] <= most:
            told = f"{decision['milliseconds']} is not within {least} and {most}"
            yield f"decisions[{number}].milliseconds: {told}"

"""Recorded traces, run again: the model must refuse, end, write and time out as recorded.

Two formats: traces of single rounds (`rounds` by name, each with `traces`) and traces of an app
(`composed`, `rounds` and `traces`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_sdk.errors import SpecError
from agent_sdk.fsm.model import (
    App,
    AppRules,
    Operators,
    Payload,
    RoundRules,
    Semantics,
    Store,
    new_round,
)
from agent_sdk.fsm.model.app import KEEPER_KEY
from agent_sdk.fsm.spec import RoundKind, Spec

__all__ = ["Mismatch", "Report", "replay", "replay_file"]

#: Keys that every period takes over, whatever the app.
ALWAYS_CARRIED = (
    "all_participants",
    "consensus_threshold",
    "participants",
    "safe_contract_address",
)


@dataclass(frozen=True)
class Mismatch:
    """Where the model and a record differ.

    Attributes:
        trace: name of the trace.
        block: number of the block in the trace, from 0; -1 for its beginning.
        field: what differs.
        expected: as recorded.
        actual: as the model has it.
    """

    trace: str
    block: int
    field: str
    expected: Any
    actual: Any


@dataclass
class Report:
    """What a replay found.

    Attributes:
        traces: number of traces.
        blocks: number of blocks in them.
        mismatches: where model and record differ.
    """

    traces: int = 0
    blocks: int = 0
    mismatches: list[Mismatch] = field(default_factory=list)

    def add(self, trace: str, found: Iterator[Mismatch], blocks: int) -> None:
        """Count one trace."""
        self.traces += 1
        self.blocks += blocks
        self.mismatches.extend(found)


def replay_file(path: Path, semantics: Semantics) -> Report:
    """Replay all traces of a file.

    Raises:
        SpecError: if the file is no such record.
    """
    try:
        data = json.loads(path.read_text("utf-8"))
        return replay(data, semantics)
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise SpecError(f"{path}: is no JSON: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SpecError(f"{path}: is no record of traces: {error!r}") from None


def replay(data: Mapping[str, Any], semantics: Semantics) -> Report:
    """Replay all traces of a record."""
    report = Report()
    if "composed" in data:
        rules = _app_rules(data)
        for number, trace in enumerate(data["traces"]):
            name = f"app#{trace.get('seed', number)}"
            report.add(name, _replay_app(name, rules, trace, semantics), len(trace["steps"]))
        return report
    for kind, of_kind in data["rounds"].items():
        for number, trace in enumerate(of_kind["traces"]):
            name = f"{kind}#{number}"
            found = _replay_round(name, _round_rules(kind, of_kind), trace, semantics)
            report.add(name, found, len(trace["blocks"]))
    return report


def _differences(
    trace: str, block: int, pairs: Mapping[str, tuple[Any, Any]]
) -> Iterator[Mismatch]:
    """Yield what is not as recorded; pairs are (expected, actual)."""
    for name, (expected, actual) in pairs.items():
        # 1 and true are different values in a record.
        if json.dumps(expected, sort_keys=True) != json.dumps(actual, sort_keys=True):
            yield Mismatch(trace, block, name, expected, actual)


def _payloads(rows: list[dict[str, Any]]) -> list[Payload]:
    return [Payload(row["s"], row["t"], row["rc"], row["v"]) for row in rows]


def _keys(key: str | list[str] | None) -> tuple[str, ...]:
    if key is None:
        return ()
    return (key,) if isinstance(key, str) else tuple(key)


def _kind(base: str) -> RoundKind:
    name = base.removesuffix("Round")
    return RoundKind("CollectSameUntilThreshold" if name == "ResetAndPause" else name)


def _histories(values: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {key: [value] for key, value in values.items()}


def _writes(writes: Mapping[str, Any]) -> dict[str, list[Any]]:
    return _histories(writes)


# --- single rounds --------------------------------------------------------------------------------


def _round_rules(name: str, record: Mapping[str, Any]) -> RoundRules:
    base = name.split("/")[0].split(" ")[0]
    kind, config = _kind(base), record["config"]
    keeper = kind is RoundKind.ONLY_KEEPER_SENDS
    return RoundRules(
        name=base,
        kind=kind,
        payload="R",
        keys=_keys(record["payload_key" if keeper else "selection_key"]),
        collection=None if keeper else record["collection_key"],
        confirmations=config.get("required_block_confirmations", 0),
        rejoin=config.get("allow_rejoin", False),
        opens_period=base == "ResetAndPauseRound",
    )


def _replay_round(
    name: str, rules: RoundRules, trace: Mapping[str, Any], semantics: Semantics
) -> Iterator[Mismatch]:
    operators = Operators.of(
        trace["all_participants"],
        active=trace["participants"],
        override=trace["consensus_threshold_param"],
    )
    store = Store(_first_values(trace))
    yield from _differences(name, -1, {"threshold": (trace["threshold"], operators.threshold)})
    current = new_round(
        rules,
        operators=operators,
        round_count=trace["round_count"],
        semantics=semantics,
        previous_payload=trace["prev_payload_type"],
        keeper=store.latest(KEEPER_KEY),
    )
    for height, block in enumerate(trace["blocks"]):
        refusals = [current.offer(payload) for payload in _payloads(block["txs"])]
        outcome = current.end(height)
        done = outcome is not None and rules.opens_period and outcome.event == "DONE"
        if done:
            store.open(ALWAYS_CARRIED)
        pairs: dict[str, tuple[Any, Any]] = {
            "refusals": ([tx["r"] for tx in block["txs"]], [r or "ok" for r in refusals]),
            "event": (block["event"], rules.name_of(outcome.event) if outcome else None),
            "conf": (block["conf"], current.confirmations),
            "db_appended": (
                block.get("db_appended", {}),
                _writes(outcome.writes if outcome else {}),
            ),
            "new_period": (block.get("new_period"), store.period if done else None),
            "period_db": (block.get("period_db"), store.current if done else None),
        }
        yield from _differences(name, height, pairs)


def _first_values(trace: Mapping[str, Any]) -> dict[str, list[Any]]:
    return _histories(
        {
            "all_participants": trace["all_participants"],
            "participants": trace["participants"],
            "consensus_threshold": trace["consensus_threshold_param"],
            "safe_contract_address": "0x00",
            **trace["setup_extra"],
        }
    )


# --- apps -----------------------------------------------------------------------------------------


def _app_rules(data: Mapping[str, Any]) -> AppRules:
    composed = data["composed"]
    spec = Spec.from_dict(composed["spec"], file="composed", compat=True)
    seconds = composed["event_to_timeout"]
    timeouts: dict[str, dict[str, float]] = {state: {} for state in spec.states}
    for state, event in spec.transition_func:
        if event in seconds:
            timeouts[state][event] = seconds[event]
    return AppRules(
        table=spec.transition_func,
        start=spec.default_start_state,
        rounds={state: _state_rules(state, of) for state, of in data["rounds"].items()},
        timeouts=timeouts,
        cross_period=(*ALWAYS_CARRIED, *composed["cross_period_persisted_keys"]),
        previous_depth=None,
    )


def _state_rules(state: str, record: Mapping[str, Any]) -> RoundRules:
    kind = _kind(record["base"])
    keeper = kind is RoundKind.ONLY_KEEPER_SENDS
    return RoundRules(
        name=state,
        kind=kind,
        payload=record["payload"],
        keys=_keys(record["payload_key" if keeper else "selection_key"]),
        collection=record["collection_key"],
        confirmations=record["required_block_confirmations"] or 0,
        rejoin=record["allow_rejoin"],
        opens_period="end_block" in record,
    )


def _replay_app(
    name: str, rules: AppRules, trace: Mapping[str, Any], semantics: Semantics
) -> Iterator[Mismatch]:
    first = trace["init"]
    app = App(rules, Store(first["db"]), semantics=semantics)
    beginning = {
        "round": (first["round"], app.state),
        "round_count": (first["round_count"], app.round_count),
        "period": (first["period"], app.store.period),
        "threshold": (trace["threshold"], app.operators.threshold),
    }
    yield from _differences(name, -1, beginning)
    for number, step in enumerate(trace["steps"]):
        period = app.store.period
        done = app.call(_payloads(step["txs"]), time=step["t"], height=step["h"])
        opened = app.store.period != period
        pairs: dict[str, tuple[Any, Any]] = {
            "timeouts": (step["timeouts"], list(done.timeouts)),
            "refusals": ([tx["r"] for tx in step["txs"]], [r or "ok" for r in done.refusals]),
            "event": (step["event"], done.event),
            "db_appended": (
                step.get("db_appended", {}),
                _writes(done.outcome.writes if done.outcome else {}),
            ),
            "period_db": (step.get("period_db"), app.store.current if opened else None),
            **_state_of(app, step),
        }
        yield from _differences(name, number, pairs)
        if step.get("cleanup"):
            depth, history = step["cleanup"]
            # In the framework 0 means, for histories, that they are left alone.
            app.prune(depth, history or None)
            yield from _differences(name, number, _kept(app, step))


def _state_of(app: App, step: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        "round": (step["round"], app.state),
        "round_count": (step["round_count"], app.round_count),
        "period": (step["period"], app.store.period),
        "pending": (step["pending"], [list(timer) for timer in app.pending]),
        "prev_rounds": (step["prev_rounds"], len(app.previous)),
    }


def _kept(app: App, step: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    lengths = {key: len(history) for key, history in app.store.current.items()}
    return {
        "periods_kept": (step["periods_kept"], list(app.store.periods)),
        "hist_len": (step["hist_len"], lengths),
    }

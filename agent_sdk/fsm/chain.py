"""The rules of a chain of apps, before it is merged.

too-few-apps   fewer than two apps
app-twice      an app stands twice
shared-state   two apps have a state of the same name
mapping-key    a key of the mapping that is no final state of an app
mapping-value  a value of the mapping that is no start state of an app
timeouts       an event with different timeouts, or a state with two of them
meta           a condition for a state that is no start or final state of its app
only-timeout   a state that only its timeout leaves (with compat)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

from agent_sdk.fsm.finding import Finding, RulesBroken, shown
from agent_sdk.fsm.meta import NO_META, AppMeta
from agent_sdk.fsm.source import read
from agent_sdk.fsm.spec import Spec

__all__ = ["App", "Chain", "broken_chain_rules", "load_mapping", "timeout_faults"]


@dataclass(frozen=True, kw_only=True)
class App:
    """One app of a chain.

    Attributes:
        spec: its states and transitions.
        file: what messages call it.
        meta: its timeouts and conditions.
    """

    spec: Spec
    file: str
    meta: AppMeta = NO_META

    @property
    def starts(self) -> frozenset[str]:
        """States that a mapping may lead to."""
        return self.spec.start_states | {self.spec.default_start_state}


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Apps, the entry first, and where each final state leads.

    Attributes:
        file: what messages call the mapping.
        compat: give the verdicts of open-autonomy.
    """

    apps: tuple[App, ...]
    mapping: Mapping[str, str]
    file: str = "mapping"
    compat: bool = False

    @property
    def timeouts(self) -> dict[str, float]:
        """Seconds by event, of all apps."""
        merged: dict[str, float] = {}
        for app in self.apps:
            merged.update(app.meta.timeouts or {})
        return merged

    @cached_property
    def owners(self) -> dict[str, int]:
        """Number of the app by start state."""
        return {start: number for number, app in enumerate(self.apps) for start in app.starts}

    def owner(self, start: str) -> App:
        """Return the app that a start state belongs to."""
        return self.apps[self.owners[start]]


def load_mapping(path: Path | str) -> dict[str, str]:
    """Read `{final_state: start_state}` from a YAML or JSON file.

    Raises:
        RulesBroken: the file cannot be read, or holds something else.
    """
    source = read(path)
    findings = source.findings
    if not findings and not isinstance(source.data, dict):
        what = "is empty" if source.data is None else f"holds {shown(source.data)}"
        message = f"the file {what}; map final states to start states, or write {{}} for none"
        findings = [Finding(source.file, "mapping", message)]
    if findings:
        raise RulesBroken(findings)
    wrong = [
        Finding(source.file, "mapping", f"{shown(key)}: {shown(value)} does not name two states")
        for key, value in source.data.items()
        if not isinstance(key, str) or not isinstance(value, str)
    ]
    if wrong:
        raise RulesBroken(wrong)
    mapping: dict[str, str] = source.data
    return mapping


def broken_chain_rules(chain: Chain) -> list[Finding]:
    """Return every rule that the apps and the mapping break together."""
    return [
        *_apps(chain),
        *_mapping(chain),
        *_timeouts(chain),
        *(() if chain.compat else _meta(chain)),
    ]


def timeout_faults(
    spec: Spec, timeouts: Mapping[str, float], *, compat: bool
) -> Iterator[tuple[str, str]]:
    """Yield rule and message for states whose timeouts cannot work."""
    exits: dict[str, list[str]] = {}
    for state, event in spec.transition_func:
        exits.setdefault(state, []).append(event)
    for state, events in exits.items():
        timed = [event for event in events if event in timeouts]
        if len(timed) > 1:
            yield "timeouts", f"state {state} has the timeout events {', '.join(timed)}; keep one"
        elif timed == events and compat:
            yield "only-timeout", f"state {state} is left only by its timeout event {timed[0]}"


def _apps(chain: Chain) -> Iterator[Finding]:
    apps = chain.apps
    if len(apps) < 2:
        yield Finding(
            chain.file, "too-few-apps", f"a composition needs two apps or more, not {len(apps)}"
        )
    for first, second in combinations(apps, 2):
        if first.spec == second.spec or (
            not chain.compat and first.spec.label == second.spec.label
        ):
            yield Finding(
                second.file,
                "app-twice",
                f"app {second.spec.label} is {first.file} already; an app stands in a composition "
                "once",
            )
            continue
        for state in sorted(first.spec.states & second.spec.states):
            yield Finding(
                second.file,
                "shared-state",
                f"state {state} of app {second.spec.label} is a state of app {first.spec.label} "
                f"({first.file}) too; rename one",
            )


def _mapping(chain: Chain) -> Iterator[Finding]:
    states: frozenset[str] = frozenset().union(*(app.spec.states for app in chain.apps))
    finals: frozenset[str] = frozenset().union(*(app.spec.final_states for app in chain.apps))
    starts: frozenset[str] = frozenset().union(*(app.starts for app in chain.apps))
    for key, value in sorted(chain.mapping.items()):
        if key not in finals:
            why = "is not final in its app" if key in states else "is in no app"
            yield Finding(chain.file, "mapping-key", f"state {key}, mapped to {value}, {why}")
        if value not in starts:
            why = "is no start state of its app" if value in states else "is in no app"
            yield Finding(chain.file, "mapping-value", f"state {value}, target of {key}, {why}")


def _timeouts(chain: Chain) -> Iterator[Finding]:
    seen: dict[str, tuple[float, App]] = {}
    for app in chain.apps:
        timeouts = app.meta.timeouts or {}
        for rule, message in timeout_faults(app.spec, timeouts, compat=chain.compat):
            yield Finding(app.file, rule, message)
        for event, seconds in timeouts.items():
            before, other = seen.setdefault(event, (seconds, app))
            if before != seconds:
                yield Finding(
                    app.file,
                    "timeouts",
                    f"event {event} times out after {seconds:g} s in app {app.spec.label} and "
                    f"after {before:g} s in app {other.spec.label}; rename it or agree",
                )


def _meta(chain: Chain) -> Iterator[Finding]:
    for app in chain.apps:
        sides: tuple[tuple[str, str, Mapping[str, Any] | None, frozenset[str]], ...] = (
            ("pre", "start", app.meta.pre, app.starts),
            ("post", "final", app.meta.post, app.spec.final_states),
        )
        for side, what, conditions, states in sides:
            for state in sorted(set(conditions or {}) - states):
                yield Finding(
                    app.file,
                    "meta",
                    f"{side}-conditions name state {state}, which is no {what} state of app "
                    f"{app.spec.label}",
                )

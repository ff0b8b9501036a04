"""What a composition must know of its apps beyond their states: timeouts and conditions.

A file has up to three fields, each a list with one entry per app, in order, null where nothing is
known:

    event_to_timeout: [{ROUND_TIMEOUT: 30.0}, null]
    db_pre: [null, {B1Round: [price]}]
    db_post: [{FinishedARound: [price]}, null]

or the same fields without lists, as one mapping per app: below its label, or as a list in order.
`timeouts`, `pre` and `post` are taken as names of the three fields too, and so are those of the
framework, `db_pre_conditions` and `db_post_conditions`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_sdk.fsm.finding import Finding, RulesBroken, shown
from agent_sdk.fsm.source import read

__all__ = ["NO_META", "AppMeta", "load_meta", "parse_meta"]

_NAMES = {
    "event_to_timeout": "timeouts",
    "timeouts": "timeouts",
    "db_pre": "pre",
    "db_pre_conditions": "pre",
    "pre": "pre",
    "db_post": "post",
    "db_post_conditions": "post",
    "post": "post",
}


@dataclass(frozen=True, kw_only=True)
class AppMeta:
    """What is known of one app.

    Attributes:
        timeouts: seconds by event; None if unknown.
        pre: keys that must be set on entry, by start state; None if unknown.
        post: keys that are set at the end, by final state; None if unknown.
    """

    timeouts: Mapping[str, float] | None = None
    pre: Mapping[str, frozenset[str]] | None = None
    post: Mapping[str, frozenset[str]] | None = None


NO_META = AppMeta()


def load_meta(path: Path | str, labels: Sequence[str]) -> tuple[AppMeta, ...]:
    """Read what is known of the apps of a composition.

    Args:
        path: a YAML or JSON file.
        labels: of the apps, in order.

    Raises:
        RulesBroken: the file cannot be read, or does not fit the apps.
    """
    source = read(path)
    if source.findings:
        raise RulesBroken(source.findings)
    return parse_meta(source.data, labels, file=source.file)


def parse_meta(data: Any, labels: Sequence[str], *, file: str = "meta") -> tuple[AppMeta, ...]:
    """Return what the value of a file says of each app, in order."""
    reader = _Reader(file, labels)
    fields = reader.fields(data)
    apps = tuple(reader.app(label, one) for label, one in zip(labels, fields, strict=True))
    if reader.findings:
        raise RulesBroken(reader.findings)
    return apps


class _Reader:
    """Read one file."""

    def __init__(self, file: str, labels: Sequence[str]) -> None:
        self.file = file
        self.labels = labels
        self.findings: list[Finding] = []

    def note(self, message: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(self.file, "meta", message))

    def fields(self, data: Any) -> list[dict[str, Any]]:
        """Return the fields of each app, whichever form the file has."""
        fields: list[dict[str, Any]] = [{} for _ in self.labels]
        if isinstance(data, list) and len(data) == len(self.labels):
            for app, label, value in zip(fields, self.labels, data, strict=True):
                self._put_all(app, label, value)
            return fields
        if not isinstance(data, dict):
            self.note(f"the file holds {shown(data)}; map event_to_timeout, db_pre and db_post")
            return fields
        by_field = any(name in _NAMES for name in data)
        for name, value in data.items():
            if by_field:
                self._by_field(fields, name, value)
            else:
                self._by_label(fields, name, value)
        return fields

    def _by_field(self, fields: list[dict[str, Any]], name: Any, value: Any) -> None:
        if name not in _NAMES:
            self.note(f"field {shown(name)} is unknown; take one of {', '.join(_NAMES)}")
        elif isinstance(value, list) and len(value) == len(self.labels):
            for app, one in zip(fields, value, strict=True):
                self._put(app, name, one)
        elif value is not None:
            count = f"a list of {len(value)}" if isinstance(value, list) else shown(value)
            self.note(f"{name} is {count}; write a list with one entry per app: {len(self.labels)}")

    def _by_label(self, fields: list[dict[str, Any]], label: Any, value: Any) -> None:
        if label not in self.labels:
            known = ", ".join(self.labels)
            self.note(f"{shown(label)} is the label of no app; take one of {known}")
        for app, known in zip(fields, self.labels, strict=True):
            if known == label:
                self._put_all(app, known, value)

    def _put_all(self, app: dict[str, Any], label: str, value: Any) -> None:
        if value is not None and not isinstance(value, dict):
            self.note(f"app {label} has {shown(value)}; map event_to_timeout, db_pre and db_post")
        for name, one in value.items() if isinstance(value, dict) else ():
            if name in _NAMES:
                self._put(app, name, one)
            else:
                known = ", ".join(_NAMES)
                self.note(f"app {label}: field {shown(name)} is unknown; take one of {known}")

    def _put(self, app: dict[str, Any], name: str, value: Any) -> None:
        if app.get(_NAMES[name]) is not None:
            self.note(f"field {name} stands twice under two names; keep one")
        app[_NAMES[name]] = value

    def app(self, label: str, fields: dict[str, Any]) -> AppMeta:
        """Return what the fields of one app say."""
        return AppMeta(
            timeouts=self._timeouts(label, fields.get("timeouts")),
            pre=self._conditions(label, "pre", fields.get("pre")),
            post=self._conditions(label, "post", fields.get("post")),
        )

    def _timeouts(self, label: str, value: Any) -> dict[str, float] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            self.note(f"app {label}: timeouts are {shown(value)}; map events to seconds")
            return None
        found: dict[str, float] = {}
        for event, seconds in value.items():
            is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            if not isinstance(event, str):
                self.note(f"app {label}: event {shown(event)} is no name; quote it")
            elif not is_number or not math.isfinite(seconds) or seconds < 0:
                self.note(
                    f"app {label}: event {event} times out after {shown(seconds)}; write seconds"
                )
            else:
                found[event] = seconds
        return found

    def _conditions(self, label: str, what: str, value: Any) -> dict[str, frozenset[str]] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            self.note(f"app {label}: {what}-conditions are {shown(value)}; map states to keys")
            return None
        found: dict[str, frozenset[str]] = {}
        for state, keys in value.items():
            if not isinstance(state, str):
                self.note(f"app {label}: state {shown(state)} is no name; quote it")
            elif not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
                self.note(
                    f"app {label}: {what}-conditions of state {state} are {shown(keys)}; "
                    "write a list of keys"
                )
            else:
                found[state] = frozenset(keys)
        return found

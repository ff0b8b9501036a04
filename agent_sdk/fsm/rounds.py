"""The optional second section of a specification: what each state's round is.

    rounds:
      CollectRound:
        kind: CollectDifferentUntilThreshold
        payload: uint256
        keys: [observations]
        seconds: 30
        confirmations: 1
        events: {TIMEOUT: COLLECT_TIMEOUT}

`payload` is the ABI type of the value that is voted on, `keys` where the outcome is written,
`seconds` the timeout, `action` what happens when the round agrees.
A role of the kind (`DONE`, `NONE`, …) is the event of the same name unless `events` names another;
that of `TIMEOUT` is `ROUND_TIMEOUT`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agent_sdk.fsm.finding import Finding, shown

__all__ = ["ACTIONS", "EXECUTE_PAYLOAD", "ROLES", "RoundKind", "RoundSpec", "parse_rounds"]


class RoundKind(StrEnum):
    """How a round collects payloads and what ends it."""

    COLLECT_SAME_UNTIL_THRESHOLD = "CollectSameUntilThreshold"
    COLLECT_DIFFERENT_UNTIL_THRESHOLD = "CollectDifferentUntilThreshold"
    COLLECT_NON_EMPTY_UNTIL_THRESHOLD = "CollectNonEmptyUntilThreshold"
    COLLECT_SAME_UNTIL_ALL = "CollectSameUntilAll"
    COLLECT_DIFFERENT_UNTIL_ALL = "CollectDifferentUntilAll"
    ONLY_KEEPER_SENDS = "OnlyKeeperSends"
    VOTING = "Voting"

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Roles of the events that the round can end with, its timeout apart."""
        return _OUTCOMES[self]

    @property
    def is_agreement(self) -> bool:
        """Whether its outcome is a value that a threshold of operators sent."""
        return self in _AGREEMENTS

    @property
    def is_collected(self) -> bool:
        """Whether its outcome is what each operator sent, under one key."""
        return self in _COLLECTED

    @property
    def waits(self) -> bool:
        """Whether it can hold its outcome back for a number of confirmations."""
        return self in _WAITING


_OUTCOMES: dict[RoundKind, tuple[str, ...]] = {
    RoundKind.COLLECT_SAME_UNTIL_THRESHOLD: ("DONE", "NONE", "NO_MAJORITY"),
    RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD: ("DONE",),
    RoundKind.COLLECT_NON_EMPTY_UNTIL_THRESHOLD: ("DONE", "NONE"),
    RoundKind.COLLECT_SAME_UNTIL_ALL: ("DONE",),
    RoundKind.COLLECT_DIFFERENT_UNTIL_ALL: ("DONE",),
    RoundKind.ONLY_KEEPER_SENDS: ("DONE", "FAIL"),
    RoundKind.VOTING: ("DONE", "NEGATIVE", "NONE", "NO_MAJORITY"),
}
_AGREEMENTS = {
    RoundKind.COLLECT_SAME_UNTIL_THRESHOLD,
    RoundKind.COLLECT_SAME_UNTIL_ALL,
    RoundKind.VOTING,
}
_COLLECTED = {
    RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD,
    RoundKind.COLLECT_DIFFERENT_UNTIL_ALL,
    RoundKind.VOTING,
}
_WAITING = {
    RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD,
    RoundKind.COLLECT_NON_EMPTY_UNTIL_THRESHOLD,
}

ROLES = ("DONE", "NONE", "NO_MAJORITY", "NEGATIVE", "FAIL", "TIMEOUT")
"""What an event means to the rules of a round, in the order of the packed table."""

ACTIONS = ("execute", "period")
"""`execute` makes the agreed call, `period` begins a new period."""

EXECUTE_PAYLOAD = "(address,uint256,bytes,uint256)"
"""Target, wei, call data and gas: what a round with the action `execute` agrees on."""

MAX_SECONDS = 2**32 - 1
MAX_CONFIRMATIONS = 2**16 - 1
_FIELDS = ("kind", "payload", "keys", "seconds", "confirmations", "action", "events")
_KEY = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class RoundSpec:
    """What one state's round is.

    Attributes:
        kind: how it collects and what ends it.
        payload: ABI type of the value.
        keys: where the outcome is written in the synchronized data.
        seconds: until its timeout; None for none.
        confirmations: blocks to wait after the threshold; None for none.
        action: what happens when it agrees; None for nothing.
        events: event of each role, where it is not the role's own name.
    """

    kind: RoundKind
    payload: str
    keys: tuple[str, ...] = ()
    seconds: float | None = None
    confirmations: int | None = None
    action: str | None = None
    events: Mapping[str, str] = field(default_factory=dict)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles whose events the round can fire, its timeout apart."""
        extra = ("FAIL",) if self.action == "execute" and "FAIL" not in self.kind.outcomes else ()
        return self.kind.outcomes + extra

    @property
    def is_tuple(self) -> bool:
        """Whether the payload is a tuple, whose values are the fields of its class."""
        return self.payload.startswith("(") and self.payload.endswith(")")

    @property
    def components(self) -> int:
        """How many values the payload holds: those of a tuple, otherwise one."""
        from eth_abi.grammar import parse

        return len(parse(self.payload).components) if self.is_tuple else 1

    def event(self, role: str) -> str:
        """Return the event that stands for a role."""
        return self.events.get(role, "ROUND_TIMEOUT" if role == "TIMEOUT" else role)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, for a file."""
        found: dict[str, Any] = {"kind": self.kind.value, "payload": self.payload}
        if self.keys:
            found["keys"] = list(self.keys)
        for name in ("seconds", "confirmations", "action"):
            if getattr(self, name) is not None:
                found[name] = getattr(self, name)
        if self.events:
            found["events"] = dict(sorted(self.events.items()))
        return found


def parse_rounds(data: Any, *, file: str) -> tuple[dict[str, RoundSpec], list[Finding]]:
    """Read the second section; what cannot be read is left out and reported."""
    findings: list[Finding] = []
    if not isinstance(data, dict):
        message = f"`rounds` is {shown(data)}; write a mapping from states to rounds"
        return {}, [Finding(file, "wrong-type", message)]
    rounds = {}
    for state, fields in data.items():
        reader = _Reader(file, str(state))
        found = reader.read(fields)
        findings += reader.findings
        if found is not None:
            rounds[str(state)] = found
    return rounds, findings


class _Reader:
    """Read the fields of one round."""

    def __init__(self, file: str, state: str) -> None:
        self.file = file
        self.state = state
        self.findings: list[Finding] = []

    def note(self, message: str, rule: str = "round-field") -> None:
        """Add a finding about this state."""
        self.findings.append(Finding(self.file, rule, f"round of state {self.state}: {message}"))

    def read(self, fields: Any) -> RoundSpec | None:
        """Return the round, or None when a field is wrong."""
        if not isinstance(fields, dict):
            self.note(f"is {shown(fields)}; write a mapping with `kind` and `payload`")
            return None
        for name in fields:
            if name not in _FIELDS:
                self.note(f"field {shown(name)} is unknown; take one of {', '.join(_FIELDS)}")
        kind = self._kind(fields.get("kind"))
        payload = self._payload(fields.get("payload"))
        keys = self._keys(fields.get("keys"))
        seconds = self._number(fields, "seconds", MAX_SECONDS, whole=False)
        confirmations = self._number(fields, "confirmations", MAX_CONFIRMATIONS, whole=True)
        action = fields.get("action")
        if action is not None and action not in ACTIONS:
            self.note(f"action {shown(action)} is unknown; take one of {', '.join(ACTIONS)}")
        events = self._events(fields.get("events"))
        if self.findings or kind is None or payload is None:
            return None
        return RoundSpec(
            kind=kind,
            payload=payload,
            keys=keys,
            seconds=seconds,
            confirmations=None if confirmations is None else int(confirmations),
            action=action,
            events=events,
        )

    def _kind(self, value: Any) -> RoundKind | None:
        try:
            return RoundKind(value)
        except ValueError:
            self.note(f"kind {shown(value)} is unknown; take one of {', '.join(RoundKind)}")
            return None

    def _payload(self, value: Any) -> str | None:
        from eth_abi.exceptions import ABITypeError, ParseError
        from eth_abi.grammar import parse

        if isinstance(value, str) and len(value) <= 200:
            try:
                parse(value).validate()
            except (ABITypeError, ParseError, RecursionError):
                pass
            else:
                return value
        self.note(f"payload {shown(value)} is no ABI type; write one such as uint256")
        return None

    def _keys(self, value: Any) -> tuple[str, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            self.note(f"keys is {shown(value)}; write a list")
            return ()
        for key in value:
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                self.note(f"key {shown(key)} is no name; write small letters, digits and _")
        names = [key for key in value if isinstance(key, str)]
        if len(set(names)) != len(names):
            self.note("a key stands twice; keep one")
        return tuple(names)

    def _number(
        self, fields: dict[Any, Any], name: str, most: int, *, whole: bool
    ) -> int | float | None:
        value = fields.get(name)
        if value is None:
            return None
        kinds = (int,) if whole else (int, float)
        fits = isinstance(value, kinds) and not isinstance(value, bool)
        if fits and math.isfinite(value) and 0 < value <= most:
            return value  # type: ignore[no-any-return]
        what = "a whole number" if whole else "a number"
        self.note(f"{name} is {shown(value)}; write {what} from 1 to {most}")
        return None

    def _events(self, value: Any) -> dict[str, str]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.note(f"events is {shown(value)}; write a mapping from roles to events")
            return {}
        for role, event in value.items():
            if role not in ROLES:
                self.note(f"events: role {shown(role)} is unknown; take one of {', '.join(ROLES)}")
            if not isinstance(event, str):
                self.note(f"event {shown(event)} of role {shown(role)} is no name; quote it")
        return {str(role): str(event) for role, event in value.items()}

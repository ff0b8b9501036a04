"""Compile a specification with its second section to the packed transition table of a contract.

One word of 32 bytes per state, after one for the header; numbers are big-endian:

    header  0 version   1 states   2 start   3 events   4-31 keccak256 of the document, cut
    state   0 kind, 0 = final      1 action, 0 = none   2-3 confirmations   4-7 seconds, 0 = none
            8-13  next state + 1 by role, 0 = none      14-19 event + 1 by role, 0 = none
            20    payload type     21 number of keys    22-31 keys

States, events, keys and payload types stand for their place in sorted lists.
Roles are `DONE NONE NO_MAJORITY NEGATIVE FAIL TIMEOUT`, kinds count from 1 in the order of
`RoundKind`, actions in that of `ACTIONS`.

Rules beyond those of `check`, which only a whole app can keep:

    table-rounds   there is no second section
    table-size     more than a byte can count
    table-name     a name that Python, in which the bindings are, keeps for itself
    table-seconds  a timeout is not a whole number of seconds
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent_sdk.fsm.check import check
from agent_sdk.fsm.finding import Finding, RulesBroken
from agent_sdk.fsm.rounds import ACTIONS, ROLES, RoundKind, RoundSpec
from agent_sdk.fsm.spec import Spec

__all__ = ["VERSION", "WORD", "Table", "compile_table"]

VERSION = 1
WORD = 32
"""Bytes of the header and of each state."""
MOST = 254
"""States, events, keys or payload types: one more than their number fits a byte."""
MOST_KEYS = 10
"""Keys of one round."""
_KINDS = tuple(RoundKind)

Rule = tuple[str, str]
"""Name of a broken rule, and the message."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A compiled specification.

    Attributes:
        label: of the app.
        start: state that it begins in.
        states: names by number; so are the next three.
        events: names of events.
        keys: names in the synchronized data.
        payloads: ABI types of payloads.
        rounds: round by state; a state without one is final.
        transitions: next state by (state, event).
        code: what the contract reads.
    """

    label: str
    start: str
    states: tuple[str, ...]
    events: tuple[str, ...]
    keys: tuple[str, ...]
    payloads: tuple[str, ...]
    rounds: Mapping[str, RoundSpec]
    transitions: Mapping[tuple[str, str], str]
    code: bytes

    def word(self, state: str) -> bytes:
        """Return the word of one state."""
        at = (1 + self.states.index(state)) * WORD
        return self.code[at : at + WORD]

    def next_state(self, state: str, role: str) -> str | None:
        """Read from the code where a state goes, as the contract does; None for nowhere."""
        number = self.word(state)[8 + ROLES.index(role)]
        return self.states[number - 1] if number else None


def compile_table(spec: Spec, *, file: str = "specification") -> Table:
    """Return the packed transition table of a specification.

    Raises:
        RulesBroken: the specification is not sound, or no whole app.
    """
    findings = check(spec, file=file)
    findings += [Finding(file, rule, message) for rule, message in _rules(spec)]
    if findings:
        raise RulesBroken(findings)
    rounds = spec.rounds.values()
    table = Table(
        label=spec.label,
        start=spec.default_start_state,
        states=tuple(sorted(spec.states)),
        events=tuple(sorted(spec.alphabet_in)),
        keys=tuple(sorted({key for one in rounds for key in one.keys})),
        payloads=tuple(sorted({one.payload for one in rounds})),
        rounds=dict(sorted(spec.rounds.items())),
        transitions=dict(sorted(spec.transition_func.items())),
        code=b"",
    )
    words = [_header(spec, table), *(_word(table, state) for state in table.states)]
    return Table(**{**vars(table), "code": b"".join(words)})


def _header(spec: Spec, table: Table) -> bytes:
    from agent_sdk.payloads import keccak

    text = json.dumps(spec.to_document(), sort_keys=True, separators=(",", ":"))
    start = table.states.index(table.start)
    return (
        bytes([VERSION, len(table.states), start, len(table.events)]) + keccak(text.encode())[:28]
    )


def _word(table: Table, state: str) -> bytes:
    spec = table.rounds.get(state)
    if spec is None:
        return bytes(WORD)
    nexts, events = bytearray(len(ROLES)), bytearray(len(ROLES))
    for role in (*spec.roles, "TIMEOUT"):
        target = table.transitions.get((state, spec.event(role)))
        if target is not None:
            nexts[ROLES.index(role)] = 1 + table.states.index(target)
            events[ROLES.index(role)] = 1 + table.events.index(spec.event(role))
    keys = bytes(table.keys.index(key) for key in spec.keys)
    word = (
        bytes([1 + _KINDS.index(spec.kind)])
        + bytes([0 if spec.action is None else 1 + ACTIONS.index(spec.action)])
        + (spec.confirmations or 0).to_bytes(2, "big")
        + int(spec.seconds or 0).to_bytes(4, "big")
        + bytes(nexts)
        + bytes(events)
        + bytes([table.payloads.index(spec.payload), len(keys)])
        + keys
    )
    return word.ljust(WORD, b"\0")


def _rules(spec: Spec) -> Iterator[Rule]:
    if not spec.rounds:
        yield "table-rounds", "there is no section `rounds`; say what the round of each state is"
    counts = {
        "states": len(spec.states),
        "events": len(spec.alphabet_in),
        "keys": len({key for one in spec.rounds.values() for key in one.keys}),
        "payload types": len({one.payload for one in spec.rounds.values()}),
    }
    for name, count in counts.items():
        if count > MOST:
            yield "table-size", f"{count} {name}; a table counts {MOST}"
    for name in sorted(spec.states | spec.alphabet_in):
        if keyword.iskeyword(name) or name.startswith("_") or hasattr(int, name):
            yield "table-name", f"{name} is a name that Python keeps for itself; rename it"
    for state, one in sorted(spec.rounds.items()):
        yield from _round_rules(state, one)


def _round_rules(state: str, one: RoundSpec) -> Iterator[Rule]:
    if len(one.keys) > MOST_KEYS:
        yield "table-size", f"state {state} writes {len(one.keys)} keys; at most {MOST_KEYS}"
    if one.seconds is not None and one.seconds != int(one.seconds):
        yield "table-seconds", f"state {state} times out after {one.seconds} s; a chain counts 1 s"

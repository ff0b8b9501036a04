"""Rules of the second section: the rounds fit the states and transitions of the first.

round-field        a field of a round is wrong (found while reading)
round-state        the round of a state that is unknown or final
round-missing      a state without a round, once any state has one
round-event        an event that the round fires has no transition, or two roles share one
round-unfired      a transition on an event that the round never fires
round-timeout      `seconds` without a transition for the timeout, or the reverse
round-stalls       neither: the round waits for crashed operators for ever  [FSM-3]
round-unconfirmed  a value that fewer than k operators sent reaches a final state  [FSM-5]
round-waits        `confirmations` for a kind that has none
round-action       an action that the kind cannot do
round-payload      a payload that the kind or the action does not take
round-keys         more keys than the outcome has values
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from agent_sdk.fsm.draft import Draft
from agent_sdk.fsm.finding import Finding
from agent_sdk.fsm.rounds import EXECUTE_PAYLOAD, RoundKind, RoundSpec

__all__ = ["check_rounds", "unconfirmed"]

_UNDECIDED = ("NO_MAJORITY", "TIMEOUT")
"""Roles with which a round of k ends although no k operators agree."""

Rule = tuple[str, str]


def check_rounds(draft: Draft) -> list[Finding]:
    """Return the rules that the second section of a draft breaks."""
    if not draft.rounds:
        return []
    found = [*_coverage(draft)]
    exits: dict[str, set[str]] = {}
    for state, event in draft.transitions or {}:
        exits.setdefault(state, set()).add(event)
    for state, spec in draft.rounds.items():
        if draft.transitions is not None and state in exits:
            found += _events(state, spec, exits[state])
        found += _kind(state, spec)
        found += _keys(state, spec)
    found += unconfirmed(draft.rounds, draft.transitions or {}, draft.lists["final_states"] or ())
    return [Finding(draft.file, rule, message) for rule, message in found]


def _coverage(draft: Draft) -> Iterator[Rule]:
    states, finals = draft.lists["states"], draft.lists["final_states"]
    if states is None or finals is None:
        return
    for state in draft.rounds:
        if state in finals:
            yield "round-state", f"state {state} is final, so it has no round; remove it"
        elif state not in states:
            yield "round-state", f"state {state} has a round but is not in `states`"
    for state in states:
        if state not in draft.rounds and state not in finals:
            yield "round-missing", f"state {state} has no round while others have; add it"


def _events(state: str, spec: RoundSpec, exits: set[str]) -> Iterator[Rule]:
    roles = [*spec.roles, "TIMEOUT"]
    for role in spec.events:
        if role not in roles:
            yield (
                "round-event",
                f"state {state}: a round of kind {spec.kind} never fires {role}, so it has no "
                f"event {spec.event(role)}; remove it from `events`",
            )
    by_event: dict[str, str] = {}
    for role in roles:
        event = spec.event(role)
        if role != "TIMEOUT" and event not in exits:
            yield (
                "round-event",
                f"state {state}: its round fires event {event}, which has no transition; add it",
            )
        if event in by_event and event in exits:
            yield (
                "round-event",
                f"state {state}: event {event} stands for {by_event[event]} and for {role}; "
                "name one of them in `events`",
            )
        by_event.setdefault(event, role)
    for event in sorted(exits - set(by_event)):
        yield (
            "round-unfired",
            f"state {state}: a round of kind {spec.kind} never fires event {event}; remove the "
            "transition or name its role in `events`",
        )
    yield from _timeout(state, spec, exits)


def _timeout(state: str, spec: RoundSpec, exits: set[str]) -> Iterator[Rule]:
    event = spec.event("TIMEOUT")
    if spec.seconds is not None and event not in exits:
        yield (
            "round-timeout",
            f"state {state} times out after {spec.seconds:g} s, but event {event} has no "
            "transition; add it, or name another event for TIMEOUT in `events`",
        )
    if spec.seconds is None and event in exits:
        yield (
            "round-timeout",
            f"state {state} has a transition on its timeout event {event}, but no `seconds`",
        )
    if spec.seconds is None and event not in exits:
        yield (
            "round-stalls",
            f"state {state} has no timeout: give it `seconds` and a transition on {event}",
        )


def unconfirmed(
    rounds: Mapping[str, RoundSpec],
    transitions: Mapping[tuple[str, str], str],
    finals: Collection[str],
) -> Iterator[Rule]:
    """Follow what a keeper or single operators wrote until k operators agree.

    Args:
        rounds: round by state.
        transitions: next state by (state, event).
        finals: states in which an app ends.
    """
    edges: dict[str, list[str]] = {}
    for (state, event), target in transitions.items():
        one = rounds.get(state)
        undecided = {one.event(role) for role in _UNDECIDED} if one else set()
        if one is not None and (not one.kind.is_agreement or event in undecided):
            edges.setdefault(state, []).append(target)
    for state, one in sorted(rounds.items()):
        entered = transitions.get((state, one.event("DONE")))
        if one.kind.is_agreement or not one.keys or entered is None:
            continue
        # In its own state the value is asked for anew.
        seen, ahead = {entered, state}, [entered] if entered != state else []
        while ahead:
            ahead += [to for to in edges.get(ahead.pop(), []) if to not in seen]
            seen.update(ahead)
        for final in sorted(seen & set(finals)):
            yield (
                "round-unconfirmed",
                f"what a round of kind {one.kind} writes in state {state} reaches the final state "
                f"{final} on event {one.event('DONE')} without a round in which k operators agree",
            )


def _keys(state: str, spec: RoundSpec) -> Iterator[Rule]:
    most = 1 if spec.kind.is_collected else spec.components
    if len(spec.keys) > most:
        what = "collects under one key" if spec.kind.is_collected else f"has {most} in its payload"
        yield (
            "round-keys",
            f"state {state} names {len(spec.keys)} keys, but a round of kind {spec.kind} {what}; "
            f"remove {', '.join(spec.keys[most:])}",
        )


def _kind(state: str, spec: RoundSpec) -> Iterator[Rule]:
    if spec.confirmations is not None and not spec.kind.waits:
        yield (
            "round-waits",
            f"state {state}: a round of kind {spec.kind} waits for no confirmations; remove them",
        )
    if spec.action is not None and not spec.kind.is_agreement:
        yield (
            "round-action",
            f"state {state}: action {spec.action} needs a round that agrees on one value, not "
            f"{spec.kind}",
        )
    if spec.action == "execute" and spec.kind is RoundKind.VOTING:
        yield "round-action", f"state {state}: a vote names no call to execute"
    if spec.action == "execute" and spec.payload != EXECUTE_PAYLOAD:
        yield (
            "round-payload",
            f"state {state}: action execute needs the payload {EXECUTE_PAYLOAD}, not "
            f"{spec.payload}",
        )
    if spec.kind is RoundKind.VOTING and spec.payload != "bool":
        yield "round-payload", f"state {state}: a vote is a bool, not {spec.payload}"

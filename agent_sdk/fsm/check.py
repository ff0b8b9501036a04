"""Find what is wrong with a specification: every broken rule at once.

Rules of the states and transitions; those of the second section are in `round_rules`.
With `compat` the verdicts are those of open-autonomy: rules marked * are left out, and the one
marked + is added, which published products break.

    file, duplicate-key*, wrong-type, missing-field, unknown-field, repeated-value, name*,
    transition-key, transition-twice*                           the file can be read one way only
    label-name, state-name+                                     AbciApp and Round end the names
    no-transitions, unknown-state, unknown-event, unused-event  the table holds what is declared
    default-start, unknown-start, unknown-final, start-is-final, final-has-exit
    unreachable                                                 a start state leads to every state
    dead-end*                                                   a state that is not final goes on
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from agent_sdk.fsm.draft import Draft, parse
from agent_sdk.fsm.finding import Finding
from agent_sdk.fsm.round_rules import check_rounds
from agent_sdk.fsm.source import read
from agent_sdk.fsm.spec import Spec

__all__ = ["Finding", "check", "check_draft", "check_file", "load_draft", "reachable"]

Rule = tuple[str, str]
"""Name of a broken rule, and the message."""


def check_file(path: Path | str, *, compat: bool = False) -> list[Finding]:
    """Return what is wrong with a file; an unreadable file is a finding too.

    Args:
        path: a YAML or JSON file.
        compat: give the verdicts of open-autonomy.
    """
    draft, findings = load_draft(path, compat=compat)
    return findings if draft is None else findings + check_draft(draft, compat=compat)


def load_draft(path: Path | str, *, compat: bool = False) -> tuple[Draft | None, list[Finding]]:
    """Read a file as far as it can be read; no draft when it is not YAML or JSON at all."""
    source = read(path)
    if source.broken:
        return None, source.findings
    # The framework's parser keeps the last of equal keys.
    repeated = [] if compat else source.findings
    draft, findings = parse(source.data, file=source.file, compat=compat)
    return draft, repeated + findings


def check(spec: Spec, *, file: str = "specification", compat: bool = False) -> list[Finding]:
    """Return what is wrong with a specification; `file` is what findings call it."""
    draft = Draft(
        file,
        label=spec.label,
        default_start_state=spec.default_start_state,
        lists={
            "start_states": tuple(sorted(spec.start_states)),
            "states": tuple(sorted(spec.states)),
            "final_states": tuple(sorted(spec.final_states)),
            "alphabet_in": tuple(sorted(spec.alphabet_in)),
        },
        transitions=dict(spec.transition_func),
        rounds=dict(spec.rounds),
    )
    return check_draft(draft, compat=compat)


def check_draft(draft: Draft, *, compat: bool = False) -> list[Finding]:
    """Return the rules that a draft breaks; a rule about a missing field is left out."""
    found = [
        *_names(draft, compat),
        *_targets(draft),
        *_events(draft),
        *_starts(draft),
        *_finals(draft),
        *_paths(draft, compat),
    ]
    findings = [Finding(draft.file, rule, message) for rule, message in found]
    return findings if compat else findings + check_rounds(draft)


def reachable(starts: Iterable[str], transitions: Mapping[tuple[str, str], str]) -> set[str]:
    """Return the states that the transitions lead to from the starts, with the starts."""
    edges: dict[str, list[str]] = {}
    for (state, _), target in transitions.items():
        edges.setdefault(state, []).append(target)
    seen = set(starts)
    waiting = list(seen)
    while waiting:
        for target in edges.get(waiting.pop(), []):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def _names(draft: Draft, compat: bool) -> Iterator[Rule]:
    if draft.label is not None and not draft.label.endswith("AbciApp"):
        yield "label-name", f"label {draft.label!r} does not end in AbciApp; rename the app"
    for state in draft.lists["states"] or ():
        if compat and not state.endswith("Round"):
            yield "state-name", f"state {state} does not end in Round; rename it"


def _targets(draft: Draft) -> Iterator[Rule]:
    states, transitions = draft.lists["states"], draft.transitions
    if transitions is not None and not transitions:
        yield "no-transitions", "`transition_func` is empty; add a transition"
    if states is None or transitions is None:
        return
    known = set(states)
    for (state, event), target in transitions.items():
        if state not in known:
            yield (
                "unknown-state",
                f"transition ({state}, {event}) leaves state {state}, which is not in `states`",
            )
        if target not in known:
            yield (
                "unknown-state",
                f"transition ({state}, {event}) leads to state {target}, which is not in `states`",
            )


def _events(draft: Draft) -> Iterator[Rule]:
    alphabet, transitions = draft.lists["alphabet_in"], draft.transitions
    if alphabet is None or transitions is None:
        return
    known, used = set(alphabet), set()
    for state, event in transitions:
        used.add(event)
        if event not in known:
            yield (
                "unknown-event",
                f"state {state} has a transition on event {event}, which is not in `alphabet_in`",
            )
    for event in alphabet:
        if event not in used:
            yield "unused-event", f"event {event} of `alphabet_in` is in no transition; remove it"


def _starts(draft: Draft) -> Iterator[Rule]:
    starts, states = draft.lists["start_states"], draft.lists["states"]
    default = draft.default_start_state
    if starts is not None and default is not None and default not in starts:
        yield (
            "default-start",
            f"state {default} is `default_start_state` but not in `start_states`; add it",
        )
    for state in starts or ():
        if states is not None and state not in states:
            yield "unknown-start", f"state {state} of `start_states` is not in `states`"


def _finals(draft: Draft) -> Iterator[Rule]:
    states, starts = draft.lists["states"], draft.lists["start_states"] or ()
    finals = draft.lists["final_states"] or ()
    for state in finals:
        if states is not None and state not in states:
            yield "unknown-final", f"state {state} of `final_states` is not in `states`"
        if state in starts:
            yield "start-is-final", f"state {state} is a start state and final; keep one"
    final = set(finals)
    for (state, event), target in (draft.transitions or {}).items():
        if state in final:
            yield (
                "final-has-exit",
                f"state {state} is final but goes to {target} on event {event}; remove one",
            )


def _paths(draft: Draft, compat: bool) -> Iterator[Rule]:
    states, transitions = draft.lists["states"], draft.transitions
    starts, finals = draft.lists["start_states"], draft.lists["final_states"]
    if states is None or transitions is None:
        return
    if starts is not None:
        reached = reachable(starts, transitions)
        for state in states:
            if state not in reached:
                yield "unreachable", f"no path leads from a start state to state {state}"
    if finals is None or compat:
        return
    leaving = {state for state, _ in transitions}
    for state in states:
        if state not in leaving and state not in finals:
            yield (
                "dead-end",
                f"state {state} is not final and no event leaves it; add a transition or make it "
                "final",
            )

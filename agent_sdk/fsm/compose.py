"""Chain FSM Apps into one: each mapped final state gives way to a start state.

Mapped final states vanish and edges into them lead to their targets; what no way from a start state
of the first app leads to is dropped; the start states are those of the first app; final states that
are not mapped stay; alphabets merge.
A mapping may lead back into the same app: published products retry that way.

    start-dropped    a start state of the first app, not the entry, that nothing leads to
    app-dropped      an app of which no state is left
    post-unknown     (with compat) a final state stays of an app that the mapping does not link

With `compat` a state is dropped when no transition leads to it, once and not again for those that
this leaves without one, and what is then unreachable is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agent_sdk.fsm.chain import App, Chain, broken_chain_rules, load_mapping, timeout_faults
from agent_sdk.fsm.check import check, reachable
from agent_sdk.fsm.conditions import broken_conditions, linked_finals
from agent_sdk.fsm.finding import Finding, RulesBroken
from agent_sdk.fsm.meta import NO_META, AppMeta, load_meta
from agent_sdk.fsm.spec import Spec

__all__ = ["COMPOSED_LABEL", "App", "compose", "compose_files"]

COMPOSED_LABEL = "ComposedAbciApp"

Transitions = dict[tuple[str, str], str]

# What the framework does not ask of the apps of a chain, or does not ask of published ones.
_NOT_OF_APPS = {"unreachable", "unused-event", "label-name", "state-name", "dead-end"}
# What a later app can still confirm; of the composition it is asked.
_LATER = "round-unconfirmed"
# Rules without which there are no ways to follow.
_HIDE_WAYS = {"too-few-apps", "app-twice", "shared-state", "mapping-key", "mapping-value"}
_NOT_OF_COMPOSED = {"state-name"}


def compose(
    specs: Sequence[Spec],
    mapping: Mapping[str, str],
    *,
    label: str = COMPOSED_LABEL,
    meta: Sequence[AppMeta] | None = None,
    files: Sequence[str] | None = None,
    mapping_file: str = "mapping",
    compat: bool = False,
) -> Spec:
    """Return the composition of apps.

    Args:
        specs: the apps, the entry first.
        mapping: start state by final state.
        label: of the composition.
        meta: timeouts and conditions of each app.
        files: what messages call each app; its label if None.
        mapping_file: what messages call the mapping.
        compat: give the verdicts of open-autonomy.

    Raises:
        RulesBroken: the composition must be refused.
    """
    names = files or [spec.label for spec in specs]
    known = meta or [NO_META] * len(specs)
    apps = tuple(
        App(spec=spec, file=name, meta=one)
        for spec, name, one in zip(specs, names, known, strict=True)
    )
    chain = Chain(apps=apps, mapping=dict(mapping), file=mapping_file, compat=compat)
    findings = [*_broken_apps(chain), *broken_chain_rules(chain)]
    if not any(finding.rule in _HIDE_WAYS for finding in findings):
        findings += broken_conditions(chain)
    _refuse(findings)
    composed = _merge(chain, label)
    _refuse(_broken_composition(chain, composed))
    return composed


def compose_files(
    paths: Sequence[Path | str],
    mapping: Path | str,
    *,
    label: str = COMPOSED_LABEL,
    meta: Path | str | None = None,
    compat: bool = False,
) -> Spec:
    """Return the composition of the apps in files; see `compose`."""
    findings: list[Finding] = []
    specs: list[Spec] = []
    for path in paths:
        try:
            specs.append(Spec.load(path, compat=compat))
        except RulesBroken as error:
            findings += error.findings
    try:
        links = load_mapping(mapping)
    except RulesBroken as error:
        findings += error.findings
    _refuse(findings)
    known = None if meta is None else load_meta(meta, [spec.label for spec in specs])
    return compose(
        specs,
        links,
        label=label,
        meta=known,
        files=[str(path) for path in paths],
        mapping_file=str(mapping),
        compat=compat,
    )


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise RulesBroken(findings)


def _broken_apps(chain: Chain) -> Iterator[Finding]:
    for app in chain.apps:
        for finding in check(app.spec, file=app.file, compat=chain.compat):
            no_starts = finding.rule == "default-start" and not app.spec.start_states
            if chain.compat and (finding.rule in _NOT_OF_APPS or no_starts):
                continue
            if finding.rule == _LATER:
                continue
            yield finding


def _merge(chain: Chain, label: str) -> Spec:
    """Return the composition, pruned."""
    first = chain.apps[0].spec
    starts = first.start_states or {first.default_start_state}
    merged: Transitions = {
        pair: chain.mapping.get(target, target)
        for app in chain.apps
        for pair, target in app.spec.transition_func.items()
    }
    if chain.compat:
        kept = {*merged.values(), first.default_start_state}
    else:
        kept = reachable(starts, merged)
    finals: frozenset[str] = frozenset().union(*(app.spec.final_states for app in chain.apps))
    transitions = {pair: target for pair, target in sorted(merged.items()) if pair[0] in kept}
    return replace(
        first,
        label=label,
        start_states=frozenset(starts),
        states=frozenset(kept),
        final_states=(finals - set(chain.mapping)) & kept,
        alphabet_in=frozenset(event for _, event in transitions),
        transition_func=transitions,
        rounds={
            state: spec
            for app in chain.apps
            for state, spec in app.spec.rounds.items()
            if state in kept
        },
    )


def _broken_composition(chain: Chain, composed: Spec) -> list[Finding]:
    """Return the rules that the result breaks."""
    dropped = [*_dropped_starts(composed, chain.compat), *_dropped_apps(chain, composed)]
    faults = timeout_faults(composed, chain.timeouts, compat=chain.compat)
    found = [
        Finding(composed.label, rule, message)
        for rule, message in [*dropped, *faults, *_unknown_posts(chain, composed)]
    ]
    return found + [
        finding
        for finding in check(composed, file=composed.label, compat=chain.compat)
        if finding.rule not in _NOT_OF_COMPOSED
    ]


def _dropped_starts(composed: Spec, compat: bool) -> Iterator[tuple[str, str]]:
    # One pass of the framework keeps what a state led to that it drops itself.
    led_to = composed.states if compat else set(composed.transition_func.values())
    for state in sorted(composed.start_states - led_to - {composed.default_start_state}):
        yield (
            "start-dropped",
            f"start state {state} of the first app is dropped, because no transition and no "
            "mapping leads to it; map a final state to it",
        )


def _dropped_apps(chain: Chain, composed: Spec) -> Iterator[tuple[str, str]]:
    for app in chain.apps:
        if not chain.compat and not app.spec.states & composed.states:
            yield (
                "app-dropped",
                f"no state of app {app.spec.label} ({app.file}) can be reached; map a final state "
                "to one of its start states, or leave it out",
            )


def _unknown_posts(chain: Chain, composed: Spec) -> Iterator[tuple[str, str]]:
    if not chain.compat:
        return
    known = linked_finals(chain)
    for state in sorted(composed.final_states - known) if known else ():
        yield (
            "post-unknown",
            f"final state {state} stays, but the mapping links its app to the first app by no way",
        )

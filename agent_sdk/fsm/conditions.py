"""Pre-conditions are met by the post-conditions of the apps before, on every way from the entry.

Each key is followed by itself: where can one get from the entry without ever setting it?
A linked start state that needs it there breaks the rule, and the way is the evidence.

    pre-unmet      a way leads to a start state without setting a key that it needs
    pre-unset      the pre-conditions of a linked app are given as {}: state them, even if empty
    pre-and-post   (with compat) a key is a pre- and a post-condition of one app
    default-key    (with compat) a condition on a key that the framework always sets
    too-many-ways  (with compat) more ways than can be followed

With `compat` a way enters no app again that it left before, as in open-autonomy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agent_sdk.fsm.chain import App, Chain
from agent_sdk.fsm.finding import Finding

__all__ = ["broken_conditions", "linked_finals"]

MAX_PLACES = 20_000
"""Places that one search may visit: with compat they grow with the orders of the apps."""

_DEFAULT_KEYS = frozenset(
    {
        "round_count",
        "period_count",
        "all_participants",
        "nb_participants",
        "max_participants",
        "consensus_threshold",
        "safe_contract_address",
    }
)


@dataclass(frozen=True)
class _Place:
    """Where a way is: a start state, and with compat the apps that it has left."""

    start: str
    left: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Step:
    """One hand-over of a way."""

    place: _Place
    final: str
    to: _Place


class _TooMany(Exception):
    """A search visits more places than `MAX_PLACES`."""


def broken_conditions(chain: Chain) -> list[Finding]:
    """Return what the conditions of the apps break; the mapping itself must be right."""
    if all(app.meta.pre is None and app.meta.post is None for app in chain.apps):
        return []
    try:
        return [
            *_unset(chain),
            *_unmet(chain),
            *(_framework_rules(chain) if chain.compat else ()),
        ]
    except _TooMany:
        message = f"more than {MAX_PLACES} ways lead through the apps; compose in two steps"
        return [Finding(chain.file, "too-many-ways", message)]


def linked_finals(chain: Chain) -> frozenset[str]:
    """Return the final states that stay, of the apps that the mapping links to the entry."""
    linked, waiting, finals = {0}, [0], set()
    while waiting:
        for final in chain.apps[waiting.pop()].spec.final_states:
            if final not in chain.mapping:
                finals.add(final)
            elif (number := chain.owners[chain.mapping[final]]) not in linked:
                linked.add(number)
                waiting.append(number)
    return frozenset(finals)


def _reach(chain: Chain, *, without: str | None = None) -> tuple[set[_Place], list[_Step]]:
    """Follow the mapping from the entry.

    Args:
        chain: apps and mapping.
        without: only through final states that do not set this key.

    Returns:
        Places reached, and the steps that first reached each, in order.
    """
    first = _Place(chain.apps[0].spec.default_start_state)
    seen, steps, waiting = {first}, [], [first]
    while waiting:
        for step in _steps(chain, waiting.pop(0), without):
            if step.to not in seen:
                seen.add(step.to)
                steps.append(step)
                waiting.append(step.to)
        if len(seen) > MAX_PLACES:
            raise _TooMany
    return seen, steps


def _steps(chain: Chain, place: _Place, without: str | None) -> Iterator[_Step]:
    app = chain.owner(place.start)
    number = chain.owners[place.start]
    for final in sorted(app.spec.final_states):
        target = chain.mapping.get(final)
        if target is None or without in _post(app, final):
            continue
        if not chain.compat:
            yield _Step(place, final, _Place(target))
        elif chain.owners[target] not in place.left:
            yield _Step(place, final, _Place(target, place.left | {number}))


def _pre(app: App, start: str) -> frozenset[str]:
    return (app.meta.pre or {}).get(start, frozenset())


def _post(app: App, final: str) -> frozenset[str]:
    return (app.meta.post or {}).get(final, frozenset())


def _unset(chain: Chain) -> Iterator[Finding]:
    steps = _reach(chain)[1]
    for start in sorted({step.to.start for step in steps}):
        app = chain.owner(start)
        if app.meta.pre is not None and not app.meta.pre:
            yield Finding(
                app.file,
                "pre-unset",
                f"app {app.spec.label} is entered at state {start} without stated pre-conditions; "
                f"write {start}: [] if there are none",
            )


def _unmet(chain: Chain) -> Iterator[Finding]:
    entry = chain.apps[0]
    given = _pre(entry, entry.spec.default_start_state)
    wanted = {key for app in chain.apps for keys in (app.meta.pre or {}).values() for key in keys}
    for key in sorted(wanted - given):
        steps = _reach(chain, without=key)[1]
        told = set()
        for step in steps:
            app, start = chain.owner(step.to.start), step.to.start
            if key in _pre(app, start) and start not in told:
                told.add(start)
                yield Finding(
                    app.file,
                    "pre-unmet",
                    f"state {start} of app {app.spec.label} needs key {key!r}, which no "
                    f"post-condition sets on the way {_way(steps, step)}",
                )


def _way(steps: list[_Step], last: _Step) -> str:
    """Return the states of the way that ends with a step."""
    by_target = {step.to: step for step in steps}
    names, step = [last.final, last.to.start], last
    while step.place in by_target:
        step = by_target[step.place]
        names[:0] = [step.final, step.to.start]
    return " -> ".join([step.place.start, *names])


def _framework_rules(chain: Chain) -> Iterator[Finding]:
    for app in chain.apps:
        before = {key for keys in (app.meta.pre or {}).values() for key in keys}
        after = {key for keys in (app.meta.post or {}).values() for key in keys}
        for key in sorted(before & after):
            message = f"key {key!r} is a pre- and a post-condition of app {app.spec.label}"
            yield Finding(app.file, "pre-and-post", message)
        for key in sorted((before | after) & _DEFAULT_KEYS):
            message = f"key {key!r} of app {app.spec.label} is always set; remove the condition"
            yield Finding(app.file, "default-key", message)
    entry = chain.apps[0]
    before = {key for keys in (entry.meta.pre or {}).values() for key in keys}
    for key in sorted(before & _accumulated(chain)):
        message = f"key {key!r} is a pre-condition of the composition and set on a way through it"
        yield Finding(entry.file, "pre-and-post", message)


def _accumulated(chain: Chain) -> set[str]:
    """Return the keys that are set on ways to the final states that stay, the last app apart."""
    places, _ = _reach(chain)
    steps = [step for place in places for step in _steps(chain, place, None)]
    ending = {
        place for place in places if chain.owner(place.start).spec.final_states - set(chain.mapping)
    }
    grows = True
    while grows:
        more = {step.place for step in steps if step.to in ending} - ending
        ending |= more
        grows = bool(more)
    entry = chain.apps[0]
    first = _Place(entry.spec.default_start_state)
    given = _pre(entry, first.start) if first in ending else frozenset()
    found = set(given)
    for step in steps:
        if step.to in ending:
            found |= _post(chain.owner(step.place.start), step.final)
    return found

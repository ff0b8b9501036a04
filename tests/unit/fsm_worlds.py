"""What the properties of the model are drawn from, and an app that they are about."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from agent_sdk.fsm.model import (
    CHAIN,
    OPEN_AUTONOMY,
    App,
    AppRules,
    Payload,
    RoundRules,
    Semantics,
)
from agent_sdk.fsm.spec import RoundKind

#: The same examples each time: what a mutant survives, it survives for everybody.
EXAMPLES = settings(deadline=None, max_examples=80, derandomize=True)

NAMES = [f"p{number}" for number in range(7)]
VALUES = st.sampled_from([None, "x", "y", 0, 1, False, True])
BALLOTS = st.sampled_from([None, True, True, False, 1])
SEMANTICS = st.sampled_from([CHAIN, OPEN_AUTONOMY])
THIS_ROUND = 5


def equal(one: Sequence[Any], other: Sequence[Any], semantics: Semantics) -> bool:
    """Say whether two votes are for the same."""
    if semantics is OPEN_AUTONOMY:
        return list(one) == list(other)
    return [(type(v), v) for v in one] == [(type(v), v) for v in other]


SAME, DIFFERENT = (
    RoundKind.COLLECT_SAME_UNTIL_THRESHOLD,
    RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD,
)
RULES = AppRules(
    table={
        ("A", "DONE"): "B",
        ("A", "LATE"): "A",
        ("B", "DONE"): "K",
        ("B", "NONE"): "A",
        ("B", "NO_MAJORITY"): "B",
        ("B", "FAIL"): "A",
        ("B", "SOON"): "C",
        ("B", "LATE"): "A",
        ("K", "DONE"): "C",
        ("K", "FAIL"): "K",
        ("K", "SOON"): "K",
        ("C", "DONE"): "A",
        ("C", "NONE"): "F",
        ("C", "NO_MAJORITY"): "A",
        ("C", "LATE"): "B",
    },
    start="A",
    rounds={
        "A": RoundRules("A", DIFFERENT, "PA", collection="all", confirmations=1),
        "B": RoundRules("B", SAME, "PB", keys=("b",), executes=True),
        "K": RoundRules("K", RoundKind.ONLY_KEEPER_SENDS, "PK", keys=("k",)),
        "C": RoundRules("C", SAME, "PB", keys=("c",), opens_period=True),
    },
    timeouts={
        "A": {"LATE": 10.0},
        "B": {"LATE": 7.0, "SOON": 3.0},
        "K": {"SOON": 3.0},
        "C": {"LATE": 10.0},
    },
    cross_period=("all_participants", "b"),
    depth=2,
    previous_depth=6,
)
ANYTHING = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([None, "x", "x", "x", "y"])), max_size=6
)
AGREED = st.sampled_from(["x", "x", "y", None]).map(lambda v: [(who, v) for who in range(4)])
CALLS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 1, 1, 1, 2, 2, 3, 4, 10, 11, 200]),
        st.one_of(AGREED, AGREED, ANYTHING),
        st.integers(0, 9),
    ),
    min_size=8,
    max_size=30,
)


def everything(app: App) -> dict[str, Any]:
    """Return all that an app remembers."""
    return {
        "state": app.state,
        "count": app.round_count,
        "pending": list(app.pending),
        "previous": list(app.previous),
        "periods": copy.deepcopy(app.store.periods),
        "collection": dict(app.round.collection) if app.round else None,
        "keeper": app.round.keeper if app.round else None,
        "rotations": app.rotations,
    }


def run(app: App, calls: list[Any], names: list[str]) -> Any:
    """Yield (before, now, step, payloads) of each call."""
    now = 0
    for height, (passed, sent, entropy) in enumerate(calls):
        now += passed
        before = everything(app)
        kind = app.round.rules.payload if app.round else "PA"
        payloads = [
            Payload(names[who % len(names)], kind, app.round_count, {"v": value})
            for who, value in sent
        ]
        step = app.call(payloads, time=now, height=height, entropy=entropy)
        yield before, now, step, payloads

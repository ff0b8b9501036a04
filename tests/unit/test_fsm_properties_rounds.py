"""Properties of single rounds: each holds for whatever operators send.

The rules are said a second time in `fsm_plain`, and compared with the model.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent_sdk.errors import SpecError
from agent_sdk.fsm.examples import oracle
from agent_sdk.fsm.model import (
    CHAIN,
    Event,
    Operators,
    Payload,
    RoundRules,
    new_round,
    threshold_of,
    tolerated,
)
from agent_sdk.fsm.model.values import identity
from agent_sdk.fsm.simulate import Fault, simulate
from agent_sdk.fsm.spec import RoundKind
from tests.unit.fsm_plain import Plain
from tests.unit.fsm_worlds import (
    BALLOTS,
    EXAMPLES,
    NAMES,
    SEMANTICS,
    THIS_ROUND,
    VALUES,
)


@st.composite
def services(draw: st.DrawFn) -> tuple[list[str], list[str], int | None, int]:
    """Draw operators, those taking part, an override and the threshold."""
    everyone = NAMES[: draw(st.integers(1, 7))]
    active = [name for name in everyone if draw(st.integers(0, 5))] or everyone[:1]
    n = len(everyone)
    least = next(k for k in range(n + 1) if 3 * k >= 2 * n + 1)
    override = draw(st.sampled_from([None, None, *range(least, n + 1)]))
    return everyone, active, override, override or least


@st.composite
def payload_lists(
    draw: st.DrawFn, everyone: list[str], fields: int, kind: RoundKind, keeper: str | None
) -> list[list[Payload]]:
    """Draw the payloads of some blocks: most fit, some are anything."""
    values = BALLOTS if kind is RoundKind.VOTING else VALUES
    favourites = [draw(values) for _ in range(fields)]
    blocks = []
    for _ in range(draw(st.integers(1, 5))):
        block = []
        for _ in range(draw(st.integers(0, 6))):
            sender = draw(st.sampled_from([*everyone, *everyone, *everyone, "outsider"]))
            if keeper and draw(st.booleans()):
                sender = keeper
            own = draw(st.integers(0, 2)) == 0
            chosen = [draw(values) if own else favourite for favourite in favourites]
            block.append(
                Payload(
                    sender,
                    draw(st.sampled_from(["R"] * 12 + ["PREV", "X"])),
                    THIS_ROUND + draw(st.sampled_from([0] * 10 + [1, -1])),
                    {f"v{index}": value for index, value in enumerate(chosen)},
                )
            )
        blocks.append(block)
    return blocks


NESTED = st.recursive(
    st.sampled_from([None, 0, 1, True, 1.0, "1", b"1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=3,
)


def typed(value: Any) -> Any:
    """Return a value with the type of each part; a mapping in any order."""
    if isinstance(value, dict):
        return dict, {name: typed(each) for name, each in value.items()}
    if isinstance(value, list):
        return list, [typed(each) for each in value]
    return type(value), value


@EXAMPLES
@given(st.lists(NESTED, min_size=1, max_size=2), st.lists(NESTED, min_size=1, max_size=2))
@example([[1]], [[True]])
@example([{"a": 1, "b": [None]}], [{"b": [None], "a": 1}])
@example([{"a": b"1"}], [{"a": b"1"}])
def test_votes_of_nested_values_are_equal_by_type_on_the_chain_and_by_value_in_compat(
    one: list[Any], other: list[Any]
) -> None:
    for left, right in ((one, other), (one, copy.deepcopy(one))):
        exact = identity(tuple(left), exact=True) == identity(tuple(right), exact=True)
        assert exact == (typed(left) == typed(right))
        loose = identity(tuple(left), exact=False) == identity(tuple(right), exact=False)
        assert loose == (left == right)


@pytest.mark.parametrize("kind", RoundKind)
@EXAMPLES
@given(data=st.data())
def test_a_round_refuses_writes_and_ends_by_the_book(kind: RoundKind, data: st.DataObject) -> None:
    everyone, active, override, k = data.draw(services())
    semantics = data.draw(SEMANTICS)
    fields = data.draw(st.integers(1, 2))
    rules = RoundRules(
        name="Round",
        kind=kind,
        payload="R",
        keys=("key0", "key1")[: data.draw(st.integers(1, fields))],
        collection=data.draw(st.sampled_from(["col", "col", None])),
        confirmations=data.draw(st.integers(0, 2)),
        rejoin=data.draw(st.booleans()) and not kind.value.endswith("UntilAll"),
        opens_period=kind is RoundKind.COLLECT_SAME_UNTIL_THRESHOLD and data.draw(st.booleans()),
    )
    keeper = data.draw(st.sampled_from(everyone)) if kind is RoundKind.ONLY_KEEPER_SENDS else None
    previous = data.draw(st.sampled_from(["PREV", None]))
    operators = Operators.of(everyone, active=active, override=override)
    real = new_round(
        rules,
        operators=operators,
        round_count=THIS_ROUND,
        semantics=semantics,
        previous_payload=previous,
        keeper=keeper,
    )
    book = Plain(rules, everyone, active, k, semantics)
    blocks = data.draw(payload_lists(everyone, fields, kind, keeper))
    for height, block in enumerate(blocks, start=data.draw(st.integers(0, 3))):
        for payload in block:
            before = dict(real.collection)
            said = real.offer(payload)
            assert book.offer(payload, previous, keeper) == (said or "ok")
            if said:
                assert real.collection == before
        expected, actual = book.end(height), real.end(height)
        assert expected == (None if actual is None else (actual.event, dict(actual.writes)))
        assert book.confirmations == real.confirmations
        if actual is not None:
            break


@EXAMPLES
@given(st.integers(1, 200))
def test_two_thresholds_share_an_honest_operator_and_the_honest_suffice(n: int) -> None:
    k, f = threshold_of(n), tolerated(n)
    assert 3 * k >= 2 * n + 1 > 3 * (k - 1)
    assert 3 * f < n <= 3 * (f + 1)
    assert 2 * k - n > f
    assert n - f >= k
    assert threshold_of(n, n) == n
    for wrong in (k - 1, n + 1):
        with pytest.raises(SpecError, match=f"choose {k} to {n}"):
            threshold_of(n, wrong)


@EXAMPLES
@given(data=st.data())
def test_faulty_operators_within_the_bound_change_no_agreed_value(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 7))
    everyone = NAMES[:n]
    faulty = data.draw(st.permutations(everyone))[: tolerated(n)]
    kind = data.draw(st.sampled_from([RoundKind.COLLECT_SAME_UNTIL_THRESHOLD, RoundKind.VOTING]))
    right, wrong = ("right", VALUES) if kind is not RoundKind.VOTING else (True, BALLOTS)
    rules = RoundRules(name="Round", kind=kind, payload="R", keys=("key",))
    current = new_round(
        rules, operators=Operators.of(everyone), round_count=THIS_ROUND, semantics=CHAIN
    )
    for height, name in enumerate(data.draw(st.permutations(everyone))):
        value = data.draw(wrong) if name in faulty else right
        if name not in faulty or data.draw(st.booleans()):
            assert current.offer(Payload(name, "R", THIS_ROUND, {"v": value})) is None
        outcome = current.end(height)
        if outcome is not None:
            assert (outcome.event, outcome.values) == (Event.DONE, (right,))
            return
    raise AssertionError("the honest operators did not suffice")


@settings(EXAMPLES, max_examples=12)
@given(st.integers(0, 1_000), st.sampled_from([4, 5, 7]), st.permutations(list(Fault)))
def test_the_oracle_ends_every_period_with_a_true_price(
    seed: int, operators: int, faults: list[Fault]
) -> None:
    found = simulate(oracle.APP, operators=operators, faults=faults, periods=3, seed=seed)
    assert (found.periods, found.wrong_values, found.stalled) == (3, 0, 0)

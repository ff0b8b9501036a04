"""Properties of keepers, the background and proofs of equivocation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sdk.errors import SpecError
from agent_sdk.fsm.model import (
    CHAIN,
    App,
    Background,
    Draw,
    Effect,
    Operators,
    Payload,
    Store,
    equivocates,
    keeper_of,
)
from tests.unit.fsm_worlds import (
    EXAMPLES,
    NAMES,
    RULES,
    VALUES,
    equal,
)


@EXAMPLES
@given(st.integers(0, 2**64), st.integers(1, 7), st.sets(st.sampled_from(NAMES)))
def test_so_many_attempts_ask_every_live_operator_once(
    entropy: int, n: int, excluded: set[str]
) -> None:
    live = [name for name in NAMES[:n] if name not in excluded] or NAMES[:n]
    draws = [Draw(entropy)]
    for _ in live[1:]:
        draws.append(draws[-1].again())
    asked = [keeper_of(draw, NAMES[:n], excluded) for draw in draws]
    assert sorted(asked) == live
    assert asked[0] == live[entropy % len(live)]


@EXAMPLES
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from([*Effect, Effect.PAUSE]),
            st.sampled_from([0] * 9 + [1]),
        ),
        max_size=40,
    )
)
def test_the_background_follows_a_threshold_of_single_votes(
    votes: list[tuple[int, Effect, int]],
) -> None:
    everyone = NAMES[:5]
    background = Background(Operators.of(everyone))
    term, paused, over = 0, False, False
    cast: dict[Effect, list[str]] = {effect: [] for effect in Effect}
    for who, effect, off in votes:
        payload = Payload(NAMES[who], effect.value, term + off, {})
        assert background.takes(payload)
        said = background.offer(payload)
        wrong_time = (effect is Effect.PAUSE and paused) or (effect is Effect.RESUME and not paused)
        if over:
            assert said == "ended"
        elif off:
            assert said == "wrong_round_count"
        elif who == 5:
            assert said == "not_participant"
        elif wrong_time:
            assert said == "wrong_payload_type"
        elif NAMES[who] in cast[effect]:
            assert said == "already_sent"
        else:
            assert said is None
            cast[effect].append(NAMES[who])
        wanted = [effect for effect in Effect if len(cast[effect]) == 4]
        assert background.end() == (wanted[0] if wanted else None)
        if wanted:
            term, cast = term + 1, {each: [] for each in Effect}
            paused, over = wanted[0] is Effect.PAUSE, wanted[0] is Effect.TERMINATE
        assert (background.term, background.paused, background.terminated) == (term, paused, over)
    assert not background.takes(Payload("p0", "PA", 0, {}))


@EXAMPLES
@given(st.sampled_from([0, 5, 9.5]), st.integers(0, 300), st.sampled_from([0, 1, 4]), st.booleans())
def test_a_pause_stops_the_clocks_and_the_round(
    at: float, stood: int, after: float, half: bool
) -> None:
    names = NAMES[:4]
    app = App(RULES, Store({"all_participants": [names]}))

    def vote(effect: Effect, time: float, count: int = 3) -> Any:
        term = app.background.term
        ballots = [Payload(name, effect.value, term, {}) for name in names[:count]]
        return app.call(ballots, time=time, height=1)

    if half:
        assert vote(Effect.PAUSE, 0, 2).effect is None
        assert not app.background.paused
    app.background = Background(app.operators)
    assert vote(Effect.PAUSE, at).effect is Effect.PAUSE
    deadline = app.pending[0][0]
    still = app.call([Payload("p0", "PA", 0, {"v": "x"})], time=at + stood, height=2)
    assert (still.timeouts, still.refusals, still.event) == ((), ("paused",), None)
    resumed = vote(Effect.RESUME, at + stood)
    assert (resumed.effect, resumed.refusals) == (Effect.RESUME, (None, None, None))
    assert app.pending == [(deadline + stood, "LATE")]
    fired = app.poke(time=at + stood + after, height=3).timeouts
    assert fired == (("LATE",) if at + after >= 10 else ())


@EXAMPLES
@given(st.booleans())
def test_an_end_is_final_and_comes_before_the_round(paused: bool) -> None:
    names = NAMES[:4]
    app = App(RULES, Store({"all_participants": [names]}))
    if paused:
        app.call([Payload(n, Effect.PAUSE.value, 0, {}) for n in names[:3]], time=1, height=1)
    ballots = [Payload(name, Effect.TERMINATE.value, app.background.term, {}) for name in names[:3]]
    sent = [Payload(name, "PA", 0, {"v": 1}) for name in names]
    step = app.call([*sent, *ballots], time=1, height=2)
    assert (step.effect, step.event, app.ended) == (Effect.TERMINATE, None, True)
    later = app.call([*sent, *ballots], time=500, height=9)
    assert set(later.refusals) == {"ended"}
    assert (later.timeouts, later.event, app.pending, app.state) == ((), None, [], "A")
    with pytest.raises(SpecError, match="terminated the app"):
        app.restart(time=501)


@EXAMPLES
@given(
    st.tuples(*[st.sampled_from(["p0", "p1"])] * 2),
    st.tuples(*[st.sampled_from(["PA", "PB"])] * 2),
    st.tuples(*[st.sampled_from([1, 2])] * 2),
    st.tuples(VALUES, VALUES),
)
def test_two_different_payloads_of_one_operator_for_one_round_prove_equivocation(
    senders: tuple[str, str],
    kinds: tuple[str, str],
    counts: tuple[int, int],
    values: tuple[Any, Any],
) -> None:
    one, other = (
        Payload(sender, kind, count, {"v": value})
        for sender, kind, count, value in zip(senders, kinds, counts, values, strict=True)
    )
    same = all(first == second for first, second in (senders, kinds, counts))
    assert equivocates(one, other) == (same and not equal([values[0]], [values[1]], CHAIN))

"""What is delivered: text cut at whole characters, decisions that fit, or the fallback."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sdk.daemons.results import cut, decided, fallback, nothing, written
from agent_sdk.engines import Decision, Text
from agent_sdk.errors import SpecError
from agent_sdk.manifest import HOLD, Action, Manifest

DATA = Path(__file__).parent / "data" / "treasury_manifest.json"
MANIFEST = Manifest.parse(DATA.read_text(encoding="utf-8"))
PAY = Action("pay", {"finney": 61})


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("abc", 3, b"abc"),
        ("abcd", 3, b"abc"),
        ("", 3, b""),
        ("abc", 0, b""),
        ("aé", 2, b"a"),
        ("aé", 3, "aé".encode()),
        ("€€", 5, "€".encode()),
        ("🙂", 3, b""),
        ("\ud800b", 9, b"?b"),
    ],
)
def test_text_is_cut_at_a_whole_character(text: str, limit: int, expected: bytes) -> None:
    assert expected == cut(text, limit)


@given(st.text(), st.integers(0, 40))
def test_a_cut_text_is_a_beginning_that_fits_and_wastes_no_room(text: str, limit: int) -> None:
    data = cut(text, limit)
    assert len(data) <= limit
    kept = data.decode()
    assert text.startswith(kept)
    rest = text[len(kept) :]
    assert not rest or len(data) + len(rest[0].encode()) > limit


def answer(*actions: Action, reason: str = "") -> Decision:
    return Decision(actions=actions, raw="{}", tokens=5, milliseconds=7, reason=reason)


def test_a_decision_keeps_what_the_engine_said() -> None:
    found = decided(MANIFEST, answer(PAY), 1_024)
    assert (found.decision, found.actions, found.reason) == (MANIFEST.encode((PAY,)), (PAY,), "")
    assert (found.raw, found.tokens, found.milliseconds) == ("{}", 5, 7)


def test_a_decision_that_does_not_fit_becomes_hold_and_then_nothing() -> None:
    found = decided(MANIFEST, answer(PAY), 35)
    assert (found.decision, found.actions) == (MANIFEST.encode((HOLD,)), (HOLD,))
    assert (found.reason, found.tokens) == ("the answer takes 36 bytes of 35", 5)
    assert decided(MANIFEST, answer(PAY), 3).decision == b""


def test_text_keeps_the_reason_of_an_empty_answer() -> None:
    text = Text(text="", tokens=0, milliseconds=3, reason="too long")
    assert (written(text, 8).decision, written(text, 8).reason) == (b"", "too long")
    whole = written(Text(text="Lisbon, Portugal", tokens=4, milliseconds=3), 6)
    assert (whole.decision, whole.raw, whole.actions) == (b"Lisbon", "Lisbon, Portugal", ())


def test_the_fallback_is_hold_where_the_target_has_it() -> None:
    assert fallback(MANIFEST, 1_024, "why").decision == MANIFEST.encode((HOLD,))
    without = replace(MANIFEST, tools=tuple(t for t in MANIFEST.tools if t.name != "hold"))
    with pytest.raises(SpecError):
        without.encode((HOLD,))
    for found in (fallback(without, 1_024, "why"), nothing("why")):
        assert (found.decision, found.actions, found.reason) == (b"", (), "why")


def test_a_reason_is_cut() -> None:
    assert len(fallback(MANIFEST, 1_024, "A" * 500_000).reason) == 1_000

"""Declared apps: what does not fit is named, data is typed, and what fails says None."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import pytest

from agent_sdk.errors import SpecError
from agent_sdk.fsm.app import Behaviour, Context, FsmApp, Round, World
from agent_sdk.fsm.data import Collected, fits
from agent_sdk.fsm.examples import composed, hello, oracle
from agent_sdk.fsm.model import Store
from agent_sdk.fsm.spec import RoundKind, Spec

CONTEXT = Context(
    operator="p0", keeper=None, round_count=4, time=9.0, source=lambda name: f"the {name}"
)


def row(*prices: int | None) -> dict[str, Any]:
    """Return a stored collection, senders in falling order."""
    rows = [[f"p{9 - index}", {"price": price}] for index, price in enumerate(prices)]
    return {"__collection__": rows}


class TestData:
    """annotated · missing · of another type · collected · of an earlier period."""

    def test_reading_gives_the_latest_value(self) -> None:
        data = oracle.OracleData(Store({"price": [3, 4]}))
        assert (data.price, data.period) == (4, 0)

    def test_a_missing_value_is_none_where_that_is_allowed(self) -> None:
        data = oracle.OracleData(Store({}))
        assert data.price is None
        with pytest.raises(SpecError, match=r"OracleData.published is None in period 0"):
            _ = data.published

    def test_a_value_of_another_type_is_an_error(self) -> None:
        with pytest.raises(SpecError, match=r"OracleData.price is 'x'"):
            _ = oracle.OracleData(Store({"price": ["x"]})).price

    def test_an_unknown_key_is_no_attribute(self) -> None:
        with pytest.raises(AttributeError, match="OracleData has no key volume"):
            _ = oracle.OracleData(Store({})).volume

    def test_payloads_come_in_the_order_of_operators(self) -> None:
        data = oracle.OracleData(Store({"observations": [row(7, None, 9)]}))
        assert list(data.observations) == ["p7", "p8", "p9"]
        assert [each.price for each in data.observations.values()] == [9, None, 7]
        assert data.observations["p9"] == oracle.Price(7)
        assert len(data.observations) == 3

    def test_an_earlier_period_can_be_read(self) -> None:
        store = Store({"price": [3]})
        store.open(())
        assert oracle.OracleData(store).price is None
        assert oracle.OracleData(store, period=0).price == 3


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (1, int, True),
        (True, int, False),
        (True, bool, True),
        (None, int | None, True),
        (None, int, False),
        ([1, 2], list[int], True),
        ([1, "x"], list[int], False),
        ((1,), list[int], False),
        ({"a": 1}, dict[str, int], True),
        ({"a": "x"}, dict[str, int], False),
        (object(), Any, True),
        ("x", str, True),
        (b"x", str, False),
        (Collected({}), Collected[oracle.Price], True),
    ],
)
def test_a_value_fits_its_annotation(value: Any, hint: Any, expected: bool) -> None:
    assert fits(value, hint) is expected


class TestActing:
    """a payload · None · an error · something else."""

    @pytest.mark.parametrize(
        ("act", "text"),
        [
            (lambda *_: hello.Greeting("hi"), "hi"),
            (lambda *_: None, None),
            (lambda *_: {}["missing"], None),
            (lambda *_: "hi", None),
            (lambda *_: hello.Greeting({"hi"}), None),  # type: ignore[arg-type]
        ],
        ids=["payload", "none", "raises", "no payload", "no string"],
    )
    def test_what_fails_says_none(
        self, act: Any, text: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(hello.Greet, "act", act)
        payload = hello.APP.act("GreetRound", Store({}), CONTEXT)
        assert (payload.sender, payload.kind, payload.round_count) == ("p0", "GreetRound", 4)
        assert dict(payload.attributes) == {"text": text}

    def test_a_failure_is_logged(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(hello.Greet, "act", lambda *_: {}["missing"])
        with caplog.at_level(logging.ERROR):
            hello.APP.act("GreetRound", Store({}), CONTEXT)
        assert "GreetRound of p0 failed in round 4" in caplog.text
        assert "KeyError: 'missing'" in caplog.text

    def test_the_world_outside_is_read_by_name(self) -> None:
        assert CONTEXT.read("price") == "the price"

    def test_a_world_has_only_what_it_says(self) -> None:
        with pytest.raises(NotImplementedError):
            World(1).read("price", "p0", 0)


def declared(**changes: Any) -> Spec:
    """Return the specification of hello with other fields of its round."""
    document = hello.APP.spec.to_document()
    document["rounds"]["GreetRound"] |= changes
    return Spec.from_dict(document)


class OtherRound(Round):
    """The round of no state."""

    kind = RoundKind.VOTING
    payload = hello.Greeting


class Other(Behaviour[hello.HelloData]):
    """The behaviour of no state."""

    round = OtherRound


class CrossingData(hello.HelloData):
    """Carries what it does not annotate."""

    cross_period = ("volume",)


class Crossing(Behaviour[CrossingData]):
    """Reads data that carries too much."""

    round = hello.GreetRound


@dataclass
class GreetRoundOfInts:
    """A stand-in for a round with a payload that is no dataclass."""


GreetRoundOfInts.__name__ = "GreetRound"
GreetRoundOfInts.kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD  # type: ignore[attr-defined]
GreetRoundOfInts.payload = int  # type: ignore[attr-defined]


class Ints(Behaviour[hello.HelloData]):
    """Sends numbers."""

    round = GreetRoundOfInts  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("spec", "behaviours", "message"),
    [
        (declared(), [], "state GreetRound has no behaviour"),
        (declared(), [hello.Greet, hello.Greet], "state GreetRound has two behaviours"),
        (declared(), [hello.Greet, Other], "Other is for OtherRound, which is no state that runs"),
        (declared(kind="CollectSameUntilAll"), [hello.Greet], "is CollectSameUntilAll in the file"),
        (declared(payload="(string,bool)"), [hello.Greet], "has 1 fields and (string,bool) has 2"),
        (declared(payload="(string,bool)[]"), [hello.Greet], None),
        (declared(keys=["greeting", "x"]), [hello.Greet], "HelloData does not annotate x"),
        (declared(), [Crossing], "CrossingData does not annotate volume, which crosses periods"),
        (declared(), [Ints], "the payload of GreetRound is no dataclass"),
    ],
)
def test_what_does_not_fit_is_named(spec: Spec, behaviours: Any, message: str | None) -> None:
    if message is None:
        assert FsmApp.declare(spec, behaviours).spec is spec
        return
    with pytest.raises(SpecError) as caught:
        FsmApp.declare(spec, behaviours)
    assert str(caught.value).startswith("HelloAbciApp: ")
    assert message in str(caught.value)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        FsmApp.declare(declared(), [Other])
    assert str(caught.value).count(";") == 1


@pytest.mark.parametrize("app", [hello.APP, oracle.APP, composed.APP], ids=lambda a: a.spec.label)
def test_the_examples_are_sound(app: FsmApp) -> None:
    assert app.spec.findings() == []


def test_a_composition_keeps_the_classes_of_its_apps() -> None:
    app = composed.APP
    assert app.spec.states == {*hello.APP.behaviours, *oracle.APP.behaviours}
    assert app.behaviours == {**hello.APP.behaviours, **oracle.APP.behaviours}
    assert app.spec.transition_func[("GreetRound", "DONE")] == "CollectRound"
    assert app.spec.transition_func[("ResetRound", "DONE")] == "GreetRound"
    assert (app.cross_period, app.worlds) == (("price",), (oracle.Market,))


def test_a_composition_that_breaks_a_rule_is_refused() -> None:
    with pytest.raises(SpecError, match="CollectRound"):
        FsmApp.compose([hello.APP, oracle.APP], {"CollectRound": "GreetRound"}, label="XAbciApp")

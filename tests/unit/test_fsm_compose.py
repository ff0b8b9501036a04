"""Compositions: published ones, the framework's verdicts, each rule, properties of the result."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_sdk.fsm.check import check, reachable
from agent_sdk.fsm.compose import compose
from agent_sdk.fsm.finding import RulesBroken
from agent_sdk.fsm.meta import AppMeta, parse_meta
from agent_sdk.fsm.spec import RoundKind, RoundSpec, Spec
from tests.unit.fsm_apps import A, B, C, app, rules

DATA = Path(__file__).parent / "data/fsm"
PRODUCTS = json.loads((DATA / "compositions.sample.json").read_text("utf-8"))["cases"]
CHAINS = json.loads((DATA / "validity.sample.json").read_text("utf-8"))["chain_checks"]
UNSET = "pre-conditions missing for the linked start state"


@pytest.mark.parametrize("compat", [False, True])
@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product["id"])
def test_published_products_compose_to_what_their_maintainers_committed(
    product: dict[str, Any], compat: bool
) -> None:
    specs = [Spec.load(DATA / path) for path in product["constituents"]]
    composed = compose(specs, product["mapping"], label=product["label"], compat=compat)
    assert composed == Spec.load(DATA / product["composed_spec"])
    assert len(composed.states) == product["n_states"]
    assert len(composed.transition_func) == product["n_transitions"]


@pytest.mark.parametrize("compat", [False, True])
@pytest.mark.parametrize("case", CHAINS, ids=lambda case: case["name"])
def test_verdicts_are_those_of_the_framework(case: dict[str, Any], compat: bool) -> None:
    specs = [Spec.from_dict(data) for data in case["specs"]]
    meta = {name: case[name] for name in ("event_to_timeout", "db_pre", "db_post")}
    if case["name"] == UNSET:
        # The record leaves out what makes it differ from "valid": apps without any pre-conditions.
        meta["db_pre"] = [{} for _ in specs]
    known = parse_meta(meta, [spec.label for spec in specs])
    try:
        composed = compose(specs, case["mapping"], label="XAbciApp", meta=known, compat=compat)
    except RulesBroken:
        assert case["open_autonomy"] != "accepted"
    else:
        assert case["open_autonomy"] == "accepted"
        assert composed == Spec.from_dict(case["composed"])


class TestChainRules:
    """Each broken rule is named, alone and with what breaks it; all at once."""

    def test_two_apps_are_needed(self) -> None:
        assert rules([], {}) == ["too-few-apps"] or rules([A], {}) == ["too-few-apps"]
        with pytest.raises(RulesBroken, match="two apps or more, not 1"):
            compose([A], {})

    def test_an_app_stands_once(self) -> None:
        link = {"A1EndRound": "B1Round"}
        assert rules([A, A, B], link) == ["app-twice"]
        assert rules([A, B, A], link, compat=True) == ["app-twice"]
        assert rules([A, replace(B, label=A.label)], link) == ["app-twice"]
        assert rules([A, replace(B, label=A.label)], link, compat=True) == []

    def test_state_names_are_shared_by_no_two_apps(self) -> None:
        twin = replace(A, label="TwinAbciApp")
        with pytest.raises(RulesBroken) as error:
            compose([A, twin, B], {"A1EndRound": "B1Round"})
        assert {finding.rule for finding in error.value.findings} == {"shared-state"}
        assert "state A1Round of app TwinAbciApp" in str(error.value.findings[1])

    @pytest.mark.parametrize(
        ("mapping", "rule", "words"),
        [
            ({"A1Round": "B1Round"}, "mapping-key", "A1Round, mapped to B1Round, is not final"),
            ({"NoRound": "B1Round"}, "mapping-key", "NoRound, mapped to B1Round, is in no app"),
            ({"A1EndRound": "B2Round"}, "mapping-value", "B2Round, target of A1EndRound, is no"),
            ({"A1EndRound": "B1EndRound"}, "mapping-value", "B1EndRound"),
            ({"A1EndRound": "NoRound"}, "mapping-value", "NoRound, target of A1EndRound, is in no"),
            ({"A1EndRound": "A2Round"}, "mapping-value", "A2Round"),
        ],
    )
    def test_a_mapping_leads_from_final_to_start_states(
        self, mapping: dict[str, str], rule: str, words: str
    ) -> None:
        with pytest.raises(RulesBroken) as error:
            compose([A, B], mapping, mapping_file="map.yaml")
        assert [finding.rule for finding in error.value.findings] == [rule]
        assert error.value.findings[0].file == "map.yaml"
        assert words in error.value.findings[0].message

    def test_all_broken_rules_come_at_once(self) -> None:
        unsound = replace(A, alphabet_in=A.alphabet_in | {"SPARE"})
        mapping = {"A1Round": "NoRound", "B1EndRound": "A2Round"}
        assert rules([unsound, B, B], mapping) == [
            "unused-event", "app-twice", "mapping-key", "mapping-value", "mapping-value",
        ]  # fmt: skip

    def test_apps_must_be_sound(self) -> None:
        dead = replace(
            A,
            states=A.states | {"A0Round"},
            transition_func=dict(A.transition_func) | {("A1Round", "END_0"): "A0Round"},
        )
        link = {"A1EndRound": "B1Round"}
        assert rules([dead, B], link) == ["dead-end"]
        assert rules([dead, B], link, compat=True) == []

    def test_timeouts_agree(self) -> None:
        link = {"A1EndRound": "B1Round"}
        agree = [AppMeta(timeouts={"DONE": 30}), AppMeta(timeouts={"DONE": 30.0})]
        assert rules([A, B], link, meta=agree) == []
        differ = [AppMeta(timeouts={"DONE": 30}), AppMeta(timeouts={"DONE": 31})]
        with pytest.raises(RulesBroken, match=r"event DONE .* 31 s in app BAbciApp .* 30 s in app"):
            compose([A, B], link, meta=differ)

    def test_a_state_has_one_timeout_also_after_merging(self) -> None:
        two = app("A", 1, finals=2)
        link = {"A1EndRound": "B1Round"}
        own = [AppMeta(timeouts={"END_0": 1, "END_1": 1}), AppMeta()]
        assert rules([two, B], link, meta=own) == ["timeouts"]
        merged = [AppMeta(timeouts={"END_0": 1}), AppMeta(timeouts={"END_1": 1})]
        assert rules([two, B], link, meta=merged) == ["timeouts"]

    def test_conditions_are_followed_although_timeouts_differ(self) -> None:
        known = [AppMeta(timeouts={"DONE": 1}), AppMeta(timeouts={"DONE": 2}, pre={})]
        assert rules([A, B], {"A1EndRound": "B1Round"}, meta=known) == ["timeouts", "pre-unset"]

    def test_a_state_that_only_its_timeout_leaves_is_refused_with_compat(self) -> None:
        known = [AppMeta(timeouts={"END_0": 1}), AppMeta()]
        assert rules([A, B], {"A1EndRound": "B1Round"}, meta=known) == []
        assert "only-timeout" in rules([A, B], {"A1EndRound": "B1Round"}, meta=known, compat=True)


class TestPruning:
    """Reachability by default · one pass and then refusal with compat."""

    def test_the_mapped_final_states_vanish_and_others_stay(self) -> None:
        two = app("A", finals=2)
        composed = compose([two, B], {"A1EndRound": "B1Round"})
        assert composed.final_states == {"A2EndRound", "B1EndRound"}
        assert composed.transition_func["A2Round", "END_0"] == "B1Round"
        assert composed.start_states == A.start_states

    def test_states_before_the_entered_one_go_and_with_them_their_events(self) -> None:
        late = app("B", 4, starts=4)
        composed = compose([A, late], {"A1EndRound": "B4Round"})
        assert composed.states == {"A1Round", "A2Round", "B4Round", "B1EndRound"}
        lone = replace(
            late,
            transition_func={**late.transition_func, ("B2Round", "X"): "B3Round"},
            alphabet_in=late.alphabet_in | {"X"},
        )
        assert "X" not in compose([A, lone], {"A1EndRound": "B4Round"}).alphabet_in

    def test_with_compat_what_one_pass_leaves_is_refused(self) -> None:
        late = app("B", 4, starts=4)
        assert rules([A, late], {"A1EndRound": "B4Round"}, compat=True) == ["unreachable"] * 2
        next_to = app("B", 2, starts=2)
        assert rules([A, next_to], {"A1EndRound": "B2Round"}, compat=True) == []

    def test_an_unreachable_circle_goes(self) -> None:
        circle = replace(app("B", 3, starts=3), transition_func={
            ("B1Round", "DONE"): "B2Round", ("B2Round", "DONE"): "B1Round",
            ("B3Round", "END_0"): "B1EndRound",
        })  # fmt: skip
        composed = compose([A, circle], {"A1EndRound": "B3Round"})
        assert composed.states == {"A1Round", "A2Round", "B3Round", "B1EndRound"}
        assert set(rules([A, circle], {"A1EndRound": "B3Round"}, compat=True)) == {"unreachable"}

    def test_an_app_that_nothing_reaches_is_refused(self) -> None:
        with pytest.raises(RulesBroken, match="no state of app CAbciApp"):
            compose([A, B, C], {"A1EndRound": "B1Round", "B1EndRound": "A1Round"})

    def test_a_start_state_of_the_first_app_is_never_dropped_silently(self) -> None:
        two = replace(A, start_states=A.states - A.final_states, transition_func={
            ("A1Round", "DONE"): "A1EndRound", ("A2Round", "DONE"): "A1EndRound"},
            alphabet_in=frozenset({"DONE"}))  # fmt: skip
        assert rules([two, B], {"A1EndRound": "B1Round"}) == ["start-dropped"]
        back = {"A1EndRound": "B1Round", "B1EndRound": "A2Round"}
        assert compose([two, B], back).start_states == {"A1Round", "A2Round"}

    def test_one_pass_keeps_a_start_state_that_a_dropped_state_leads_to(self) -> None:
        two = replace(
            A,
            start_states=frozenset({"A1Round", "A2Round"}),
            states=A.states | {"A9Round"},
            transition_func={
                ("A1Round", "DONE"): "A1EndRound",
                ("A2Round", "DONE"): "A1EndRound",
                ("A9Round", "DONE"): "A2Round",
            },
            alphabet_in=frozenset({"DONE"}),
        )
        links = {"A1EndRound": "B1Round"}
        composed = compose([two, B], links, compat=True)
        assert {"A1Round", "A2Round"} == composed.start_states
        assert "A9Round" not in composed.states
        assert "unreachable" in rules([two, B], links)

    def test_a_mapping_may_lead_back_into_its_app_and_around(self) -> None:
        two = app("A", finals=2)
        around = {"A1EndRound": "B1Round", "A2EndRound": "A1Round", "B1EndRound": "A1Round"}
        composed = compose([two, B], around)
        assert composed.final_states == frozenset()
        assert composed.transition_func["A2Round", "END_1"] == "A1Round"
        assert composed == compose([two, B], around, compat=True)

    def test_with_compat_final_states_of_unlinked_apps_are_refused(self) -> None:
        two = app("A", finals=2)
        assert "post-unknown" in rules([two, B], {"A1EndRound": "A1Round"}, compat=True)

    def test_rounds_of_kept_states_stay(self) -> None:
        composed = compose([self.timed("A"), self.timed("B")], {"A1EndRound": "B1Round"})
        assert set(composed.rounds) == {"A1Round", "B1Round"}

    def test_a_later_app_may_confirm_and_the_composition_must(self) -> None:
        links = {"A1EndRound": "B1Round"}
        alone = self.timed("A", keys=("price",))
        assert [one.rule for one in alone.findings()] == ["round-unconfirmed"]
        assert rules([alone, self.timed("B")], links) == ["round-unconfirmed"]
        agreeing = self.timed("B", kind=RoundKind.COLLECT_SAME_UNTIL_ALL)
        assert compose([alone, agreeing], links).rounds["A1Round"].keys == ("price",)

    def timed(self, name: str, **fields: Any) -> Spec:
        """Return an app of one round, which each operator answers for itself."""
        kind = RoundKind.COLLECT_DIFFERENT_UNTIL_ALL
        one = RoundSpec(**{"kind": kind, "payload": "bool", "seconds": 9, **fields})
        state = f"{name}1Round"
        return replace(
            app(name, 1),
            transition_func={
                (state, "DONE"): f"{name}1EndRound",
                (state, "ROUND_TIMEOUT"): state,
            },
            alphabet_in=frozenset({"DONE", "ROUND_TIMEOUT"}),
            rounds={state: one},
        )


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Spec], dict[str, str]]:
    """Return sound apps and a mapping of final to start states, not always reaching all apps."""
    specs = [
        app(
            letter,
            draw(st.integers(1, 4), label=f"states of {letter}"),
            finals=draw(st.integers(1, 3)),
            starts=1,
        )
        for letter in "ABCD"[: draw(st.integers(2, 4))]
    ]
    specs[1:] = [replace(spec, start_states=spec.states - spec.final_states) for spec in specs[1:]]
    starts = sorted(start for spec in specs for start in spec.start_states)
    finals = sorted(final for spec in specs for final in spec.final_states)
    mapping = draw(st.dictionaries(st.sampled_from(finals), st.sampled_from(starts)))
    return specs, mapping


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chains())
def test_composition_keeps_reachability(chain: tuple[list[Spec], dict[str, str]]) -> None:
    """A state is in the result exactly if edges and mapping lead to it; so are its transitions."""
    specs, mapping = chain
    merged = {pair: to for spec in specs for pair, to in spec.transition_func.items()}
    linked = merged | {(final, "mapped"): to for final, to in mapping.items()}
    expected = reachable(specs[0].start_states, linked) - set(mapping)
    if any(not spec.states & expected for spec in specs):
        assert set(rules(specs, mapping)) == {"app-dropped"}
        return
    composed = compose(specs, mapping)
    assert composed.states == expected
    assert check(composed) == []
    for (state, event), target in composed.transition_func.items():
        original = merged[state, event]
        assert target == mapping.get(original, original)
    assert {pair for pair in merged if pair[0] in expected} == set(composed.transition_func)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chains())
def test_what_compat_accepts_is_equal_or_lacks_a_whole_app(
    chain: tuple[list[Spec], dict[str, str]],
) -> None:
    specs, mapping = chain
    theirs, ours = rules(specs, mapping, compat=True), rules(specs, mapping)
    if not theirs and not ours:
        assert compose(specs, mapping) == compose(specs, mapping, compat=True)
    elif not theirs:
        assert set(ours) == {"app-dropped"}

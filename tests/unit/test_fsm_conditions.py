"""Conditions between composed apps, what is said of apps beside them, and files of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent_sdk.fsm.compose import compose, compose_files
from agent_sdk.fsm.finding import RulesBroken
from agent_sdk.fsm.meta import AppMeta, parse_meta
from tests.unit.fsm_apps import A, B, C, app, rules


class TestConditions:
    """Every key that a linked start state needs is set on every way to it."""

    LINK = {"A1EndRound": "B1Round", "B1EndRound": "C1Round"}  # noqa: RUF012

    def rules(
        self, *conditions: tuple[Any, Any], link: Any = None, compat: bool = False
    ) -> list[str]:
        meta = [
            AppMeta(
                pre=None if pre is None else {k: frozenset(v) for k, v in pre.items()},
                post=None if post is None else {k: frozenset(v) for k, v in post.items()},
            )
            for pre, post in conditions
        ]
        specs = [app("A", finals=2), B, C][: len(meta)]
        mapping = self.LINK if link is None else link
        return rules(specs, mapping, meta=meta, compat=compat)

    @pytest.mark.parametrize("compat", [False, True])
    def test_any_app_before_may_set_the_key(self, compat: bool) -> None:
        needs = ({"C1Round": ["price"]}, None)
        assert (
            self.rules((None, {"A1EndRound": ["price"]}), (None, None), needs, compat=compat) == []
        )
        assert (
            self.rules((None, None), (None, {"B1EndRound": ["price"]}), needs, compat=compat) == []
        )
        assert self.rules((None, None), (None, None), needs, compat=compat) == ["pre-unmet"]

    def test_what_the_entry_needs_is_given(self) -> None:
        needs = ({"C1Round": ["price"]}, None)
        assert self.rules(({"A1Round": ["price"]}, None), (None, None), needs) == []

    @pytest.mark.parametrize("compat", [False, True])
    def test_one_way_without_the_key_is_enough_and_is_shown(self, compat: bool) -> None:
        link = {"A1EndRound": "B1Round", "A2EndRound": "C1Round", "B1EndRound": "C1Round"}
        meta = [
            AppMeta(), AppMeta(post={"B1EndRound": frozenset({"price"})}),
            AppMeta(pre={"C1Round": frozenset({"price"})}),
        ]  # fmt: skip
        with pytest.raises(RulesBroken) as error:
            compose([app("A", finals=2), B, C], link, meta=meta, compat=compat)
        assert [finding.rule for finding in error.value.findings] == ["pre-unmet"]
        assert error.value.findings[0].message == (
            "state C1Round of app CAbciApp needs key 'price', which no post-condition sets on the "
            "way A1Round -> A2EndRound -> C1Round"
        )

    def test_stated_but_empty_is_not_unstated(self) -> None:
        nothing = (None, None)
        assert self.rules(nothing, ({}, None), nothing) == ["pre-unset"]
        assert self.rules(nothing, ({"B1Round": []}, None), nothing) == []
        assert self.rules(({}, None), nothing, nothing) == []

    def test_conditions_name_start_and_final_states(self) -> None:
        nothing = (None, None)
        wrong: tuple[Any, Any] = ({"B2Round": []}, {"B1Round": []})
        assert self.rules(nothing, wrong, nothing) == ["meta", "meta"]
        assert self.rules(nothing, wrong, nothing, compat=True) == []

    def test_with_compat_no_app_is_entered_again(self) -> None:
        # B2Round is entered only from C, which B leads to.
        again = app("B", starts=2, finals=2)
        link = {"A1EndRound": "B1Round", "B1EndRound": "C1Round", "C1EndRound": "B2Round"}
        meta = [AppMeta(), AppMeta(pre={"B2Round": frozenset({"price"})}), AppMeta()]
        assert rules([A, again, C], link, meta=meta) == ["pre-unmet"]
        assert rules([A, again, C], link, meta=meta, compat=True) == []

    def test_with_compat_conditions_do_not_meet_themselves(self) -> None:
        nothing = (None, None)
        both = ({"B1Round": ["price"]}, {"B1EndRound": ["price"]})
        given = (None, {"A1EndRound": ["price"]})
        assert self.rules(given, both, nothing) == []
        assert self.rules(given, both, nothing, compat=True) == ["pre-and-post"]
        default = (None, {"A1EndRound": ["all_participants"]})
        assert self.rules(default, nothing, nothing, compat=True) == ["default-key"]
        entry = ({"A1Round": ["price"]}, None)
        assert self.rules(entry, nothing, nothing, compat=True) == ["pre-and-post"]

    def test_ways_are_counted_before_they_are_too_many(self) -> None:
        letters = "ABCDEFGHIJKLMNOP"
        specs = [app(letter, finals=len(letters)) for letter in letters]
        mapping = {
            f"{letter}{number}EndRound": f"{other}1Round"
            for letter in letters
            for number, other in enumerate(letters, 1)
            if other != letter
        }
        meta = [AppMeta(pre={f"{letter}1Round": frozenset()}) for letter in letters]
        assert rules(specs, mapping, meta=meta, compat=True) == ["too-many-ways"]
        assert rules(specs, mapping, meta=meta) == []


class TestMeta:
    """Lists by app or fields by label; everything else is named."""

    LABELS = ("AAbciApp", "BAbciApp")

    def test_both_forms_and_all_names_say_the_same(self) -> None:
        by_field = {"timeouts": [{"DONE": 3}, None], "pre": None, "post": [None, {"B": ["k"]}]}
        old_names = {"event_to_timeout": [{"DONE": 3}, None], "db_post": [None, {"B": ["k"]}]}
        by_label = {
            "BAbciApp": {"db_post_conditions": {"B": ["k"]}},
            "AAbciApp": {"event_to_timeout": {"DONE": 3}},
        }
        by_place = [{"timeouts": {"DONE": 3}, "pre": None}, {"post": {"B": ["k"]}}]
        expected = (AppMeta(timeouts={"DONE": 3}), AppMeta(post={"B": frozenset("k")}))
        for data in (by_field, old_names, by_label, by_place):
            assert parse_meta(data, self.LABELS) == expected
        assert parse_meta({}, self.LABELS) == (AppMeta(), AppMeta())

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (None, "holds None"),
            ([], "holds a list"),
            ({"timeouts": [{}]}, "a list of 1; write a list with one entry per app: 2"),
            ({"timeouts": {}}, "one entry per app"),
            ({"timeouts": [{}, {}], "other": []}, "field 'other' is unknown"),
            ({"timeouts": [{}, {}], "event_to_timeout": [{}, {}]}, "twice"),
            ({"CAbciApp": {}}, "label of no app"),
            ({"AAbciApp": []}, "app AAbciApp has a list"),
            ([None, 5], "app BAbciApp has 5"),
            ({"AAbciApp": {"x": 1}}, "field 'x' is unknown"),
            ({"timeouts": [[], None]}, "app AAbciApp: timeouts are a list"),
            ({"timeouts": [{"DONE": "3"}, None]}, "event DONE times out after '3'"),
            ({"timeouts": [{"DONE": True}, None]}, "event DONE"),
            ({"timeouts": [{"DONE": -1}, None]}, "event DONE"),
            ({"timeouts": [{"DONE": float("nan")}, None]}, "event DONE"),
            ({"timeouts": [{1: 3}, None]}, "event 1 is no name"),
            ({"pre": [["A"], None]}, "pre-conditions are a list"),
            ({"pre": [{"A": "k"}, None]}, "pre-conditions of state A"),
            ({"post": [{"A": [1]}, None]}, "post-conditions of state A"),
            ({"post": [{1: []}, None]}, "state 1 is no name"),
        ],
    )
    def test_misfits_are_named(self, data: Any, words: str) -> None:
        with pytest.raises(RulesBroken) as error:
            parse_meta(data, self.LABELS, file="meta.yaml")
        assert words in error.value.findings[0].message
        assert error.value.findings[0].rule == "meta"


class TestFiles:
    """What is wrong with any of the files is said at once."""

    def test_relative_paths_and_both_forms(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        A.save("a.yaml")
        B.save("b.json")
        Path("map.json").write_text('{"A1EndRound": "B1Round"}')
        Path("map.yaml").write_text("A1EndRound: B1Round\n")
        composed = compose_files(["a.yaml", "b.json"], "map.json")
        assert composed == compose_files(["./a.yaml", Path("b.json")], "map.yaml")
        assert composed.label == "ComposedAbciApp"

    def test_all_files_are_read_before_any_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text("[")
        (tmp_path / "map.yaml").write_text("A: [B]\nB: C\nB: D\n")
        paths = [tmp_path / "a.yaml", tmp_path / "none.yaml"]
        with pytest.raises(RulesBroken) as error:
            compose_files(paths, tmp_path / "map.yaml")
        assert [finding.rule for finding in error.value.findings] == [
            "file", "file", "duplicate-key",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "is empty"),
            ("[]", "holds a list"),
            ("A: 1", "does not name two states"),
            ("1: A", "does not name two states"),
            ("A:", "does not name two states"),
        ],
    )
    def test_a_mapping_file_maps_names(self, text: str, words: str, tmp_path: Path) -> None:
        A.save(tmp_path / "a.yaml")
        (tmp_path / "map.yaml").write_text(text)
        with pytest.raises(RulesBroken, match=words):
            compose_files([tmp_path / "a.yaml"], tmp_path / "map.yaml")

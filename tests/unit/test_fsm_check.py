"""Every rule of a specification: found alone, found with all others, named with state and event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_sdk.fsm.check import check, check_draft, check_file, reachable
from agent_sdk.fsm.draft import parse
from agent_sdk.fsm.finding import Finding
from agent_sdk.fsm.rounds import EXECUTE_PAYLOAD, RoundKind
from agent_sdk.fsm.spec import Spec

DATA = Path(__file__).parent / "data/fsm"
CASES = json.loads((DATA / "validity.sample.json").read_text("utf-8"))["spec_checks"]
SOUND = next(case["spec"] for case in CASES if case["name"] == "valid")


def found(data: Any, *, compat: bool = False) -> list[Finding]:
    """Return the findings of a specification that loads."""
    return check(Spec.from_dict(data, compat=compat), file="app.yaml", compat=compat)


def changed(**fields: Any) -> dict[str, Any]:
    data = {**SOUND, **fields}
    if "transitions" in data:
        data["transition_func"] = SOUND["transition_func"] | data.pop("transitions")
    return data


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_verdicts_are_those_of_the_framework(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(json.dumps(case["spec"]))
    findings = check_file(path, compat=True)
    assert (findings == []) == (case["open_autonomy"] == "accepted")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_default_verdicts_differ_only_for_dead_ends(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(json.dumps(case["spec"]))
    ours = {finding.rule for finding in check_file(path)}
    theirs = {finding.rule for finding in check_file(path, compat=True)}
    assert ours - theirs == ({"dead-end"} if case["name"].startswith("dead-end") else set())


@pytest.mark.parametrize("path", sorted((DATA / "specs").glob("*.yaml")), ids=lambda p: p.stem)
def test_published_specifications_are_sound(path: Path) -> None:
    assert check_file(path) == []


@pytest.mark.parametrize(
    ("fields", "rule", "words"),
    [
        ({"label": "AApp"}, "label-name", ["AApp"]),
        ({"transition_func": {}}, "no-transitions", ["transition_func"]),
        ({"transitions": {"(A1Round, ROUND_TIMEOUT)": "NoRound"}}, "unknown-state",
         ["(A1Round, ROUND_TIMEOUT)", "NoRound"]),
        ({"transitions": {"(NoRound, DONE)": "A1Round"}}, "unknown-state", ["NoRound", "DONE"]),
        ({"transitions": {"(A1Round, FAIL)": "A1Round"}}, "unknown-event", ["A1Round", "FAIL"]),
        ({"alphabet_in": [*SOUND["alphabet_in"], "FAIL"]}, "unused-event", ["FAIL"]),
        ({"default_start_state": "A2Round"}, "default-start", ["A2Round"]),
        ({"start_states": ["A1Round", "NoRound"]}, "unknown-start", ["NoRound"]),
        ({"final_states": [*SOUND["final_states"], "NoRound"]}, "unknown-final", ["NoRound"]),
        ({"start_states": ["A1Round", "FailedARound"]}, "start-is-final", ["FailedARound"]),
        ({"transitions": {"(FailedARound, DONE)": "A1Round"}}, "final-has-exit",
         ["FailedARound", "A1Round", "DONE"]),
        ({"states": [*SOUND["states"], "LostRound"],
          "transitions": {"(LostRound, DONE)": "A1Round"}}, "unreachable", ["LostRound"]),
        ({"states": [*SOUND["states"], "DeadRound"],
          "transitions": {"(A1Round, ROUND_TIMEOUT)": "DeadRound"}}, "dead-end", ["DeadRound"]),
    ],
)  # fmt: skip
def test_each_rule_names_file_state_and_event(
    fields: dict[str, Any], rule: str, words: list[str]
) -> None:
    finding = next(one for one in found(changed(**fields)) if one.rule == rule)
    assert finding.file == "app.yaml"
    for word in words:
        assert word in finding.message
    if "transition_func" not in fields:
        assert {rule} == {one.rule for one in found(changed(**fields))}


def test_all_findings_come_at_once_also_from_a_file_that_does_not_load(tmp_path: Path) -> None:
    path = tmp_path / "app.json"
    path.write_text(
        json.dumps(
            {
                "label": "AApp",
                "states": ["A1Round", "A1Round", "DeadRound", 5],
                "default_start_state": "NoRound",
                "start_states": ["A1Round"],
                "alphabet_in": ["DONE", "FAIL"],
                "transition_func": {"(A1Round, DONE)": "DeadRound", "A1Round": "DeadRound"},
                "extra": 1,
            }
        )
    )
    assert {finding.rule for finding in check_file(path)} == {
        "default-start", "label-name", "missing-field", "repeated-value", "transition-key",
        "unknown-field", "unused-event", "wrong-type",
    }  # fmt: skip


def test_names_are_those_of_programs_except_with_compat() -> None:
    odd = json.loads(json.dumps(SOUND).replace("A2Round", "Ä2Round"))
    assert found(odd, compat=True) == []
    assert check_names(odd) == {"name", "transition-key"}


def check_names(data: Any) -> set[str]:
    return {finding.rule for finding in parse(data, file="app.yaml")[1]}


def test_a_label_is_printable_except_with_compat() -> None:
    odd = changed(label="\x1b[2JAbciApp")
    assert [finding.rule for finding in parse(odd, file="app.yaml")[1]] == ["name"]
    assert found(odd, compat=True) == []


_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("aA1é(, )\n", max_size=4)
)
_names = st.sampled_from(["A1Round", "A2Round", "DONE", "(A1Round, DONE)", "kind", "rounds"])
_values = st.recursive(
    _scalars | _names,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_scalars | _names, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*SOUND, "rounds", "extra"]), _values), st.booleans())
def test_any_value_in_any_field_gives_findings_and_nothing_else(
    fields: dict[str, Any], compat: bool
) -> None:
    draft, findings = parse(changed(**fields), file="app.yaml", compat=compat)
    for finding in findings + check_draft(draft, compat=compat):
        assert finding.file == "app.yaml"
        assert finding.rule
        assert finding.message


def test_state_names_end_in_round_only_with_compat() -> None:
    odd = json.loads(json.dumps(SOUND).replace("A2Round", "A2"))
    assert found(odd) == []
    assert [finding.rule for finding in found(odd, compat=True)] == ["state-name"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from("XY")), st.sampled_from("abcdef")
    )
)
def test_reachable_is_the_smallest_closed_set_with_the_starts(
    transitions: dict[tuple[str, str], str],
) -> None:
    reached = reachable(["a"], transitions)
    assert "a" in reached
    assert all(target in reached for (state, _), target in transitions.items() if state in reached)
    for state in reached - {"a"}:
        assert any(
            target == state and source in reached and source != state
            for (source, _), target in transitions.items()
        )


ROUNDS: dict[str, Any] = {
    "A1Round": {
        "kind": "CollectSameUntilThreshold",
        "payload": "uint256",
        "seconds": 30,
    },
    "A2Round": {
        "kind": "CollectDifferentUntilThreshold",
        "payload": "uint256",
        "seconds": 30,
        "confirmations": 1,
    },
}
WITH_ROUNDS = {
    "label": "AAbciApp",
    "states": ["A1Round", "A2Round", "FinishedARound"],
    "default_start_state": "A1Round",
    "start_states": ["A1Round"],
    "final_states": ["FinishedARound"],
    "alphabet_in": ["DONE", "NONE", "NO_MAJORITY", "ROUND_TIMEOUT"],
    "transition_func": {
        "(A1Round, DONE)": "A2Round",
        "(A1Round, NONE)": "A1Round",
        "(A1Round, NO_MAJORITY)": "A1Round",
        "(A1Round, ROUND_TIMEOUT)": "A1Round",
        "(A2Round, DONE)": "FinishedARound",
        "(A2Round, ROUND_TIMEOUT)": "A2Round",
    },
}


class TestRounds:
    """The second section fits the first: each misfit has its rule."""

    def found(self, state: str, **fields: Any) -> list[Finding]:
        one = {k: v for k, v in (ROUNDS.get(state, {}) | fields).items() if v is not None}
        return found(WITH_ROUNDS | {"rounds": ROUNDS | {state: one}})

    def test_a_fitting_section_is_sound(self) -> None:
        assert self.found("A1Round") == []

    def test_every_state_but_final_ones_has_a_round(self) -> None:
        only = {"rounds": {"A1Round": ROUNDS["A1Round"]}}
        assert [one.rule for one in found(WITH_ROUNDS | only)] == ["round-missing"]
        for state in ("FinishedARound", "NoRound"):
            fits = ROUNDS["A2Round"]
            assert [one.rule for one in self.found(state, **fits)] == ["round-state"]

    @pytest.mark.parametrize(
        ("fields", "rule", "word"),
        [
            ({"kind": "OnlyKeeperSends"}, "round-event", "FAIL"),
            ({"events": {"NONE": "EMPTY"}}, "round-event", "EMPTY"),
            ({"events": {"NONE": "DONE"}}, "round-event", "DONE"),
            ({"events": {"NEGATIVE": "NONE"}}, "round-event", "NEGATIVE"),
            ({"events": {"NO_MAJORITY": "ROUND_TIMEOUT"}}, "round-event", "ROUND_TIMEOUT"),
            ({"kind": "CollectNonEmptyUntilThreshold"}, "round-unfired", "NO_MAJORITY"),
            ({"seconds": None}, "round-timeout", "ROUND_TIMEOUT"),
            ({"seconds": None, "events": {"TIMEOUT": "LATE"}}, "round-stalls", "LATE"),
            ({"keys": ["a", "b"]}, "round-keys", "remove b"),
            (
                {
                    "kind": "CollectDifferentUntilAll",
                    "payload": "(uint8,uint8)",
                    "keys": ["a", "b"],
                },
                "round-keys",
                "remove b",
            ),
            (
                {"kind": "CollectDifferentUntilAll", "keys": ["a"]},
                "round-unconfirmed",
                "FinishedARound on event DONE",
            ),
            ({"events": {"TIMEOUT": "LATE"}}, "round-timeout", "LATE"),
            ({"confirmations": 1}, "round-waits", "CollectSameUntilThreshold"),
            ({"kind": "CollectDifferentUntilAll", "action": "period"}, "round-action", "period"),
            ({"kind": "Voting", "payload": "bool", "action": "execute"}, "round-action", "vote"),
            ({"kind": "Voting"}, "round-payload", "uint256"),
            ({"action": "execute"}, "round-payload", EXECUTE_PAYLOAD),
            ({"action": "execute", "payload": EXECUTE_PAYLOAD}, "round-event", "FAIL"),
        ],
    )
    def test_misfits_are_named_with_their_state(
        self, fields: dict[str, Any], rule: str, word: str
    ) -> None:
        finding = next(one for one in self.found("A1Round", **fields) if one.rule == rule)
        assert "state A1Round" in finding.message
        assert word in finding.message

    @pytest.mark.parametrize("kind", RoundKind)
    def test_every_kind_fits_the_table_of_its_own_events(self, kind: RoundKind) -> None:
        events = [*kind.outcomes, "ROUND_TIMEOUT"]
        payload = "bool" if kind is RoundKind.VOTING else "uint256"
        data = WITH_ROUNDS | {
            "states": ["A1Round", "FinishedARound"],
            "alphabet_in": events,
            "transition_func": {f"(A1Round, {event})": "FinishedARound" for event in events},
            "rounds": {"A1Round": {"kind": str(kind), "payload": payload, "seconds": 1}},
        }
        assert found(data) == []

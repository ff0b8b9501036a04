"""The packed table: what the contract reads says what the specification says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_sdk.fsm.bindings import bindings
from agent_sdk.fsm.finding import RulesBroken
from agent_sdk.fsm.rounds import ACTIONS, EXECUTE_PAYLOAD, ROLES, RoundKind, RoundSpec
from agent_sdk.fsm.spec import Spec
from agent_sdk.fsm.table import MOST, WORD, compile_table

KINDS = tuple(RoundKind)


def build(rounds: dict[str, RoundSpec], targets: dict[str, dict[str, str]] | None = None) -> Spec:
    """Return an app of rounds: each role leads to the given state, by default to the end."""
    transitions = {
        (state, one.event(role)): (targets or {}).get(state, {}).get(role, "EndRound")
        for state, one in rounds.items()
        for role in (*one.roles, *(("TIMEOUT",) if one.seconds is not None else ()))
    }
    return Spec(
        label="TableAbciApp",
        default_start_state=min(rounds),
        start_states=frozenset(rounds),
        states=frozenset({*rounds, *transitions.values(), "EndRound"}),
        final_states=frozenset({"EndRound"}),
        alphabet_in=frozenset(event for _, event in transitions),
        transition_func=transitions,
        rounds=rounds,
    )


def same(**fields: Any) -> RoundSpec:
    """Return a round that agrees on one value."""
    kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
    return RoundSpec(**{"kind": kind, "payload": "uint256", "seconds": 30, **fields})


def rules(spec: Spec) -> list[str]:
    with pytest.raises(RulesBroken) as error:
        compile_table(spec, file="app.yaml")
    assert {finding.file for finding in error.value.findings} == {"app.yaml"}
    return [finding.rule for finding in error.value.findings]


def test_the_layout_is_this() -> None:
    rounds = {
        "ARound": RoundSpec(
            kind=RoundKind.COLLECT_NON_EMPTY_UNTIL_THRESHOLD,
            payload="(string,uint8)",
            keys=("news", "age"),
            seconds=258,
            confirmations=259,
            events={"TIMEOUT": "LATE"},
        ),
        "BRound": same(payload=EXECUTE_PAYLOAD, action="execute"),
    }
    again = {"NO_MAJORITY": "ARound", "TIMEOUT": "ARound"}
    spec = build(rounds, {"ARound": {"DONE": "BRound", "NONE": "ARound", **again}, "BRound": again})
    table = compile_table(spec)
    assert table.states == ("ARound", "BRound", "EndRound")
    assert table.events == ("DONE", "FAIL", "LATE", "NONE", "NO_MAJORITY", "ROUND_TIMEOUT")
    assert table.keys == ("age", "news")
    assert table.payloads == (EXECUTE_PAYLOAD, "(string,uint8)")
    assert table.code[:4].hex() == "01030006"
    assert table.word("ARound").hex(" ", 2) == (
        "0300 0103 0000 0102 0201 0000 0001 0104 0000 0003 0102 0100 0000 0000 0000 0000"
    )
    assert table.word("BRound").hex(" ", 2) == (
        "0101 0000 0000 001e 0303 0100 0301 0104 0500 0206 0000 0000 0000 0000 0000 0000"
    )
    assert table.word("EndRound") == bytes(WORD)
    assert len(table.code) == 4 * WORD


@st.composite
def apps(draw: st.DrawFn) -> Spec:
    """Return a sound whole app of random rounds."""
    names = [f"S{number}Round" for number in range(draw(st.integers(1, 6)))]
    rounds, targets = {}, {}
    for name in names:
        kind = draw(st.sampled_from(KINDS))
        rounds[name] = RoundSpec(
            kind=kind,
            payload="bool"
            if kind is RoundKind.VOTING
            else draw(st.sampled_from(["(uint8,bytes)", "(uint8,string)"])),
            keys=draw(st.sampled_from([(), ("a",), ("b", "a")[: 1 if kind.is_collected else 2]]))
            if kind.is_agreement
            else (),
            seconds=draw(st.integers(1, 2**32 - 1)),
            confirmations=draw(st.integers(1, 2**16 - 1)) if kind.waits else None,
            action="period" if kind.is_agreement and draw(st.booleans()) else None,
            events=draw(st.sampled_from([{}, {"TIMEOUT": "LATE"}, {"DONE": "OK"}])),
        )
        targets[name] = {role: draw(st.sampled_from([*names, "EndRound"])) for role in ROLES}
    targets[names[0]]["DONE"] = "EndRound"
    return build(rounds, targets)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(apps())
def test_code_and_specification_say_the_same(spec: Spec) -> None:
    """[FSM-2] only transitions of the table happen: none is lost, none is added."""
    table = compile_table(spec)
    read = {}
    for state in spec.states - spec.final_states:
        for role in ROLES:
            target = table.next_state(state, role)
            if target is not None:
                event = table.events[table.word(state)[14 + ROLES.index(role)] - 1]
                assert event == spec.rounds[state].event(role)
                read[state, event] = target
    assert read == spec.transition_func
    for state, one in spec.rounds.items():
        word = table.word(state)
        assert KINDS[word[0] - 1] is one.kind
        assert (None, *ACTIONS)[word[1]] == one.action
        assert int.from_bytes(word[2:4], "big") == (one.confirmations or 0)
        assert int.from_bytes(word[4:8], "big") == one.seconds
        assert table.payloads[word[20]] == one.payload
        assert tuple(table.keys[key] for key in word[22 : 22 + word[21]]) == one.keys
    assert all(table.word(state) == bytes(WORD) for state in spec.final_states)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(apps())
def test_bindings_say_the_same(spec: Spec) -> None:
    table = compile_table(spec)
    module: dict[str, Any] = {}
    exec(bindings(table), module)
    assert [state.name for state in module["State"]] == list(table.states)
    assert [event.name for event in module["Event"]] == list(table.events)
    assert {
        (state.name, event.name): target.name
        for (state, event), target in module["TRANSITIONS"].items()
    } == spec.transition_func
    assert {state.name: keys for state, keys in module["KEYS"].items()} == {
        state: one.keys for state, one in spec.rounds.items()
    }
    assert module["START"].name == spec.default_start_state
    assert module["CODE"] == table.code


def test_bindings_are_typed_and_formatted(tmp_path: Path) -> None:
    path = tmp_path / "bound.py"
    path.write_text(bindings(compile_table(build({"ARound": same(keys=("price",))}))))
    for tool in (["ruff", "check", "--isolated"], ["ruff", "format", "--isolated", "--check"]):
        subprocess.run([sys.executable, "-m", *tool, str(path)], check=True, capture_output=True)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True)


def test_the_header_names_the_document() -> None:
    one = build({"ARound": same()})
    codes = {
        compile_table(spec).code[:WORD]
        for spec in (one, replace(one, label="OtherAbciApp"), build({"ARound": same(seconds=31)}))
    }
    assert len(codes) == 3
    assert compile_table(one).code == compile_table(Spec.from_dict(one.to_document())).code


def whole() -> Iterator[tuple[Spec, str]]:
    """Yield apps that are sound but no whole app, each with the rule that it breaks."""
    yield replace(build({"ARound": same()}), rounds={}), "table-rounds"
    yield build({"ARound": same(seconds=None)}), "round-stalls"
    yield build({"ARound": same(seconds=1.5)}), "table-seconds"
    many = same(keys=tuple(f"k{n}" for n in range(11)), payload=f"({','.join(['uint8'] * 11)})")
    yield build({"ARound": many}), "table-size"
    yield build({f"S{n}Round": same() for n in range(MOST)}), "table-size"
    yield build({"ARound": same(events={"TIMEOUT": "class"})}), "table-name"
    yield build({"ARound": same(events={"TIMEOUT": "__init__"})}), "table-name"
    yield build({"ARound": same(events={"TIMEOUT": "real"})}), "table-name"


@pytest.mark.parametrize(("spec", "rule"), whole(), ids=lambda value: str(value)[:16])
def test_what_a_whole_app_lacks_is_named(spec: Spec, rule: str) -> None:
    assert set(rules(spec)) == {rule}


def test_an_unsound_specification_is_not_compiled() -> None:
    spec = build({"ARound": same()})
    assert rules(replace(spec, alphabet_in=spec.alphabet_in | {"SPARE"})) == ["unused-event"]


class TestUnconfirmed:
    """[FSM-5] what fewer than k operators sent reaches no final state without an agreement."""

    KEEPER = RoundSpec(
        kind=RoundKind.ONLY_KEEPER_SENDS, payload="uint256", keys=("price",), seconds=15
    )

    @pytest.mark.parametrize("kind", [kind for kind in RoundKind if not kind.is_agreement])
    def test_a_written_value_needs_a_later_agreement(self, kind: RoundKind) -> None:
        lone = replace(self.KEEPER, kind=kind)
        assert rules(build({"ARound": lone})) == ["round-unconfirmed"]
        on = {"DONE": "BRound", "NO_MAJORITY": "ARound", "TIMEOUT": "ARound"}
        over = {"ARound": on, "BRound": {**on, "DONE": "EndRound"}}
        assert rules(build({"ARound": lone, "BRound": replace(lone, keys=())}, over)) == [
            "round-unconfirmed"
        ]
        compile_table(build({"ARound": lone, "BRound": same()}, over))

    @pytest.mark.parametrize("role", ["NO_MAJORITY", "TIMEOUT"])
    def test_a_later_round_that_ends_without_agreement_confirms_nothing(self, role: str) -> None:
        on = {"NO_MAJORITY": "BRound", "TIMEOUT": "BRound"}
        over = {"ARound": {"DONE": "BRound"}, "BRound": {**on, role: "EndRound"}}
        assert rules(build({"ARound": self.KEEPER, "BRound": same()}, over)) == [
            "round-unconfirmed"
        ]

    def test_a_value_that_is_not_written_needs_none(self) -> None:
        compile_table(build({"ARound": replace(self.KEEPER, keys=())}))

    def test_the_message_names_states_and_event(self) -> None:
        with pytest.raises(RulesBroken, match=r"state ARound .* EndRound on event DONE"):
            compile_table(build({"ARound": self.KEEPER}))

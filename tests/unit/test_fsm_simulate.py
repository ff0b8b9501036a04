"""Simulated operators: faults within the bound change nothing, more of them stop it honestly."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from agent_sdk.cli import main
from agent_sdk.errors import ConfigError
from agent_sdk.fsm.app import Behaviour, Context, FsmApp, Round
from agent_sdk.fsm.data import SynchronizedData
from agent_sdk.fsm.examples import composed, hello, oracle
from agent_sdk.fsm.model import App, AppRules, RoundRules, tolerated
from agent_sdk.fsm.simulate import Fault, simulate
from agent_sdk.fsm.spec import RoundKind, Spec

EXAMPLES = {"hello": hello.APP, "oracle": oracle.APP, "composed": composed.APP}


def test_a_crash_and_a_liar_stop_no_period_of_the_oracle(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = "fsm simulate oracle --operators 4 --faults crash,lie --periods 1000 --seed 1 --json"
    assert main(words.split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["periods", "rounds", "wrong_values", "stalled", "keeper_rotations"]
    assert (found["periods"], found["wrong_values"], found["stalled"]) == (1000, 0, 0)
    assert found["rounds"] > 6000
    assert found["keeper_rotations"] > 100


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("fault", Fault)
def test_each_fault_within_the_bound_is_survived(name: str, fault: Fault) -> None:
    for operators in (4, 7):
        faults = [fault] * tolerated(operators)
        found = simulate(EXAMPLES[name], operators=operators, faults=faults, periods=12, seed=3)
        assert (found.periods, found.wrong_values, found.stalled) == (12, 0, 0)


def test_without_faults_every_round_is_needed_once() -> None:
    for name, rounds in {"hello": 1, "oracle": 6, "composed": 7}.items():
        found = simulate(EXAMPLES[name], operators=4, periods=5)
        assert (found.rounds, found.keeper_rotations) == (5 * rounds, 0)


@dataclass(frozen=True)
class Blob:
    """Raw bytes."""

    data: bytes | None


class BlobData(SynchronizedData):
    """What was agreed on."""

    greeting: bytes


class GreetRound(Round):
    """The same bytes of k operators."""

    kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
    payload = Blob


class Send(Behaviour[BlobData]):
    """Send one byte."""

    round = GreetRound

    def act(self, data: BlobData, context: Context) -> Blob:
        """Return the number of the period."""
        return Blob(bytes([data.period]))


def test_bytes_are_agreed_on_like_other_values() -> None:
    document = hello.APP.spec.to_document()
    document["rounds"]["GreetRound"]["payload"] = "bytes"
    app = FsmApp.declare(Spec.from_dict(document), [Send])
    found = simulate(app, operators=4, faults=list(Fault), periods=9)
    assert (found.periods, found.wrong_values, found.stalled) == (9, 0, 0)


def test_the_same_seed_gives_the_same_result() -> None:
    def run(seed: int) -> Any:
        return simulate(oracle.APP, operators=4, faults=list(Fault), periods=20, seed=seed)

    assert run(5) == run(5)
    assert len({run(seed) for seed in range(4)}) > 1


@pytest.mark.parametrize("name", EXAMPLES)
def test_beyond_the_bound_nothing_is_agreed_on_rather_than_something_wrong(name: str) -> None:
    faults = [Fault.CRASH, Fault.LIE]
    found = simulate(EXAMPLES[name], operators=4, faults=faults, periods=3, at_once=2)
    assert (found.periods, found.stalled, found.wrong_values) == (0, 3, 0)
    assert not found.ok


def test_a_majority_of_liars_is_counted_as_wrong() -> None:
    found = simulate(hello.APP, operators=4, faults=[Fault.LIE] * 3, periods=5, at_once=3)
    assert (found.periods, found.wrong_values, found.ok) == (5, 5, False)


def test_a_period_that_is_not_true_is_counted_as_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle.Market, "is_right", lambda *_: False)
    assert simulate(oracle.APP, operators=4, periods=3).wrong_values == 3


def test_liars_need_no_third_of_the_sources_to_be_outvoted() -> None:
    """The median of 2f + 1 prices is between honest ones: the bound of the world holds."""
    found = simulate(oracle.APP, operators=7, faults=[Fault.LIE] * 2, periods=40, seed=8)
    assert found.ok


def test_an_app_that_waits_for_nobody_stands_still() -> None:
    rules = AppRules(
        table=hello.APP.rules.table,
        start="GreetRound",
        rounds={"GreetRound": RoundRules("GreetRound", hello.GreetRound.kind, "GreetRound")},
    )
    silent = replace(hello.APP)
    object.__setattr__(silent, "rules", rules)
    found = simulate(silent, operators=1, faults=[Fault.CRASH], periods=2, at_once=1)
    assert (found.periods, found.stalled, found.rounds) == (0, 2, 1)


def test_a_source_that_no_world_has_is_named() -> None:
    blind = FsmApp.declare(oracle.APP.spec, [type(b) for b in oracle.APP.behaviours.values()])
    with pytest.raises(ConfigError, match="state CollectRound reads source price, which is in no"):
        simulate(blind, operators=4, periods=1)


def test_more_faults_than_operators_are_refused() -> None:
    with pytest.raises(ConfigError, match="3 faults of 2 operators"):
        simulate(hello.APP, operators=2, faults=[Fault.LIE] * 3)


class TestCommand:
    """an example · a name in a module · what is none of them · exit codes."""

    @pytest.mark.parametrize("name", [*EXAMPLES, "agent_sdk.fsm.examples.hello:APP"])
    def test_runs_an_app_by_its_name(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fsm", "simulate", name, "--periods", "2"]) == 0
        assert "wrong_values      0" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("nothing", "is no example"),
            ("no.such.module:APP", "cannot be imported"),
            (":APP", "cannot be imported"),
            ("agent_sdk.fsm.examples.hello:Greet", "is no FsmApp"),
            ("agent_sdk.fsm.examples.hello:Missing", "is no FsmApp"),
        ],
    )
    def test_another_name_exits_with_2(
        self, name: str, message: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["fsm", "simulate", name]) == 2
        assert message in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("x = (", "SyntaxError"),
            ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
            ("from agent_sdk.fsm.spec import Spec\nAPP = Spec.load('no.yaml')", "no.yaml: file:"),
        ],
        ids=["syntax", "raises", "file"],
    )
    def test_a_module_that_fails_exits_with_2(
        self,
        text: str,
        message: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        name = f"failing_{len(text)}"
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.chdir(tmp_path)
        assert main(["fsm", "simulate", f"{name}:APP"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line

    def test_an_unknown_fault_exits_with_2(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["fsm", "simulate", "hello", "--faults", "sleep"]) == 2
        assert "crash, lie, delay, equivocate" in capsys.readouterr().err

    def test_a_stalled_app_exits_with_1(self) -> None:
        words = "fsm simulate hello --faults crash,crash --at-once 2 --periods 2"
        assert main(words.split()) == 1


def test_a_new_period_begins_in_virtual_time_without_a_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times: list[float] = []
    call = App.call

    def watched(self: App, payloads: Any, **given: Any) -> Any:
        times.append(given["time"])
        return call(self, payloads, **given)

    monkeypatch.setattr(App, "call", watched)
    simulate(oracle.APP, operators=4, faults=[Fault.CRASH], periods=10, seed=2)
    assert times == sorted(set(times))

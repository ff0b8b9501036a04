"""`make test` counts what really ran: reports that hide something are failures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.scripts import load_script

check = load_script("check")
venvs = load_script("venvs")


def junit(tmp_path: Path, cases: str) -> Path:
    path = tmp_path / "report.xml"
    path.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    return path


def forge_report(status: str) -> str:
    result = {"test_A()": {"status": "Success"}, "test_B()": {"status": status, "reason": "why"}}
    return "Compiling...\n" + json.dumps({"t.sol:T": {"test_results": result}})


def test_junit_counts_passes_and_names_failures(tmp_path: Path) -> None:
    cases = '<testcase classname="tests.unit.a" name="ok"/>'
    cases += '<testcase classname="tests.unit.a" name="bad"><failure message="1 != 2"/></testcase>'
    outcome = check.read_junit(junit(tmp_path, cases), 1)
    assert outcome.passed == 1
    assert outcome.failures == ["tests/unit/a::bad failure: 1 != 2"]


def test_a_skipped_test_is_a_failure(tmp_path: Path) -> None:
    cases = '<testcase classname="a" name="b"><skipped message="no chain"/></testcase>'
    outcome = check.read_junit(junit(tmp_path, cases), 0)
    assert outcome.failures == ["a::b skipped: no chain"]


def test_a_bad_exit_code_without_failed_test_is_a_failure(tmp_path: Path) -> None:
    outcome = check.read_junit(junit(tmp_path, '<testcase classname="a" name="b"/>'), 3)
    assert outcome.failures == ["pytest exited 3 although every test passed"]


def test_a_missing_report_is_a_failure(tmp_path: Path) -> None:
    outcome = check.read_junit(tmp_path / "none.xml", 4)
    assert outcome.failures == ["no report from pytest (exit 4)"]


@pytest.mark.parametrize("status", ["Failure", "Skipped"])
def test_forge_report_names_what_did_not_pass(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    monkeypatch.setattr(check, "run", lambda *_, **__: (1, forge_report(status)))
    outcome = check.run_forge()
    assert outcome.passed == 1
    assert outcome.failures == [f"t.sol:T::test_B() {status}: why"]


def test_the_report_of_forge_is_found_behind_its_messages() -> None:
    report = {"suite": {"test_results": {}}}
    told = f'Compiling...\n{{"event": "failure"}}\n{json.dumps(report)}\n'
    assert check.parse_forge(told) == report
    for cut in ("Nothing to compile\n", told[:-5], told[: told.index("}") + 1]):
        assert check.parse_forge(cut) == {}


def test_forge_that_compiles_nothing_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "run", lambda *_, **__: (0, "Nothing to compile\n"))
    assert check.run_forge().failures != []


def test_fewer_tests_than_the_floor_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    floors = tmp_path / "floors.json"
    floors.write_text('{"forge": 2}')
    monkeypatch.setattr(check, "FLOORS", floors)
    monkeypatch.setitem(check.RUNNERS, "forge", lambda: check.Outcome(passed=1))
    assert check.run_all(["forge"])["forge"].failures == [
        "forge ran fewer tests than the floor of 2"
    ]


def test_two_lanes_run_at_once_and_every_runner_once(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    both = threading.Barrier(2, timeout=10)

    def runner(name: str) -> Callable[[], Any]:
        def run() -> Any:
            if name in (check.LANES[0][0], check.LANES[1][0]):
                both.wait()
            order.append(name)
            return check.Outcome(passed=1_000_000)

        return run

    for name in check.RUNNERS:
        monkeypatch.setitem(check.RUNNERS, name, runner(name))
    outcomes = check.run_all(list(check.RUNNERS))
    assert sorted(order) == sorted(outcomes) == sorted(check.RUNNERS)
    assert all(not outcome.failures for outcome in outcomes.values())


def test_an_unsupported_python_gets_one_line_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(venvs, "is_usable", lambda *_: False)
    with pytest.raises(venvs.Failure) as failure:
        venvs.find_python("dev")
    line = str(failure.value)
    assert "needs Python 3.11 to 3.12" in line
    assert "make PYTHON=/path/to/python3.12" in line
    assert "\n" not in line


def test_a_failed_install_names_cause_and_next_action(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(venvs, "VENVS", tmp_path)
    command = ["sh", "-c", "echo noise; echo 'ERROR: no route to the index'; exit 1"]
    with pytest.raises(venvs.Failure) as failure:
        venvs.run_quietly("installing", command, "check the network")
    line = str(failure.value)
    assert line.startswith("installing failed (no route to the index); check the network; log: ")

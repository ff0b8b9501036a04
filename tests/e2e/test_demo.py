"""The demo holds with recorded answers, and its check refuses every altered field by name."""

from __future__ import annotations

import copy
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from agent_sdk.anvil import start_anvil
from agent_sdk.chain import Chain
from agent_sdk.demo import run_demo
from agent_sdk.demo_check import check, check_file
from agent_sdk.demo_clock import until
from agent_sdk.demo_report import DECISION_KEYS, REPORT_KEYS
from agent_sdk.engines.replay import ReplayEngine
from agent_sdk.errors import ConfigError
from agent_sdk.processes import Process, end, is_alive

ACTIONS = [("save", 20), ("raiseAlert", 3), ("redeem", 2), ("pay", 1)]
ANSWERS = [{"actions": [{"action": name, "args": {"finney": n}}]} for name, n in ACTIONS]

FORGERIES: dict[str, Any] = {
    "ok": False,
    "steps": 40,
    "human_transactions": 1,
    "engine": "llama",
    "model": "gpt",
    "model_sha256": "ab" * 32,
    "history_verified": False,
    "failover_steps": 9,
    "gas_per_step": 21_000,
    "seconds": 9_000.0,
    "cost_wei": 1,
    "rpc": "http://example.org:8545",
    "agent": "0x" + "12" * 20,
    "decisions": [],
    "actions": ["hold"],
    "costs": [],
    "created_block": 1,
    "last_block": 10**6,
    "keeper_returned_block": 10**9,
    "deployment": {},
    "failed": ["nothing"],
    "faults": ["nothing"],
}
FORGED_DECISIONS: dict[str, Any] = {
    "step": 99,
    "tx": "0x" + "ab" * 32,
    "provider": "0x" + "12" * 20,
    "prompt_hash": "0x" + "cd" * 32,
    "raw_output": '{"actions":[{"action":"pay","args":{"finney":77}}]}',
    "tokens": 10**6,
    "milliseconds": 10**7,
    "actions": [{"action": "pay", "args": {"finney": 77}}],
    "prompt": "Pay everything.",
    "reason": "The model refuses.",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def engine(folder: Path) -> str:
    file = folder / "answers.json"
    file.write_text(json.dumps({"sequence": ANSWERS, "repeat": True}))
    return f"replay:{file}"


@pytest.fixture(scope="module")
def shown(folder: Path, engine: str) -> str:
    """What one whole demo shows; its files stay in the folder."""
    text = io.StringIO()
    code = run_demo(folder, engine=engine, console=Console(file=text, width=100))
    assert (0, text.getvalue()) == (code, text.getvalue())
    return text.getvalue()


@pytest.fixture
def report(folder: Path, shown: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "demo.json").read_text())
    return content


@pytest.fixture(scope="module")
def chain(folder: Path, shown: str) -> Iterator[Chain]:
    """The demo's chain, loaded anew."""
    process, chain = start_anvil(folder / "anvil.log", state=folder / "demo-state.json")
    yield chain
    end([process])


def refused(found: list[str], field: str) -> bool:
    return any(line.startswith(f"{field}:") for line in found)


def test_every_condition_holds(report: dict[str, Any]) -> None:
    assert set(REPORT_KEYS) <= set(report)
    assert (
        report["ok"],
        report["human_transactions"],
        report["history_verified"],
        report["failed"],
    ) == (True, 0, True, [])
    assert report["steps"] >= 12
    assert report["failover_steps"] >= 4
    assert len(report["actions"]) >= 3


def test_every_step_has_its_decision(report: dict[str, Any]) -> None:
    assert report["steps"] == len(report["decisions"])
    assert all(set(DECISION_KEYS) <= set(decision) for decision in report["decisions"])
    assert len({decision["provider"] for decision in report["decisions"]}) == 2


def test_the_screen_tells_what_happens(shown: str, report: dict[str, Any]) -> None:
    for words in ("clock is moved", "keeper killed", "keeper restarted", "for good", "save(20)"):
        assert words in shown
    assert f"Cost at {report['gas_per_step']:,} gas a step" in shown


def test_costs_are_told_at_three_gas_prices(report: dict[str, Any]) -> None:
    prices = [cost["gas_price_wei"] for cost in report["costs"]]
    assert prices == [10**8, 10**9, 20 * 10**9]
    assert all(cost["day_wei"] == 24 * cost["step_wei"] for cost in report["costs"])


def test_a_genuine_report_passes_its_check(folder: Path, shown: str) -> None:
    assert check_file(folder / "demo.json") == []


def test_every_field_has_a_forgery() -> None:
    assert set(REPORT_KEYS) <= set(FORGERIES)
    assert set(DECISION_KEYS) <= set(FORGED_DECISIONS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("faults", "nothing"),
        ("faults", [3]),
        ("faults", None),
        ("seconds", "5"),
        ("keeper_returned_block", "x"),
        ("deployment", []),
        ("rpc", "http://127.0.0.1:99999"),
        ("rpc", "http://["),
    ],
)
def test_a_field_of_another_form_is_refused_by_name(
    report: dict[str, Any], chain: Chain, field: str, value: Any
) -> None:
    assert refused(check(report | {field: value}, chain), field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deployer", "0x" + "12" * 20),
        ("governor", "0x" + "12" * 20),
        ("implementations", {}),
        ("block", 2),
        ("block", "a"),
        ("governor", None),
        ("everloop", 7),
    ],
)
def test_an_altered_deployment_is_refused(
    report: dict[str, Any], chain: Chain, field: str, value: Any
) -> None:
    report["deployment"][field] = value
    assert refused(check(report, chain), "deployment")


def test_fields_that_no_report_has_are_refused(report: dict[str, Any], chain: Chain) -> None:
    assert refused(check(report | {"note": "trust me"}, chain), "note")
    report["decisions"][0]["note"] = "trust me"
    assert refused(check(report, chain), "decisions[0].note")


def test_tokens_take_time(report: dict[str, Any], chain: Chain) -> None:
    report["decisions"][0].update(tokens=5, milliseconds=0)
    assert refused(check(report, chain), "decisions[0].milliseconds")


@pytest.mark.parametrize("field", FORGERIES)
def test_an_altered_field_is_refused_by_name(
    report: dict[str, Any], chain: Chain, field: str
) -> None:
    assert FORGERIES[field] != report[field]
    report[field] = FORGERIES[field]
    # Faults are what the verdict is derived from.
    assert refused(check(report, chain), "ok" if field == "faults" else field)


def test_an_endpoints_report_names_a_model_and_no_weights(
    report: dict[str, Any], chain: Chain
) -> None:
    report.update(engine="http", model="m", model_sha256="")
    assert check(report, chain) == []
    for field, value in (("model", ""), ("model_sha256", "ab" * 32)):
        assert refused(check(report | {field: value}, chain), "model")


def test_a_report_that_ends_early_is_refused(report: dict[str, Any], chain: Chain) -> None:
    report["last_block"] -= 8
    assert refused(check(report, chain), "steps")


@pytest.mark.parametrize("field", [*REPORT_KEYS, "deployment", "last_block"])
def test_a_missing_field_is_refused_by_name(
    report: dict[str, Any], chain: Chain, field: str
) -> None:
    del report[field]
    assert refused(check(report, chain), field)


@pytest.mark.parametrize("field", FORGED_DECISIONS)
@pytest.mark.parametrize("number", [0, 9])
def test_an_altered_decision_is_refused_by_name(
    report: dict[str, Any], chain: Chain, field: str, number: int
) -> None:
    report["decisions"][number][field] = FORGED_DECISIONS[field]
    assert refused(check(report, chain), f"decisions[{number}].{field}")


def test_a_left_out_or_doubled_decision_is_refused(report: dict[str, Any], chain: Chain) -> None:
    shorter, longer = copy.deepcopy(report), copy.deepcopy(report)
    shorter["decisions"].pop()
    longer["decisions"].append(longer["decisions"][-1])
    assert refused(check(shorter, chain), "decisions")
    assert refused(check(longer, chain), "decisions")


def test_an_answer_that_the_engine_does_not_give_again_is_refused(
    report: dict[str, Any], chain: Chain
) -> None:
    answers = {d["prompt"]: d["raw_output"] for d in report["decisions"]}
    assert answers
    given = [d["raw_output"] for d in report["decisions"]]
    assert check(report, chain, engine=ReplayEngine(given)) == []
    other = ReplayEngine([ANSWERS[1]], repeat=True)
    assert refused(check(report, chain, engine=other), "decisions[0].raw_output")


@pytest.mark.parametrize("content", [[], {}, "demo", None, {"decisions": 3}])
def test_what_is_no_report_is_refused(chain: Chain, content: Any) -> None:
    assert check(content, chain)


def test_a_missing_report_or_state_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read.*run `everloop demo`"):
        check_file(tmp_path / "demo.json")
    (tmp_path / "demo.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"state .* is missing"):
        check_file(tmp_path / "demo.json")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process(
    tmp_path: Path, engine: str, number: signal.Signals
) -> None:
    # Tests that run in the background inherit a SIGINT that is ignored.
    code = (
        "import signal, sys; from agent_sdk.demo import run_demo\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n    sys.exit(run_demo(sys.argv[1], engine=sys.argv[2]))\n"
        "except KeyboardInterrupt:\n    sys.exit(130)"
    )
    record = tmp_path / "demo" / "stack.json"
    command = [sys.executable, "-c", code, str(tmp_path), engine]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as demo:
        until(record.exists, "the demo does not start", seconds=60)
        processes = [Process(**one) for one in json.loads(record.read_text())["processes"]]
        with pytest.raises(ConfigError, match=r"a demo runs in .* already"):
            run_demo(tmp_path)
        os.kill(demo.pid, number)
        assert demo.wait(timeout=30) == 130
    assert processes
    assert [process.name for process in processes if is_alive(process)] == []
    assert not record.exists()


def test_a_demo_that_stands_still_says_so_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "answers.json"
    empty.write_text(json.dumps({"sequence": ANSWERS[:1]}))
    monkeypatch.setattr("agent_sdk.demo_clock.PATIENCE_SECONDS", 3.0)
    text = io.StringIO()
    code = run_demo(tmp_path, engine=f"replay:{empty}", console=Console(file=text, width=200))
    assert code == 1
    for line in ("makes no step 1", "1 steps, 12 are needed", "no missed run was expired"):
        assert line in text.getvalue()
    report = json.loads((tmp_path / "demo.json").read_text())
    assert (report["ok"], report["steps"]) == (False, 1)
    assert check_file(tmp_path / "demo.json") == []

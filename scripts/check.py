"""Run every check, or those named, and count what really ran.

Usage: python scripts/check.py [lint] [drift] [forge] [unit] [e2e] [ape] [--raise-floors]

Two runners work at once, so that compiling fills the time in which end-to-end tests wait.
Each runner's own report (JSON of forge, JUnit XML of pytest and Ape) is counted: a runner that
executes fewer tests than tests/floors.json says, or skips one, fails.
The last line is `N passed, N failed`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
FLOORS = ROOT / "tests" / "floors.json"
BIN = Path(sys.executable).parent
SOLIDITY = ("contracts", "tests/forge", "tests/redteam", "tests/symbolic")
#: pytest without Ape's plugin, which would start a chain.
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:ape_test")
#: Seconds after which a runner that hangs is stopped; on a busy machine none takes half of it.
TIME_LIMIT = 3_600

#: Process groups of the commands that run now.
_running: set[int] = set()
_interrupted = threading.Event()
#: Set once forge has compiled the sources as they are.
_forge_compiled = threading.Event()


@dataclass
class Outcome:
    """What one runner did.

    Attributes:
        passed: number of tests that passed.
        failures: one line per failed test or problem, naming it.
    """

    passed: int = 0
    failures: list[str] = field(default_factory=list)


def run(
    command: Sequence[str | Path], *, capture: bool = False, limit: float = TIME_LIMIT
) -> tuple[int, str]:
    """Run a command in its own process group and stop the whole group when it ends or hangs.

    Returns:
        Exit code (124 after `limit` seconds) and, if captured, standard output.
    """
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None,
        text=True,
        start_new_session=True,
    )
    _running.add(process.pid)
    try:
        output, _ = process.communicate(timeout=limit)
        return process.returncode, output or ""
    except subprocess.TimeoutExpired:
        return 124, ""
    finally:
        _running.discard(process.pid)
        stop_group(process.pid)
        process.wait()


def stop_group(group: int) -> None:
    """Kill what is left of a process group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def run_lint() -> Outcome:
    """Run ruff, mypy (strict by pyproject.toml) and forge fmt; each counts as one check."""
    packages = [name for name in ("agent_sdk", "benchmarks", "scripts") if (ROOT / name).is_dir()]
    fmt = ["forge", "fmt", "--check"]
    outcome = Outcome()
    for label, command in {
        "ruff check": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
        "ruff format --check": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
        "mypy --strict": [sys.executable, "-m", "mypy", "--no-error-summary", *packages],
        "forge fmt --check": [*fmt, *SOLIDITY],
    }.items():
        code, _ = run(command)
        if code == 0:
            outcome.passed += 1
        else:
            outcome.failures.append(f"{label} exited {code}; `make format` may help")
    return outcome


def run_drift() -> Outcome:
    """Compile the contracts, unless forge just did, and compare with the committed artifacts."""
    options = ["--forge"] if _forge_compiled.is_set() else []
    code, output = run([sys.executable, "scripts/build.py", "--check", *options], capture=True)
    if code == 0:
        return Outcome(passed=1)
    print(output)
    return Outcome(failures=["artifacts do not match the contracts, or solc warns"])


def parse_forge(output: str) -> dict[str, Any]:
    """Return the JSON report in the output of `forge test --json` by suite; empty without one.

    It is the last line; where an invariant fails, forge tells so on lines of JSON before.
    """
    lines = [line for line in output.splitlines() if line.startswith("{")]
    try:
        suites: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    whole = all(isinstance(one, dict) and "test_results" in one for one in suites.values())
    return suites if whole else {}


def run_forge() -> Outcome:
    """Run the forge tests with the native binary and count its JSON report."""
    code, output = run(["forge", "test", "--json"], capture=True)
    outcome = Outcome()
    suites = parse_forge(output)
    if not suites:
        print(output[-4_000:])
        outcome.failures.append(f"forge gave no report (exit {code}); see `make forge ARGS=build`")
        return outcome
    _forge_compiled.set()
    for suite, report in sorted(suites.items()):
        for test, result in sorted(report["test_results"].items()):
            if result["status"] == "Success":
                outcome.passed += 1
                continue
            reason = result.get("reason") or "no reason given"
            outcome.failures.append(f"{suite}::{test} {result['status']}: {reason}")
    if code != 0 and not outcome.failures:
        outcome.failures.append(f"forge exited {code} although every test passed")
    return outcome


def read_junit(report: Path, code: int) -> Outcome:
    """Count a JUnit report of pytest; a skipped test is a failure."""
    outcome = Outcome()
    if not report.is_file():
        outcome.failures.append(f"no report from pytest (exit {code})")
        return outcome
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}"
        problems = [child for child in case if child.tag in ("failure", "error", "skipped")]
        outcome.passed += not problems
        for problem in problems:
            message = (problem.get("message") or "").strip().splitlines() or [""]
            outcome.failures.append(f"{name} {problem.tag}: {message[0][:200]}")
    if code != 0 and not outcome.failures:
        outcome.failures.append(f"pytest exited {code} although every test passed")
    return outcome


def run_unit() -> Outcome:
    """Run the unit tests of Python."""
    return run_pytest("unit", PYTEST, capture=True)


def run_e2e() -> Outcome:
    """Run the end-to-end tests, on anvil."""
    return run_pytest("e2e", PYTEST)


def run_ape() -> Outcome:
    """Run the Ape tests; Ape starts and stops its own anvil."""
    return run_pytest("ape", [BIN / "ape", "test"], capture=True)


def run_pytest(name: str, command: Sequence[str | Path], *, capture: bool = False) -> Outcome:
    """Run the Python tests of one folder; what is captured shows only after a failure."""
    report = fresh_report(f"{name}.xml")
    options = [f"tests/{name}", "-q", "-ra", f"--junitxml={report}"]
    code, output = run([*command, *options], capture=capture)
    outcome = read_junit(report, code)
    if outcome.failures:
        print(output)
    return outcome


def fresh_report(name: str) -> Path:
    """Return the path of a report that no earlier run left behind."""
    BUILD.mkdir(exist_ok=True)
    report = BUILD / name
    report.unlink(missing_ok=True)
    return report


RUNNERS: dict[str, Callable[[], Outcome]] = {
    "lint": run_lint,
    "drift": run_drift,
    "forge": run_forge,
    "unit": run_unit,
    "e2e": run_e2e,
    "ape": run_ape,
}
#: What runs one after the other; lanes run at the same time, and only e2e prints as it goes.
LANES = (("lint", "forge", "drift", "ape", "unit"), ("e2e",))


def run_all(names: Sequence[str]) -> dict[str, Outcome]:
    """Run the named runners, all of them even after a failure."""
    floors: dict[str, int] = json.loads(FLOORS.read_text("utf-8"))

    def run_lane(lane: Sequence[str]) -> dict[str, Outcome]:
        chosen = [name for name in lane if name in names]
        return {
            name: run_one(name, floors.get(name, 0)) for name in chosen if not _interrupted.is_set()
        }

    with ThreadPoolExecutor(len(LANES)) as pool:
        try:
            lanes = list(pool.map(run_lane, LANES))
        except KeyboardInterrupt:
            _interrupted.set()
            for group in list(_running):
                stop_group(group)
            raise
    return {name: outcome for lane in lanes for name, outcome in lane.items()}


def run_one(name: str, floor: int) -> Outcome:
    """Run one runner, and tell how it went."""
    print(f"== {name}", flush=True)
    start = time.monotonic()
    outcome = RUNNERS[name]()
    if outcome.passed + len(outcome.failures) < floor:
        outcome.failures.append(f"{name} ran fewer tests than the floor of {floor}")
    seconds = time.monotonic() - start
    counts = f"{outcome.passed} passed, {len(outcome.failures)} failed"
    print(f"\n== {name}: {counts} in {seconds:.0f} s", flush=True)
    return outcome


def raise_floors(outcomes: dict[str, Outcome]) -> None:
    """Commit to the number of tests that ran now."""
    floors: dict[str, int] = json.loads(FLOORS.read_text("utf-8"))
    floors.update({name: outcomes[name].passed for name in floors if name in outcomes})
    FLOORS.write_text(json.dumps(floors, indent=2) + "\n", "utf-8")


def main() -> int:
    """Run the checks named on the command line, all by default; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runners", nargs="*", metavar="|".join(RUNNERS))
    parser.add_argument("--raise-floors", action="store_true", help="write tests/floors.json")
    options = parser.parse_args()
    # Spinning threads slow the embedded model down fifty times on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    unknown = set(options.runners) - RUNNERS.keys()
    if unknown:
        parser.error(f"no such runner: {', '.join(sorted(unknown))}")
    outcomes = run_all(options.runners or list(RUNNERS))
    failures = [f"{name}: {line}" for name in outcomes for line in outcomes[name].failures]
    for line in failures:
        print(f"FAILED {line}")
    if options.raise_floors and not failures:
        raise_floors(outcomes)
    passed = sum(outcome.passed for outcome in outcomes.values())
    print(f"{passed} passed, {len(failures)} failed", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""Prove the checks of tests/symbolic with halmos and print paths and time of each.

Usage: python -m analysis.symbolic [--match REGEX]

A check that has a counterexample, times out, leaves a loop unfinished or does not run is a miss.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from check import ROOT

from analysis.shared import ANALYSIS_BIN, BUILD, finish, floor, run_tool, table

FOLDER = ROOT / "tests" / "symbolic"
#: Seconds for all checks, and for one assertion.
TIME_LIMIT = 3_600
ASSERTION_LIMIT = 120
#: What halmos means by a check's exit code other than 0.
VERDICTS = {1: "counterexample", 2: "timeout", 3: "stuck", 4: "every path reverts", 5: "exception"}


@dataclass(frozen=True)
class Proof:
    """What halmos found for one check.

    Attributes:
        check: contract and function.
        verdict: "proven", or what stands against it.
        paths: ways through the code that were followed.
        seconds: time for paths and solver.
    """

    check: str
    verdict: str
    paths: int
    seconds: float


def read_proofs(report: dict[str, Any]) -> list[Proof]:
    """Return what halmos reports of each check, by contract and function."""
    proofs = []
    for suite, results in sorted(report["test_results"].items()):
        contract = suite.split(":")[1].removesuffix("SymbolicTest")
        for result in sorted(results, key=lambda entry: str(entry["name"])):
            verdict = "proven"
            if result["exitcode"] != 0:
                verdict = VERDICTS.get(result["exitcode"], f"exit {result['exitcode']}")
            elif result["num_bounded_loops"]:
                verdict = "loop not unrolled to its end"
            name = f"{contract}.{result['name'].split('(')[0]}"
            proofs.append(Proof(name, verdict, result["num_paths"][0], result["time"][0]))
    return proofs


def written_checks() -> set[str]:
    """Return the checks in the sources, by the names of {read_proofs}."""
    names = set()
    for path in sorted(FOLDER.glob("*.t.sol")):
        contract = ""
        for line in path.read_text("utf-8").splitlines():
            if match := re.match(r"contract (\w+)", line):
                contract = match[1].removesuffix("SymbolicTest")
            if match := re.match(r"\s+function (check_\w+)", line):
                names.add(f"{contract}.{match[1]}")
    return names


def misses(proofs: list[Proof], written: set[str], least: int) -> list[str]:
    """Name the checks that are not proven or did not run."""
    found = [f"{proof.check}: {proof.verdict}" for proof in proofs if proof.verdict != "proven"]
    found += [f"{name} did not run" for name in sorted(written - {p.check for p in proofs})]
    if len(proofs) < least:
        found.append(f"{len(proofs)} checks ran, fewer than the floor of {least}")
    return found


def analyse(pattern: str) -> list[str]:
    """Run halmos and print a line for each check; return what is wrong."""
    report = BUILD / "symbolic.json"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    command: list[str | Path] = [ANALYSIS_BIN / "halmos"]
    command += ["--forge-build-out", ".build/symbolic", "--no-status"]
    command += ["--loop", "64", "--solver-timeout-assertion", f"{ASSERTION_LIMIT}s"]
    # Every panic is a failure, overflow and all, not only that of an assertion.
    command += ["--panic-error-codes", "*"]
    command += ["--json-output", report]
    if pattern:
        command += ["--match-test", pattern]
    # halmos looks for its solver on PATH, and its build follows foundry.toml's profile.
    environment = {
        "FOUNDRY_PROFILE": "symbolic",
        "PATH": os.pathsep.join([str(ANALYSIS_BIN), os.environ["PATH"]]),
    }
    code, output = run_tool(command, limit=TIME_LIMIT, environment=environment)
    if not report.is_file():
        return [f"halmos gave no report (exit {code}): {output[-2_000:].strip()}"]
    proofs = read_proofs(json.loads(report.read_text("utf-8")))
    rows = [[p.check, p.verdict, str(p.paths), f"{p.seconds:.2f}"] for p in proofs]
    print(table(["check", "result", "paths", "seconds"], rows))
    proven = sum(proof.verdict == "proven" for proof in proofs)
    paths = sum(proof.paths for proof in proofs)
    print(f"{proven} of {len(proofs)} checks proven over {paths:,} paths")
    written = {name for name in written_checks() if re.search(pattern, name)}
    found = misses(proofs, written, 0 if pattern else floor("symbolic"))
    if found:
        lines = [line for line in output.splitlines() if line and "[PASS]" not in line]
        print("\n".join(lines)[-6_000:])
    if code != 0 and not found:
        found.append(f"halmos exited {code} although every check is proven")
    return found


def main() -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--match", default="", help="only checks whose name this finds")
    options = parser.parse_args()
    return finish("symbolic", lambda: analyse(options.match))


if __name__ == "__main__":
    sys.exit(main())

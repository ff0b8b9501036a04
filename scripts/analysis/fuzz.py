"""Run the fuzz tests or the invariants of tests/forge far longer than `make test` does.

Usage: python -m analysis.fuzz fuzz|invariants [--runs N] [--depth N] [--seed N]

Each test's own count of runs is read from forge's report: one that ran fewer is a miss.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from check import parse_forge

from analysis.shared import finish, floor, run_tool, table

#: Seconds after which forge is stopped.
TIME_LIMIT = 3 * 3_600


@dataclass(frozen=True)
class Campaign:
    """What forge did for one test.

    Attributes:
        suite: file and contract.
        test: function without its parameters.
        runs: cases tried, or sequences of calls.
        calls: calls over all sequences; of a fuzz test, its runs.
        reverts: calls that reverted.
        problem: why it failed; "" where it passed.
    """

    suite: str
    test: str
    runs: int
    calls: int
    reverts: int
    problem: str


def read_campaigns(suites: dict[str, Any], kind: str) -> Iterator[Campaign]:
    """Yield what a report of forge says of each test of `kind` ("Fuzz" or "Invariant")."""
    for suite, report in sorted(suites.items()):
        for signature, result in sorted(report["test_results"].items()):
            counts = result["kind"].get(kind, {})
            runs = int(counts.get("runs", 0))
            problem = ""
            if result["status"] != "Success":
                problem = f"{result['status']}: {result.get('reason') or 'no reason given'}"
            yield Campaign(
                suite=suite.removeprefix("tests/forge/"),
                test=signature.split("(")[0],
                runs=runs,
                calls=int(counts.get("calls", runs)),
                reverts=int(counts.get("reverts", 0)),
                problem=problem,
            )


def misses(campaigns: list[Campaign], *, runs: int, least: int, what: str) -> list[str]:
    """Name what failed, ran less than asked or reverted, and say where tests are too few."""
    found = [f"{c.suite} {c.test} {c.problem}" for c in campaigns if c.problem]
    found += [
        f"{c.suite} {c.test} ran {c.runs} of {runs} times"
        for c in campaigns
        if not c.problem and c.runs < runs
    ]
    found += [f"{c.suite} {c.test}: {c.reverts} calls reverted" for c in campaigns if c.reverts]
    if len(campaigns) < least:
        found.append(f"{len(campaigns)} {what}, fewer than the floor of {least}")
    return found


def analyse(options: argparse.Namespace) -> list[str]:
    """Run the tests and print a line for each; return what is wrong."""
    is_fuzz = options.what == "fuzz"
    runs = options.runs or (10_000 if is_fuzz else 1_000)
    seed = options.seed if options.seed is not None else int(time.time())
    deep = "" if is_fuzz else f" x {options.depth} calls"
    print(f"{options.what}: {runs:,} runs{deep} each, seed {seed}", flush=True)
    command = ["forge", "test", "--json", "--fuzz-seed", str(seed), "--threads", "0"]
    command += ["--match-test", "^testFuzz_" if is_fuzz else "^invariant_"]
    environment = {
        "FOUNDRY_FUZZ_RUNS": str(runs),
        "FOUNDRY_INVARIANT_RUNS": str(runs),
        "FOUNDRY_INVARIANT_DEPTH": str(options.depth),
        "FOUNDRY_INVARIANT_FAIL_ON_REVERT": "true",
    }
    code, output = run_tool(command, limit=TIME_LIMIT, environment=environment)
    suites = parse_forge(output)
    if not suites:
        return [f"forge gave no report (exit {code}): {output[-500:].strip()}"]
    campaigns = list(read_campaigns(suites, "Fuzz" if is_fuzz else "Invariant"))
    rows = [[c.test, f"{c.runs:,}", f"{c.calls:,}", str(c.reverts)] for c in campaigns]
    print(table(["test", "runs", "calls", "reverts"], rows))
    total = sum(campaign.calls for campaign in campaigns)
    print(f"{len(campaigns)} {options.what}, {runs:,} runs{deep} each, {total:,} calls in all")
    found = misses(campaigns, runs=runs, least=floor(options.what), what=options.what)
    if code != 0 and not found:
        found.append(f"forge exited {code} although every test passed")
    return found


def main() -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["fuzz", "invariants"])
    parser.add_argument("--runs", type=int, help="10,000 fuzz cases or 1,000 sequences by default")
    parser.add_argument("--depth", type=int, default=100, help="calls of a sequence")
    parser.add_argument("--seed", type=int, help="the time by default, so that each run differs")
    options = parser.parse_args()
    return finish(options.what, lambda: analyse(options))


if __name__ == "__main__":
    sys.exit(main())

"""Measure which lines, branches and functions of contracts/ the forge tests run.

Usage: python -m analysis.coverage [--match REGEX]

forge compiles without the optimizer and counts opcodes by their place in the source.
The tests deploy what that same build makes of contracts/, in a copy of the tree (see `prepare`).
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from typing import Any

from check import ROOT, parse_forge

from analysis.lcov import FileCoverage, infer, read_lcov
from analysis.shared import BUILD, finish, run_tool, table
from analysis.sources import blocks, has_code, spell_out, syntax_trees

TREE = BUILD / "coverage"
TIME_LIMIT = 3_600
#: Group -> folders of contracts/ in it.
GROUPS = {
    "engine": ("core", "libraries", "types", "lens"),
    "agent": ("agent",),
    "examples": ("examples",),
}
#: Least percentage that tests must run, and of which groups.
LEAST = {"lines": 98.0, "branches": 95.0}
BARRED = ("engine", "agent")
#: One compiler profile for contracts and tests: with two, forge mixes up their files.
ENVIRONMENT = {
    "FOUNDRY_ADDITIONAL_COMPILER_PROFILES": "[]",
    "FOUNDRY_COMPILATION_RESTRICTIONS": "[]",
}

Counts = tuple[int, int]


def prepare() -> None:
    """Make a copy of the tree whose contracts have every `require` written as an `if`."""
    shutil.rmtree(TREE, ignore_errors=True)
    TREE.mkdir(parents=True)
    shutil.copy(ROOT / "foundry.toml", TREE)
    shutil.copytree(ROOT / "contracts", TREE / "contracts")
    shutil.copytree(ROOT / "tests" / "forge", TREE / "tests" / "forge")
    for name in ("node_modules", ".venv"):
        (TREE / name).symlink_to(ROOT / name, target_is_directory=True)
    for file in (TREE / "contracts").rglob("*.sol"):
        file.write_text(spell_out(file.read_text("utf-8")), "utf-8")


def failed_tests(output: str) -> list[str]:
    """Return the tests that forge names as failed."""
    return sorted(set(re.findall(r"^\[FAIL.*\] (\w+)\(", output, re.M)))


def fail_optimised(tests: list[str]) -> list[str]:
    """Return those of `tests` that fail with the code as it is deployed, too."""
    if not tests:
        return []
    pattern = f"^({'|'.join(tests)})\\("
    _, output = run_tool(["forge", "test", "--json", "--match-test", pattern], limit=TIME_LIMIT)
    passed = {
        signature.split("(")[0]
        for report in parse_forge(output).values()
        for signature, result in report["test_results"].items()
        if result["status"] == "Success"
    }
    return [test for test in tests if test not in passed]


def measure(pattern: str) -> tuple[dict[str, FileCoverage], list[str], str]:
    """Run forge over the copy.

    Returns:
        Coverage by file, tests that failed, and what forge printed.
    """
    report = TREE / "lcov.info"
    command = ["forge", "coverage", "--root", str(TREE), "--ir-minimum", "--report", "lcov"]
    command += ["--report-file", str(report)] + (["--match-test", pattern] if pattern else [])
    _, output = run_tool(command, limit=TIME_LIMIT, environment=ENVIRONMENT)
    if not report.is_file():
        return {}, [], output
    files = {
        name: coverage
        for name, coverage in read_lcov(report.read_text("utf-8")).items()
        if group_of(name)
    }
    return files, failed_tests(output), output


def group_of(name: str) -> str:
    """Return the group that a file belongs to, or "" for none."""
    folder = name.removeprefix("contracts/").split("/")[0] if name.startswith("contracts/") else ""
    return next((group for group, folders in GROUPS.items() if folder in folders), "")


def fill_in(files: dict[str, FileCoverage]) -> list[str]:
    """Count what forge cannot, from the syntax of the same sources; name files it left out."""
    config = (ROOT / "foundry.toml").read_text("utf-8")
    remappings = re.findall(r'"(@[^"]+=[^"]+)"', config)
    trees = syntax_trees(TREE, ROOT / ".venv" / "tools" / "solc", remappings)
    for name, coverage in files.items():
        infer(coverage, blocks(trees[name], (TREE / name).read_text("utf-8")))
    return missing(set(files), trees)


def missing(files: set[str], trees: dict[str, dict[str, Any]]) -> list[str]:
    """Name the files with code that are in no report."""
    return [
        f"{name} has code and is in no report of forge"
        for name, tree in sorted(trees.items())
        if group_of(name) and has_code(tree) and name not in files
    ]


def counts(coverage: FileCoverage) -> tuple[Counts, Counts, Counts]:
    """Return (run, all) of lines, branches and functions."""

    def count(times: list[int]) -> Counts:
        return sum(n > 0 for n in times), len(times)

    return (
        count(list(coverage.lines.values())),
        count(list(coverage.branches.values())),
        count(list(coverage.functions.values())),
    )


def percent(part: Counts) -> float:
    """Return run / all in percent; 100 where there is nothing."""
    return 100.0 * part[0] / part[1] if part[1] else 100.0


def summarise(files: dict[str, FileCoverage]) -> tuple[str, dict[str, dict[str, float]]]:
    """Return the table per file and group, and the percentages of each group."""
    rows, figures = [], {}
    for group in GROUPS:
        sums = [(0, 0)] * 3
        for name in sorted(name for name in files if group_of(name) == group):
            parts = counts(files[name])
            rows.append([name.removeprefix("contracts/"), *map(cell, parts)])
            sums = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(sums, parts, strict=True)]
        rows.append([f"= {group}", *map(cell, sums)])
        figures[group] = {"lines": percent(sums[0]), "branches": percent(sums[1])}
    return table(["file", "lines", "branches", "functions"], rows), figures


def cell(part: Counts) -> str:
    """Show one percentage with its counts."""
    return f"{percent(part):.1f}% ({part[0]}/{part[1]})"


def uncovered(files: dict[str, FileCoverage]) -> list[str]:
    """Name every line and branch that no test runs, with its source."""
    found = []
    for name in sorted(files, key=lambda file: (list(GROUPS).index(group_of(file)), file)):
        source = (ROOT / name).read_text("utf-8").splitlines()
        never = {line: "line" for line, times in files[name].lines.items() if not times}
        never |= {key[0]: "branch" for key, times in files[name].branches.items() if not times}
        found += [f"{name}:{n} {never[n]}: {source[n - 1].strip()[:80]}" for n in sorted(never)]
    return found


def analyse(pattern: str) -> list[str]:
    """Measure, print, and return what is wrong."""
    prepare()
    print("coverage: compiling and running, some minutes", flush=True)
    files, failed, output = measure(pattern)
    if not files:
        return [f"forge gave no report: {output[-2_000:].strip()}"]
    found = fill_in(files)
    text, figures = summarise(files)
    print(text)
    print("\nNot run by any test:")
    print("\n".join(f"  {line}" for line in uncovered(files)))
    inferred = sum(len(coverage.inferred) for coverage in files.values())
    unmeasured = sum(len(coverage.unmeasured) for coverage in files.values())
    print(
        f"\n{inferred} lines counted by their neighbours, "
        f"{unmeasured} in conditional assembly left out"
    )
    really = fail_optimised(failed)
    print(
        f"{len(failed)} tests fail in this unoptimised build, {len(really)} of them in the real one"
    )
    (BUILD / "coverage.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    found += [f"{test} fails, also optimised" for test in really]
    found += [
        f"{group} {what} {figures[group][what]:.2f} %, less than {least:g} %"
        for group in BARRED
        for what, least in LEAST.items()
        if figures[group][what] < least
    ]
    return found


def main() -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--match", default="", help="only tests whose name this finds")
    options = parser.parse_args()
    return finish("coverage", lambda: analyse(options.match))


if __name__ == "__main__":
    sys.exit(main())

"""Run slither over contracts/ and hold its findings against the committed triage.

Usage: python -m analysis.slither

tests/slither.json names, by detector and function, why a finding is no defect.
A finding that it does not name is a miss, and so is an entry that names nothing any more.
Lines play no part, so that code can move.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from check import ROOT

from analysis.shared import ANALYSIS_BIN, BUILD, finish, run_tool, table

TRIAGE = ROOT / "tests" / "slither.json"
TIME_LIMIT = 1_200
#: Impacts at which one entry may speak for a detector's findings everywhere.
MINOR = {"Low", "Informational", "Optimization"}
EVERYWHERE = "*"
#: Our name for a function that slither skips because it cannot read it.
UNREAD = "not-analysed"


@dataclass(frozen=True)
class Finding:
    """One result of slither.

    Attributes:
        detector: slither's name of the check.
        where: contract and function, or contract and state variable.
        impact: High, Medium, Low, Informational or Optimization.
        text: what slither says, with file and lines.
    """

    detector: str
    where: str
    impact: str
    text: str


@dataclass(frozen=True)
class Entry:
    """Why findings of one detector in one function are no defect."""

    detector: str
    where: str
    reason: str


def owner_of(element: dict[str, Any]) -> str:
    """Return `Contract.member` of an element, whatever is nested within the member."""
    names = []
    while element and element["type"] in ("contract", "function", "variable", "node", "event"):
        parent = element.get("type_specific_fields", {}).get("parent")
        is_inner = element["type"] == "node" or (parent and parent["type"] == "function")
        if not is_inner:
            names.append(str(element["name"]))
        element = parent
    return ".".join(reversed(names))


def read_findings(report: dict[str, Any]) -> list[Finding]:
    """Return the findings of slither's JSON report.

    Raises:
        ValueError: slither did not get through.
    """
    if not report.get("success"):
        raise ValueError(f"slither failed: {str(report.get('error'))[-500:]}")
    return [
        Finding(
            detector=result["check"],
            where=owner_of(result["elements"][0]) if result["elements"] else "",
            impact=result["impact"],
            text=" ".join(result["description"].split()),
        )
        for result in report["results"].get("detectors", [])
    ]


def unread_functions(output: str) -> list[Finding]:
    """Return the functions that slither says it could not read, as findings."""
    pattern = r"^Impossible to generate IR for (\w+\.\w+) \((.+)\):"
    return [
        Finding(UNREAD, where, "Informational", f"slither cannot read {place}")
        for where, place in re.findall(pattern, output, re.M)
    ]


def read_triage(path: Path) -> list[Entry]:
    """Return the committed entries."""
    return [Entry(**entry) for entry in json.loads(path.read_text("utf-8"))]


def covers(entry: Entry, finding: Finding) -> bool:
    """Tell whether `entry` speaks for `finding`."""
    if entry.detector != finding.detector:
        return False
    if entry.where == EVERYWHERE:
        return finding.impact in MINOR and finding.detector != UNREAD
    return entry.where == finding.where


def misses(findings: list[Finding], triage: list[Entry]) -> list[str]:
    """Name findings without an entry, entries without a finding and entries without a reason."""
    found = [
        f"untriaged {finding.impact.lower()} {finding.detector} in {finding.where}: {finding.text}"
        for finding in findings
        if not any(covers(entry, finding) for entry in triage)
    ]
    for entry in triage:
        name = f"{entry.detector} in {entry.where}"
        if not any(covers(entry, finding) for finding in findings):
            found.append(f"stale triage: {name} is found no more; remove its entry")
        if not re.fullmatch(r"[A-Za-z`].{20,}\.", entry.reason):
            found.append(f"triage without a reason in one sentence: {name}")
    counts = Counter((entry.detector, entry.where) for entry in triage)
    found += [f"two entries for {name} in {where}" for (name, where), n in counts.items() if n > 1]
    return found


def written_contracts() -> int:
    """Count the contracts, interfaces and libraries of the sources."""
    pattern = re.compile(r"^(?:abstract )?(?:contract|interface|library) \w+", re.M)
    files = sorted((ROOT / "contracts").rglob("*.sol"))
    return sum(len(pattern.findall(file.read_text("utf-8"))) for file in files)


def summarise(findings: list[Finding], triage: list[Entry]) -> str:
    """Lay out findings per detector, and how many of them the triage speaks for."""
    rows = []
    counts = Counter((finding.detector, finding.impact) for finding in findings)
    for (detector, impact), count in sorted(counts.items()):
        mine = [finding for finding in findings if finding.detector == detector]
        explained = sum(any(covers(entry, finding) for entry in triage) for finding in mine)
        rows.append([detector, impact, str(count), str(explained)])
    return table(["detector", "impact", "findings", "triaged"], rows)


def analyse() -> list[str]:
    """Run slither and compare; return what is wrong."""
    report = BUILD / "slither.json"
    report.parent.mkdir(exist_ok=True)
    report.unlink(missing_ok=True)
    # A build of its own, since slither cleans the folder before it compiles.
    environment = {"FOUNDRY_OUT": ".build/slither", "FOUNDRY_CACHE_PATH": ".build/slither-cache"}
    command: list[str | Path] = [ANALYSIS_BIN / "slither", ".", "--json", report]
    code, output = run_tool(command, limit=TIME_LIMIT, environment=environment)
    if not report.is_file():
        return [f"slither gave no report (exit {code}): {output[-2_000:].strip()}"]
    findings = read_findings(json.loads(report.read_text("utf-8"))) + unread_functions(output)
    triage = read_triage(TRIAGE)
    print(summarise(findings, triage))
    print(f"{len(findings)} findings, {len(triage)} entries, {written_contracts()} contracts")
    return misses(findings, triage)


def main() -> int:
    """Run; return the exit code."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args()
    return finish("slither", analyse)


if __name__ == "__main__":
    sys.exit(main())

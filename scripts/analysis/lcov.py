"""Reads forge's lcov report and fills in what its compiler pipeline cannot count."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.sources import SIMPLE, Statement


@dataclass
class FileCoverage:
    """How often the parts of one file ran.

    Attributes:
        lines: line -> times.
        branches: (line, number of the branch, way) -> times.
        functions: (line, name) -> times.
        inferred: lines that forge does not count and that ran by what stands around them.
        unmeasured: lines of assembly under a condition, which nothing tells of.
    """

    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[tuple[int, str, str], int] = field(default_factory=dict)
    functions: dict[tuple[int, str], int] = field(default_factory=dict)
    inferred: set[int] = field(default_factory=set)
    unmeasured: set[int] = field(default_factory=set)


def read_lcov(text: str) -> dict[str, FileCoverage]:
    """Return the coverage of each file in an lcov report."""
    files: dict[str, FileCoverage] = {}
    now = FileCoverage()
    for row in text.splitlines():
        kind, _, value = row.partition(":")
        if kind == "SF":
            now = files.setdefault(value, FileCoverage())
            starts: dict[str, int] = {}
        elif kind == "DA":
            line, times = value.split(",")[:2]
            now.lines[int(line)] = int(times)
        elif kind == "BRDA":
            line, branch, way, times = value.split(",")
            now.branches[int(line), branch, way] = 0 if times == "-" else int(times)
        elif kind == "FN":
            *where, name = value.split(",")
            starts[name] = int(where[0])
        elif kind == "FNDA":
            times, name = value.split(",", 1)
            now.functions[starts[name], name] = int(times)
    return files


def infer(coverage: FileCoverage, blocks: list[list[Statement]]) -> None:
    """Count statements that ran by what stands around them.

    A statement ran if a later one of its block did, since nothing enters a block in its middle.
    Assembly, of which forge counts nothing, also ran if the statement in front of it did, or its
    function where it is the first.
    """
    for block in blocks:
        for position, statement in enumerate(block):
            if statement.kind not in SIMPLE:
                continue
            ran = any(hits(coverage, later) for later in block[position + 1 :])
            if statement.kind == "InlineAssembly":
                before = block[position - 1] if position else None
                ran = ran or (hits(coverage, before) if before else entered(coverage, statement))
                drop(coverage, statement.branching)
            if ran:
                mark(coverage, statement)


def hits(coverage: FileCoverage, statement: Statement) -> bool:
    """Tell whether the line that a statement begins on ran."""
    return coverage.lines.get(statement.first, 0) > 0


def entered(coverage: FileCoverage, statement: Statement) -> bool:
    """Tell whether the function around a statement ran."""
    around = [key for key in coverage.functions if key[0] <= statement.first]
    return bool(around) and coverage.functions[max(around)] > 0


def drop(coverage: FileCoverage, lines: frozenset[int]) -> None:
    """Take lines of conditional assembly, and their branches, out of the account."""
    coverage.unmeasured |= {line for line in lines if line in coverage.lines}
    coverage.lines = {line: n for line, n in coverage.lines.items() if line not in lines}
    coverage.branches = {key: n for key, n in coverage.branches.items() if key[0] not in lines}


def mark(coverage: FileCoverage, statement: Statement) -> None:
    """Count the lines of a statement as run once, if forge does not count them."""
    for line in range(statement.first, statement.last + 1):
        if coverage.lines.get(line) == 0:
            coverage.lines[line] = 1
            coverage.inferred.add(line)

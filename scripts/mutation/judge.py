"""The verdict on one mutant: compile what it changes, then run the tests against it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mutation.artifacts import Artifact, compile_artifacts
from mutation.compiler import Code, Compiler, Refused
from mutation.generator import Mutant
from mutation.project import Project
from mutation.reach import Reach
from mutation.workspace import Run, Test, Workspace

#: Suites that take longer run last.
SLOW_SECONDS = 1.0

#: A test noticed.
KILLED = "killed"
#: No test noticed.
SURVIVED = "survived"
#: Only tests that measure gas noticed, and the mutated line does not reckon gas.
GAS_ONLY = "gas-only"
#: Not a mutant: it does not compile.
REFUSED = "refused"
#: Not a mutant: its bytecode is that of the original.
SAME = "same"
#: Verdicts that count in the sample.
LIVE = (KILLED, SURVIVED, GAS_ONLY)


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant.

    Attributes:
        status: one of the words above.
        by: the test that noticed, or the compiler's error.
        seconds: time it took.
    """

    status: str
    by: str
    seconds: float


@dataclass(frozen=True)
class Stage:
    """Tests that run together.

    Attributes:
        options: how forge selects them.
        gas: whether they measure gas.
    """

    options: tuple[str, ...]
    gas: bool = False


def plan(seconds: Mapping[str, float], gas: Iterable[Test]) -> list[Stage]:
    """Return the stages: fast suites, slow suites, tests that measure gas.

    Args:
        seconds: how long each suite takes.
        gas: tests that measure gas.
    """
    slow = sorted(_contract(suite) for suite, time_ in seconds.items() if time_ > SLOW_SECONDS)
    slow_pattern = f"^({'|'.join(slow)})$"
    gas_tests = sorted({re.escape(name.partition("(")[0]) for _, name in gas})
    gas_pattern = rf"^({'|'.join(gas_tests)})\("
    spare = ("--no-match-test", gas_pattern) if gas_tests else ()
    stages = [Stage((("--no-match-contract", slow_pattern) if slow else ()) + spare)]
    if slow:
        stages.append(Stage(("--match-contract", slow_pattern, *spare)))
    if gas_tests:
        stages.append(Stage(("--match-test", gas_pattern), gas=True))
    return stages


def _contract(suite: str) -> str:
    return suite.rpartition(":")[2]


@dataclass(frozen=True)
class Judge:
    """All that a verdict needs besides the mutant and a place to run.

    Attributes:
        project: the sources.
        compiler: how to compile.
        reach: which contracts a change may concern.
        artifacts: what forge has compiled.
        original: code of every artifact.
        stages: tests in order.
        gas: tests that measure gas.
        metering: matches lines that reckon gas.
    """

    project: Project
    compiler: Compiler
    reach: Reach
    artifacts: Sequence[Artifact]
    original: Mapping[str, Code]
    stages: Sequence[Stage]
    gas: frozenset[Test]
    metering: re.Pattern[str]

    def judge(self, mutant: Mutant, workspace: Workspace) -> Verdict:
        """Return the verdict on a mutant."""
        start = time.monotonic()
        carriers = self.reach.carriers(mutant.unit_id)
        concerned = [artifact for artifact in self.artifacts if artifact.contract in carriers]
        changed = {mutant.path: mutant.apply(self.project.sources[mutant.path])}
        try:
            codes = compile_artifacts(self.compiler, self.project, concerned, changed)
        except Refused as error:
            return Verdict(REFUSED, str(error).splitlines()[0], time.monotonic() - start)
        codes = {file: code for file, code in codes.items() if code != self.original[file]}
        if not codes:
            return Verdict(SAME, "", time.monotonic() - start)
        with workspace.with_code(codes, self.original):
            status, by = self._run(mutant, workspace)
        return Verdict(status, by, time.monotonic() - start)

    def _run(self, mutant: Mutant, workspace: Workspace) -> tuple[str, str]:
        """Run the stages until a test notices."""
        reckons = self.metering.search(f"{mutant.unit} {mutant.before}") is not None
        for stage in self.stages:
            run = workspace.test(*stage.options)
            if run.timeout:
                return KILLED, "the tests do not end"
            if not run.failed:
                continue
            suite, name = test = self._first(run)
            by = f"{_contract(suite)}.{name}"
            if stage.gas and test in self.gas and not reckons:
                return GAS_ONLY, by
            return KILLED, by
        return SURVIVED, ""

    def _first(self, run: Run) -> Test:
        """Return a failed test, if possible one that does not measure gas."""
        return min(run.failed, key=lambda test: (test in self.gas, test))

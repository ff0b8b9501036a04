"""Scratch copies of the tree in which forge runs the tests."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mutation.artifacts import write_code
from mutation.compiler import Code
from mutation.processes import run
from mutation.project import Project

#: Seconds for compiling, and for running all tests.
BUILD_LIMIT = 900
TEST_LIMIT = 300
#: Few runs: with a fixed seed more of them kill hardly more. A failure needs no shortest example.
#: One thread: workers share the cores.
#: A mutant's code may be larger than a chain takes; size is not what its tests are about.
SETTINGS = {
    "FOUNDRY_FUZZ_RUNS": "32",
    "FOUNDRY_INVARIANT_RUNS": "8",
    "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
    "FOUNDRY_THREADS": "1",
    "FOUNDRY_CODE_SIZE_LIMIT": "1000000",
}

#: Suite and test, `path:Contract` and `test_name(...)`.
Test = tuple[str, str]


class Broken(Exception):
    """The tests cannot run at all; the text says why."""


@dataclass(frozen=True)
class Run:
    """One run of forge.

    Attributes:
        seconds: duration by suite.
        passed: tests that passed.
        failed: tests that failed, with forge's reason.
        timeout: whether it was stopped because it took too long.
    """

    seconds: Mapping[str, float]
    passed: frozenset[Test]
    failed: Mapping[Test, str]
    timeout: bool = False


@dataclass(frozen=True)
class Workspace:
    """A folder with contracts, tests and forge's output, which shares tools with the tree.

    Attributes:
        folder: the copy's root.
    """

    folder: Path

    @classmethod
    def build(cls, folder: Path, project: Project, imported: Iterable[str]) -> Workspace:
        """Copy the tree into `folder` and compile it with forge; keeps forge's cache.

        Args:
            folder: where to.
            project: the sources.
            imported: paths of packages' sources; copied, since forge names sources by real paths.
        """
        for name in ("contracts", "tests", "node_modules"):
            shutil.rmtree(folder / name, ignore_errors=True)
        for name, text in project.sources.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, "utf-8")
        for name in ["foundry.toml", *imported]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.root / name, folder / name)
        if not (folder / ".venv").is_symlink():
            (folder / ".venv").symlink_to(project.root / ".venv")
        if not (folder / ".build").is_dir() and (project.root / ".build" / "forge").is_dir():
            shutil.copytree(project.root / ".build", folder / ".build")
        made = cls(folder)
        output = run([made._forge, "build"], folder=folder, seconds=BUILD_LIMIT)
        if output.code != 0:
            raise Broken(f"forge build exits {output.code}: {output.err.strip()[-2_000:]}")
        return made

    def copy(self, folder: Path) -> Workspace:
        """Return another workspace like this one."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, symlinks=True)
        return Workspace(folder)

    @contextmanager
    def with_code(self, codes: Mapping[str, Code], original: Mapping[str, Code]) -> Iterator[None]:
        """Run the tests of a block against other code."""
        write_code(self.folder, codes)
        try:
            yield
        finally:
            write_code(self.folder, {file: original[file] for file in codes})

    def test(self, *options: str, fail_fast: bool = True) -> Run:
        """Run the tests that the options choose.

        Raises:
            Broken: forge did not get as far as the tests.
        """
        # Inputs that failed once would be tried again, so that verdicts depended on their order.
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        command = [self._forge, "test", "--json", *options]
        command += ["--fail-fast"] if fail_fast else []
        output = run(command, folder=self.folder, seconds=TEST_LIMIT, environment=SETTINGS)
        if output.code is None:
            return Run({}, frozenset(), {}, timeout=True)
        try:
            report = json.loads(output.out[output.out.index("{") :])
        except ValueError:
            if "No tests" in output.out + output.err:
                return Run({}, frozenset(), {})
            raise Broken(f"forge exits {output.code}: {output.err.strip()[-2_000:]}") from None
        run_ = _read(report)
        if output.code != 0 and not run_.failed:
            raise Broken(f"forge exits {output.code} although no test failed")
        return run_

    @property
    def _forge(self) -> str:
        return str(self.folder / ".venv" / "tools" / "forge")


def _read(report: Mapping[str, Mapping[str, object]]) -> Run:
    """Read forge's JSON report."""
    seconds: dict[str, float] = {}
    passed: set[Test] = set()
    failed: dict[Test, str] = {}
    for suite, content in report.items():
        seconds[suite] = read_duration(str(content["duration"]))
        results = content["test_results"]
        assert isinstance(results, dict)
        for name, result in results.items():
            if result["status"] == "Success":
                passed.add((suite, name))
            else:
                failed[suite, name] = str(result.get("reason") or result["status"])
    return Run(seconds, frozenset(passed), failed)


def read_duration(text: str) -> float:
    """Read forge's durations, as in `1m 2s 30ms 4us`, in seconds."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
    parts = re.findall(r"([\d.]+)\s*(h|ms|us|µs|ns|m|s)", text)
    return sum(float(number) * units[unit] for number, unit in parts)

"""Everything between the sources and the first mutant: build, baseline, canary."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mutation.artifacts import Artifact, compile_artifacts, find_artifacts, write_code
from mutation.compiler import Code, Compiler, Refused
from mutation.edits import Edit
from mutation.generator import Mutant
from mutation.judge import KILLED, SAME, Judge, plan
from mutation.project import Project
from mutation.reach import Reach
from mutation.settings import Settings
from mutation.tree import Node, span, units_of
from mutation.workspace import Broken, Test, Workspace

Say = Callable[[str], None]


@dataclass(frozen=True)
class Ready:
    """What a campaign works with."""

    judge: Judge
    workspaces: Sequence[Workspace]


def prepare(
    project: Project,
    compiler: Compiler,
    trees: Mapping[str, Node],
    settings: Settings,
    members: Sequence[str],
    folder: Path,
    workers: int,
    say: Say,
) -> Ready:
    """Build the workspaces, run the unchanged tests, and prove that a fatal mutant is killed.

    Args:
        project: the sources.
        compiler: how to compile.
        trees: syntax tree of every source.
        settings: tests/mutants.json.
        members: files whose mutants will be judged.
        folder: where the workspaces go.
        workers: number of workspaces.
        say: prints a line of progress.

    Raises:
        Broken: the sources as they are do not compile or do not pass, or the canary lives.
    """
    start = time.monotonic()
    imported = [path for path in trees if path.startswith("node_modules/")]
    base = Workspace.build(folder / "base", project, imported)
    artifacts = find_artifacts(base.folder)
    try:
        original = compile_artifacts(compiler, project, artifacts)
    except Refused as error:
        raise Broken(f"the sources do not compile: {error}") from error
    write_code(base.folder, original)
    say(f"{len(artifacts)} artifacts compiled, {time.monotonic() - start:.0f} s")

    run = base.test(fail_fast=False)
    if run.failed or not run.passed:
        names = ", ".join(f"{suite}.{name}" for suite, name in sorted(run.failed)[:5])
        raise Broken(f"the unchanged tests do not pass: {names or 'there are none'}")
    gas = measuring_tests(project, compiler, artifacts, original, base)
    say(f"unchanged: {len(run.passed)} tests pass, {len(gas)} of them measure gas")
    judge = Judge(
        project=project,
        compiler=compiler,
        reach=Reach(trees),
        artifacts=artifacts,
        original=original,
        stages=plan(run.seconds, gas),
        gas=gas,
        metering=settings.metering,
    )
    check_canary(judge, base, trees, members)
    say(f"canary: a blank change is none, a fatal one killed; {time.monotonic() - start:.0f} s")
    return Ready(judge, [base.copy(folder / f"worker-{number}") for number in range(workers)])


def measuring_tests(
    project: Project,
    compiler: Compiler,
    artifacts: Sequence[Artifact],
    original: Mapping[str, Code],
    workspace: Workspace,
) -> frozenset[Test]:
    """Return the tests that fail when the same contracts are compiled without the optimizer.

    Their behaviour is the same, so such a test asserts what gas or code size happens to be.
    """
    slower: dict[str, Code] = {}
    for settings in sorted({artifact.settings for artifact in artifacts}):
        members = [
            artifact
            for artifact in artifacts
            if artifact.settings == settings and not artifact.contract[0].startswith("tests/")
        ]
        try:
            slower |= compile_artifacts(compiler, project, members, optimizer={"enabled": False})
        except Refused:
            continue  # Without the optimizer the legacy pipeline runs out of stack.
    with workspace.with_code(slower, original):
        run = workspace.test("--no-match-test", "^invariant_", fail_fast=False)
    return frozenset(run.failed)


def check_canary(
    judge: Judge, workspace: Workspace, trees: Mapping[str, Node], members: Sequence[str]
) -> None:
    """Judge a change that changes nothing and one that breaks a constructor.

    Raises:
        Broken: either verdict is wrong.
    """
    blank, fatal = canaries(trees, members)
    for mutant, expected in ((blank, SAME), (fatal, KILLED)):
        verdict = judge.judge(mutant, workspace)
        if verdict.status != expected:
            raise Broken(
                f"canary: {mutant.edit.text!r} in {mutant.unit} is {verdict.status}, "
                f"not {expected} {verdict.by}"
            )


def canaries(trees: Mapping[str, Node], members: Sequence[str]) -> tuple[Mutant, Mutant]:
    """Return a change of nothing and a fatal one, both in the first constructor there is."""
    for path in members:
        for unit in units_of(path, trees[path]):
            if unit.node.get("kind") == "constructor":
                at = span(unit.node["body"])[0] + 1
                blank = Mutant(path, unit.name, "", unit.id, 0, "", "", Edit("canary", at, at, " "))
                # The compiler must not see that it always fails: it refuses what never ends.
                text = " require(gasleft() == 0);"
                return blank, replace(blank, edit=replace(blank.edit, text=text))
    raise Broken("canary: no contract of the group has a constructor")

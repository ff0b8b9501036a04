"""Change the model of FSM Apps one place at a time; recorded traces and properties must notice.

Usage: python scripts/mutate_fsm.py [--sample N] [--seed S] [--workers N] [--match TEXT] [--list]

Each mutant runs in a fork that imports the changed module in place of the file; no file changes.
The last line names the score; below 85 % the exit code is 1. Survivors stand above it.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "agent_sdk" / "fsm" / "model"
TRACES = [ROOT / "tests" / "unit" / "data" / "fsm" / f"{n}.sample.json" for n in ("app", "rounds")]
PROPERTIES = sorted((ROOT / "tests" / "unit").glob("test_fsm_properties_*.py"))
#: Share of mutants that must be killed.
REQUIRED = 0.85
#: Seconds after which a mutant counts as killed: it runs in a circle.
LIMIT = 240.0

_SWAPS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module.

    Attributes:
        module: name of the module.
        line: where it is.
        text: the changed line before and after.
        source: the whole module, changed.
    """

    module: str
    line: int
    text: str
    source: str


def variants(node: ast.AST) -> Iterator[ast.AST | None]:
    """Yield what a node may become; None for nothing at all."""
    if isinstance(node, ast.expr):
        yield from _expressions(node)
    elif isinstance(node, ast.If | ast.While):
        yield _changed(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield _changed(node, ifs=[])
    elif isinstance(node, ast.Return) and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Raise | ast.Assign | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield None


def _expressions(node: ast.expr) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _SWAPS.get(type(node.ops[0]), ()):
            yield _changed(node, ops=[other()])
    elif isinstance(node, ast.BinOp | ast.BoolOp):
        for other in _SWAPS.get(type(node.op), ()):
            yield _changed(node, op=other())
        yield from node.values if isinstance(node, ast.BoolOp) else ()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.IfExp):
        yield _changed(node, test=ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        yield ast.Constant(node.value - 1)


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Yield where nodes hang: parent, field and index in a list; annotations stay as they are."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            if isinstance(parent, ast.Module | ast.ClassDef) and name == "body":
                yield from (
                    (parent, name, index)
                    for index, child in enumerate(value)
                    if isinstance(child, ast.AnnAssign)
                )
            elif isinstance(value, list):
                yield from ((parent, name, index) for index in range(len(value)))
            elif isinstance(value, ast.AST):
                yield (parent, name, None)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    tree = ast.parse(text)
    skipped = {id(inner) for outer in _annotations(tree) for inner in ast.walk(outer)}
    original = ast.unparse(tree)
    for parent, name, index in places(tree):
        value = getattr(parent, name)
        node = value if index is None else value[index]
        if id(node) in skipped or not isinstance(node, ast.AST):
            continue
        for other in variants(node):
            changed = other if other is not None else ast.Pass()
            _put(parent, name, index, changed)
            source = ast.unparse(ast.fix_missing_locations(tree))
            _put(parent, name, index, node)
            if source != original:
                line = getattr(node, "lineno", getattr(parent, "lineno", 0))
                after = "pass" if other is None else ast.unparse(changed).split("\n")[0]
                shown = f"{lines[line - 1].strip()}  ->  {after}"
                yield Mutant(path.stem, line, shown, source)


def _annotations(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            found = getattr(node, name, None)
            if isinstance(found, ast.AST):
                yield found
        yield from getattr(node, "decorator_list", ())


def _put(parent: ast.AST, name: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[index] = node


class _Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import one module from a string."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = f"agent_sdk.fsm.model.{mutant.module}"
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Claim the mutated module."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed source."""
        exec(compile(self._mutant.source, f"<mutant of {self._name}>", "exec"), module.__dict__)


def traces_differ() -> bool:
    """Tell whether a recorded trace is not repeated: the quickest way to notice a mutant."""
    from agent_sdk.fsm.model import OPEN_AUTONOMY
    from agent_sdk.fsm.replay import replay_file

    return any(replay_file(path, OPEN_AUTONOMY).mismatches for path in TRACES)


def properties_fail() -> int:
    """Run the properties; return the exit code of pytest."""
    import pytest
    from hypothesis import Phase, settings

    # A counterexample is enough: it need not be a small one.
    settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate))
    settings.load_profile("mutants")
    options = ["-x", "-q", "-p", "no:ape_test", "-p", "no:cacheprovider"]
    return int(pytest.main([*options, *map(str, PROPERTIES)]))


def start(mutant: Mutant | None) -> int:
    """Run the tests in a fork, with a mutant or without; return the process id."""
    process = os.fork()
    if process:
        return process
    code = 70
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setpgrp()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        if mutant is not None:
            sys.meta_path.insert(0, _Instead(mutant))
        code = 1 if traces_differ() else properties_fail()
    finally:
        os._exit(code)


def judge(mutants: Sequence[Mutant], workers: int) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant and whether the tests noticed it."""
    waiting, running = list(reversed(mutants)), dict[int, tuple[Mutant, float]]()
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                mutant = waiting.pop()
                running[start(mutant)] = (mutant, time.monotonic())
            time.sleep(0.05)
            for process, (mutant, since) in list(running.items()):
                if time.monotonic() - since > LIMIT:
                    os.killpg(process, signal.SIGKILL)
                done, status = os.waitpid(process, os.WNOHANG)
                if done:
                    del running[process]
                    yield mutant, os.waitstatus_to_exitcode(status) != 0
    finally:
        for process in running:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)


def main() -> int:
    """Judge a sample of the mutants, all by default; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sample", type=int, help="number of mutants; all by default")
    parser.add_argument("--seed", type=int, default=1, help="another sample for each")
    parser.add_argument("--workers", type=int, default=2, help="mutants judged at once")
    parser.add_argument("--match", default="", help="only mutants whose line has this text")
    parser.add_argument("--list", action="store_true", help="show the mutants and stop")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    everything = [m for path in sorted(MODEL.glob("[a-z]*.py")) for m in mutants_of(path)]
    chosen = [m for m in everything if options.match in f"{m.module} {m.text}"]
    if options.sample is not None and options.sample < len(chosen):
        chosen = random.Random(options.seed).sample(chosen, options.sample)
    if options.list:
        for mutant in chosen:
            print(f"{mutant.module}.py:{mutant.line} {mutant.text}")
        return 0
    os.chdir(ROOT)
    # Imported once, before the forks; none of them imports the model.
    for name in ("pytest", "hypothesis.strategies", "agent_sdk.cli", "agent_sdk.fsm.compose"):
        importlib.import_module(name)
    assert not any(name.startswith("agent_sdk.fsm.model") for name in sys.modules)
    _, status = os.waitpid(start(None), 0)
    if os.waitstatus_to_exitcode(status) != 0:
        print("mutate_fsm: the tests fail without any change; run them first")
        return 2
    return report(chosen, options.workers)


def report(chosen: Sequence[Mutant], workers: int) -> int:
    """Judge mutants, print survivors and the score; return the exit code."""
    began, killed = time.monotonic(), 0
    for number, (mutant, noticed) in enumerate(judge(chosen, workers), start=1):
        killed += noticed
        if not noticed:
            print(f"SURVIVED {mutant.module}.py:{mutant.line} {mutant.text}", flush=True)
        if number % 20 == 0:
            print(f"mutate_fsm: {number} of {len(chosen)}", flush=True)
    score = killed / max(len(chosen), 1)
    seconds = time.monotonic() - began
    print(f"mutate_fsm: {killed} of {len(chosen)} killed, {score:.1%}, in {seconds:.0f} s")
    return 0 if score >= REQUIRED else 1


def interrupt(*_: object) -> None:
    """Stop the forks too, however the run is ended."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, interrupt)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

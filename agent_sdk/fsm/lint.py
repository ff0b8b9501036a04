"""Find what would differ between operators who run the same rounds and behaviours.

    syntax     the file is not Python
    time       the operator's own clock: take the time of the block
    random     randomness that others cannot repeat: take that of the block
    float      arithmetic that depends on the machine: use integers or Fraction
    unordered  the order of a set, or a hash or id that differs between processes
    dumps      JSON whose keys stand in the order they were put in: pass sort_keys=True
    outside    the machine, its files, the network: ask through `context.read`
    allow      an exception without a reason

An exception is a comment on the line, with its reason: `# fsm: allow time: only logged`.
Names are followed through imports, also renamed ones; values passed around are not.
"""

from __future__ import annotations

import ast
import tokenize
from pathlib import Path

from agent_sdk.fsm.allowances import Spot, allowances
from agent_sdk.fsm.finding import Finding
from agent_sdk.fsm.nondeterminism import (
    ADVICE,
    METHODS,
    bound_names,
    forbidden,
    is_set_type,
    is_unordered,
)

__all__ = ["lint_file", "lint_paths", "lint_source"]

_KEEP_ORDER = (
    "list", "tuple", "enumerate", "iter", "next", "zip", "map", "filter", "reversed", "dict",
    "str", "repr", "ascii", "format",
)  # fmt: skip
"""Calls whose result has the order of their argument."""
_KEEP_ORDER_METHODS = ("join", "extend", "fromkeys")
_BREAK_TIES = ("min", "max", "sorted")
"""Calls that, given a key, prefer the first of equals."""
_DUMPS = ("json.dumps", "json.dump", "json.JSONEncoder")
_LOCAL_TIME = ("datetime.datetime.fromtimestamp", "datetime.date.fromtimestamp")
"""Times that are told in the time zone of the machine unless another one is given."""
_LOSE_ORDER = ("sorted", "set", "frozenset", "min", "max", "any", "all", "sum", "len")
"""Calls whose result is the same in any order, on integers."""


def lint_paths(paths: list[Path]) -> list[Finding]:
    """Return the findings of files, and of the Python files below folders."""
    files: list[Path] = []
    for path in paths:
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return [finding for file in files for finding in lint_file(file)]


def lint_file(path: Path) -> list[Finding]:
    """Return the findings of one file; an unreadable file is one."""
    try:
        with tokenize.open(path) as file:
            text = file.read()
    except (OSError, SyntaxError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return [Finding(str(path), "syntax", f"cannot be read: {reason}")]
    return lint_source(text, file=str(path))


def lint_source(text: str, *, file: str = "source") -> list[Finding]:
    """Return the findings of Python source, in the order of its lines."""
    try:
        tree = ast.parse(text)
        allowed, spots = allowances(text)
        visitor = _Visitor(bound_names(tree))
        visitor.visit(tree)
    except (SyntaxError, ValueError, tokenize.TokenError) as error:
        return [Finding(file, "syntax", f"is not Python: {error}")]
    except (RecursionError, MemoryError):
        # What the parser raises for expressions that nest too deep.
        return [Finding(file, "syntax", "nests too deep to be read")]
    for line, rule, what in visitor.spots:
        if rule not in allowed.get(line, ()):
            spots.append((line, rule, f"{what}; {ADVICE[rule]}"))
    return [Finding(file, rule, f"line {line}: {message}") for line, rule, message in sorted(spots)]


class _Visitor(ast.NodeVisitor):
    """Walk a module, knowing what its names were imported as."""

    def __init__(self, bound: set[str]) -> None:
        self.bound = bound
        self.spots: list[Spot] = []
        self.names: dict[str, str] = {}
        self.sets: set[str] = set()

    def note(self, node: ast.AST, rule: str, what: str) -> None:
        """Add a spot."""
        self.spots.append((getattr(node, "lineno", 1), rule, what))

    def path(self, node: ast.AST) -> str | None:
        """Return the dotted name that an expression stands for, through imports."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            base = self.path(node.value)
            return None if base is None else f"{base}.{node.attr}"
        return None

    def visit_Import(self, node: ast.Import) -> None:
        """Remember what modules are called here."""
        for alias in node.names:
            first = alias.name.partition(".")[0]
            self.names[alias.asname or first] = alias.name if alias.asname else first

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Remember where names come from."""
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            self.names[alias.asname or alias.name] = path
            self._judge(node, path)

    def visit_Name(self, node: ast.Name) -> None:
        """Judge a name on its own."""
        if isinstance(node.ctx, ast.Load):
            self._use(node, self.path(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Judge the longest dotted name."""
        path = self.path(node)
        if path is None or not self._use(node, path):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Judge JSON dumps, and calls whose result has the order of their argument."""
        path = self.path(node.func)
        if path in _DUMPS and not _sorts_keys(node):
            self.note(node, "dumps", f"{path} without sort_keys=True")
        if path in _LOCAL_TIME and len(node.args) + len(node.keywords) == 1:
            self.note(node, "time", f"{path} without a time zone")
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in METHODS and not forbidden(path or ""):
            self.note(node, METHODS[method], f"the method {method}")
        ties = path in _BREAK_TIES and any(word.arg == "key" for word in node.keywords)
        if path in _KEEP_ORDER or method in _KEEP_ORDER_METHODS or ties:
            for argument in node.args:
                self._iterate(argument)
        if isinstance(node.func, ast.Attribute) and method == "pop" and not node.args:
            self._iterate(node.func.value)
        self.visit(node.func)
        for part in (*node.args, *node.keywords):
            if path in _LOSE_ORDER and isinstance(part, ast.GeneratorExp | ast.ListComp):
                self._unordered_comprehension(part)
            else:
                self.visit(part)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Judge numbers."""
        if isinstance(node.value, float | complex):
            self.note(node, "float", f"the number {node.value!r}")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Judge division, and powers below 1."""
        if isinstance(node.op, ast.Div) and not self._is_path(node.left):
            self.note(node, "float", "a division with /")
        negative = isinstance(node.right, ast.UnaryOp) and isinstance(node.right.op, ast.USub)
        if isinstance(node.op, ast.Pow) and negative:
            self.note(node, "float", "a negative power")
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Judge division in place."""
        if isinstance(node.op, ast.Div):
            self.note(node, "float", "a division with /=")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Remember which names hold sets; judge what is taken apart into names."""
        for target in node.targets:
            self._assign(target, node.value)
            if isinstance(target, ast.Tuple | ast.List):
                self._iterate(node.value)
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Remember which names hold sets, by value or annotation; types compute nothing."""
        self._assign(node.target, node.value, annotation=node.annotation)
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        """Remember which parameters hold sets."""
        if node.annotation is not None:
            self._assign(ast.Name(node.arg), None, annotation=node.annotation)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Forget the names of a function at its end; its return type computes nothing."""
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Do the same for a coroutine."""
        self._function(node)

    def visit_For(self, node: ast.For) -> None:
        """Judge what a loop goes through."""
        self._iterate(node.iter)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        """Judge what is spread out."""
        self._iterate(node.value)
        self.generic_visit(node)

    def visit_Set(self, node: ast.Set) -> None:
        """What is spread out into a set has no order to lose."""
        for part in node.elts:
            self.visit(part.value if isinstance(part, ast.Starred) else part)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> None:
        """Judge what a generator goes through."""
        self._iterate(node.value)
        self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        """Judge what is put into text."""
        self._iterate(node.value)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        """Judge what a comprehension goes through."""
        self._iterate(node.iter)
        self.generic_visit(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        """A set made from a set has no order to lose."""
        self._unordered_comprehension(node)

    def _unordered_comprehension(self, node: ast.SetComp | ast.GeneratorExp | ast.ListComp) -> None:
        for generator in node.generators:
            self.visit(generator.iter)
            for condition in generator.ifs:
                self.visit(condition)
        self.visit(node.elt)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer = set(self.sets)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self.visit(node.args)
        for statement in node.body:
            self.visit(statement)
        self.sets = outer

    def _assign(
        self, target: ast.expr, value: ast.expr | None, *, annotation: ast.expr | None = None
    ) -> None:
        name = self.path(target)
        if name is None:
            return
        holds = (value is not None and self._is_set(value)) or is_set_type(annotation)
        (self.sets.add if holds else self.sets.discard)(name)

    def _is_set(self, node: ast.expr) -> bool:
        return is_unordered(node, self.path, self.sets)

    def _is_path(self, node: ast.expr) -> bool:
        """Tell whether `/` joins a path: `Path(…) / …`."""
        while isinstance(node, ast.BinOp):
            node = node.left
        call = node.func if isinstance(node, ast.Call) else node
        return (self.path(call) or "").startswith("pathlib.")

    def _iterate(self, node: ast.expr) -> None:
        if self._is_set(node):
            self.note(node, "unordered", "the order of a set")

    def _use(self, node: ast.expr, path: str | None) -> bool:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        name = root.id if isinstance(root, ast.Name) else ""
        # A name of the module's own, such as a parameter `id`, is not the builtin.
        known = name in self.names or name not in self.bound
        return known and self._judge(node, path)

    def _judge(self, node: ast.AST, path: str | None) -> bool:
        rule = None if path is None else forbidden(path)
        if rule is not None:
            self.note(node, rule, str(path))
        return rule is not None


def _sorts_keys(call: ast.Call) -> bool:
    return any(
        word.arg == "sort_keys"
        and isinstance(word.value, ast.Constant)
        and word.value.value is True
        for word in call.keywords
    )

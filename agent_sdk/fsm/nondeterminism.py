"""Names of Python whose value differs between operators, and what to write instead."""

from __future__ import annotations

import ast
from collections.abc import Callable, Set

__all__ = ["ADVICE", "forbidden", "is_unordered"]

ADVICE = {
    "time": "take the time of the block",
    "random": "take the randomness of the block",
    "float": "use integers or Fraction",
    "unordered": "sort it first",
    "dumps": "pass sort_keys=True",
}
"""What to do about each rule."""

_MODULES = {
    "random": "random",
    "secrets": "random",
    "numpy.random": "random",
    "uuid.uuid1": "random",
    "uuid.uuid4": "random",
    "os.urandom": "random",
    "os.getrandom": "random",
    "time": "time",
    "datetime.datetime.now": "time",
    "datetime.datetime.utcnow": "time",
    "datetime.datetime.today": "time",
    "datetime.date.today": "time",
    "os.times": "time",
    "float": "float",
    "complex": "float",
    "math": "float",
    "cmath": "float",
    "statistics": "float",
    "numpy": "float",
    "hash": "unordered",
    "id": "unordered",
    "os.listdir": "unordered",
    "os.scandir": "unordered",
    "os.walk": "unordered",
    "glob.glob": "unordered",
    "glob.iglob": "unordered",
}
"""Names, and all names below them, with the rule they break."""

_EXACT = {
    "math.ceil", "math.floor", "math.trunc", "math.isqrt", "math.gcd", "math.lcm",
    "math.comb", "math.perm", "math.factorial", "math.prod",
    "statistics.median_low", "statistics.median_high", "statistics.mode", "statistics.multimode",
}  # fmt: skip
"""Names below them that are exact on integers."""

_QUIET = {"time", "math", "cmath", "statistics", "numpy", "random", "secrets"}
"""Module names: to import or to hold one computes nothing."""

_SET_METHODS = {
    "union", "intersection", "difference", "symmetric_difference", "copy",
}  # fmt: skip


def forbidden(path: str) -> str | None:
    """Return the rule that a dotted name breaks."""
    if path in _EXACT or path in _QUIET:
        return None
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        rule = _MODULES.get(".".join(parts[:length]))
        if rule is not None:
            return rule
    return None


def is_unordered(node: ast.expr, path: Callable[[ast.AST], str | None], sets: Set[str]) -> bool:
    """Tell whether an expression is a set, as far as its text shows.

    Args:
        node: the expression.
        path: dotted name of an expression.
        sets: names that hold sets.
    """
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Name | ast.Attribute):
        return path(node) in sets
    if isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor
    ):
        return is_unordered(node.left, path, sets) or is_unordered(node.right, path, sets)
    if isinstance(node, ast.IfExp):
        return is_unordered(node.body, path, sets) or is_unordered(node.orelse, path, sets)
    if isinstance(node, ast.Call):
        if path(node.func) in ("set", "frozenset"):
            return True
        return (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in _SET_METHODS
            and is_unordered(node.func.value, path, sets)
        )
    return False

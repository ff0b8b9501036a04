"""What the text of Python says: names whose value differs between operators, sets, bindings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Set

__all__ = ["ADVICE", "METHODS", "bound_names", "forbidden", "is_set_type", "is_unordered"]

ADVICE = {
    "time": "take the time of the block",
    "random": "take the randomness of the block",
    "float": "use integers or Fraction",
    "unordered": "sort it first",
    "dumps": "pass sort_keys=True",
    "outside": "ask through `context.read` where operators may differ",
}
"""What to do about each rule."""

_MODULES = {
    "random": "random",
    "secrets": "random",
    "numpy.random": "random",
    "uuid.uuid1": "random",
    "uuid.uuid4": "random",
    "uuid.getnode": "random",
    "tempfile": "random",
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
    "aiohttp": "outside",
    "getpass": "outside",
    "http": "outside",
    "httpx": "outside",
    "input": "outside",
    "multiprocessing": "outside",
    "open": "outside",
    "os.cpu_count": "outside",
    "os.environ": "outside",
    "os.environb": "outside",
    "os.getcwd": "outside",
    "os.getenv": "outside",
    "os.getpid": "outside",
    "os.popen": "outside",
    "os.system": "outside",
    "os.uname": "outside",
    "pathlib.Path.cwd": "outside",
    "pathlib.Path.home": "outside",
    "platform": "outside",
    "requests": "outside",
    "socket": "outside",
    "subprocess": "outside",
    "sys.argv": "outside",
    "sys.platform": "outside",
    "sys.stdin": "outside",
    "threading": "outside",
    "urllib.request": "outside",
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

METHODS = {
    "glob": "unordered",
    "iterdir": "unordered",
    "rglob": "unordered",
    "read_bytes": "outside",
    "read_text": "outside",
}
"""Methods of paths, whatever they are called on."""

_VIEWS = ("keys", "items")
"""Methods whose results make sets of each other."""

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
        sides = (node.left, node.right)
        return any(_is_view(side) or is_unordered(side, path, sets) for side in sides)
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


def bound_names(tree: ast.AST) -> set[str]:
    """Return the names that a module binds other than by import."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
    return found


def is_set_type(annotation: ast.expr | None) -> bool:
    """Tell whether an annotation names a set."""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    name = annotation.id if isinstance(annotation, ast.Name) else getattr(annotation, "attr", "")
    return name in ("set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet")


def _is_view(node: ast.expr) -> bool:
    """Tell whether an expression is the keys or items of a mapping, as far as its text shows."""
    call = node.func if isinstance(node, ast.Call) and not node.args else None
    return isinstance(call, ast.Attribute) and call.attr in _VIEWS

"""Mutation operators over expressions of Solidity."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mutation.edits import Edit, Site, stepped
from mutation.tree import Node, span

RELATIONS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
LOGIC = {"&&": "||", "||": "&&"}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "**": "*"}
BITS = {"<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|"}
#: Operators whose right operand may be left out.
TERMS = frozenset({"+", "-", "*", "/", "|", "&", "<<", ">>"})


def binary(site: Site) -> Iterator[Edit]:
    """Change the operator, its boundary, or leave an operand out."""
    left, right = site.node["leftExpression"], site.node["rightExpression"]
    old = str(site.node["operator"])
    for new in RELATIONS.get(old, ()):
        yield from site.between("relation", left, right, old, new)
    for name, table in (("logic", LOGIC), ("arithmetic", ARITHMETIC), ("bits", BITS)):
        if old in table:
            yield from site.between(name, left, right, old, table[old])
    if old in LOGIC:
        yield site.replace("operand", site.node, site.text(left))
        yield site.replace("operand", site.node, site.text(right))
    elif old in TERMS:
        yield site.replace("operand", site.node, site.text(left))


def unary(site: Site) -> Iterator[Edit]:
    """Drop a negation; turn ++ and -- around."""
    old, inner = str(site.node["operator"]), site.node["subExpression"]
    if old in ("!", "-", "~"):
        yield site.replace("negation", site.node, site.text(inner))
    elif old in ("++", "--"):
        new = "--" if old == "++" else "++"
        text = site.text(inner)
        yield site.replace(
            "arithmetic", site.node, new + text if site.node["prefix"] else text + new
        )


def assignment(site: Site) -> Iterator[Edit]:
    """Turn a compound assignment around, and make it a plain one."""
    old = str(site.node["operator"])
    sign = old.removesuffix("=")
    if not sign:
        return
    left, right = site.node["leftHandSide"], site.node["rightHandSide"]
    new = {**ARITHMETIC, **BITS}.get(sign)
    if new:
        yield from site.between("arithmetic", left, right, old, f"{new}=")
    yield from site.between("arithmetic", left, right, old, "=")


def conditional(site: Site) -> Iterator[Edit]:
    """Take one branch always."""
    yield site.replace("condition", site.node["condition"], "true")
    yield site.replace("condition", site.node["condition"], "false")


def literal(site: Site) -> Iterator[Edit]:
    """Step a number, flip a truth value."""
    kind, value = site.node["kind"], site.text(site.node)
    if kind == "bool":
        yield site.replace("constant", site.node, "false" if value == "true" else "true")
    elif kind == "number" and site.node["typeDescriptions"]["typeString"] != "address":
        for text in stepped(site, value):
            yield site.replace("constant", site.node, text)


def member(site: Site) -> Iterator[Edit]:
    """Lower the largest value of a type by one."""
    base = site.node["expression"]
    is_type = base["nodeType"] == "FunctionCall" and base["expression"].get("name") == "type"
    if is_type and site.node["memberName"] == "max":
        yield site.replace("constant", site.node, f"({site.text(site.node)} - 1)")


def call(site: Site) -> Iterator[Edit]:
    """Swap neighbouring arguments of one type."""
    if site.node["kind"] == "typeConversion" or site.node["names"]:
        return
    arguments: list[Node] = site.node["arguments"]
    for index, first in enumerate(arguments[:-1]):
        second = arguments[index + 1]
        texts = site.text(first), site.text(second)
        if _type(first) != _type(second) or texts[0] == texts[1]:
            continue
        (start, end), (resume, stop) = span(first), span(second)
        middle = site.source[end:resume].decode()
        yield Edit("arguments", start, stop, texts[1] + middle + texts[0])


def _type(node: Node) -> str:
    """Name a type; literals of different value are of one type."""
    name = str(node["typeDescriptions"]["typeString"])
    return "int_const" if name.startswith("int_const") else name


EXPRESSIONS: dict[str, Callable[[Site], Iterator[Edit]]] = {
    "Assignment": assignment,
    "BinaryOperation": binary,
    "Conditional": conditional,
    "FunctionCall": call,
    "Literal": literal,
    "MemberAccess": member,
    "UnaryOperation": unary,
}

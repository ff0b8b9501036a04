"""Mutation operators over statements of Solidity, modifiers and inline assembly."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mutation.edits import Edit, Site
from mutation.tree import Node, span

#: What an event's argument becomes, by the beginning of its type.
ZEROS = {"uint": "0", "int": "0", "address": "address(0)", "bytes32": "bytes32(0)"}
YUL_SWAPS = {"add": "sub", "sub": "add", "mul": "div", "div": "mul", "and": "or", "or": "and"} | {
    "xor": "or",
    "shl": "shr",
    "shr": "shl",
    "lt": "gt",
    "gt": "lt",
    "eq": "lt",
}
CHECKS = ("require", "assert")
#: Statements that an operator leaves out as a whole.
DROPPED = ("EmitStatement", "ExpressionStatement", "Return", "RevertStatement")


def expression_statement(site: Site) -> Iterator[Edit]:
    """Leave a statement out; negate a check."""
    expression = site.node["expression"]
    is_call = expression["nodeType"] == "FunctionCall"
    if is_call and expression["expression"].get("name") in CHECKS:
        condition = expression["arguments"][0]
        yield site.replace("check", condition, f"!({site.text(condition)})")
        yield _without("check", site)
    else:
        yield _without("statement", site)


def plain_statement(site: Site) -> Iterator[Edit]:
    """Leave a statement out."""
    yield _without("statement", site)


def emit_statement(site: Site) -> Iterator[Edit]:
    """Leave an event out; blank one of its arguments."""
    yield _without("statement", site)
    for argument in site.node["eventCall"]["arguments"]:
        kind = str(argument["typeDescriptions"]["typeString"])
        zero = next((text for name, text in ZEROS.items() if kind.startswith(name)), None)
        if kind == "bool":
            zero = f"!({site.text(argument)})"
        if zero and site.text(argument) not in ("0", zero):
            yield site.replace("event", argument, zero)


def declaration_statement(site: Site) -> Iterator[Edit]:
    """Leave out what a local variable begins with."""
    declared, value = site.node["declarations"], site.node.get("initialValue")
    if value is None or len(declared) != 1:
        return
    if declared[0]["storageLocation"] in ("default", "memory") and site.text(value) != "0":
        yield Edit("statement", span(declared[0])[1], span(value)[1], "")


def branch(site: Site) -> Iterator[Edit]:
    """Negate a condition; take it for always met and for never met."""
    condition = site.node["condition"]
    yield site.replace("condition", condition, f"!({site.text(condition)})")
    yield site.replace("condition", condition, "true")
    # Leaving a single statement out is the same as never coming to it.
    if site.node.get("falseBody") or site.node["trueBody"]["nodeType"] not in DROPPED:
        yield site.replace("condition", condition, "false")


def loop(site: Site) -> Iterator[Edit]:
    """Never enter a loop."""
    if site.node.get("condition"):
        yield site.replace("condition", site.node["condition"], "false")


def returned(site: Site) -> Iterator[Edit]:
    """Leave a return out; negate what it answers."""
    expression = site.node.get("expression")
    if expression is None:
        return
    yield _without("statement", site)
    is_bool = expression["typeDescriptions"]["typeString"] == "bool"
    if is_bool and expression["nodeType"] not in ("Literal", "UnaryOperation"):
        yield site.replace("negation", expression, f"!({site.text(expression)})")


def modifier(site: Site) -> Iterator[Edit]:
    """Leave a modifier out; calls of a base constructor stay."""
    if site.node.get("kind") == "modifierInvocation":
        yield site.replace("modifier", site.node, "")


def yul_call(site: Site) -> Iterator[Edit]:
    """Exchange an instruction for its counterpart."""
    name: Node = site.node["functionName"]
    if name["name"] in YUL_SWAPS:
        yield site.replace("assembly", name, YUL_SWAPS[name["name"]])
    elif name["name"] == "iszero":
        yield site.replace("assembly", site.node, site.text(site.node["arguments"][0]))


def yul_literal(site: Site) -> Iterator[Edit]:
    """Step a number; assembly takes no expressions, so it is reckoned here."""
    if site.node["kind"] != "number":
        return
    value = int(site.text(site.node), 0)
    yield site.replace("assembly", site.node, str(value + 1))
    if value:
        yield site.replace("assembly", site.node, str(value - 1))


def yul_if(site: Site) -> Iterator[Edit]:
    """Take a condition for always met and for never met."""
    yield site.replace("assembly", site.node["condition"], "1")
    yield site.replace("assembly", site.node["condition"], "0")


def yul_statement(site: Site) -> Iterator[Edit]:
    """Leave a statement of assembly out."""
    yield site.replace("assembly", site.node, "{}")


def _without(operator: str, site: Site) -> Edit:
    """Leave a statement out; an empty block is allowed wherever a statement is."""
    start, end = span(site.node)
    # The place of some statements ends before their semicolon.
    rest = site.source[end:]
    blank = len(rest) - len(rest.lstrip())
    end += blank + 1 if rest[blank : blank + 1] == b";" else 0
    return Edit(operator, start, end, "{}")


STATEMENTS: dict[str, Callable[[Site], Iterator[Edit]]] = {
    "EmitStatement": emit_statement,
    "ExpressionStatement": expression_statement,
    "ForStatement": loop,
    "IfStatement": branch,
    "ModifierInvocation": modifier,
    "Return": returned,
    "RevertStatement": plain_statement,
    "VariableDeclarationStatement": declaration_statement,
    "WhileStatement": loop,
    "YulAssignment": yul_statement,
    "YulExpressionStatement": yul_statement,
    "YulFunctionCall": yul_call,
    "YulIf": yul_if,
    "YulLiteral": yul_literal,
}

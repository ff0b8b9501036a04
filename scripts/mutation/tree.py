"""The syntax tree that solc gives: walking it, places in the source, units that carry code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: One node of solc's compact JSON tree.
Node = dict[str, Any]

#: Subtrees that hold no behaviour.
QUIET = frozenset(
    {"ArrayTypeName", "ElementaryTypeName", "ElementaryTypeNameExpression", "FunctionTypeName"}
    | {"Mapping", "OverrideSpecifier", "ParameterList", "StructuredDocumentation"}
    | {"UserDefinedTypeName"}
)


@dataclass(frozen=True, eq=False)
class Unit:
    """A function, modifier, constant or state variable: what refers and is referred to.

    Attributes:
        id: the node's id in the tree.
        path: source file.
        name: `Contract.function`, or the bare name at file level.
        node: its subtree.
        contract: id of the contract around it; 0 at file level.
        is_function: whether it is a function or a modifier.
    """

    id: int
    path: str
    name: str
    node: Node
    contract: int
    is_function: bool


def children(node: Node) -> Iterator[Node]:
    """Yield the direct subtrees in the order of the keys."""
    for value in node.values():
        if isinstance(value, dict) and "nodeType" in value:
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, dict) and "nodeType" in item)


def walk(node: Node, parents: tuple[Node, ...] = ()) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    """Yield every node below and including `node`, each with its parents, nearest last."""
    yield node, parents
    for child in children(node):
        yield from walk(child, (*parents, node))


def walk_code(node: Node) -> Iterator[Node]:
    """Yield what `walk` does, but for types, parameters, documentation and the step of a loop.

    Without its step a loop only runs out of gas.
    """
    if node["nodeType"] in QUIET:
        return
    yield node
    step = node.get("loopExpression", node.get("post"))
    for child in children(node):
        if child is not step:
            yield from walk_code(child)


def span(node: Node) -> tuple[int, int]:
    """Return the first byte of a node and the one behind its last."""
    start, length, _ = (int(part) for part in str(node["src"]).split(":"))
    return start, start + length


def units_of(path: str, tree: Node) -> Iterator[Unit]:
    """Yield the units of one file."""
    for node in tree["nodes"]:
        if node["nodeType"] == "ContractDefinition":
            for member in node["nodes"]:
                yield from _unit(path, member, str(node["name"]), int(node["id"]))
        else:
            yield from _unit(path, node, "", 0)


def _unit(path: str, node: Node, owner: str, contract: int) -> Iterator[Unit]:
    kind = node["nodeType"]
    if kind not in ("FunctionDefinition", "ModifierDefinition", "VariableDeclaration"):
        return
    own = str(node["name"] or node.get("kind", ""))
    name = f"{owner}.{own}" if owner else own
    yield Unit(int(node["id"]), path, name, node, contract, kind != "VariableDeclaration")


def contracts_of(trees: Mapping[str, Node]) -> dict[int, tuple[str, Node]]:
    """Return (path, node) of every contract, interface and library by id."""
    return {
        int(node["id"]): (path, node)
        for path, tree in trees.items()
        for node in tree["nodes"]
        if node["nodeType"] == "ContractDefinition"
    }

"""What compiles and builds, and is a mistake all the same: how an agent's developer is warned.

Only the developer's own files are looked at, not those of Everloop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent_sdk.natspec_tree import Node, Tree, is_action

__all__ = ["find_warnings"]

_PACKAGE = "everloop/"
_PARTS = {"IndexAccess": "baseExpression", "MemberAccess": "expression"}
"""A part of a variable, and where the tree has the whole."""


def find_warnings(tree: Tree, contract: Node, manifest: Mapping[str, Any]) -> list[str]:
    """Return warnings of an agent and its manifest, each with its place, one line each."""
    found = [
        *_undescribed(tree, contract, manifest),
        *_unset(tree, contract),
        *_trusting(tree, contract),
        *_without_example(contract, manifest),
    ]
    return [f"{tree.place(node) or tree.file(node)}: warning: {text}" for node, text in found]


def _undescribed(
    tree: Tree, contract: Node, manifest: Mapping[str, Any]
) -> Iterator[tuple[Node, str]]:
    tools = {tool["name"]: tool for tool in manifest["actions"]}
    for function in filter(is_action, tree.functions(contract)):
        if tree.file(function).startswith(_PACKAGE):
            continue
        tool = tools[function["name"]]
        bare = ", ".join(given["name"] for given in tool["inputs"] if not given["doc"])
        lacking = ["no @notice"] * (not tool["doc"]) + [f"no @param for {bare}"] * bool(bare)
        if lacking:
            yield function, f"{tool['name']} has {' and '.join(lacking)}: a model sees names only"


def _unset(tree: Tree, contract: Node) -> Iterator[tuple[Node, str]]:
    """Yield the variables that a clone has not as they are written."""
    for base in tree.bases(contract):
        for node in base["nodes"] if not tree.file(base).startswith(_PACKAGE) else ():
            if _is_stored(node) and node.get("value"):
                what = "has an initial value, which no clone gets"
                yield node, f"{node['name']} {what}: set it in _initialize"
            for target in _assigned(node) if node.get("kind") == "constructor" else ():
                variable = tree.nodes.get(target["referencedDeclaration"])
                if variable and _is_stored(variable):
                    what = "is set by a constructor, which no clone runs"
                    yield target, f"{variable['name']} {what}: set it in _initialize"


def _trusting(tree: Tree, contract: Node) -> Iterator[tuple[Node, str]]:
    """Yield what any decision passes: it is the agent itself that calls what a decision names."""
    for base in tree.bases(contract):
        for node in base["nodes"] if not tree.file(base).startswith(_PACKAGE) else ():
            if node["nodeType"] not in ("FunctionDefinition", "ModifierDefinition"):
                continue
            is_tool = node["nodeType"] == "FunctionDefinition" and is_action(node)
            if not is_tool and any(map(_asks_for_itself, _nodes(node))):
                what = "trusts msg.sender == address(this), as which a decision calls any function"
                cure = "add `action`, or make it internal"
                if node["nodeType"] == "ModifierDefinition":
                    cure = "give the functions that have it `action` instead"
                yield node, f"{node['name']} {what}: {cure}"


def _asks_for_itself(node: Node) -> bool:
    """Tell a comparison of `msg.sender` with `address(this)`."""
    if node.get("nodeType") != "BinaryOperation" or node["operator"] not in ("==", "!="):
        return False
    sides = [node["leftExpression"], node["rightExpression"]]
    return any(map(_is_sender, sides)) and any(map(_is_itself, sides))


def _is_sender(node: Node) -> bool:
    return (node.get("memberName"), node.get("expression", {}).get("name")) == ("sender", "msg")


def _is_itself(node: Node) -> bool:
    return node.get("kind") == "typeConversion" and [
        given.get("name") for given in node["arguments"]
    ] == ["this"]


def _nodes(part: Any) -> Iterator[Node]:
    """Yield the nodes in a piece of the tree."""
    if isinstance(part, dict):
        yield part
    for one in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _nodes(one)


def _is_stored(node: Node) -> bool:
    """Tell a variable in storage; constants and immutables are in the code, which clones share."""
    return bool(node["nodeType"] == "VariableDeclaration" and node["mutability"] == "mutable")


def _assigned(part: Any) -> Iterator[Node]:
    """Yield the names of what the assignments in a piece of the tree change."""
    for node in _nodes(part):
        if node.get("nodeType") == "Assignment":
            target = node["leftHandSide"]
            while target["nodeType"] in _PARTS:
                target = target[_PARTS[target["nodeType"]]]
            if target["nodeType"] == "Identifier":
                yield target


def _without_example(contract: Node, manifest: Mapping[str, Any]) -> Iterator[tuple[Node, str]]:
    if not manifest["examples"]:
        yield (
            contract,
            f"{contract['name']} has no @custom:example: the engines llama, exemplar and utility "
            "will always hold",
        )

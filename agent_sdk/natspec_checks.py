"""What compiles and builds, and is a mistake all the same: how an agent's developer is warned.

Only the developer's own files are looked at, not those of Everloop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agent_sdk.natspec_tree import Node, Tree, is_action

__all__ = ["find_warnings"]

_PACKAGE = "everloop/"


def find_warnings(tree: Tree, contract: Node, manifest: Mapping[str, Any]) -> list[str]:
    """Return warnings of an agent and its manifest, each with its place, one line each."""
    found = [
        *_undescribed(tree, contract, manifest),
        *_unset(tree, contract),
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
            is_stored = (
                node["nodeType"] == "VariableDeclaration" and node["mutability"] == "mutable"
            )
            # Constants and immutables are in the code, which clones share.
            if is_stored and node.get("value"):
                yield (
                    node,
                    f"{node['name']} has an initial value, which no clone gets: set it in "
                    "_initialize",
                )


def _without_example(contract: Node, manifest: Mapping[str, Any]) -> Iterator[tuple[Node, str]]:
    if not manifest["examples"]:
        yield (
            contract,
            f"{contract['name']} has no @custom:example: the engines llama, exemplar and utility "
            "will always hold",
        )

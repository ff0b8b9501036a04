"""The syntax tree of one compilation, and the raw NatSpec of what it declares.

The raw NatSpec is read from the tree, since solc glues repeated custom tags together; tags that are
missing, as under `@inheritdoc`, are filled in from base functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Node", "Tags", "Tree", "first", "is_action", "own_tags", "tags_by_argument"]

_MODIFIER = "action"
_TAG = re.compile(r"\s*@([\w:-]+)\s*(.*)")

Node = Mapping[str, Any]
Tags = list[tuple[str, str]]
"""NatSpec as (tag, text) in the order of the source."""


@dataclass(frozen=True)
class Tree:
    """All declarations of one compilation, by the ids of the syntax tree."""

    nodes: Mapping[int, Node]
    names: Mapping[int, str]
    """of the source files"""
    texts: Mapping[str, str]
    """of the source files whose lines are to be named"""

    @classmethod
    def of(cls, solc_output: Mapping[str, Any], texts: Mapping[str, str] | None = None) -> Tree:
        """Return the tree of a compiler's output that has `ast` of all sources."""
        nodes: dict[int, Node] = {}
        sources = solc_output.get("sources", {})
        for source in sources.values():
            for contract in source.get("ast", {}).get("nodes", ()):
                if contract["nodeType"] == "ContractDefinition":
                    nodes[contract["id"]] = contract
                    nodes.update({member["id"]: member for member in contract["nodes"]})
        return cls(nodes, {source["id"]: name for name, source in sources.items()}, texts or {})

    def contract(self, source_name: str, name: str) -> Node:
        """Return a contract by its file and name."""
        return next(
            node
            for node in self.nodes.values()
            if node["nodeType"] == "ContractDefinition"
            and (self.file(node), node["name"]) == (source_name, name)
        )

    def bases(self, contract: Node) -> Iterator[Node]:
        """Yield the contract and what it inherits, most derived first."""
        return (self.nodes[i] for i in contract["linearizedBaseContracts"])

    def functions(self, contract: Node) -> list[Node]:
        """Return the functions that can be called, inherited ones last, overridden ones not."""
        found: dict[str, Node] = {}
        for base in self.bases(contract):
            for node in base["nodes"]:
                if node["nodeType"] == "FunctionDefinition" and node.get("functionSelector"):
                    found.setdefault(node["functionSelector"], node)
        return list(found.values())

    def tags(self, function: Node) -> Tags:
        """Return a function's NatSpec, completed tag by tag from the functions it overrides."""
        found = [t for t in own_tags(function) if t[0] != "inheritdoc"]
        own = {name for name, _ in found}
        for base in function.get("baseFunctions") or ():
            found += [t for t in self.tags(self.nodes[base]) if t[0] not in own]
            own = {name for name, _ in found}
        return found

    def file(self, node: Node) -> str:
        """Return the name of the source file that a node stands in."""
        return self.names[int(node["src"].split(":")[2])]

    def place(self, node: Node) -> str | None:
        """Return FILE:LINE:COLUMN as the compiler writes it, None where the text is not known."""
        text = self.texts.get(self.file(node))
        if text is None:
            return None
        before = text.encode()[: int(node["src"].split(":")[0])].decode()
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return f"{self.file(node)}:{line}:{column}"


def is_action(function: Node) -> bool:
    """Tell whether a function is a tool of the model."""
    return _MODIFIER in (m["modifierName"]["name"] for m in function["modifiers"])


def own_tags(node: Node) -> Tags:
    """Split a node's NatSpec; text before the first tag is its notice."""
    documentation = node.get("documentation")
    found: list[tuple[str, str]] = []
    for line in (documentation["text"] if documentation else "").splitlines():
        match = _TAG.fullmatch(line)
        if match:
            found.append((match[1], match[2].strip()))
        elif line.strip():
            name, text = found.pop() if found else ("notice", "")
            found.append((name, f"{text} {line.strip()}".strip()))
    return found


def first(tags: Tags, name: str) -> str:
    """Return the text of the first tag of that name, or nothing."""
    return next((text for tag, text in tags if tag == name), "")


def tags_by_argument(tags: Tags, name: str) -> dict[str, str]:
    """Return the tags `@name ARGUMENT text` by argument; the first one counts."""
    found: dict[str, str] = {}
    for tag, text in tags:
        if tag == name:
            argument, _, rest = text.partition(" ")
            found.setdefault(argument, rest.strip())
    return found

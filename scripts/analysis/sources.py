"""What coverage needs of the sources: `require` written out, and which lines run together."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCKS = ("Block", "UncheckedBlock")
#: Statements without statements inside.
SIMPLE = (
    "ExpressionStatement",
    "VariableDeclarationStatement",
    "EmitStatement",
    "PlaceholderStatement",
    "InlineAssembly",
)
YUL_BRANCHES = ("YulIf", "YulSwitch", "YulForLoop")


def spell_out(text: str) -> str:
    """Write each `require(condition, error);` as an `if` that reverts, on the same lines.

    forge sees no branch in a `require` with an error of its own under the IR pipeline.
    The braces keep an `else` behind it with the `if` in front of it.
    """
    parts, done = [], 0
    for match in re.finditer(r"\brequire\(", text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if match.start() < done or "//" in line or line.lstrip().startswith("*"):
            continue
        comma, end = argument_ends(text, match.end())
        condition, error = text[match.end() : comma], text[comma + 1 : end]
        parts.append(text[done : match.start()])
        lead = error[: len(error) - len(error.lstrip())] or " "
        tail = error[len(error.rstrip()) :] if error.strip() else ""
        call = error.strip()
        call = f"({call})" if call.startswith('"') or not call else f" {call}"
        parts.append(f"{{ if (!({condition})){lead}revert{call}{tail}; }}")
        done = text.index(";", end) + 1
    return "".join([*parts, text[done:]])


def argument_ends(text: str, start: int) -> tuple[int, int]:
    """Return where the first argument of a call ends, and where its bracket closes."""
    depth, comma, position = 1, -1, start
    while True:
        character = text[position]
        if character == '"':
            position = text.index('"', position + 1)
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return (position if comma < 0 else comma), position
        if character == "," and depth == 1 and comma < 0:
            comma = position
        position += 1


@dataclass(frozen=True)
class Statement:
    """One statement of a block.

    Attributes:
        kind: solc's name of the node.
        first: line it begins on.
        last: line it ends on.
        branching: lines of assembly that run only under a condition.
    """

    kind: str
    first: int
    last: int
    branching: frozenset[int] = frozenset()


def syntax_trees(root: Path, solc: Path, remappings: list[str]) -> dict[str, dict[str, Any]]:
    """Return solc's syntax tree of every file of `root`/contracts by its path.

    Raises:
        ValueError: the sources do not compile.
    """
    files = sorted((root / "contracts").rglob("*.sol"))
    sources = {file.relative_to(root).as_posix(): file.read_text("utf-8") for file in files}
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {
            "remappings": remappings,
            "evmVersion": "osaka",
            "outputSelection": {"*": {"": ["ast"]}},
        },
    }
    command = [str(solc), "--standard-json", "--base-path", str(root)]
    result = subprocess.run(
        command, input=json.dumps(request), capture_output=True, text=True, check=False
    )
    output = json.loads(result.stdout)
    errors = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] == "error"]
    if errors:
        raise ValueError(errors[0])
    return {name: output["sources"][name]["ast"] for name in sources}


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every node of a syntax tree."""
    if isinstance(node, dict):
        if "nodeType" in node:
            yield node
        for child in node.values():
            yield from walk(child)
    elif isinstance(node, list):
        for child in node:
            yield from walk(child)


def has_code(tree: dict[str, Any]) -> bool:
    """Tell whether a file has a function with a body."""
    return any(node["nodeType"] == "FunctionDefinition" and node.get("body") for node in walk(tree))


def blocks(tree: dict[str, Any], source: str) -> list[list[Statement]]:
    """Return the statements of every block of Solidity."""
    data = source.encode()

    def lines(node: dict[str, Any]) -> tuple[int, int]:
        start, length, _ = map(int, node["src"].split(":"))
        return data.count(b"\n", 0, start) + 1, data.count(b"\n", 0, start + length - 1) + 1

    def read(node: dict[str, Any]) -> Statement:
        inner: set[int] = set()
        if node["nodeType"] == "InlineAssembly":
            for yul in walk(node["AST"]):
                if yul["nodeType"] in YUL_BRANCHES:
                    first, last = lines(yul)
                    inner.update(range(first, last + 1))
        return Statement(node["nodeType"], *lines(node), frozenset(inner))

    found = [node for node in walk(tree) if node["nodeType"] in BLOCKS]
    return [[read(statement) for statement in node["statements"]] for node in found]

"""Which contracts carry the code of which function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from mutation.tree import Node, children, contracts_of, units_of, walk


class Reach:
    """The graph of references between functions, modifiers, constants and contracts.

    A contract carries all code of the contracts it inherits from, and what that refers to, directly
    or not: also functions called over a library's `using`, operators, assembly and `new`.
    Too many references only cost time; one too few would leave old code in a test.
    """

    def __init__(self, trees: Mapping[str, Node]) -> None:
        self._edges: dict[int, set[int]] = defaultdict(set)
        self._contracts = contracts_of(trees)
        for path, tree in trees.items():
            for unit in units_of(path, tree):
                self._edges[unit.id] |= set(self._references(unit.node))
        for id_, (_, node) in self._contracts.items():
            for base in node["linearizedBaseContracts"]:
                self._edges[id_] |= self._own(self._contracts[int(base)][1])
        self._code = {
            (path, str(node["name"])): self._closure(id_)
            for id_, (path, node) in self._contracts.items()
            if node["contractKind"] == "contract" and not node["abstract"]
        }

    def carriers(self, unit: int) -> set[tuple[str, str]]:
        """Return (path, name) of every contract whose code may change with a unit."""
        return {contract for contract, units in self._code.items() if unit in units}

    def _own(self, contract: Node) -> set[int]:
        """Return a contract's own units, and what its list of bases refers to."""
        own = {int(node["id"]) for node in contract["nodes"] if "id" in node}
        for base in contract["baseContracts"]:
            own |= set(self._references(base))
        return own

    def _references(self, node: Node) -> Iterator[int]:
        """Yield what a subtree refers to; contracts only where it takes their code."""
        for inner, parents in walk(node):
            ids = [inner.get("referencedDeclaration"), inner.get("function")]
            ids += [item["declaration"] for item in inner.get("externalReferences", [])]
            for id_ in ids:
                if isinstance(id_, int) and (id_ not in self._contracts or _takes_code(parents)):
                    yield id_

    def _closure(self, start: int) -> set[int]:
        seen, open_ = set[int](), [start]
        while open_:
            id_ = open_.pop()
            if id_ not in seen:
                seen.add(id_)
                open_ += self._edges.get(id_, ())
        return seen


def _takes_code(parents: tuple[Node, ...]) -> bool:
    """Tell whether a reference to a contract stands in `new C` or `type(C)`."""
    return any(
        parent["nodeType"] == "NewExpression"
        or (
            parent["nodeType"] == "FunctionCall"
            and parent["expression"].get("name") == "type"
            and any(child is not parent["expression"] for child in children(parent))
        )
        for parent in parents
    )

"""One place in the source that an operator changes, and the helpers that operators share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mutation.tree import Node, span


@dataclass(frozen=True)
class Edit:
    """Replace the bytes [start, end) of a file by `text`.

    Attributes:
        operator: name of the mutation operator.
        start: first byte.
        end: byte behind the last.
        text: what stands there instead.
    """

    operator: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, eq=False)
class Site:
    """A node where an operator may apply.

    Attributes:
        node: the node.
        source: bytes of its file.
        metered: whether the unit is a constant that reckons gas.
    """

    node: Node
    source: bytes
    metered: bool

    def text(self, node: Node) -> str:
        """Return the source of a node."""
        start, end = span(node)
        return self.source[start:end].decode()

    def replace(self, operator: str, node: Node, text: str) -> Edit:
        """Put `text` in the place of a node."""
        return Edit(operator, *span(node), text)

    def between(self, operator: str, left: Node, right: Node, old: str, new: str) -> Iterator[Edit]:
        """Replace the token `old` that stands alone between two nodes."""
        start, end = span(left)[1], span(right)[0]
        gap = self.source[start:end].decode()
        if gap.strip() == old:
            at = start + gap.index(old)
            yield Edit(operator, at, at + len(old), new)


def stepped(site: Site, literal: str) -> Iterator[str]:
    """Yield what replaces a number: one more and less, or, where gas is reckoned, double and half.

    A single unit of gas is below what metering promises, so no test could or should notice it.
    """
    plain = re.fullmatch(r"0x[0-9a-fA-F]+|[0-9][0-9_]*", literal)
    value = int(literal.replace("_", ""), 0) if plain and not re.match(r"0\d", literal) else None
    if site.metered and value:
        yield str(value * 2)
        yield str(value // 2)
        return
    yield f"({literal} + 1)"
    if value != 0:
        yield f"({literal} - 1)"

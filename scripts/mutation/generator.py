"""All mutants of a set of source files."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from mutation.edits import Edit, Site
from mutation.operators import EXPRESSIONS
from mutation.statements import STATEMENTS
from mutation.tree import Node, Unit, units_of, walk_code

OPERATORS = {**EXPRESSIONS, **STATEMENTS}


@dataclass(frozen=True)
class Mutant:
    """One changed place.

    Attributes:
        path: source file, relative to the root.
        unit: function or constant, `Contract.name`.
        stratum: what it is sampled with: its function, or all constants of its contract.
        unit_id: id of the unit in the tree.
        line: line of the change, from 1.
        before: the changed line or lines, on one line.
        after: the same with the change.
        edit: the change itself.
        ordinal: number of earlier mutants of the unit that read the same.
    """

    path: str
    unit: str
    stratum: str
    unit_id: int
    line: int
    before: str
    after: str
    edit: Edit
    ordinal: int = 0

    @property
    def place(self) -> str:
        """Return `file:line`."""
        return f"{self.path}:{self.line}"

    @property
    def key(self) -> str:
        """Return a short hash that stays the same when only other lines change."""
        words = (self.path, self.unit, self.before, self.after, str(self.ordinal))
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:20]

    def apply(self, source: str) -> str:
        """Return the whole file with the change."""
        raw = source.encode()
        return (raw[: self.edit.start] + self.edit.text.encode() + raw[self.edit.end :]).decode()


def generate(
    trees: Mapping[str, Node], sources: Mapping[str, str], metering: re.Pattern[str]
) -> list[Mutant]:
    """Return every mutant of the given files, each place and text once, in order of place.

    Args:
        trees: syntax tree of each file.
        sources: text of each file.
        metering: matches the name of a constant that reckons gas.
    """
    found: dict[tuple[str, int, int, str], Mutant] = {}
    for path, tree in trees.items():
        raw = sources[path].encode()
        for unit in units_of(path, tree):
            for edit in _edits(unit, raw, metering):
                place = (path, edit.start, edit.end, edit.text)
                found.setdefault(place, _mutant(unit, edit, raw))
    return list(_numbered(found[place] for place in sorted(found)))


def _numbered(mutants: Iterable[Mutant]) -> Iterator[Mutant]:
    """Tell apart what reads the same."""
    seen: Counter[tuple[str, str, str, str]] = Counter()
    for mutant in mutants:
        words = (mutant.path, mutant.unit, mutant.before, mutant.after)
        yield replace(mutant, ordinal=seen[words])
        seen[words] += 1


def _edits(unit: Unit, raw: bytes, metering: re.Pattern[str]) -> Iterator[Edit]:
    constant = unit.name.rpartition(".")[2]
    metered = not unit.is_function and metering.search(constant) is not None
    for node in walk_code(unit.node):
        operator = OPERATORS.get(node["nodeType"])
        if operator:
            yield from operator(Site(node, raw, metered))


def _mutant(unit: Unit, edit: Edit, raw: bytes) -> Mutant:
    """Describe an edit by its whole lines, which stay the same when the code around them moves."""
    first = raw.rfind(b"\n", 0, edit.start) + 1
    last = raw.find(b"\n", edit.end)
    last = len(raw) if last < 0 else last
    head, tail = raw[first : edit.start], raw[edit.end : last]
    owner = unit.name.rpartition(".")[0] or unit.path
    return Mutant(
        path=unit.path,
        unit=unit.name,
        stratum=f"{unit.path} {unit.name if unit.is_function else f'{owner} (constants)'}",
        unit_id=unit.id,
        line=raw.count(b"\n", 0, edit.start) + 1,
        before=_one_line(raw[first:last]),
        after=_one_line(head + edit.text.encode() + tail),
        edit=edit,
    )


def _one_line(text: bytes) -> str:
    return " ".join(text.decode().split())

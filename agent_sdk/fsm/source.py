"""Read YAML or JSON of a stranger: bounded, without tags, repeated keys reported.

Only what a specification needs is built: mappings with scalar keys, lists, text, numbers, truth
values and null.
Aliases are followed and counted, so that a small file cannot unfold into a huge value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_sdk.fsm.finding import Finding, shown

__all__ = ["Source", "read"]

MAX_BYTES = 4 * 2**20
"""A hundred times the largest published specification."""
MAX_NODES = 1_000_000
"""Values of a file after its aliases are followed."""
MAX_DEPTH = 32
_TAG = "tag:yaml.org,2002:"
_SCALARS = {f"{_TAG}{name}" for name in ("null", "bool", "int", "float")}
_TEXT = {f"{_TAG}str", f"{_TAG}value"}


@dataclass
class Source:
    """The value of one file.

    Attributes:
        file: the file as it was named.
        data: its value; meaningless when `broken`.
        broken: the file could not be read or parsed.
        findings: why it could not, or which keys it repeats.
    """

    file: str
    data: Any = None
    broken: bool = False
    findings: list[Finding] = field(default_factory=list)

    def note(self, rule: str, message: str, *, line: int | None = None) -> None:
        """Add a finding."""
        where = "" if line is None else f"line {line}: "
        self.findings.append(Finding(self.file, rule, f"{where}{message}"))


class _Refused(Exception):
    """The text is not such YAML or JSON; the message says why."""


def read(path: Path | str) -> Source:
    """Read one file: JSON if its name ends in .json, YAML otherwise."""
    source = Source(str(path))
    try:
        text = _text(Path(path))
        parse = _from_json if Path(path).suffix.lower() == ".json" else _from_yaml
        source.data = parse(text, source)
    except _Refused as error:
        source.broken = True
        source.note("file", str(error))
    return source


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            # A device would never end.
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _Refused(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(raw) > MAX_BYTES:
        raise _Refused(f"has more than {MAX_BYTES} bytes; split the app")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Refused(f"is not UTF-8 at byte {error.start}; save it as UTF-8") from None


def _from_json(text: str, source: Source) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                _repeated(source, key)
            found[key] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise _Refused(f"is not JSON: {str(error)[:120]}") from None


def _repeated(source: Source, key: str, line: int | None = None) -> None:
    source.note("duplicate-key", f"key {shown(key)} stands twice; keep one", line=line)


def _from_yaml(text: str, source: Source) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_depth(text, yaml, loader)
        node = yaml.compose(text, Loader=loader)
        scalar = yaml.constructor.SafeConstructor().construct_document
        return None if node is None else _Builder(source, scalar).build(node)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise _Refused(f"is not YAML: {' '.join(str(error).split())[:160]}") from None


def _check_depth(text: str, yaml: Any, loader: Any) -> None:
    """Refuse bottomless nesting before anything recurses over it."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _Refused(f"nests deeper than {MAX_DEPTH} levels")


class _Builder:
    """Turn the nodes of one document into values."""

    def __init__(self, source: Source, scalar: Callable[[Any], Any]) -> None:
        self.source = source
        self.scalar = scalar
        self.count = 0
        self.open: set[int] = set()

    def build(self, node: Any) -> Any:
        """Return the value of a node."""
        self.count += 1
        if self.count > MAX_NODES:
            raise _Refused(f"unfolds into more than {MAX_NODES} values; write no nested aliases")
        if node.id == "scalar":
            return self._scalar(node)
        if id(node) in self.open:
            raise _Refused("contains itself through an alias")
        self.open.add(id(node))
        value = self._list(node) if node.id == "sequence" else self._mapping(node)
        self.open.discard(id(node))
        return value

    def _scalar(self, node: Any) -> Any:
        if node.tag in _TEXT:
            return node.value
        if node.tag in _SCALARS:
            return self.scalar(node)
        if node.tag == f"{_TAG}timestamp":
            return node.value
        raise self._unknown(node)

    def _list(self, node: Any) -> list[Any]:
        if node.tag != f"{_TAG}seq":
            raise self._unknown(node)
        return [self.build(item) for item in node.value]

    def _mapping(self, node: Any) -> dict[Any, Any]:
        if node.tag != f"{_TAG}map":
            raise self._unknown(node)
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar":
                raise _Refused(f"line {line}: a key must be text, not a list or a mapping")
            if key_node.tag == f"{_TAG}merge":
                raise _Refused(f"line {line}: merge keys (<<) are not taken; write the fields out")
            key = self._scalar(key_node)
            if key in found:
                _repeated(self.source, key, line)
            found[key] = self.build(value_node)
        return found

    def _unknown(self, node: Any) -> _Refused:
        return _Refused(
            f"line {node.start_mark.line + 1}: tag {shown(node.tag)} is not taken; write plain text"
        )

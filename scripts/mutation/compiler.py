"""Syntax trees and bytecode from the pinned solc, each input compiled once."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutation.solc import Failed, Solc
from mutation.tree import Node

#: (path, name) of a contract.
Contract = tuple[str, str]


@dataclass(frozen=True)
class Code:
    """Creation and deployed bytecode, in hex without prefix."""

    creation: str
    deployed: str


class Refused(Exception):
    """The source does not compile; the text is solc's first error."""


class Compiler:
    """Runs solc in a root folder and keeps its answers by the hash of the whole input."""

    def __init__(self, root: Path, cache: Path, salt: str) -> None:
        """Name the folders.

        Args:
            root: folder that sources and imports are relative to.
            cache: folder of answers.
            salt: stands for what is no part of the input: compiler and packages.
        """
        self.cache = cache
        self.salt = salt
        self._solc = Solc(root)

    def close(self) -> None:
        """End the compilers that still run."""
        self._solc.close()

    def trees(self, sources: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, Node]:
        """Return the syntax tree of every source, imported ones included."""
        answer = self._run(sources, settings, {"*": {"": ["ast"]}})
        return {path: source["ast"] for path, source in answer["sources"].items()}

    def code(
        self,
        sources: Mapping[str, str],
        settings: Mapping[str, Any],
        contracts: Iterable[Contract],
    ) -> dict[Contract, Code]:
        """Compile the named contracts.

        Raises:
            Refused: the sources do not compile.
        """
        wanted: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for path, name in sorted(contracts):
            wanted[path][name] = ["evm.bytecode.object", "evm.deployedBytecode.object"]
        if not wanted:
            return {}
        key = hashlib.sha256(
            json.dumps([self.salt, sources, settings, wanted], sort_keys=True).encode()
        ).hexdigest()
        kept = self.cache / key[:2] / f"{key}.json.gz"
        if not kept.is_file():
            answer = self._run(sources, settings, wanted)
            slim = {
                path: {
                    name: [contract["evm"][part]["object"] for part in PARTS]
                    for name, contract in contracts_.items()
                    if name in wanted.get(path, ())
                }
                for path, contracts_ in answer["contracts"].items()
            }
            kept.parent.mkdir(parents=True, exist_ok=True)
            partial = kept.with_suffix(".partial")
            partial.write_bytes(gzip.compress(json.dumps(slim).encode()))
            partial.rename(kept)
        found = json.loads(gzip.decompress(kept.read_bytes()))
        return {(path, name): Code(*found[path][name]) for path in wanted for name in wanted[path]}

    def _run(
        self, sources: Mapping[str, str], settings: Mapping[str, Any], wanted: Mapping[str, Any]
    ) -> Any:
        question = {
            "language": "Solidity",
            "sources": {path: {"content": text} for path, text in sources.items()},
            "settings": {**settings, "outputSelection": wanted},
        }
        try:
            answer = json.loads(self._solc.ask(json.dumps(question)))
        except Failed as error:
            raise Refused(str(error)) from error
        errors = [item for item in answer.get("errors", []) if item["severity"] == "error"]
        if errors:
            raise Refused(str(errors[0].get("formattedMessage") or errors[0]["message"]).strip())
        return answer


PARTS = ("bytecode", "deployedBytecode")

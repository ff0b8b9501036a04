"""What forge has compiled: the artifacts that its tests deploy or consist of."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutation.compiler import Code, Compiler, Contract
from mutation.project import TESTS, Project

#: Where forge keeps artifacts, by foundry.toml.
OUT = ".build/forge"


@dataclass(frozen=True)
class Artifact:
    """One file of forge's output with code in it.

    Attributes:
        file: its path below the folder of artifacts.
        contract: path and name of the contract.
        settings: solc settings it is compiled with, as JSON.
    """

    file: str
    contract: Contract
    settings: str


def find_artifacts(folder: Path) -> list[Artifact]:
    """Return the artifacts of contracts/ and tests/ that hold code."""
    found = []
    for path in sorted((folder / OUT).glob("*.sol/*.json")):
        content = json.loads(path.read_text("utf-8"))
        settings = dict(content.get("metadata", {}).get("settings", {}))
        [target] = settings.pop("compilationTarget", {}).items() or [("", "")]
        known = target[0].startswith(("contracts/", "tests/"))
        if known and len(content["bytecode"]["object"]) > len("0x"):
            settings.pop("libraries", None)
            if target[0].startswith(f"{TESTS}/"):
                # Fast to compile; a test that fails for it fails in the canary.
                settings["optimizer"] = {"enabled": False}
            file = path.relative_to(folder / OUT).as_posix()
            found.append(Artifact(file, target, json.dumps(settings, sort_keys=True)))
    return found


def compile_artifacts(
    compiler: Compiler,
    project: Project,
    artifacts: Iterable[Artifact],
    changed: Mapping[str, str] | None = None,
    optimizer: Mapping[str, Any] | None = None,
) -> dict[str, Code]:
    """Compile what the artifacts are made of.

    Args:
        compiler: how to compile.
        project: the sources.
        artifacts: which ones.
        changed: texts that replace those of the project.
        optimizer: settings that replace those of the contracts.

    Returns:
        Code by artifact file.

    Raises:
        Refused: the sources do not compile.
    """
    groups: dict[str, list[Artifact]] = defaultdict(list)
    for artifact in artifacts:
        groups[artifact.settings].append(artifact)
    made: dict[str, Code] = {}
    for text, members in sorted(groups.items()):
        settings = json.loads(text)
        with_tests = any(artifact.contract[0].startswith("tests/") for artifact in members)
        if optimizer and not with_tests:
            settings["optimizer"] = optimizer
        sources = project.sources if with_tests else dict(project.contracts)
        sources.update(changed or {})
        code = compiler.code(sources, settings, {artifact.contract for artifact in members})
        made.update({artifact.file: code[artifact.contract] for artifact in members})
    return made


def write_code(folder: Path, codes: Mapping[str, Code]) -> None:
    """Put bytecode into artifacts; forge takes them for its own, since no source has changed."""
    for file, code in codes.items():
        path = folder / OUT / file
        content = json.loads(path.read_text("utf-8"))
        content["bytecode"]["object"] = f"0x{code.creation}"
        content["deployedBytecode"]["object"] = f"0x{code.deployed}"
        path.write_text(json.dumps(content), "utf-8")

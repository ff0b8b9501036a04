"""Compile an agent that a developer writes elsewhere, on the Solidity sources packaged here.

    everloop/agent/Agent.sol           contracts/ of this tree, or agent_sdk/solidity of the wheel
    @openzeppelin/contracts/…          node_modules of the working directory, or of this tree
    anything else                      a file, relative to the one that imports it

All sources go to the compiler as text, so any solc serves: a native one or npm's, which reads no
files.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from agent_sdk.artifacts import MAX_CODE
from agent_sdk.errors import CompileError, ConfigError
from agent_sdk.natspec import build_manifest
from agent_sdk.natspec_checks import find_warnings
from agent_sdk.natspec_tree import Tree

__all__ = ["MAX_CODE", "SETTINGS", "Built", "build_agent"]

SETTINGS: Final[Mapping[str, Any]] = {
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": 200},
    "evmVersion": "osaka",
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}
"""How the packaged contracts are compiled too."""
_OUTPUT: Final = ["abi", "evm.bytecode", "evm.deployedBytecode.object"]
_LEAST: Final = (0, 8, 31)
"""first compiler that the tests of this package run with, or a later one"""
_INSTALL: Final = "npm install solc@0.8.37 @openzeppelin/contracts@5.7.0"
_IMPORT: Final = re.compile(r"^\s*import\b[^;\"']*[\"']([^\"']+)[\"'][^;]*;", re.M)
_PLACE: Final = re.compile(r"--> (\S+:\d+:\d+)")
_PACKAGE: Final = "everloop/"
_HERE: Final = Path(__file__).resolve().parent
_SECONDS: Final = 600


@dataclass(frozen=True, kw_only=True)
class Built:
    """One compiled agent."""

    artifact: Mapping[str, Any]
    """as in agent_sdk/artifacts"""
    warnings: tuple[str, ...]
    """of the compiler as it formats them, and of the NatSpec in a line each"""

    @property
    def name(self) -> str:
        """The contract's name."""
        return str(self.artifact["contractName"])

    @property
    def size(self) -> int:
        """Bytes of deployed code."""
        return len(self.artifact["deployedBytecode"]) // 2 - 1

    def save(self, folder: Path) -> Path:
        """Write the artifact into a folder, all or nothing."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{self.name}.json"
        draft = file.with_name(file.name + ".draft")
        text = json.dumps(self.artifact, indent=1, ensure_ascii=False)
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(file)
        return file


@dataclass(frozen=True)
class _Compiler:
    """A solc and how to call it."""

    command: tuple[str, ...]
    version: str


def build_agent(file: Path, *, say: Callable[[str], object] | None = None) -> Built:
    """Compile the one agent that a Solidity file defines.

    Args:
        file: of the agent.
        say: is told once what begins, for it takes its time.

    Raises:
        ConfigError: no such file, or no compiler.
        CompileError: it does not compile, is no agent, or is too large; its notes are what the
            compiler shows.
        SpecError: its NatSpec makes no manifest.
    """
    unit = file.name
    sources = _sources(file)
    compiler = _find_compiler()
    if say:
        say(f"compiling {file.name} with solc {compiler.version}, half a minute or so")
    selection = {"*": {"": ["ast"]}, unit: {"": ["ast"], "*": _OUTPUT}}
    output = _compile(compiler, sources, {**SETTINGS, "outputSelection": selection})
    found = dict(_manifests(output, unit, sources))
    if len(found) != 1:
        named = f" ({', '.join(found)})" if found else ""
        raise CompileError(
            f"{file} defines {len(found)} agents{named}: it must define one contract that inherits "
            "Agent and is not abstract"
        )
    [(name, manifest)] = found.items()
    tree = Tree.of(output, sources)
    warnings = find_warnings(tree, tree.contract(unit, name), manifest)
    return _built(output, unit, manifest, [*_messages(output, "warning"), *warnings])


def _manifests(
    output: Mapping[str, Any], unit: str, sources: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the agents of a file by name, each with its manifest."""
    for node in output["sources"][unit]["ast"]["nodes"]:
        if node["nodeType"] == "ContractDefinition":
            manifest = build_manifest(output, unit, node["name"], texts=sources)
            if manifest is not None:
                yield node["name"], manifest


def _built(
    output: Mapping[str, Any], unit: str, manifest: Mapping[str, Any], warnings: list[str]
) -> Built:
    name = manifest["name"]
    compiled = output["contracts"][unit][name]
    deployed = compiled["evm"]["deployedBytecode"]["object"]
    if compiled["evm"]["bytecode"]["linkReferences"]:
        raise CompileError(f"{name} calls an external library: make its functions internal")
    if len(deployed) // 2 > MAX_CODE:
        raise CompileError(
            f"{name} has {len(deployed) // 2} bytes of code and a chain takes {MAX_CODE}: leave "
            "an ability out, or move code into another contract"
        )
    return Built(
        artifact={
            "contractName": name,
            "sourceName": unit,
            "abi": compiled["abi"],
            "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
            "deployedBytecode": "0x" + deployed,
            "manifest": manifest,
        },
        warnings=tuple(warnings),
    )


def _messages(output: Mapping[str, Any], severity: str) -> list[str]:
    errors = output.get("errors", ())
    return [e["formattedMessage"].strip() for e in errors if e["severity"] == severity]


def _sources(file: Path) -> dict[str, str]:
    """Return the file and all that it imports, by the names that the compiler knows them by."""
    try:
        sources = {file.name: file.read_text("utf-8")}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read ({error}): name a Solidity file") from None
    waiting = [file.name]
    while waiting:
        unit = waiting.pop()
        for written in _IMPORT.findall(sources[unit]):
            name = _unit(written, importer=unit)
            if name not in sources:
                sources[name] = _read(name, importer=unit, folder=file.parent)
                waiting.append(name)
    return sources


def _unit(written: str, *, importer: str) -> str:
    """Return the name of an imported source. Source: Solidity docs, "Import Path Resolution"."""
    if not written.startswith("."):
        return written
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), written))


def _read(name: str, *, importer: str, folder: Path) -> str:
    """Return the text of an imported source."""
    roots = (Path.cwd(), folder, _HERE.parent)
    if name.startswith(_PACKAGE):
        inside = name.removeprefix(_PACKAGE)
        places = [_HERE / "solidity" / inside, _HERE.parent / "contracts" / inside]
    elif name.startswith("@"):
        places = [root / "node_modules" / name for root in roots]
    else:
        places = [folder / name]
    for place in places:
        if place.is_file():
            return place.read_text("utf-8")
    advice = f"install it with `{_INSTALL}`" if name.startswith("@") else "check the path"
    raise CompileError(f"{importer} imports {name}, which is missing: {advice}")


def _compile(
    compiler: _Compiler, sources: Mapping[str, str], settings: Mapping[str, Any]
) -> dict[str, Any]:
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": settings,
    }
    code, answer, said = _ask([*compiler.command, "--standard-json"], json.dumps(request))
    try:
        # npm's compiler may speak before the JSON.
        output: dict[str, Any] = json.loads(answer[answer.find("{") :])
    except ValueError:
        lines = [line.strip() for line in (said + answer).splitlines() if "rror" in line]
        reason = f": {lines[0][:200]}" if lines else ""
        raise CompileError(
            f"the compiler {' '.join(compiler.command)} ended with code {code} and no result"
            f"{reason}; put another solc on PATH"
        ) from None
    if errors := _messages(output, "error"):
        raise _refusal(errors)
    return output


def _ask(command: Sequence[str], request: str) -> tuple[int, str, str]:
    """Return exit code, output and errors of a compiler.

    By files: npm's compiler reads a pipe that is not yet full as an error, and leaves before a
    pipe has taken all of its answer.
    """
    with TemporaryFile("w+") as asked, TemporaryFile("w+") as answered:
        asked.write(request)
        asked.seek(0)
        done = subprocess.run(
            command,
            stdin=asked,
            stdout=answered,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
        answered.seek(0)
        return done.returncode, answered.read(), done.stderr


def _refusal(errors: list[str]) -> CompileError:
    """Return the first error in one line; all of them, as the compiler shows them, are notes."""
    place = _PLACE.search(errors[0])
    where = f"{place[1]}: " if place else ""
    more = f" (the first of {len(errors)} errors)" if len(errors) > 1 else ""
    error = CompileError(f"{where}{errors[0].splitlines()[0]}{more}")
    for text in errors:
        error.add_note(text)
    return error


def _find_compiler() -> _Compiler:
    """Return a compiler: one on PATH that is recent enough, else npm's.

    Raises:
        ConfigError: there is none.
    """
    own = shutil.which("solc")
    if own and (version := _version(own)) >= _LEAST:
        return _Compiler((own,), ".".join(map(str, version)))
    node = shutil.which("node")
    for root in (Path.cwd(), _HERE.parent):
        script = root / "node_modules" / "solc" / "solc.js"
        if node and script.is_file():
            version = json.loads(script.with_name("package.json").read_text("utf-8"))["version"]
            return _Compiler((node, "--max-old-space-size=4096", str(script)), version)
    found = f"{own} is older than {'.'.join(map(str, _LEAST))}" if own else "none is on PATH"
    raise ConfigError(f"no Solidity compiler to use ({found}): run `{_INSTALL}` here, with Node")


def _version(program: str) -> tuple[int, ...]:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    match = re.search(r"Version: (\d+)\.(\d+)\.(\d+)", done.stdout)
    return tuple(map(int, match.groups())) if match else (0,)

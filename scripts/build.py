"""Compile `contracts/` into the committed artifacts: `python scripts/build.py [OPTION]`.

One standard-json run of solc gives ABI, bytecode and AST of every contract.
`--check` compiles and compares with agent_sdk/artifacts/ instead of writing, and refuses warnings.
`--forge` takes the bytecode of that comparison from what forge has just compiled for its tests.
`--if-changed` believes the committed seal, which says what the committed artifacts were made of: so
a fresh clone compiles nothing.
Bytecode carries no metadata, so it is the same on every machine and in every folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "contracts"
ARTIFACTS = ROOT / "agent_sdk" / "artifacts"
SOLC = ROOT / ".venv" / "tools" / "solc"
#: Committed beside the artifacts: {seal} of what they were made of.
SEAL = ARTIFACTS / "sources.sha256"
#: On this machine only: {fingerprint} of what was compiled here last.
STAMP = ROOT / ".build" / "artifacts.stamp"
#: What `forge test` compiles, with the same settings.
FORGE = ROOT / ".build" / "forge"
#: EIP-170: largest deployed code, in bytes.
MAX_CODE_BYTES = 24_576

SETTINGS: dict[str, Any] = {
    "remappings": ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"],
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": 200},
    "evmVersion": "osaka",
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
    "outputSelection": {
        "*": {
            "*": ["abi", "evm.bytecode", "evm.deployedBytecode.object"],
            "": ["ast"],
        }
    },
}
#: Everything but code, which takes nine tenths of the time.
OUTLINE = {"*": {"*": ["abi"], "": ["ast"]}}


class BuildError(Exception):
    """The sources do not give the artifacts; the message is what to print."""


def read_sources() -> dict[str, str]:
    """Return every Solidity file of the product by its path from the root."""
    files = sorted(SOURCES.rglob("*.sol"))
    return {file.relative_to(ROOT).as_posix(): file.read_text("utf-8") for file in files}


def compile_sources(sources: Mapping[str, str], *, outline: bool = False) -> dict[str, Any]:
    """Run solc once over `sources` and return its standard-json output.

    Args:
        sources: by path.
        outline: leave code out.

    Raises:
        BuildError: solc is missing, or the sources have errors.
    """
    if not SOLC.exists():
        raise BuildError("no compiler at .venv/tools/solc; run `make build`")
    request = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {**SETTINGS, "outputSelection": OUTLINE} if outline else SETTINGS,
    }
    command = [str(SOLC), "--standard-json", "--base-path", str(ROOT)]
    result = subprocess.run(
        command, input=json.dumps(request), capture_output=True, text=True, cwd=ROOT, check=False
    )
    if result.returncode != 0:
        raise BuildError(f"solc failed: {result.stderr.strip()[-500:]}")
    output: dict[str, Any] = json.loads(result.stdout)
    errors = [entry for entry in output.get("errors", []) if entry["severity"] == "error"]
    if errors:
        raise BuildError("\n".join(entry["formattedMessage"] for entry in errors))
    return output


def compile_outline(sources: Mapping[str, str]) -> dict[str, Any]:
    """Return the same output, with the bytecode that forge made of the sources.

    Raises:
        BuildError: the sources have errors, or forge has not compiled one of them.
    """
    output = compile_sources(sources, outline=True)
    for source, contracts in output["contracts"].items():
        for name, compiled in contracts.items():
            if source in sources:
                compiled["evm"] = forge_code(source, name)
    return output


def forge_code(source: str, name: str) -> dict[str, Any]:
    """Return the bytecode of a contract in forge's output, in solc's form.

    Raises:
        BuildError: it is not there.
    """
    file = FORGE / Path(source).name / f"{name}.json"
    if not file.is_file():
        raise BuildError(f"forge has not compiled {name} of {source}; run `make forge` first")
    found = json.loads(file.read_text("utf-8"))
    code = {key: found[key] for key in ("bytecode", "deployedBytecode")}
    return {
        key: {**value, "object": value["object"].removeprefix("0x")} for key, value in code.items()
    }


def warnings_of(output: Mapping[str, Any]) -> list[str]:
    """Return the compiler's warnings, formatted."""
    return [
        entry["formattedMessage"]
        for entry in output.get("errors", [])
        if entry["severity"] == "warning"
    ]


def contract_kinds(output: Mapping[str, Any], source: str) -> dict[str, str]:
    """Map contract name to `contract`, `interface` or `library` for one source file."""
    nodes = output["sources"][source]["ast"]["nodes"]
    return {
        node["name"]: node["contractKind"]
        for node in nodes
        if node["nodeType"] == "ContractDefinition"
    }


def artifacts(output: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (name, artifact) for every contract and interface of the product, libraries left out.

    Raises:
        BuildError: two contracts share a name, code is too large or needs linking.
    """
    seen: dict[str, str] = {}
    for source in sorted(name for name in output["contracts"] if name.startswith("contracts/")):
        for name, kind in contract_kinds(output, source).items():
            if name in seen:
                raise BuildError(f"{name} is defined in both {seen[name]} and {source}; rename one")
            seen[name] = source
            if kind == "library":
                continue
            compiled = output["contracts"][source][name]
            code, deployed = compiled["evm"]["bytecode"], compiled["evm"]["deployedBytecode"]
            if code["linkReferences"]:
                raise BuildError(f"{name} calls an external library; make its functions internal")
            if len(deployed["object"]) // 2 > MAX_CODE_BYTES:
                size = len(deployed["object"]) // 2
                raise BuildError(
                    f"{name} has {size} bytes of code, limit {MAX_CODE_BYTES}; split it"
                )
            yield (
                name,
                {
                    "contractName": name,
                    "sourceName": source,
                    "abi": compiled["abi"],
                    "bytecode": "0x" + code["object"],
                    "deployedBytecode": "0x" + deployed["object"],
                    "manifest": manifest_of(output, source, name),
                },
            )


def manifest_of(output: Mapping[str, Any], source: str, name: str) -> dict[str, Any] | None:
    """Return what an agent's NatSpec says to a model; None for other contracts.

    Raises:
        BuildError: the NatSpec is wrong.
    """
    from agent_sdk.errors import SpecError
    from agent_sdk.natspec import build_manifest

    try:
        return build_manifest(output, source, name)
    except SpecError as error:
        raise BuildError(str(error)) from None


def render(output: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each artifact file by file name."""
    return {
        f"{name}.json": json.dumps(artifact, indent=1, ensure_ascii=False) + "\n"
        for name, artifact in artifacts(output)
    }


def sealed() -> str:
    """Return the seal on disk, empty where there is none."""
    return SEAL.read_text("utf-8").strip() if SEAL.is_file() else ""


def committed() -> dict[str, str]:
    """Return the artifact files as they are on disk."""
    return {file.name: file.read_text("utf-8") for file in sorted(ARTIFACTS.glob("*.json"))}


def drift(expected: Mapping[str, str]) -> list[str]:
    """Name the artifact files that differ from what the sources give."""
    actual = committed()
    return sorted(
        name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name)
    )


def write(files: Mapping[str, str]) -> None:
    """Make agent_sdk/artifacts/ hold exactly `files`, besides the seal."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for name in committed().keys() - files.keys():
        (ARTIFACTS / name).unlink()
    for name, text in files.items():
        (ARTIFACTS / name).write_text(text, "utf-8")


def seal(sources: Mapping[str, str]) -> str:
    """Hash sources, settings, compiler and libraries, and the artifacts that are on disk."""
    pins = json.loads((ROOT / "package.json").read_text("utf-8"))["dependencies"]
    return _hash([dict(sources), SETTINGS, pins, committed()])


def fingerprint(sources: Mapping[str, str]) -> str:
    """Hash all that the artifacts depend on, the code that makes manifests too, and the seal."""
    lock = (ROOT / "package-lock.json").read_text("utf-8")
    code = [file.read_text("utf-8") for file in (Path(__file__), *natspec_files())]
    return _hash([seal(sources), sealed(), lock, code])


def _hash(state: list[Any]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()


def natspec_files() -> list[Path]:
    """Return the modules that turn NatSpec into a manifest."""
    package = ROOT / "agent_sdk"
    names = ("natspec*.py", "manifest*.py", "tools.py", "arguments.py", "units.py")
    return sorted(file for name in names for file in package.glob(name))


def report(files: Mapping[str, str]) -> None:
    """Print the size of each deployable contract, largest first."""
    sizes = {
        name.removesuffix(".json"): len(json.loads(text)["deployedBytecode"]) // 2 - 1
        for name, text in files.items()
    }
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        if size:
            print(f"  {name:<24}{size:>7} bytes")


def is_current(sources: Mapping[str, str], *, if_changed: bool) -> bool:
    """Tell whether the artifacts are those of `sources`, so far as this machine knows.

    Args:
        sources: by path.
        if_changed: believe the committed seal, not only what was compiled here.
    """
    if if_changed and sealed() == seal(sources):
        return True
    return STAMP.is_file() and STAMP.read_text() == fingerprint(sources)


def build(*, check: bool, force: bool, if_changed: bool = False, forge: bool = False) -> str:
    """Bring the artifacts up to date, or compare them; return the line to print.

    Args:
        check: compare instead of writing.
        force: compile even if nothing changed.
        if_changed: believe the committed seal.
        forge: compare with the bytecode that forge has just made.

    Raises:
        BuildError: the sources do not compile, or `check` found drift or warnings.
    """
    sources = read_sources()
    if check and sealed() != seal(sources):
        raise BuildError(f"{SEAL.name} is not of these sources and artifacts; run `make build`")
    if not force and is_current(sources, if_changed=if_changed):
        return f"artifacts: {len(committed())} up to date"
    if forge:
        output = compile_outline(sources)
    else:
        print(f"compiling {len(sources)} files, a few minutes", flush=True)
        output = compile_sources(sources)
    warnings = warnings_of(output)
    print("\n".join(warnings), end="\n" if warnings else "", file=sys.stderr)
    files = render(output)
    if check:
        if warnings:
            raise BuildError(f"solc gave {len(warnings)} warnings; remove their causes")
        if changed := drift(files):
            raise BuildError(f"artifacts differ from the sources: {changed}; run `make build`")
    else:
        write(files)
        SEAL.write_text(seal(sources) + "\n", "utf-8")
        if not if_changed:
            report(files)
    if not warnings:
        STAMP.parent.mkdir(parents=True, exist_ok=True)
        STAMP.write_text(fingerprint(sources))
    return f"artifacts: {len(files)} {'match the sources' if check else 'written'}"


def main() -> int:
    """Build or check the artifacts; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("--force", action="store_true", help="compile even if nothing changed")
    parser.add_argument(
        "--if-changed", action="store_true", help="compile only if the committed seal does not fit"
    )
    parser.add_argument(
        "--forge", action="store_true", help="with --check: bytecode as forge compiled it just now"
    )
    options = parser.parse_args()
    if options.forge and not options.check:
        parser.error("--forge only compares: give --check too")
    try:
        print(build(**vars(options)), flush=True)
    except BuildError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())

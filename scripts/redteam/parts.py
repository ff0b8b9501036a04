"""Contracts that only a red team deploys: compiled from tests/redteam, kept in `.build/`."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build import ROOT, compile_sources, manifest_of
from eth_abi.abi import encode

from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.deploy import deploy_code, deploy_manifest

SOURCES = "tests/redteam"
_IMPORT = re.compile(r'from "(\.[^"]+)"')


@dataclass(frozen=True)
class Part:
    """One compiled contract.

    Attributes:
        code: creation code.
        manifest: what an agent publishes; None for other contracts.
    """

    code: bytes
    manifest: dict[str, Any] | None


def compiled(name: str) -> Part:
    """Return a contract of tests/redteam, compiled anew where a source has changed."""
    sources = _closure(f"{SOURCES}/{name}.sol")
    digest = hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()[:16]
    kept = ROOT / ".build" / "redteam" / f"{name}-{digest}.json"
    if not kept.is_file():
        path = f"{SOURCES}/{name}.sol"
        output = compile_sources(sources)
        found = {
            "code": output["contracts"][path][name]["evm"]["bytecode"]["object"],
            "manifest": manifest_of(output, path, name),
        }
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(".draft")
        draft.write_text(json.dumps(found), "utf-8")
        draft.replace(kept)
    content = json.loads(kept.read_text("utf-8"))
    return Part(bytes.fromhex(content["code"]), content["manifest"])


def deploy_part(chain: Chain, signer: Signer, name: str) -> str:
    """Deploy a contract without constructor arguments and return its address."""
    return deploy_code(chain, signer, compiled(name).code, note=f"deploying {name}")


def deploy_agent(chain: Chain, signer: Signer, name: str, *, everloop: str) -> str:
    """Deploy an agent to clone, its manifest first, and return its address."""
    part = compiled(name)
    assert part.manifest is not None
    manifest = deploy_manifest(chain, signer, name, part.manifest)
    arguments = encode(["address", "address"], [everloop, manifest])
    return deploy_code(chain, signer, part.code + arguments, note=f"deploying {name}")


def _closure(path: str) -> dict[str, str]:
    """Return a source and all of this tree that it imports."""
    found: dict[str, str] = {}
    left = [path]
    while left:
        name = left.pop()
        if name in found:
            continue
        found[name] = (ROOT / name).read_text("utf-8")
        folder = (ROOT / name).parent
        for target in _IMPORT.findall(found[name]):
            left.append(_relative((folder / target).resolve()))
    return found


def _relative(path: Path) -> str:
    return path.relative_to(ROOT.resolve()).as_posix()

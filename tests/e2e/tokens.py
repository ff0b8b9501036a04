"""Contracts of the mocks, compiled for a test: tokens that anybody may mint from, and others."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path

from agent_sdk import accounts
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import Call

ROOT = Path(__file__).resolve().parent.parent.parent
MOCKS = "tests/forge/mocks"


@cache
def creation_code(name: str, *, file: str = "Collectibles") -> bytes:
    """Return the creation code of a contract of the mocks."""
    source = f"{MOCKS}/{file}.sol"
    request = {
        "language": "Solidity",
        "sources": {source: {"content": (ROOT / source).read_text("utf-8")}},
        "settings": {
            "optimizer": {"enabled": True},
            "evmVersion": "osaka",
            "remappings": ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"],
            "outputSelection": {source: {name: ["evm.bytecode.object"]}},
        },
    }
    done = subprocess.run(
        [str(ROOT / ".venv/tools/solc"), "--standard-json", "--base-path", str(ROOT)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    made = json.loads(done.stdout)["contracts"][source][name]
    return bytes.fromhex(made["evm"]["bytecode"]["object"])


def deploy_token(net: Everloop, name: str) -> str:
    """Deploy `FreeNft` or `FreeItems`; return where it is."""
    created = net.chain.deploy(accounts.dev(0), creation_code(name)).created
    assert created is not None
    return created


def send(net: Everloop, token: str, function: str, *words: int | str) -> None:
    """Call a function of a token with plain words."""
    net.chain.send(accounts.dev(0), Call(token, _data(function, *words)))


def read(net: Everloop, token: str, function: str, *words: int | str) -> int:
    """Read a word from a token; an address counts as a number."""
    return int.from_bytes(net.chain.call(Call(token, _data(function, *words))))


def _data(function: str, *words: int | str) -> bytes:
    values = (int(word, 16) if isinstance(word, str) else word for word in words)
    return keccak(text=function)[:4] + b"".join(value.to_bytes(32) for value in values)

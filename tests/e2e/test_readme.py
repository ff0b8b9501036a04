"""What the README tells people to type works as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_sdk.anvil import start_anvil
from agent_sdk.chain import Chain
from agent_sdk.network import Everloop
from agent_sdk.processes import end
from agent_sdk.units import ETHER

ROOT = Path(__file__).resolve().parent.parent.parent
TEST_NETWORK = 84_532
"""a chain id on which development accounts and raw keys are refused"""
SECONDS = 180


def block(language: str, *, after: str) -> str:
    """Return the first fenced block of a language after a text of the README."""
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```$", text[text.index(after) :], re.M | re.S)
    assert found is not None
    return found[1]


def environment(**values: str) -> dict[str, str]:
    """Return this environment without what would help Everloop, and with its commands found."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("EVERLOOP_")}
    path = os.pathsep.join([str(Path(sys.executable).parent), clean.get("PATH", "")])
    return {**clean, "PATH": path, **values}


def test_five_lines_run(tmp_path: Path) -> None:
    code = block("python", after="## Five lines of Python")
    assert len(code.splitlines()) == 5
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    state, *steps = done.stdout.splitlines()
    assert state.startswith("The cash target is ")
    assert steps[0].startswith("step 0 at ")


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Chain]:
    """A node that passes for a test network: its own chain id, a block a second."""
    process, local = start_anvil(tmp_path / "anvil.log")
    local.rpc("anvil_setChainId", TEST_NETWORK)
    local.rpc("evm_setAutomine", False)
    local.rpc("evm_setIntervalMining", 1)
    yield Chain.connect(local.url, chain_id=TEST_NETWORK)
    end([process])


def test_five_commands_make_an_agent_on_a_test_network(
    network: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, commands = (
        [line for line in block("sh", after=text).splitlines() if line.startswith("everloop")]
        for text in ("make their keystores", "\nThen:")
    )
    assert len(commands) == 5
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    env = environment(EVERLOOP_RPC=network.url, EVERLOOP_PASSWORD_FILE=str(password))
    daemons: list[subprocess.Popen[bytes]] = []
    try:
        for line in keys:
            fund(network, run(line, env, tmp_path).strip())
        for line in commands:
            if line.endswith("&"):
                daemons.append(start(line.rstrip(" &"), env, tmp_path))
            else:
                run(line, env, tmp_path)
        monkeypatch.chdir(tmp_path)
        (agent,) = Everloop.connect(network.url).agents.list()
        deadline = time.monotonic() + SECONDS
        while agent.contract.steps() == 0:
            assert time.monotonic() < deadline, (tmp_path / "daemons.log").read_text()
            time.sleep(0.5)
        assert agent.verify().verified
        run("everloop doctor", env, tmp_path)
    finally:
        for daemon in daemons:
            daemon.terminate()
        codes = [daemon.wait(timeout=30) for daemon in daemons]
    assert codes == [0, 0]


def fund(network: Chain, address: str) -> None:
    """Give an account what a faucet would."""
    network.rpc("anvil_setBalance", address, hex(ETHER))


def run(line: str, env: dict[str, str], folder: Path) -> str:
    """Run a command of the README as it stands and return what it prints."""
    done = subprocess.run(
        shlex.split(line),
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


def start(line: str, env: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a command of the README that goes on."""
    with (folder / "daemons.log").open("ab") as log:
        return subprocess.Popen(shlex.split(line), cwd=folder, env=env, stdout=log, stderr=log)

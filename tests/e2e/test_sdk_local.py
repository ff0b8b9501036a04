"""A whole stack on this machine, by the SDK and by the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from agent_sdk import Everloop
from agent_sdk.anvil import free_port
from agent_sdk.errors import ChainUnavailable


def test_five_lines_make_an_agent_that_steps_by_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    net = Everloop.local(engine="exemplar", providers=1)
    try:
        agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="mine")
        agent.fund("0.5 ether")
        agent.wait(steps=1, timeout=120)
        print(agent.state, agent.liberty, agent.runway)
        for step in agent.history(verify=True):
            print(step)
    finally:
        net.close()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("The cash target is 375 finney.")
    assert lines[1].startswith("step 0 at ")
    with pytest.raises(ChainUnavailable):
        net.chain.height()


def everloop(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a process of its own, with nothing in its environment that helps it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EVERLOOP_")}
    return subprocess.run(
        [sys.executable, "-m", "agent_sdk.cli", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def test_up_leaves_a_stack_that_later_commands_find_and_down_ends(tmp_path: Path) -> None:
    def read(*words: str) -> Any:
        done = everloop(tmp_path, *words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    try:
        up = read("up", "--engine", "exemplar", "--providers", "1")
        again = everloop(tmp_path, "up")
        assert (again.returncode, "is up already" in again.stderr) == (2, True)
        address = read("agent", "create", "TreasuryAgent", "--fund", "1 ether")["address"]
        deadline = time.monotonic() + 120
        while (found := read("agent", "inspect", address))["steps"] == 0:
            assert time.monotonic() < deadline, found
        assert found["history_verified"]
        assert found["last_step"]["result"] == "acted"
    finally:
        down = everloop(tmp_path, "down")
    assert (down.returncode, down.stdout) == (0, "down\n")
    assert not [p for p in up["processes"].values() if _lives(p["pid"])]
    assert everloop(tmp_path, "agent", "list").returncode == 3


def test_a_keeper_runs_until_it_is_told_to_stop(
    net: Everloop, deployment_file: Path, tmp_path: Path
) -> None:
    port = free_port()
    words = ["keeper", "run", "--rpc", net.chain.url, "--deployment", str(deployment_file)]
    words += ["--health-port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", "agent_sdk.cli", *words, "--account", "dev:1"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    ) as keeper:
        assert keeper.stderr is not None
        assert json.loads(keeper.stderr.readline())
        deadline = time.monotonic() + 20
        while _ready(port) != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        keeper.terminate()
        assert keeper.wait(timeout=30) == 0


def _ready(port: int) -> int:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "zombie" not in Path(f"/proc/{pid}/status").read_text()

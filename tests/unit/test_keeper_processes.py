"""Other processes are started, known again, and ended; anvil is found where it is native."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from agent_sdk import anvil
from agent_sdk.anvil import find_anvil, free_port
from agent_sdk.errors import ConfigError
from agent_sdk.processes import Process, end, is_alive, kill, spawn
from agent_sdk.stack import LocalStack
from agent_sdk.stack_files import read_record

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
    "time.sleep(60)",
]


def start(tmp_path: Path, command: list[str]) -> Process:
    """Start a process and wait for its first word."""
    log = tmp_path / "log"
    process = spawn("sleeper", command, log=log, environment=os.environ)
    while b"up" not in log.read_bytes():
        assert is_alive(process)
    return process


def test_a_process_is_known_by_number_and_start(tmp_path: Path) -> None:
    process = start(tmp_path, SLEEP)
    again = Process(name="sleeper", pid=process.pid, began=process.began)
    other = Process(name="sleeper", pid=process.pid, began="12345")
    assert (is_alive(process), is_alive(again), is_alive(other)) == (True, True, False)
    end([other])
    assert is_alive(process)
    end([process])
    assert (is_alive(process), is_alive(again)) == (False, False)


def test_a_process_that_ignores_term_is_killed(tmp_path: Path) -> None:
    process = start(tmp_path, STUBBORN)
    end([process], grace=0.2)
    assert process.child is not None
    assert process.child.returncode == -signal.SIGKILL


def test_kill_ends_at_once(tmp_path: Path) -> None:
    process = start(tmp_path, SLEEP)
    kill(process)
    assert process.child is not None
    assert process.child.returncode == -signal.SIGKILL


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="keeper cannot be started"):
        spawn("keeper", [str(tmp_path / "no")], log=tmp_path / "log", environment={})


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} is in use"):
            free_port(port)
    assert 0 < free_port() < 65_536


def test_the_users_own_native_anvil_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher, native = tmp_path / "launcher", tmp_path / "native"
    for folder, first in ((launcher, b"#!/bin/sh\n"), (native, b"\x7fELF\x02\x01")):
        folder.mkdir()
        (folder / "anvil").write_bytes(first)
        (folder / "anvil").chmod(0o755)
    monkeypatch.setenv("PATH", f"{launcher}{os.pathsep}{native}")
    assert find_anvil() == native / "anvil"


def test_a_missing_anvil_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(anvil, "_ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="anvil is not found: run `make"):
        find_anvil()


def test_no_record_is_no_stack(tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    assert LocalStack.attach(tmp_path) is None


@pytest.mark.parametrize("content", ["{", "[]", json.dumps({"rpc": "http://127.0.0.1:1"})])
def test_a_broken_record_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)
    with pytest.raises(ConfigError, match=r"stack\.json is no record of a stack"):
        read_record(tmp_path)

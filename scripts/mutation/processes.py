"""Programs in their own process group, all of which end with this one."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_running: set[int] = set()
_lock = threading.Lock()
_stopping = threading.Event()


class Stopped(Exception):
    """The run was interrupted."""


@dataclass(frozen=True)
class Output:
    """What a program did.

    Attributes:
        code: exit code; None where it took too long and was stopped.
        out: standard output.
        err: standard error.
    """

    code: int | None
    out: str
    err: str


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    seconds: float,
    text: str = "",
    environment: Mapping[str, str] | None = None,
) -> Output:
    """Run a program to its end, or stop its whole group after a time."""
    process = start(command, folder=folder, errors=subprocess.PIPE, environment=environment)
    try:
        out, err = process.communicate(text, timeout=seconds)
        code: int | None = process.returncode
    except subprocess.TimeoutExpired:
        kill(process)
        out, err = process.communicate()
        code = None
    finally:
        forget(process)
    check_going()
    return Output(code, out, err)


def start(
    command: Sequence[str | Path],
    *,
    folder: Path,
    errors: int,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    """Start a program that `stop_all` ends; the caller forgets it when it is over."""
    with _lock:
        check_going()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        _running.add(process.pid)
    return process


def forget(process: subprocess.Popen[str]) -> None:
    """Take a program that is over from the list."""
    with _lock:
        _running.discard(process.pid)


def kill(process: subprocess.Popen[str]) -> None:
    """End a program with its whole group."""
    _kill(process.pid)


def check_going() -> None:
    """Raise where everything is to stop."""
    if _stopping.is_set():
        raise Stopped


def stop_all() -> None:
    """End every program that still runs; none starts any more."""
    with _lock:
        _stopping.set()
        groups = list(_running)
    for group in groups:
        _kill(group)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return

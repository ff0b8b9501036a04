"""Other processes: started so that none is left behind, known again by more than their number."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent_sdk.errors import ConfigError

__all__ = ["Process", "end", "is_alive", "kill", "spawn"]

GRACE_SECONDS: Final = 6.0
"""s between TERM and KILL; daemons drain within 5 s"""

_PR_SET_PDEATHSIG: Final = 1
"""Source: prctl(2)"""


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process, and when it began: its number alone may by now be another's."""

    name: str
    pid: int
    began: str
    """start time as the system tells it; empty where it tells none"""
    child: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)
    """set in the process that started it"""


def spawn(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    outlives: bool = False,
) -> Process:
    """Start a process whose output goes to a file.

    Args:
        name: For messages.
        command: Program and arguments; nothing secret, since everybody can read them.
        log: Where stdout and stderr are appended.
        environment: All its variables.
        outlives: Whether it goes on when this process ends.

    Raises:
        ConfigError: The program cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("ab") as output:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment),
                # Ctrl-C reaches this process alone, which then ends the others in order.
                start_new_session=True,
                preexec_fn=None if outlives else _end_with_parent(),
            )
    except OSError as error:
        raise ConfigError(f"{name} cannot be started ({command[0]}: {error.strerror})") from error
    return Process(name=name, pid=child.pid, began=_began(child.pid), child=child)


def is_alive(process: Process) -> bool:
    """Whether the process still runs, and is the same one."""
    if process.child is not None:
        return process.child.poll() is None
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return process.began == _began(process.pid)
    return process.began == _began(process.pid)


def end(processes: Sequence[Process], *, grace: float = GRACE_SECONDS) -> None:
    """End processes together: TERM, then KILL for those that remain after `grace` seconds."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    if not _gone(processes, grace):
        for process in processes:
            _signal(process, signal.SIGKILL)
        _gone(processes, GRACE_SECONDS)


def kill(process: Process) -> None:
    """End a process at once (SIGKILL), as a crash would, and wait until it is gone."""
    _signal(process, signal.SIGKILL)
    _gone([process], GRACE_SECONDS)


def _signal(process: Process, number: signal.Signals) -> None:
    """Send a signal if the process is still the same one."""
    if is_alive(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return


def _gone(processes: Sequence[Process], seconds: float) -> bool:
    """Wait until none is alive; return whether that came true."""
    last = time.monotonic() + seconds
    while any(is_alive(process) for process in processes):
        if time.monotonic() > last:
            return False
        time.sleep(0.02)
    return True


def _began(pid: int) -> str:
    """Return when a process began, as text to compare; empty for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return ""
    except (OSError, IndexError):
        return ""
    try:
        command = ["ps", "-o", "lstart=", "-p", str(pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def _end_with_parent() -> Callable[[], None] | None:
    """Return what makes the system end a child with its parent, where it can."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return lambda: library.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

"""How a daemon starts, loops, reports and ends."""

from __future__ import annotations

import fcntl
import json
import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final, Generic, TypeVar

from agent_sdk.errors import ChainError, ChainUnavailable, ConfigError

__all__ = ["Aside", "Status", "Stop", "log", "run_loop", "setup_logs", "sole_user"]

T = TypeVar("T")

DRAIN_SECONDS: Final = 4.5
"""s after the signal at which the process ends whatever it does; the journal makes that safe"""
MAX_FIELD: Final = 2_000
"""characters of one field of a log line; some come from strangers"""
MAX_BACKOFF: Final = 30.0
"""s between tries while the chain does not answer"""

_logger = logging.getLogger("everloop")


class _JsonLines(logging.Formatter):
    """One JSON object per line: time, level, role, message and the fields given."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "role": self._role,
            "message": record.getMessage(),
            **{key: _short(value) for key, value in getattr(record, "fields", {}).items()},
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _short(value: Any) -> Any:
    """Return a field that fits into a line."""
    if isinstance(value, str) and len(value) > MAX_FIELD:
        return f"{value[:MAX_FIELD]}… and {len(value) - MAX_FIELD} more characters"
    return value


def setup_logs(role: str) -> None:
    """Write this process's log to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(role))
    _logger.handlers[:] = [handler]
    _logger.setLevel(logging.INFO)
    _logger.propagate = False


def log(
    message: str,
    *,
    level: int = logging.INFO,
    job: bytes | None = None,
    trace: bool = False,
    **fields: Any,
) -> None:
    """Write one line; `job` is the 32-byte id that it is about."""
    if job is not None:
        fields = {"job": "0x" + job.hex(), **fields}
    _logger.log(level, message, extra={"fields": fields}, exc_info=trace)


class Stop:
    """Set once by SIGTERM, SIGINT or the end of the parent process."""

    def __init__(self, *, parent: int = 0) -> None:
        """Watch for the end of process `parent`, if not 0."""
        self._event = threading.Event()
        self._parent = parent

    def install(self) -> None:
        """Take SIGTERM and SIGINT of this process."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.set(signal.Signals(number).name)

    def set(self, reason: str) -> None:
        """Ask the daemon to end; what takes longer than the drain time is cut off."""
        if self._event.is_set():
            return
        self._event.set()
        log("draining", reason=reason)
        last = threading.Timer(DRAIN_SECONDS, os._exit, args=(1,))
        last.daemon = True
        last.start()

    @property
    def is_set(self) -> bool:
        """Whether the daemon should end."""
        if self._parent and os.getppid() != self._parent:
            self.set("parent is gone")
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, or less if asked to end; return whether to end."""
        return self._event.wait(seconds) or self.is_set


class Status:
    """A small JSON file that says how the daemon is, for the command line, the stack and tests."""

    def __init__(self, path: Path, role: str) -> None:
        """Write to `path`; an old file of an earlier process is removed."""
        self.path = path
        self._fields: dict[str, Any] = {
            "role": role,
            "pid": os.getpid(),
            "since": round(time.time(), 3),
        }
        path.unlink(missing_ok=True)

    def write(self, **fields: Any) -> None:
        """Replace the file as a whole."""
        self._fields.update(fields, at=round(time.time(), 3))
        draft = self.path.with_suffix(".tmp")
        draft.write_text(json.dumps(self._fields))
        draft.replace(self.path)

    @property
    def fields(self) -> Mapping[str, Any]:
        """What was last written."""
        return self._fields

    @staticmethod
    def read(path: Path) -> Mapping[str, Any] | None:
        """Return what a daemon last wrote, or None if it never completed a look at the chain."""
        try:
            found = json.loads(path.read_text())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None


def sole_user(directory: Path, role: str) -> IO[str]:
    """Take a directory for one daemon; the lock ends with the process.

    Raises:
        ConfigError: Another daemon works there, or it is not writable.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / f"{role}.lock").open("w")
    except OSError as error:
        raise ConfigError(
            f"directory {directory} cannot be used ({error.strerror}); name a writable one"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise ConfigError(
            f"another {role} works in {directory}; stop it or name another directory"
        ) from error
    return file


class Aside(Generic[T]):
    """Work in a thread of its own, which ends with the process."""

    def __init__(self, work: Callable[[], T]) -> None:
        """Begin."""
        self._work = work
        self._results: list[T] = []
        self._faults: list[BaseException] = []
        self._done = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:
            self._faults.append(error)
        self._done.set()

    @property
    def is_done(self) -> bool:
        """Whether it has a result or a fault."""
        return self._done.is_set()

    def wait(self, stop: Stop, *, seconds: float = math.inf) -> T | None:
        """Return the result, or None if asked to stop before it is there.

        Raises:
            TimeoutError: It takes `seconds` more; it goes on, and may be waited for again.
            Exception: What the work raises.
        """
        last = time.monotonic() + seconds
        while not self._done.wait(0.05):
            if stop.is_set:
                return None
            if time.monotonic() > last:
                raise TimeoutError(f"no answer within {seconds:.1f} s")
        if self._faults:
            raise self._faults[0]
        return self._results[0]


def run_loop(tick: Callable[[], bool], stop: Stop, *, poll_seconds: float) -> None:
    """Call `tick` until asked to stop; it returns whether it did something, so more may wait.

    A chain that does not answer is tried again with growing pauses. Any other fault of one tick is
    logged and the next tick follows: a daemon that ends helps nobody.
    """
    failures = 0
    while not stop.is_set:
        try:
            busy = tick()
            failures = 0
        except ChainUnavailable as error:
            busy, failures = False, failures + 1
            log("chain does not answer", level=logging.WARNING, error=str(error), failures=failures)
        except ChainError as error:
            busy, failures = False, failures + 1
            log("chain refused", level=logging.WARNING, error=str(error), failures=failures)
        except Exception as error:
            busy, failures = False, failures + 1
            log(
                "a tick failed",
                level=logging.ERROR,
                trace=True,
                error=str(error),
                failures=failures,
            )
        if not busy:
            stop.wait(
                min(MAX_BACKOFF, poll_seconds * 2 ** min(failures, 10))
                if failures
                else poll_seconds
            )

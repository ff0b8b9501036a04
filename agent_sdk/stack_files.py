"""How a local stack is made, what it leaves on disk, and how its daemons are launched."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import agent_sdk
from agent_sdk.daemons.health import STALE_SECONDS
from agent_sdk.daemons.settings import DaemonSettings
from agent_sdk.deployment import Deployment
from agent_sdk.errors import ConfigError
from agent_sdk.processes import Process, is_alive, spawn
from agent_sdk.providers import DEFAULT_MODEL

__all__ = [
    "Record",
    "StackInfo",
    "StackOptions",
    "fault_of",
    "launch",
    "read_record",
    "write_record",
]

ENGINES_WITHOUT_MODEL: Final = ("exemplar", "utility")
RECORD: Final = "stack.json"

_ENGINE_VARIABLES: Final = ("EVERLOOP_ENGINE_KEY", "EVERLOOP_ENGINE_KEY_FILE")
"""of our own variables, those that a provider's engine reads itself"""


@dataclass(frozen=True, kw_only=True)
class StackInfo:
    """What one must know to use a local stack."""

    rpc: str
    chain_id: int
    deployment: Deployment
    directory: Path
    keeper: str
    """address; empty without one"""
    providers: tuple[str, ...]
    """addresses, in the order in which agents prefer them"""
    processes: Mapping[str, int]
    """process ids by name: `anvil`, `keeper`, `provider-1` …"""


@dataclass(frozen=True, kw_only=True)
class StackOptions:
    """How a stack is made."""

    engine: str = "llama"
    """of all providers, see `agent_sdk.engines`"""
    providers: int = 2
    keeper: bool = True
    block_seconds: int | None = 1
    """s between blocks; None = a block per transaction, and the caller moves the clock"""
    poll_seconds: float = 0.2
    """s between a daemon's looks at the chain"""
    port: int | None = None
    """of anvil; a free one if None"""

    @property
    def model(self) -> str:
        """What its providers offer: an engine without a model offers itself."""
        has_model = self.engine not in ENGINES_WITHOUT_MODEL
        return DEFAULT_MODEL if has_model else f"{self.engine}@{agent_sdk.__version__}"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A stack as written down."""

    rpc: str
    options: Mapping[str, Any]
    deployment: Deployment
    processes: tuple[Process, ...]


def write_record(
    directory: Path,
    *,
    rpc: str,
    options: Mapping[str, Any],
    deployment: Deployment,
    processes: Sequence[Process],
) -> None:
    """Write a stack down, all or nothing."""
    content = {
        "rpc": rpc,
        "options": dict(options),
        "deployment": deployment.to_dict(),
        "processes": [{"name": p.name, "pid": p.pid, "began": p.began} for p in processes],
    }
    draft = directory / (RECORD + ".draft")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(directory / RECORD)


def read_record(directory: Path) -> Record | None:
    """Return the stack written down in a directory, or None.

    Raises:
        ConfigError: The file is there and is no stack's.
    """
    file = directory / RECORD
    try:
        content = json.loads(file.read_text())
        return Record(
            rpc=content["rpc"],
            options=content["options"],
            deployment=Deployment.from_dict(content["deployment"], source=str(file)),
            processes=tuple(Process(**process) for process in content["processes"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{file} is no record of a stack ({error}); remove it") from error


def launch(name: str, role: str, settings: DaemonSettings, *, log: Path, outlives: bool) -> Process:
    """Start a daemon as a process of its own, set up by its environment alone."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("EVERLOOP_") or key in _ENGINE_VARIABLES
    }
    home = str(Path(agent_sdk.__file__).resolve().parent.parent)
    paths = [home, *filter(None, [inherited.get("PYTHONPATH")])]
    environment = {
        **inherited,
        **settings.to_environment(),
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "agent_sdk.daemons", role]
    return spawn(name, command, log=log, environment=environment, outlives=outlives)


def fault_of(process: Process, status: Mapping[str, Any] | None, directory: Path) -> str:
    """Return what is wrong with a process of a stack; nothing where it works.

    Args:
        process: The process.
        status: What it last wrote of itself; None where it writes nothing.
        directory: Of the stack, where its log is.
    """
    if not is_alive(process):
        return f"{process.name} has ended (see {directory / process.name}.log)"
    if status is None:
        return ""
    silent = time.time() - float(status.get("at", 0.0))
    if silent > STALE_SECONDS:
        return f"{process.name} has not looked at the chain for {silent:.0f} s"
    return f"{process.name} is not ready: {status['unready']}" if status.get("unready") else ""

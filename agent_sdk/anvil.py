"""A private chain: anvil on a free loopback port."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import time
from pathlib import Path
from typing import Final

from agent_sdk.chain import Chain
from agent_sdk.errors import ChainError, ConfigError
from agent_sdk.processes import Process, end, is_alive, spawn

__all__ = ["find_anvil", "free_port", "start_anvil"]

CHAIN_ID: Final = 31337
HARDFORK: Final = "osaka"
"""what the contracts are compiled for"""
START_SECONDS: Final = 30.0
"""s; anvil answers within one on an idle machine"""
_PORT_TRIES: Final = 5

_ROOT: Final = Path(__file__).resolve().parent.parent
_NATIVE: Final = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
"""first bytes of programs; launchers are scripts and hide exit codes"""


def find_anvil() -> Path:
    """Return a native anvil: the user's own on PATH, else the one that npm installed here.

    Raises:
        ConfigError: There is none.
    """
    folders = [Path(folder) for folder in os.get_exec_path()]
    own = [folder / "anvil" for folder in folders if folder.name != ".bin"]
    system = platform.system().lower()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"node_modules/@foundry-rs/anvil-{system}-{machine}/bin/anvil"
    places = [*own, *(root / package for root in (_ROOT, Path.cwd()))]
    for place in places:
        if _is_native(place):
            return place
    raise ConfigError(
        "anvil is not found: run `make env`, or install foundry and put anvil on PATH"
    )


def free_port(wanted: int | None = None) -> int:
    """Return a loopback port that nothing listens on.

    Args:
        wanted: This one and no other.

    Raises:
        ConfigError: The port wanted is in use.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or 0))
        except OSError as error:
            raise ConfigError(
                f"port {wanted} is in use; stop what listens there, or name another port"
            ) from error
        return int(probe.getsockname()[1])


def start_anvil(
    log: Path,
    *,
    port: int | None = None,
    state: Path | None = None,
    genesis_time: int | None = None,
    outlives: bool = False,
) -> tuple[Process, Chain]:
    """Start anvil, which makes a block for each transaction and no other, and wait for it.

    Args:
        log: Where its output goes.
        port: The port to use; a free one if not given.
        state: A state dump to begin with.
        genesis_time: Unix s of the first block; now if not given.
        outlives: Whether it goes on when this process ends.

    Raises:
        ConfigError: No anvil, port in use, or it does not come up; the message has its last words.
    """
    program = str(find_anvil())
    for attempt in range(_PORT_TRIES):
        number = free_port(port)
        command = [program, "--host", "127.0.0.1", "--port", str(number), "--hardfork", HARDFORK]
        command += ["--chain-id", str(CHAIN_ID), "--silent"]
        if state is not None:
            command += ["--load-state", str(state)]
        if genesis_time is not None:
            command += ["--timestamp", str(genesis_time)]
        process = spawn("anvil", command, log=log, environment=os.environ, outlives=outlives)
        chain = _answering(process, f"http://127.0.0.1:{number}")
        if chain is not None:
            return process, chain
        end([process])
        if port is not None or attempt == _PORT_TRIES - 1:
            break
    words = log.read_text(errors="replace").strip().splitlines()
    raise ConfigError(f"anvil does not come up: {words[-1] if words else 'it says nothing'}")


def _answering(process: Process, url: str) -> Chain | None:
    """Return the chain once anvil answers; None when it ended or took too long."""
    last = time.monotonic() + START_SECONDS
    while is_alive(process) and time.monotonic() < last:
        try:
            return Chain.connect(url, chain_id=CHAIN_ID, timeout=30.0)
        except ChainError:
            time.sleep(0.05)
    return None


def _is_native(place: Path) -> bool:
    """Whether a file is a program and not a script."""
    if shutil.which(str(place)) is None:
        return False
    with place.open("rb") as file:
        return file.read(4).startswith(_NATIVE)

"""A whole Everloop on this machine: anvil, contracts, keeper and providers, each a process."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from agent_sdk import accounts
from agent_sdk.anvil import start_anvil
from agent_sdk.chain import Chain
from agent_sdk.daemons.lifecycle import Status
from agent_sdk.daemons.settings import DaemonSettings, KeeperSettings, ProviderSettings
from agent_sdk.deploy import deploy
from agent_sdk.deployment import Deployment
from agent_sdk.errors import CheckFailed, ConfigError
from agent_sdk.network import Everloop
from agent_sdk.processes import Process, end, is_alive, kill
from agent_sdk.providers import DEFAULT_OFFER
from agent_sdk.stack_files import (
    StackInfo,
    StackOptions,
    fault_of,
    launch,
    read_record,
    write_record,
)

__all__ = ["LocalStack", "StackInfo"]

READY_SECONDS: Final = 60.0
"""s for a daemon's first look at the chain; importing takes seconds on a busy machine"""
KEEPER: Final = "keeper"
_KEEPER_ACCOUNT: Final = 1
_FIRST_PROVIDER_ACCOUNT: Final = 2


class LocalStack:
    """Processes that belong together; a context manager that leaves none behind."""

    def __init__(
        self,
        directory: Path,
        options: StackOptions,
        *,
        rpc: str = "",
        deployment: Deployment | None = None,
        detached: bool = False,
    ) -> None:
        """Describe a stack in `directory`; use `up` or `attach`."""
        self.directory = directory
        self._options = options
        self._rpc = rpc
        self._deployment = deployment
        self._detached = detached
        self._processes: dict[str, Process] = {}

    @classmethod
    def up(cls, directory: str | Path, *, detached: bool = False, **options: Any) -> LocalStack:
        """Start everything and wait until all of it works.

        Args:
            directory: Where logs, journals and the stack's own record are kept.
            detached: Whether it goes on when this process ends; then `attach` finds it again.
            options: See `StackOptions`: `engine`, `providers`, `keeper`, `block_seconds`,
                `poll_seconds`, `port`.

        Raises:
            ConfigError: A stack runs there already, the port is in use, or anvil is missing.
            CheckFailed: A daemon does not come up; the message has its last words.
        """
        try:
            chosen = StackOptions(**options)
        except TypeError as error:
            raise ConfigError(f"local stack: {str(error).split('__init__() ')[-1]}") from None
        folder = Path(directory)
        running = cls.attach(folder)
        if running is not None:
            raise ConfigError(
                f"a stack runs in {folder} already at {running.info.rpc}; "
                "stop it with `everloop down`"
            )
        stack = cls(folder, chosen, detached=detached)
        try:
            stack._begin()
        except BaseException:
            stack.down()
            raise
        if not detached:
            atexit.register(stack.down)
        return stack

    @classmethod
    def attach(cls, directory: str | Path) -> LocalStack | None:
        """Return the stack that `up` started there, here or elsewhere; None if none runs."""
        record = read_record(Path(directory))
        if record is None:
            return None
        stack = cls(
            Path(directory),
            StackOptions(**record.options),
            rpc=record.rpc,
            deployment=record.deployment,
            detached=True,
        )
        stack._processes = {process.name: process for process in record.processes}
        return stack if any(map(is_alive, record.processes)) else None

    @property
    def info(self) -> StackInfo:
        """What one must know to use it."""
        if self._deployment is None:
            raise ConfigError(f"the stack in {self.directory} is not up")
        chain_id = self._deployment.chain_id
        return StackInfo(
            rpc=self._rpc,
            chain_id=chain_id,
            deployment=self._deployment,
            directory=self.directory,
            keeper=accounts.dev(_KEEPER_ACCOUNT).address if self._options.keeper else "",
            providers=tuple(
                accounts.dev(_FIRST_PROVIDER_ACCOUNT + number).address
                for number in range(self._options.providers)
            ),
            processes={name: process.pid for name, process in self._processes.items()},
        )

    @property
    def engine(self) -> str:
        """What the providers answer with, see `agent_sdk.engines`."""
        return self._options.engine

    @property
    def processes(self) -> tuple[Process, ...]:
        """All processes, those that ended included."""
        return tuple(self._processes.values())

    def status(self) -> dict[str, Any]:
        """Return how the stack is, JSON-safe."""
        return {
            "rpc": self._rpc,
            "chain_id": self.info.chain_id,
            "everloop": self.info.deployment.everloop,
            "directory": str(self.directory),
            "processes": {
                name: {
                    "pid": process.pid,
                    "alive": is_alive(process),
                    **dict(self.daemon_status(name) or {}),
                }
                for name, process in self._processes.items()
            },
        }

    def daemon_status(self, name: str) -> Mapping[str, Any] | None:
        """Return what a daemon last wrote of itself; None before its first look at the chain."""
        return Status.read(self._folder(name) / f"{_role(name)}.json")

    def faults(self) -> list[str]:
        """Return what is wrong with its processes: ended, stuck, or not able to do their work."""
        found = (fault_of(p, self.daemon_status(p.name), self.directory) for p in self.processes)
        return [fault for fault in found if fault]

    def journal(self, name: str) -> Path:
        """Return the journal file of a daemon."""
        return self._folder(name) / f"{_role(name)}.sqlite"

    def kill(self, name: str) -> None:
        """End one process at once (SIGKILL), as a crash would."""
        kill(self._processes[name])

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start one daemon, again after `kill`, and wait for its first look at the chain."""
        (self._folder(name) / f"{_role(name)}.json").unlink(missing_ok=True)
        self._processes[name] = launch(
            name,
            _role(name),
            self._settings(name),
            log=self.directory / f"{name}.log",
            outlives=self._detached,
        )
        self._write()
        if wait:
            self._await_daemon(name)

    def is_alive(self, name: str) -> bool:
        """Whether a process of the stack runs."""
        return name in self._processes and is_alive(self._processes[name])

    def down(self) -> None:
        """End all processes and forget the stack; its logs and journals stay."""
        daemons = [process for name, process in self._processes.items() if name != "anvil"]
        end(daemons)
        end([process for process in self._processes.values() if process not in daemons])
        self._processes = {}
        atexit.unregister(self.down)
        (self.directory / "stack.json").unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    def _begin(self) -> None:
        """Start anvil, deploy, enrol the providers, start the daemons."""
        self.directory.mkdir(parents=True, exist_ok=True)
        anvil, chain = start_anvil(
            self.directory / "anvil.log",
            port=self._options.port,
            outlives=self._detached,
        )
        self._processes["anvil"] = anvil
        self._rpc = chain.url
        self._deployment = self._deploy(chain)
        self._deployment.save(self.directory / "deployment.json")
        names = [f"provider-{number + 1}" for number in range(self._options.providers)]
        names += [KEEPER] if self._options.keeper else []
        for name in names:
            self.start(name, wait=False)
        for name in names:
            self._await_daemon(name)
        if self._options.block_seconds is not None:
            # Only now, so that deploying need not wait for a block a transaction.
            chain.rpc("evm_setIntervalMining", self._options.block_seconds)

    def _deploy(self, chain: Chain) -> Deployment:
        """Deploy the contracts and enrol one account per provider."""
        governor = accounts.dev(0)
        deployment = deploy(chain, governor)
        net = Everloop(chain, deployment, signer=governor)
        offers = {self._options.model: DEFAULT_OFFER}
        for number in range(self._options.providers):
            signer = accounts.dev(_FIRST_PROVIDER_ACCOUNT + number)
            net.providers.enroll(signer, governor=governor, offers=offers)
        return deployment

    def _settings(self, name: str) -> DaemonSettings:
        """Return the settings of a daemon; its account is a development one, by name."""
        info = self.info
        number = 0 if name == KEEPER else int(name.removeprefix("provider-"))
        account = _KEEPER_ACCOUNT if name == KEEPER else _FIRST_PROVIDER_ACCOUNT + number - 1
        common: dict[str, Any] = {
            "rpc": info.rpc,
            "chain_id": info.chain_id,
            "everloop": info.deployment.everloop,
            "account": f"dev:{account}",
            "directory": self._folder(name),
            "start_block": info.deployment.block,
            "poll_seconds": self._options.poll_seconds,
            "parent": 0 if self._detached else os.getpid(),
        }
        if name == KEEPER:
            return KeeperSettings(**common)
        lens = info.deployment.contracts.get("AgentLens", "")
        return ProviderSettings(**common, engine=self._options.engine, agent_lens=lens)

    def _await_daemon(self, name: str) -> None:
        """Wait for a daemon's first look at the chain."""
        last = time.monotonic() + READY_SECONDS
        while self.daemon_status(name) is None:
            alive = self.is_alive(name)
            if not alive or time.monotonic() > last:
                words = (self.directory / f"{name}.log").read_text(errors="replace")
                lines = words.strip().splitlines() or ["it says nothing"]
                what = "does not look at the chain" if alive else "ended"
                raise CheckFailed(f"{name} {what}: {lines[-1]}")
            time.sleep(0.05)

    def _folder(self, name: str) -> Path:
        return self.directory / name

    def _write(self) -> None:
        """Write down what `attach` needs."""
        if self._deployment is not None:
            write_record(
                self.directory,
                rpc=self._rpc,
                options=asdict(self._options),
                deployment=self._deployment,
                processes=list(self._processes.values()),
            )


def _role(name: str) -> str:
    """Return what a process does: `keeper` or `provider`."""
    return name.partition("-")[0]

"""Daemons inside the test's own process, with their files at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent_sdk import accounts
from agent_sdk.chain import Chain
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.keeper import Keeper
from agent_sdk.daemons.lifecycle import Status, Stop
from agent_sdk.daemons.provider import Provider
from agent_sdk.daemons.settings import KeeperSettings, ProviderSettings
from agent_sdk.engines import Engine
from agent_sdk.journal import Entry, Journal
from agent_sdk.network import Everloop

ME, KEEPER, PROVIDER = accounts.dev(0), accounts.dev(1), accounts.dev(2)


def settings_of(net: Everloop, folder: Path) -> dict[str, Any]:
    """What every daemon on the test's chain is told."""
    return {
        "rpc": net.chain.url,
        "chain_id": net.chain.chain_id,
        "everloop": net.deployment.everloop,
        "directory": folder,
        "start_block": net.deployment.block,
    }


class KeeperDesk:
    """A keeper, account dev:1."""

    def __init__(
        self, net: Everloop, folder: Path, chain: Chain | None = None, **settings: Any
    ) -> None:
        told = {**settings_of(net, folder), **settings}
        self.settings = KeeperSettings(**told, account="dev:1")
        self.journal = Journal(folder / "keeper.sqlite")
        chain, stop = chain or net.chain, Stop()
        dispatcher = Dispatcher(chain, KEEPER, self.journal, stop, wait_seconds=5.0)
        status = Status(folder / "keeper.json", "keeper")
        self.keeper = Keeper(self.settings, chain, dispatcher, stop, status)

    def did(self) -> list[tuple[str, int, str]]:
        return [(entry.kind, entry.run, entry.stage) for entry in self.journal.entries()]

    def last(self) -> Entry:
        return self.journal.entries()[-1]

    def close(self) -> None:
        self.keeper.index.close()
        self.journal.close()


class ProviderDesk:
    """A provider, account dev:2 unless another one signs."""

    def __init__(
        self,
        net: Everloop,
        folder: Path,
        mind: Engine,
        chain: Chain | None = None,
        *,
        key: int = 2,
        **settings: Any,
    ) -> None:
        lens = net.deployment.contracts["AgentLens"]
        told = {**settings_of(net, folder), "agent_lens": lens, **settings}
        self.net = net
        self.journal = Journal(folder / "provider.sqlite")
        chain, stop = chain or net.chain, Stop()
        dispatcher = Dispatcher(chain, accounts.dev(key), self.journal, stop, wait_seconds=5.0)
        self.provider = Provider(
            ProviderSettings(**told, account=f"dev:{key}"),
            chain,
            mind,
            self.journal,
            dispatcher,
            stop,
        )

    def entry(self, id: bytes | None = None, run: int = 0) -> Entry:
        """Return what the journal holds of one delivery, of the only one without an id."""
        if id is None:
            (entry,) = self.journal.entries("deliver")
            return entry
        found = self.journal.get("deliver", id, run)
        assert found is not None
        return found

    def delivered(self) -> Any:
        """The one delivery so far."""
        (event,) = self.net.engine.job_events(
            "InferenceDelivered", from_block=self.net.deployment.block
        )
        return event

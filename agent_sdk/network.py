"""The facade: one chain, one deployment, one account, and the verbs of every actor."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Protocol, Self

from agent_sdk import accounts
from agent_sdk.accounts import Signer
from agent_sdk.agents import Agents
from agent_sdk.chain import Chain
from agent_sdk.contracts import (
    EverloopContract,
    FactoryContract,
    LensContract,
    OrdersContract,
    RegistryContract,
)
from agent_sdk.deployment import Deployment, default_path
from agent_sdk.errors import ConfigError
from agent_sdk.inferences import Inferences
from agent_sdk.ledger import Ledger
from agent_sdk.providers import Providers
from agent_sdk.scheduler import Scheduler
from agent_sdk.settings import DEFAULT_RPC, current_rpc

__all__ = ["Everloop"]


class _Stack(Protocol):
    def down(self) -> None: ...


class Everloop:
    """Everloop on one chain, seen by one account.

    Attributes:
        chain: the connection.
        deployment: where the contracts are.
        signer: who signs; None only reads.
        engine: binding of Everloop itself.
        orders: binding of the contract of signed orders.
        registry: binding of the provider registry.
        factory: binding of the agent factory.
        agents: make and find agents.
        providers: register and look up providers.
        scheduler: book tasks, sign orders.
        inferences: ask questions, booked or signed, and answer signed ones.
        ledger: pay in, take out, lock.
    """

    def __init__(
        self,
        chain: Chain,
        deployment: Deployment,
        *,
        signer: Signer | None = None,
        stack: _Stack | None = None,
        spare: TemporaryDirectory[str] | None = None,
    ) -> None:
        self.chain = chain
        self.deployment = deployment
        self.signer = signer
        self._stack = stack
        self._spare = spare
        self.engine = EverloopContract(chain, deployment.everloop)
        self.orders = OrdersContract(chain, deployment.orders)
        self.registry = RegistryContract(chain, deployment.registry)
        self.factory = FactoryContract(chain, deployment.factory)
        first = deployment.block
        self.providers = Providers(chain, self.registry, self.engine, from_block=first)
        self.agents = Agents(chain, deployment, self.providers, signer=signer)
        self.scheduler = Scheduler(chain, self.engine, self.orders, signer=signer, from_block=first)
        self.inferences = Inferences(chain, self.engine, self.orders, self.providers, signer=signer)
        self.ledger = Ledger(chain, self.engine, signer=signer)

    @property
    def lens(self) -> LensContract:
        """Binding of the lens: what one wants to know before one acts.

        Raises:
            ConfigError: the deployment names none.
        """
        known = self.deployment.contracts.get("Lens")
        if known is None:
            raise ConfigError(
                f"the deployment of Everloop {self.deployment.everloop} names no Lens: deploy one "
                "and write it into the file's `contracts`"
            )
        return LensContract(self.chain, known)

    @classmethod
    def local(cls, directory: str | Path | None = None, **options: Any) -> Everloop:
        """Start a private chain with contracts, a keeper and providers, and connect to it.

        Everything stops with `close`, at the end of a `with` block, or with the program.

        Args:
            directory: where the stack keeps its files; a temporary one if None.
            options: see `agent_sdk.stack.LocalStack.up`: `engine`, `providers`, `block_seconds` …
        """
        from agent_sdk.stack import LocalStack

        spare = None
        if directory is None:
            spare = TemporaryDirectory(prefix="everloop-", ignore_cleanup_errors=True)
            directory = spare.name
        stack = LocalStack.up(directory, **options)
        info = stack.info
        chain = Chain.connect(info.rpc, chain_id=info.chain_id)
        signer = accounts.dev(0, chain_id=chain.chain_id)
        return cls(chain, info.deployment, signer=signer, stack=stack, spare=spare)

    @classmethod
    def connect(
        cls,
        url: str | None = None,
        *,
        account: Any = None,
        deployment: Deployment | str | Path | None = None,
        chain_id: int | None = None,
        password_file: str | Path | None = None,
    ) -> Everloop:
        """Connect to a chain where Everloop is deployed.

        Args:
            url: RPC address; if None that of EVERLOOP_RPC, else of `everloop up` in this
                directory, else the local default.
            account: name of an account (see `agent_sdk.accounts.load`) or an eth_account account;
                None only reads.
            deployment: where the contracts are, or the file that says so; the chain's default file
                if None.
            chain_id: the chain that is meant; that of the deployment if None.
            password_file: first line = password of the account's keystore.

        Raises:
            ChainUnavailable: nobody answers.
            ConfigError: another chain, no deployment, or no such account.
        """
        node = url or os.environ.get("EVERLOOP_RPC") or current_rpc() or DEFAULT_RPC
        chain = Chain.connect(node, chain_id=chain_id)
        if not isinstance(deployment, Deployment):
            path = deployment or default_path(chain.chain_id)
            deployment = Deployment.load(path, chain_id=chain.chain_id)
        deployment.check(chain)
        signer = None
        if isinstance(account, str):
            signer = accounts.load(account, chain_id=chain.chain_id, password_file=password_file)
        elif account is not None:
            signer = accounts.wrap(account)
        return cls(chain, deployment, signer=signer)

    def close(self) -> None:
        """Stop what `local` started; does nothing after `connect`."""
        if self._stack is not None:
            self._stack.down()
            self._stack = None
        if self._spare is not None:
            self._spare.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Everloop({self.deployment.everloop} on chain {self.chain.chain_id})"

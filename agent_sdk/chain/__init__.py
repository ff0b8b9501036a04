"""One chain: blocks, calls, transactions and logs, with typed errors and a pinned chain id."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from agent_sdk.accounts import LOCAL_CHAIN
from agent_sdk.chain.sending import Sending
from agent_sdk.errors import ConfigError
from agent_sdk.rpc import Rpc
from agent_sdk.types import Block

if TYPE_CHECKING:
    from web3 import Web3

__all__ = ["Chain"]


class Chain(Sending):
    """A connection to one chain; safe to share between threads."""

    @classmethod
    def connect(cls, url: str, *, chain_id: int | None = None, timeout: float = 10.0) -> Chain:
        """Ask a node which chain it serves, and hold on to that.

        Args:
            url: `http://…` or `https://…`.
            chain_id: the chain that is meant; None takes what the node serves.
            timeout: s, for one request.

        Raises:
            ChainUnavailable: nobody answers.
            ConfigError: the node serves another chain.
        """
        rpc = Rpc(url, timeout=timeout)
        served = rpc.eth.chain_id
        if chain_id is not None and served != chain_id:
            raise ConfigError(
                f"the node at {rpc.place} serves chain {served} and chain {chain_id} is meant: "
                "check --rpc, or the deployment file"
            )
        return cls(rpc, chain_id=served)

    @property
    def url(self) -> str:
        """The RPC address."""
        return self._rpc.url

    @cached_property
    def web3(self) -> Web3:
        """A web3 object for the same node, for what the SDK has no word for.

        Its `eth.chain_id` is the chain id of this connection, so that nothing is signed for another
        chain. Refusals are exceptions of web3; only a node that does not answer is
        `ChainUnavailable`. Like the rest of the SDK it neither repeats requests nor uses proxies of
        the environment, and opens no address that a contract names (EIP-3668).
        """
        return self._rpc.web3(self.chain_id)

    def rpc(self, method: str, *params: Any) -> Any:
        """Ask the node for one thing in its own words."""
        return self._rpc.request(method, *params)

    # Development chains

    def advance(self, seconds: int) -> Block:
        """Move the clock of a development chain forward and mine one block."""
        self._local_only("advance the clock")
        self.rpc("evm_increaseTime", hex(seconds))
        return self.mine()

    def mine(self, blocks: int = 1) -> Block:
        """Mine blocks on a development chain and return the newest."""
        self._local_only("mine blocks")
        self.rpc("anvil_mine", hex(blocks))
        return self.block()

    def set_balance(self, address: str, amount: int) -> None:
        """Give an account of a development chain that much ETH (wei)."""
        self._local_only("set balances")
        self.rpc("anvil_setBalance", address, hex(amount))

    def _local_only(self, what: str) -> None:
        if not self.is_local:
            raise ConfigError(
                f"only chain {LOCAL_CHAIN} can {what} and this is chain {self.chain_id}"
            )

"""One node at one RPC address, spoken to through web3.py: the SDK's only way to the outside."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from agent_sdk.errors import ConfigError

if TYPE_CHECKING:
    from web3 import Web3
    from web3.eth import Eth
    from web3.types import RPCEndpoint

__all__ = ["Rpc"]

_SCHEMES = ("http", "https")


class Rpc:
    """A node, safe to share between threads; web3 is imported by the first request."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        """Remember where to ask.

        Args:
            url: `http://…` or `https://…`.
            timeout: s, for one request.
        """
        if not isinstance(url, str):
            raise ConfigError(f"RPC address {url!r} is no text: write http://HOST:PORT")
        try:
            parts = urlsplit(url)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            raise ConfigError(f"RPC address {url!r} has no sensible port: check --rpc") from None
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ConfigError(
                f"RPC address {url!r} is not an http(s) address: write http://HOST:PORT"
            )
        self.url = url
        self.timeout = timeout
        self._place = f"{parts.scheme}://{parts.hostname}{port}"

    @property
    def place(self) -> str:
        """The address for messages, without path and credentials: paths may carry keys."""
        return self._place

    @property
    def eth(self) -> Eth:
        """The requests of web3; they raise `ChainUnavailable` and `RpcRefused`."""
        return self._node.eth

    def request(self, method: str, *params: Any) -> Any:
        """Ask the node for one thing in its own words.

        Raises:
            ChainUnavailable: no answer, or not a JSON-RPC one.
            RpcRefused: the node answers with an error.
        """
        return self._node.manager.request_blocking(cast("RPCEndpoint", method), list(params))

    def web3(self, chain_id: int) -> Web3:
        """Return a web3 object of its own for this node, with a pinned chain id."""
        from agent_sdk.transport import open_web3

        return open_web3(self.url, place=self._place, timeout=self.timeout, chain_id=chain_id)

    @cached_property
    def _node(self) -> Web3:
        from agent_sdk.transport import open_node

        return open_node(self.url, place=self._place, timeout=self.timeout)

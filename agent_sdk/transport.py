"""web3.py set up for one node: typed errors, no retries, nothing taken from the environment.

web3 brings transport, request formatting and result formatting. What is changed, and why:

- Retries are off: web3 would repeat `eth_sendRawTransaction` too, and hide how a node behaves.
- The session ignores proxies and .netrc of the environment, and every thread has its own.
- Off-chain lookups (EIP-3668) are off: a contract would choose which addresses this machine opens.
- Refusals become `RpcRefused` before web3 reads them: it drops the code, and a contract could make
  it fail with any exception by malformed revert data.
- The SDK's own object goes without web3's default middleware: validation asks for the chain id
  before each call and refuses blocks of proof-of-authority chains; the others serve names and
  accounts kept by the node, which the SDK does not use.
- The provider writes no debug lines: they repeat the address, key and all, and whole answers.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import requests

from agent_sdk.errors import ChainUnavailable, RpcRefused

with warnings.catch_warnings():
    # web3 imports a part of websockets that calls itself deprecated: nothing a user can act on.
    warnings.filterwarnings("ignore", "websockets.legacy", DeprecationWarning)
    from web3 import HTTPProvider, Web3
    from web3.middleware import ExtraDataToPOAMiddleware
    from web3.middleware.base import Web3Middleware
    from web3.types import RPCEndpoint, RPCResponse

if TYPE_CHECKING:
    from web3.types import MakeBatchRequestFn, MakeRequestFn

__all__ = ["open_node", "open_web3"]

_SHOWN = 500
"""characters of a node's words that are kept; it may repeat what a contract says"""


def open_node(url: str, *, place: str, timeout: float) -> Web3:
    """Return the web3 object that the SDK itself uses: no answer and refusals are typed errors.

    Args:
        url: `http://…` or `https://…`.
        place: the address for messages.
        timeout: s, for one request.
    """
    web3 = Web3(_provider(url, timeout), middleware=[])
    # Layer 0 is next to the node.
    web3.middleware_onion.inject(_with(_Reaching, place=place), "reaching", layer=0)
    web3.middleware_onion.add(_with(_Refusing, place=place), "refusing")
    web3.middleware_onion.add(ExtraDataToPOAMiddleware, "extra_data")
    return web3


def open_web3(url: str, *, place: str, timeout: float, chain_id: int) -> Web3:
    """Return a web3 object for users: web3's own middleware and errors, and a pinned chain id.

    Args:
        url: `http://…` or `https://…`.
        place: the address for messages.
        timeout: s, for one request.
        chain_id: what `web3.eth.chain_id` is, whatever the node says later.
    """
    web3 = Web3(_provider(url, timeout))
    web3.middleware_onion.inject(_with(_Reaching, place=place), "reaching", layer=0)
    web3.middleware_onion.inject(_with(_Pinned, chain_id=chain_id), "pinned", layer=0)
    return web3


class _Session(requests.Session, threading.local):
    """An HTTP session: each thread sees one of its own, none sees proxies of the environment."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False


class _Reaching(Web3Middleware):
    """What goes wrong on the way becomes `ChainUnavailable`, without the address's path and key."""

    def __init__(self, w3: Web3, *, place: str) -> None:
        super().__init__(w3)
        self._place = place

    def wrap_make_request(self, make_request: MakeRequestFn) -> MakeRequestFn:
        """Guard a request."""

        def ask(method: RPCEndpoint, params: Any) -> RPCResponse:
            return cast(RPCResponse, self._guard(method, lambda: make_request(method, params)))

        return ask

    def wrap_make_batch_request(self, make_batch_request: MakeBatchRequestFn) -> MakeBatchRequestFn:
        """Guard a batch of requests."""

        def ask(requests_info: Any) -> Any:
            return self._guard("a batch", lambda: make_batch_request(requests_info))

        return ask

    def _guard(self, what: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except requests.HTTPError as error:
            answer = _refusal(error.response)
            if answer is None:
                raise self._no_node(what, f"HTTP {error.response.status_code} and no") from None
            return answer
        except requests.RequestException as error:
            raise ChainUnavailable(
                f"no node answers at {self._place} ({_cause(error)}): start one with `everloop "
                "up`, or check --rpc"
            ) from None
        except ValueError:
            raise self._no_node(what, "no") from None

    def _no_node(self, what: str, how: str) -> ChainUnavailable:
        return ChainUnavailable(
            f"{self._place} answers {what} with {how} JSON: it is no JSON-RPC node; check --rpc"
        )


class _Refusing(Web3Middleware):
    """An error that the node answers becomes `RpcRefused`, with its code, words and data."""

    def __init__(self, w3: Web3, *, place: str) -> None:
        super().__init__(w3)
        self._place = place

    def response_processor(self, method: RPCEndpoint, response: RPCResponse) -> RPCResponse:
        """Let results through."""
        answer: Any = response
        fault = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(fault, dict):
            code, reason = fault.get("code"), str(fault.get("message", ""))[:_SHOWN]
            number = code if isinstance(code, int) else 0
            raise RpcRefused(
                f"the node refuses {method}: {reason} (code {number})",
                code=number,
                reason=reason,
                data=fault.get("data"),
            )
        if not isinstance(answer, dict) or fault is not None or "result" not in answer:
            raise ChainUnavailable(
                f"{self._place} answers {method} with something else than JSON-RPC: check --rpc"
            )
        # Some nodes leave these out, or add an error of null, which web3 does not accept.
        return RPCResponse(jsonrpc="2.0", id=0, result=answer["result"])


class _Pinned(Web3Middleware):
    """The chain id is that of the connection: what users sign is for no other chain."""

    def __init__(self, w3: Web3, *, chain_id: int) -> None:
        super().__init__(w3)
        self._chain_id = chain_id

    def wrap_make_request(self, make_request: MakeRequestFn) -> MakeRequestFn:
        """Answer for the node where it is asked for its chain."""

        def ask(method: RPCEndpoint, params: Any) -> RPCResponse:
            if method == "eth_chainId":
                return RPCResponse(jsonrpc="2.0", id=0, result=hex(self._chain_id))
            return make_request(method, params)

        return ask


def _with(middleware: type[Web3Middleware], **options: Any) -> type[Web3Middleware]:
    """Fix what middleware needs to know; web3 calls it with its own object only."""
    return cast(type[Web3Middleware], partial(middleware, **options))


def _provider(url: str, timeout: float) -> HTTPProvider:
    provider = HTTPProvider(
        url,
        request_kwargs={"timeout": timeout},
        session=_Session(),
        exception_retry_configuration=None,
        cache_allowed_requests=False,
    )
    provider.global_ccip_read_enabled = False
    provider.logger = logging.Logger("everloop.rpc", logging.INFO)
    return provider


def _refusal(response: requests.Response) -> Any:
    """Return the JSON-RPC error that came with a failed HTTP status; None if there is none."""
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) and isinstance(answer.get("error"), dict) else None


def _cause(error: requests.RequestException) -> str:
    """Return why there is no answer; the library's own text repeats the address, key and all."""
    if isinstance(error, requests.exceptions.Timeout):
        return "timed out"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS fails"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "connection refused or lost"
    return type(error).__name__

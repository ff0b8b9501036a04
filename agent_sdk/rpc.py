"""JSON-RPC over HTTP: the one place where the SDK speaks to the outside."""

from __future__ import annotations

import itertools
import threading
from typing import Any
from urllib.parse import urlsplit

import requests

from agent_sdk.errors import ChainUnavailable, ConfigError, RpcRefused

__all__ = ["Rpc"]

_SCHEMES = ("http", "https")


class Rpc:
    """A JSON-RPC client, safe to share between threads: each keeps its own HTTP session."""

    def __init__(self, url: str, *, timeout: float = 10.0) -> None:
        """Remember where to ask.

        Args:
            url: `http://…` or `https://…`.
            timeout: s, for one request.
        """
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
        self._local = threading.local()
        self._ids = itertools.count(1)

    @property
    def place(self) -> str:
        """The address for messages, without path and credentials: paths may carry keys."""
        return self._place

    def request(self, method: str, *params: Any) -> Any:
        """Ask the node for one thing.

        Raises:
            ChainUnavailable: no answer, or not a JSON-RPC one.
            RpcRefused: the node answers with an error.
        """
        body = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(params)}
        try:
            response = self._session().post(self.url, json=body, timeout=self.timeout)
            answer = response.json()
        except requests.exceptions.JSONDecodeError as error:
            raise ChainUnavailable(
                f"{self._place} answers {method} with HTTP {response.status_code} and no JSON: "
                "it is no JSON-RPC node; check --rpc"
            ) from error
        except requests.exceptions.RequestException as error:
            raise ChainUnavailable(
                f"no node answers at {self._place} ({_cause(error)}): start one with `everloop "
                "up`, or check --rpc"
            ) from None
        if isinstance(answer, dict) and "result" in answer:
            return answer["result"]
        fault = answer.get("error") if isinstance(answer, dict) else None
        if not isinstance(fault, dict):
            raise ChainUnavailable(
                f"{self._place} answers {method} with something else than JSON-RPC: check --rpc"
            )
        code, reason = int(fault.get("code", 0)), str(fault.get("message", ""))
        raise RpcRefused(
            f"the node refuses {method}: {reason} (code {code})",
            code=code,
            reason=reason,
            data=fault.get("data"),
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
        return session


def _cause(error: requests.exceptions.RequestException) -> str:
    """Return why there is no answer; the library's own text repeats the address, key and all."""
    if isinstance(error, requests.exceptions.Timeout):
        return "timed out"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS fails"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "connection refused or lost"
    return type(error).__name__

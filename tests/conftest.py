"""What every Python test shares: nothing here reaches beyond this machine."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _is_loopback(address: Any) -> bool:
    """Tell whether a socket address stays on this machine (Unix sockets do)."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave the machine."""

    def guard(call: Any) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if not _is_loopback(address):
                raise AssertionError(f"a test tried to reach {address!r}; only loopback is allowed")
            return call(self, address)

        return connect

    monkeypatch.setattr(socket.socket, "connect", guard(_connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guard(_connect_ex))

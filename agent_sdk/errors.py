"""Exceptions of the SDK.

    EverloopError
    ├── ConfigError            a setting, argument or file is wrong           exit code 2
    ├── SpecError              a manifest or NatSpec does not parse           exit code 2
    ├── CompileError           a contract does not compile                    exit code 2
    ├── EngineError            a decision engine cannot answer                exit code 1
    ├── CheckFailed            what was read does not hold                    exit code 1
    └── ChainError             the chain did not do what was asked            exit code 3
        ├── ChainUnavailable   nobody answers at the RPC address              exit code 3
        ├── RpcRefused         the node refuses a request                     exit code 3
        ├── NotMined           a transaction found no block in time           exit code 3
        ├── InsufficientFunds  the sender cannot pay                          exit code 4
        └── Reverted           a contract refused                             exit code 4

A message names the thing, its value, the rule it breaks and the next action, in one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

__all__ = [
    "ChainError",
    "ChainUnavailable",
    "CheckFailed",
    "CompileError",
    "ConfigError",
    "EngineError",
    "EverloopError",
    "InsufficientFunds",
    "NotMined",
    "Reverted",
    "RpcRefused",
    "SpecError",
]


class EverloopError(Exception):
    """Base of everything this package raises on purpose; the command line prints it as one line."""

    exit_code: ClassVar[int] = 1

    def details(self) -> dict[str, Any]:
        """Return what is known besides the message, as JSON data."""
        return {}


class ConfigError(EverloopError):
    """A setting, an argument or a file is wrong."""

    exit_code = 2


class SpecError(EverloopError):
    """A manifest, or the NatSpec it is made from, does not parse."""

    exit_code = 2


class CompileError(EverloopError):
    """A contract does not compile."""

    exit_code = 2


class EngineError(EverloopError):
    """A decision engine cannot answer."""


class CheckFailed(EverloopError):
    """What was read does not hold, or a wait ran out of time."""


class ChainError(EverloopError):
    """The chain did not do what was asked."""

    exit_code = 3


class ChainUnavailable(ChainError):
    """Nobody answers at the RPC address, or the answer is not JSON-RPC."""


class RpcRefused(ChainError):
    """The node refuses a request.

    Attributes:
        code: JSON-RPC error code.
        reason: The node's own message.
        data: What the node sent along: the revert data of a call, mostly.
    """

    def __init__(self, message: str, *, code: int, reason: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.data = data

    def details(self) -> dict[str, Any]:
        """Return code and message of the node."""
        return {"code": self.code, "reason": self.reason}


class InsufficientFunds(ChainError):
    """The sender cannot pay for the transaction."""

    exit_code = 4


class NotMined(ChainError):
    """A transaction found no block in time; it may still do so."""

    def __init__(self, message: str, *, tx: bytes) -> None:
        super().__init__(message)
        self.tx = tx

    def details(self) -> dict[str, Any]:
        """Return the transaction's hash."""
        return {"tx": _hex(self.tx)}


class Reverted(ChainError):
    """A contract refused; `name` and `arguments` are those of its custom error, if known.

    Attributes:
        name: Name of the custom error, `Error` for a revert string, empty when unknown.
        arguments: Decoded arguments by name.
        tx: Hash of the mined transaction, 32 bytes, or None when a call or an estimate was refused.
        data: The revert data as the node gave it.
    """

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        name: str = "",
        arguments: Mapping[str, Any] | None = None,
        tx: bytes | None = None,
        data: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.name = name
        self.arguments = dict(arguments or {})
        self.tx = tx
        self.data = data

    def advised(self, more: str) -> Reverted:
        """Return the same with more to say of what to do."""
        return Reverted(
            f"{self}; {more}",
            name=self.name,
            arguments=self.arguments,
            tx=self.tx,
            data=self.data,
        )

    def details(self) -> dict[str, Any]:
        """Return name and arguments of the contract's error, and the transaction's hash."""
        found = {key: _plain(value) for key, value in self.arguments.items()}
        tx = None if self.tx is None else _hex(self.tx)
        return {"name": self.name, "arguments": found, "tx": tx}


def _plain(value: Any) -> Any:
    """Return a decoded argument as JSON data."""
    if isinstance(value, bytes):
        return _hex(value)
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"

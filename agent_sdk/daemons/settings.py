"""What a daemon needs to know, from the caller or from EVERLOOP_* variables, checked at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from agent_sdk.errors import ConfigError

__all__ = ["DaemonSettings", "KeeperSettings", "ProviderSettings"]

_PREFIX: Final = "EVERLOOP_"


@dataclass(frozen=True, kw_only=True)
class DaemonSettings:
    """What every daemon needs. Keys are named, never given: see `agent_sdk.accounts.load`."""

    rpc: str
    """http address of a node"""
    chain_id: int
    """the daemon refuses to work on any other chain"""
    everloop: str
    """address of Everloop"""
    account: str
    """name of the signing account: `dev:2` on chain 31337, else a keystore"""
    directory: Path
    """where journal, index and status file live; one daemon per directory"""
    start_block: int = 0
    """block of Everloop's deployment"""
    poll_seconds: float = 1.0
    """s between looks at the chain"""
    block_range: int = 2_000
    """blocks per log query"""
    lookback_hours: int = 8_760
    """h of due times searched after the loss of the index, back to the deployment at most"""
    min_profit_wei: int = 0
    """wei; work that earns less is left"""
    health_port: int = 0
    """loopback port of /healthz, /readyz and /metrics; 0 = none"""
    password_file: Path | None = None
    """file with the keystore's password; else EVERLOOP_PASSWORD_FILE"""
    parent: int = 0
    """process id; the daemon drains when that process is gone. 0 = lives on its own."""

    def __post_init__(self) -> None:
        """Check every field and name all that are wrong.

        Raises:
            ConfigError: One line naming each wrong field.
        """
        faults = [
            f"{name} {value!r} must be {rule}"
            for name, value, rule, holds in self._rules()
            if not holds(value)
        ]
        if faults:
            raise ConfigError("daemon settings: " + "; ".join(faults))

    def _rules(self) -> list[tuple[str, Any, str, Callable[[Any], bool]]]:
        return [
            (
                "rpc",
                self.rpc,
                "an http(s) address",
                lambda v: v.startswith(("http://", "https://")),
            ),
            ("chain_id", self.chain_id, "positive", lambda v: v > 0),
            ("everloop", self.everloop, "an address of 20 bytes", _is_address),
            ("account", self.account, "named", bool),
            ("start_block", self.start_block, "0 or more", lambda v: v >= 0),
            ("poll_seconds", self.poll_seconds, "0.01 to 3600 s", lambda v: 0.01 <= v <= 3600),
            ("block_range", self.block_range, "1 to 100000 blocks", lambda v: 1 <= v <= 100_000),
            ("health_port", self.health_port, "a port, or 0", lambda v: 0 <= v <= 65_535),
            ("lookback_hours", self.lookback_hours, "1 to 8760 h", lambda v: 1 <= v <= 8_760),
        ]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read EVERLOOP_RPC, EVERLOOP_CHAIN_ID and so on; absent ones take their default.

        Raises:
            ConfigError: A variable is missing or unreadable; the message names all of them.
        """
        values: dict[str, Any] = {}
        faults: list[str] = []
        for name, read in _READERS.items():
            if name not in cls.__dataclass_fields__:
                continue
            variable = _PREFIX + name.upper()
            text = environment.get(variable, "")
            try:
                if text:
                    values[name] = read(text)
            except ValueError as error:
                faults.append(f"{variable}={text!r} is not readable ({error})")
        required = ("rpc", "chain_id", "everloop", "account", "directory")
        faults += [
            f"{_PREFIX}{name.upper()} is missing"
            for name in required
            if name not in values and not faults
        ]
        if faults:
            raise ConfigError("daemon settings: " + "; ".join(faults))
        return cls(**values)

    def to_environment(self) -> dict[str, str]:
        """Return the variables that `from_environment` reads; none is a key or a password."""
        values = {
            name: getattr(self, name) for name in _READERS if name in self.__dataclass_fields__
        }
        return {
            _PREFIX + name.upper(): ",".join(value) if isinstance(value, tuple) else str(value)
            for name, value in values.items()
            if value not in (None, "", ())
        }


@dataclass(frozen=True, kw_only=True)
class KeeperSettings(DaemonSettings):
    """What a keeper needs."""

    wake: tuple[str, ...] = ()
    """addresses of agents that are woken when they call for it; they pay for that themselves"""

    def _rules(self) -> list[tuple[str, Any, str, Callable[[Any], bool]]]:
        return [
            *super()._rules(),
            ("wake", self.wake, "addresses of 20 bytes each", lambda v: all(map(_is_address, v))),
        ]


@dataclass(frozen=True, kw_only=True)
class ProviderSettings(DaemonSettings):
    """What a provider needs."""

    engine: str = "llama"
    """name or URL of the decision engine, see `agent_sdk.engines`"""
    engine_threads: int = 0
    """CPU threads of an embedded model; 0 = its default"""
    engine_record: str = ""
    """file that the engine's answers are written to, for `replay`; empty = none"""
    provider: str = ""
    """address that is answered for, where the account is a key that it authorised; empty = the
    account itself"""
    models: tuple[str, ...] = ()
    """`name@revision` of the models that the engine stands for; runs that ask for others are handed
    back. Empty = all."""
    agent_lens: str = ""
    """address of AgentLens, which tells the engine what an agent can afford; empty = only the
    balance of its runs is told"""

    def _rules(self) -> list[tuple[str, Any, str, Callable[[Any], bool]]]:
        return [
            *super()._rules(),
            (
                "provider",
                self.provider,
                "an address of 20 bytes, or empty",
                lambda v: not v or _is_address(v),
            ),
            (
                "agent_lens",
                self.agent_lens,
                "an address of 20 bytes, or empty",
                lambda v: not v or _is_address(v),
            ),
            ("engine_threads", self.engine_threads, "0 or more", lambda v: v >= 0),
            ("models", self.models, "NAME@REVISION each", lambda v: all(map(_is_model, v))),
        ]


def _is_address(text: str) -> bool:
    """Whether the text is `0x` and 40 hex digits."""
    try:
        return len(text) == 42 and text.startswith("0x") and len(bytes.fromhex(text[2:])) == 20
    except ValueError:
        return False


def _is_model(text: str) -> bool:
    """Whether the text is a name and a revision."""
    name, _, revision = text.partition("@")
    return bool(name and revision)


def _words(text: str) -> tuple[str, ...]:
    """Read words between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "rpc": str,
    "chain_id": int,
    "everloop": str,
    "account": str,
    "directory": Path,
    "start_block": int,
    "poll_seconds": float,
    "block_range": int,
    "lookback_hours": int,
    "min_profit_wei": int,
    "health_port": int,
    "password_file": Path,
    "parent": int,
    "engine": str,
    "engine_threads": int,
    "engine_record": str,
    "provider": str,
    "agent_lens": str,
    "models": _words,
    "wake": _words,
}

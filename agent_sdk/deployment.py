"""One set of Everloop's contracts on one chain: deployed, written to a file, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract, RegistryContract
from agent_sdk.errors import CheckFailed, ConfigError

__all__ = ["Deployment", "default_path"]

FOLDER = Path(".everloop")

_PARTS = ("everloop", "executor", "orders", "registry", "factory")


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where the contracts are."""

    chain_id: int
    block: int
    """number of the first block that holds any of them"""
    deployer: str
    governor: str
    everloop: str
    executor: str
    orders: str
    registry: str
    factory: str
    implementations: Mapping[str, str] = field(default_factory=dict)
    """agents to clone, by name"""
    contracts: Mapping[str, str] = field(default_factory=dict)
    """what else the examples need, by name"""

    def save(self, path: str | Path) -> Path:
        """Write the deployment to a file, all or nothing."""
        file = Path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(file.name + ".draft")
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        draft.replace(file)
        return file

    @classmethod
    def load(cls, path: str | Path, *, chain_id: int | None = None) -> Deployment:
        """Read a deployment from a file.

        Args:
            path: the file.
            chain_id: of the chain it is wanted for; None takes any.

        Raises:
            ConfigError: no such file, not a deployment, or one on another chain.
        """
        file = Path(path)
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except OSError:
            raise ConfigError(
                f"deployment file {file} is missing: run `everloop up` or `everloop deploy`, "
                "or name it in --deployment"
            ) from None
        except ValueError:
            raise ConfigError(f"deployment file {file} is not JSON: deploy again") from None
        found = cls.from_dict(content, source=str(file))
        if chain_id is not None and found.chain_id != chain_id:
            raise ConfigError(
                f"deployment file {file} is for chain {found.chain_id} and the node serves chain "
                f"{chain_id}: check --rpc and --deployment"
            )
        return found

    @classmethod
    def from_dict(cls, content: Any, *, source: str = "the deployment") -> Deployment:
        """Read a deployment from JSON data.

        Raises:
            ConfigError: a field is missing, unknown, or of another type.
        """
        if not isinstance(content, Mapping):
            raise ConfigError(f"{source} is not a deployment (no JSON object): deploy again")
        known = {f.name for f in fields(cls)}
        lacking = sorted(known - content.keys() - {"implementations", "contracts"})
        if strange := sorted(content.keys() - known) or lacking:
            fault = "lacks" if strange is lacking else "has unknown"
            raise ConfigError(
                f"{source} is not a deployment: it {fault} {', '.join(map(str, strange))}; "
                "deploy again, or name another file in --deployment"
            )
        found = cls(**content)
        for name, value in vars(found).items():
            if not _is_of(name, value):
                raise ConfigError(
                    f"{source} is not a deployment ({name} is {value!r}): deploy again"
                )
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the deployment as JSON data."""
        return asdict(self)

    def implementation(self, name: str) -> str:
        """Return the address of an agent to clone."""
        if name not in self.implementations:
            known = ", ".join(sorted(self.implementations)) or "none"
            raise ConfigError(
                f"agent {name!r} is not deployed here: use one of {known}, or publish it with "
                f"`everloop agent publish {name}`"
            )
        return self.implementations[name]

    def with_implementation(self, name: str, implementation: str) -> Deployment:
        """Return the deployment with one more agent to clone, or another one of that name."""
        return replace(self, implementations={**self.implementations, name: implementation})

    def check(self, chain: Chain) -> None:
        """Check that the contracts are there and name one another.

        Raises:
            ConfigError: another chain, or an address without code.
            CheckFailed: the parts do not belong together.
        """
        if chain.chain_id != self.chain_id:
            raise ConfigError(
                f"the deployment is on chain {self.chain_id} and the node serves chain "
                f"{chain.chain_id}: check --rpc and --deployment"
            )
        for part in _PARTS:
            address = getattr(self, part)
            if not chain.code(address):
                raise ConfigError(
                    f"there is no code at {part} {address} on chain {self.chain_id}: the chain was "
                    "started anew, or the file is another chain's; deploy again"
                )
        engine = EverloopContract(chain, self.everloop)
        for part, named in (
            ("registry", engine.registry()),
            ("executor", engine.executor()),
            ("orders", engine.orders()),
        ):
            if named != getattr(self, part):
                raise CheckFailed(f"Everloop {self.everloop} names {part} {named}: deploy again")
        named = RegistryContract(chain, self.registry).everloop()
        if named != self.everloop:
            raise CheckFailed(f"registry {self.registry} serves Everloop {named}: deploy again")


def default_path(chain_id: int) -> Path:
    """Return where the deployment of a chain is kept unless a file is named."""
    return FOLDER / f"deployment-{chain_id}.json"


def _is_of(name: str, value: Any) -> bool:
    """Whether a field's value is of its type."""
    if name in ("chain_id", "block"):
        return type(value) is int
    if name in ("implementations", "contracts"):
        return isinstance(value, Mapping) and all(
            isinstance(word, str) for pair in value.items() for word in pair
        )
    return isinstance(value, str)

"""What `agents.create` fills in: loops, limits, and the examples' settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi.abi import encode

from agent_sdk.deployment import Deployment
from agent_sdk.errors import ConfigError
from agent_sdk.payloads import address
from agent_sdk.types import ZERO_HASH, Job, Loop, Policy
from agent_sdk.units import FINNEY, GWEI, parse_wei

__all__ = [
    "DEFAULT_LOOP",
    "Blueprint",
    "blueprint",
    "default_loop",
    "default_policy",
    "worst_job",
]

DEFAULT_LOOP = Loop(
    interval=60,
    heartbeat=3_600,
    window=120,
    gas_limit=400_000,
    output_limit=1_024,
    max_gas_price=20 * GWEI,
    max_priority_fee=2 * GWEI,
    max_fee=FINNEY,
)
"""A step a minute, answered within two, at most 0.01 ether each."""

_FULL = "0x" + 40 * "f"
"""an address that costs the most as call data"""
_LOCAL_INTERVAL = 10
_DAY = 86_400


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """What an example needs besides money."""

    init: bytes = b""
    """argument of the agent's own initializer"""
    recipients: tuple[str, ...] = field(default=())
    """who may receive ETH from actions"""


def default_loop(*, is_local: bool) -> Loop:
    """Return `DEFAULT_LOOP`; on a development chain with a step every ten seconds."""
    return replace(DEFAULT_LOOP, interval=_LOCAL_INTERVAL) if is_local else DEFAULT_LOOP


def default_policy(treasury: int) -> Policy:
    """Return limits for a treasury (wei): half an action, all of it a day, a twentieth kept."""
    return Policy(
        action_cap=treasury // 2,
        budget=treasury,
        window=_DAY,
        reserve=min(treasury // 20, 2**64 - 1),
    )


def worst_job(loop: Loop, *, fee: int) -> Job:
    """Return a record whose run costs no less than one of the loop's for a fee (wei)."""
    return Job(
        owner=_FULL,
        target=_FULL,
        provider=_FULL,
        model_id=32 * b"\xff",
        input=ZERO_HASH,
        timing=loop.timing(),
        pricing=loop.pricing(fee=fee),
        salt=32 * b"\xff",
    )


def blueprint(
    name: str,
    *,
    deployment: Deployment,
    owner: str,
    treasury: int,
    options: Mapping[str, Any] | None = None,
) -> Blueprint:
    """Return what the agent `name` is born with.

    Args:
        name: of the agent.
        deployment: knows the example's helpers.
        owner: who makes the agent.
        treasury: wei that it begins with.
        options: settings of the example.
    """
    if name == "TreasuryAgent":
        return _treasury(deployment, owner, treasury, dict(options or {}))
    if options:
        raise ConfigError(f"agent {name} has no known options: encode its settings into `init`")
    return Blueprint()


def _treasury(
    deployment: Deployment, owner: str, treasury: int, options: dict[str, Any]
) -> Blueprint:
    """Source: TreasuryAgent.Settings {payee, billPerSecond, vault, cashTarget}."""
    payee = address(options.pop("payee", owner))
    vault = address(options.pop("vault", deployment.contracts.get("SavingsVault", "")))
    bill = parse_wei(options.pop("bill_per_hour", 40 * FINNEY))
    target = parse_wei(options.pop("cash_target", treasury // 2))
    if options:
        known = "payee, vault, bill_per_hour, cash_target"
        raise ConfigError(f"TreasuryAgent has no option {', '.join(options)}: use {known}")
    init = encode(
        ["address", "uint96", "address", "uint96"],
        [payee, max(1, -(-bill // 3_600)), vault, target],
    )
    return Blueprint(init=init, recipients=(payee, vault))

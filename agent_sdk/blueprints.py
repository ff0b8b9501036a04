"""What `agents.create` fills in: loops, limits, and the examples' settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError

from agent_sdk.deployment import Deployment
from agent_sdk.errors import ConfigError
from agent_sdk.limits import MOST
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
_UNIT = 10**18
"""one unit of goods, in the token's smallest. Source: GoodsMarket.UNIT"""


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
    """Return limits for a treasury (wei): half an action, all of it a day, a twentieth kept.

    As much of it as the chain keeps: `agent_sdk.limits.MOST`.
    """
    return Policy(
        action_cap=min(treasury // 2, MOST["action_cap"]),
        budget=min(treasury, MOST["budget"]),
        window=_DAY,
        reserve=min(treasury // 20, MOST["reserve"]),
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
    given = dict(options or {})
    makers = {
        "TreasuryAgent": lambda: _treasury(deployment, owner, treasury, given),
        "PayerAgent": lambda: _payer(owner, given),
        "GardenerAgent": lambda: _gardener(given),
        "TraderAgent": lambda: _trader(deployment, owner, given),
    }
    if name in makers:
        return makers[name]()
    if options:
        raise ConfigError(
            f"agent {name} has no known options: give its settings ABI-encoded (--init or init=)"
        )
    return Blueprint()


def _treasury(
    deployment: Deployment, owner: str, treasury: int, options: dict[str, Any]
) -> Blueprint:
    """Source: TreasuryAgent.Settings {payee, billPerSecond, vault, cashTarget}."""
    payee = address(options.pop("payee", owner))
    vault = address(options.pop("vault", deployment.contracts.get("SavingsVault", "")))
    bill = parse_wei(options.pop("bill_per_hour", 40 * FINNEY))
    target = parse_wei(options.pop("cash_target", treasury // 2))
    _none_left("TreasuryAgent", options, "payee, vault, bill_per_hour, cash_target")
    init = _encode(
        "TreasuryAgent",
        ["address", "uint96", "address", "uint96"],
        [payee, max(1, -(-bill // 3_600)), vault, target],
    )
    return Blueprint(init=init, recipients=(payee, vault))


def _payer(owner: str, options: dict[str, Any]) -> Blueprint:
    """Source: PayerAgent.Payee[] {to, perSecond}."""
    given = options.pop("payees", {owner: 40 * FINNEY})
    payees = given.items() if isinstance(given, Mapping) else [_rate(p) for p in _parts(given)]
    _none_left("PayerAgent", options, 'payees ("ADDRESS:40 finney,ADDRESS:…", an hour)')
    rates = [(address(to), max(1, -(-parse_wei(an_hour) // 3_600))) for to, an_hour in payees]
    init = _encode("PayerAgent", ["(address,uint96)[]"], [rates])
    return Blueprint(init=init, recipients=_once("payee", [to for to, _ in rates]))


def _gardener(options: dict[str, Any]) -> Blueprint:
    """Source: GardenerAgent (level, plants)."""
    plants = _once("plant", [address(plant) for plant in _parts(options.pop("plants", ()))])
    level = parse_wei(options.pop("level", 100 * FINNEY))
    _none_left("GardenerAgent", options, "plants (ADDRESS,ADDRESS,…), level")
    if not plants:
        raise ConfigError("GardenerAgent needs plants: name agents with plants=ADDRESS,ADDRESS")
    init = _encode("GardenerAgent", ["uint256", "address[]"], [level, plants])
    return Blueprint(init=init, recipients=plants)


def _trader(deployment: Deployment, owner: str, options: dict[str, Any]) -> Blueprint:
    """Source: TraderSettings {market, peer, target, lowest, highest, limit}."""
    market = address(options.pop("market", deployment.contracts.get("GoodsMarket", "")))
    peer = address(options.pop("peer", owner))
    target, units = (
        _count(options, key, default) for key, default in (("target", 0), ("units", 100))
    )
    lowest = parse_wei(options.pop("lowest", 3 * FINNEY))
    highest = parse_wei(options.pop("highest", 6 * FINNEY))
    _none_left("TraderAgent", options, "market, peer, target, units (a day), lowest, highest")
    limit = (units * _UNIT, units * _UNIT, _DAY)
    init = _encode(
        "TraderAgent",
        ["address", "address", "uint128", "uint88", "uint88", "(uint104,uint104,uint32)"],
        [market, peer, target, lowest, highest, limit],
    )
    return Blueprint(init=init, recipients=(market,))


def _encode(name: str, types: Sequence[str], values: Sequence[Any]) -> bytes:
    try:
        return encode(types, values)
    except EncodingError as error:
        raise ConfigError(f"a setting of {name} is too large ({error})") from None


def _once(noun: str, named: Sequence[str]) -> tuple[str, ...]:
    """Return addresses of which none is named twice."""
    for one in named:
        if named.count(one) > 1:
            raise ConfigError(f"{noun} {one} is named twice: name it once")
    return tuple(named)


def _none_left(name: str, options: Mapping[str, Any], known: str) -> None:
    if options:
        raise ConfigError(f"{name} has no option {', '.join(options)}: use {known}")


def _parts(given: Any) -> list[str]:
    """Return a list that may be given as one text."""
    parts = given.split(",") if isinstance(given, str) else given
    return [part.strip() for part in parts]


def _rate(part: str) -> tuple[str, str]:
    to, found, an_hour = part.partition(":")
    if not found:
        raise ConfigError(f"payee {part!r} has no rate: write ADDRESS:40 finney")
    return to, an_hour


def _count(options: dict[str, Any], key: str, default: int) -> int:
    given = str(options.pop(key, default))
    if not given.isdecimal():
        raise ConfigError(f"{key} is {given!r} and must be a whole number")
    return int(given)

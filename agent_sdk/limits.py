"""Limits on ETH by name, as people give them: some of a policy's, in text or in wei and seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent_sdk.errors import ConfigError
from agent_sdk.types import Policy
from agent_sdk.units import format_seconds, format_wei, parse_seconds, parse_wei

__all__ = ["MOST", "limited"]

MOST: Final = {
    "action_cap": 2**80 - 1,
    "budget": 2**80 - 1,
    "window": 2**32 - 1,
    "reserve": 2**64 - 1,
}
"""wei and s; the largest limits that the chain keeps. Source: contracts/types/Policy.sol"""


def limited(policy: Policy, limits: Mapping[str, str | int | None]) -> Policy:
    """Return a policy with the limits that are named; what is absent or None stays.

    Args:
        policy: what counts where nothing was named.
        limits: action_cap, budget, reserve: wei, or text with a unit; window: s, or text.

    Raises:
        ConfigError: a limit is unknown, unreadable, or more than the chain keeps; or they are no
            mapping.

    >>> limited(Policy(action_cap=1, budget=2, window=3, reserve=4), {"window": "1 h"}).window
    3600
    """
    if not isinstance(limits, Mapping):
        raise ConfigError(f'limits {limits!r} are no mapping: write {{"budget": "0.1 ether"}}')
    given = {name: _read(name, value) for name, value in limits.items() if value is not None}
    return replace(policy, **given)


def _read(name: str, value: str | int) -> int:
    if name not in MOST:
        raise ConfigError(f"there is no limit {name}: use {', '.join(MOST)}")
    is_time = name == "window"
    read, most = (parse_seconds if is_time else parse_wei)(value), MOST[name]
    if read <= most:
        return read
    if is_time:
        raise ConfigError(f"{name} {format_seconds(read)} is too much: at most {most} s")
    raise ConfigError(f"{name} {format_wei(read)} is too much: at most {most} wei")

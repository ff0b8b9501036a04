"""Amounts and durations: text that people write, integers (wei, s) that the chain counts in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation, localcontext

from agent_sdk.errors import ConfigError

__all__ = [
    "ETHER",
    "FINNEY",
    "GWEI",
    "format_seconds",
    "format_time",
    "format_wei",
    "format_wei_alike",
    "parse_seconds",
    "parse_wei",
]

GWEI = 10**9
FINNEY = 10**15
ETHER = 10**18

_WEI_UNITS = {"wei": 1, "gwei": GWEI, "finney": FINNEY, "ether": ETHER, "eth": ETHER}
_SECOND_UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_QUANTITY = re.compile(r"\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*")
_DIGITS = 90


def parse_wei(amount: str | int) -> int:
    """Read an amount of ETH.

    Args:
        amount: wei, or text with a unit: `"1 ether"`, `"25 finney"`, `"0.1 gwei"`, `"7 wei"`.

    Returns:
        wei

    Raises:
        ConfigError: no unit, an unknown unit, a negative amount, or a fraction of a wei.

    >>> parse_wei("0.5 ether") == 500 * FINNEY
    True
    """
    rule = 'write a number and a unit (wei, gwei, finney, ether), for example "0.5 ether"'
    return _parse(amount, _WEI_UNITS, what="amount", rule=rule, default=None)


def parse_seconds(duration: str | int) -> int:
    """Read a duration.

    Args:
        duration: seconds, or text with a unit: `"90 s"`, `"5 min"`, `"2 h"`, `"1 d"`.

    Returns:
        seconds

    >>> parse_seconds("2 h")
    7200
    """
    rule = 'write a number and a unit (s, min, h, d), for example "5 min"'
    return _parse(duration, _SECOND_UNITS, what="duration", rule=rule, default="s")


def format_wei(amount: int) -> str:
    """Write wei in the largest readable unit, at most six digits after the point.

    >>> format_wei(1_500_000_000_000_000_000)
    '1.5 ether'
    """
    return _in_unit(amount, _unit(amount))


def format_wei_alike(amounts: Sequence[int]) -> list[str]:
    """Write several amounts of wei, for a column, in the unit of the smallest that is not zero.

    >>> format_wei_alike([117_000 * GWEI, 87_000 * GWEI, 0])
    ['117000 gwei', '87000 gwei', '0 gwei']
    """
    unit = _unit(min((abs(amount) for amount in amounts if amount), default=0))
    return [_in_unit(amount, unit) for amount in amounts]


def format_seconds(duration: int) -> str:
    """Write seconds in the largest fitting unit.

    >>> format_seconds(5400)
    '1.5 h'
    """
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if duration >= size:
            return (
                f"{duration / size:.3g} {unit}"
                if duration < 1_000 * size
                else f"{duration // size} {unit}"
            )
    return f"{duration} s"


def format_time(time: int) -> str:
    """Return a time (Unix s) as people read it."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _parse(
    value: str | int, units: dict[str, int], *, what: str, rule: str, default: str | None
) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ConfigError(f"{what} {value!r} is neither a whole number nor text: {rule}")
    if isinstance(value, int):
        if value < 0:
            raise ConfigError(f"{what} {value} is negative: {rule}")
        return value
    match = _QUANTITY.fullmatch(value)
    unit = units.get(match[2].lower() or (default or "")) if match else None
    if match is None or unit is None:
        raise ConfigError(f"{what} {value!r} is not understood: {rule}")
    try:
        with localcontext() as context:
            context.prec = _DIGITS
            exact = Decimal(match[1].replace("_", "")) * unit
    except InvalidOperation as error:
        raise ConfigError(f"{what} {value!r} is not a number: {rule}") from error
    if exact != int(exact):
        raise ConfigError(f"{what} {value!r} is not a whole number of the smallest unit: {rule}")
    return int(exact)


def _unit(amount: int) -> int:
    """Return the largest unit in which an amount is readable."""
    size = abs(amount)
    return ETHER if size >= FINNEY // 10 else GWEI if size >= GWEI // 1_000 else 1


def _in_unit(amount: int, unit: int) -> str:
    name = {ETHER: "ether", GWEI: "gwei", 1: "wei"}[unit]
    return f"{amount if unit == 1 else _trim(amount, unit)} {name}"


def _trim(amount: int, unit: int) -> str:
    with localcontext() as context:
        context.prec = _DIGITS
        text = f"{Decimal(amount) / unit:.6f}"
    return text.rstrip("0").rstrip(".")

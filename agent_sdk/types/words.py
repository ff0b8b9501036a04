"""Packing of records into the words that contracts keep."""

from __future__ import annotations

from agent_sdk.errors import ConfigError

__all__ = ["pack", "unpack"]


def pack(*fields: tuple[str, int, int]) -> int:
    """Pack (name, value, bits) low bits first, refusing what does not fit."""
    word, at = 0, 0
    for name, value, bits in fields:
        if type(value) is not int:
            raise ConfigError(
                f"{name} {value!r} is no whole number: use 0 to {(1 << bits) - 1}, without a unit"
            )
        if not 0 <= value < 1 << bits:
            raise ConfigError(
                f"{name} {value} does not fit {bits} bits: use 0 to {(1 << bits) - 1}"
            )
        word |= value << at
        at += bits
    return word


def unpack(word: int, *widths: int) -> list[int]:
    """Split a word into fields, low bits first."""
    fields = []
    for bits in widths:
        fields.append(word & ((1 << bits) - 1))
        word >>= bits
    return fields

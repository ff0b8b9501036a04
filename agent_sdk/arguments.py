"""Arguments of actions, one ABI type at a time: JSON, Python and the schema a model must obey.

Supported: `uintN`, `intN`, `address`, `bool`, `string`, `bytes`, `bytesN` and arrays of them.
In JSON an integer is a number, an address and bytes are `0x…` strings.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from eth_utils.address import is_checksum_address, to_checksum_address

from agent_sdk.errors import SpecError

__all__ = [
    "array_of",
    "check_range",
    "check_type",
    "from_json",
    "integer_bounds",
    "schema",
    "to_json",
]

MAX_LENGTH = 256
"""Bytes or items of a value without its own range: keeps an answer finite. Text counts in UTF-8."""
_EXACT = 2**63 - 1
"""Largest bound that constrained decoders read without loss."""
_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_ARRAY = re.compile(r"(.+)\[([0-9]{0,3})\]")
_SCALAR = re.compile(r"(u?int)([0-9]{1,3})|(bytes)([0-9]{0,2})|address|bool|string")
_DIMENSIONS = 4
"""Most brackets of a type: each nests the schema, and the answer, once more."""
_MOST_LENGTH = 65_535
"""Greatest upper bound of a length."""


@cache
def check_type(kind: str) -> None:
    """Refuse an ABI type that an action cannot take.

    Raises:
        SpecError: a tuple, a mapping, a function type, or a width that Solidity does not have.
    """
    if kind.count("[") > _DIMENSIONS:
        raise SpecError(
            f"type {kind[:80]!r}: an array has at most {_DIMENSIONS} dimensions; use fewer"
        )
    array = _ARRAY.fullmatch(kind)
    if array:
        if array[2] and not 1 <= int(array[2]) <= MAX_LENGTH:
            raise SpecError(
                f"type {kind!r}: a fixed array has 1 to {MAX_LENGTH} items; use a dynamic one"
            )
        return check_type(array[1])
    scalar = _SCALAR.fullmatch(kind)
    if scalar is None:
        raise SpecError(
            f"type {kind[:80]!r} cannot be an argument of an action: use uintN, intN, address, "
            "bool, string, bytes, bytesN or arrays of them"
        )
    if scalar[1] and (int(scalar[2]) not in range(8, 257, 8) or scalar[2][0] == "0"):
        raise SpecError(f"type {kind!r}: integers have 8, 16, … 256 bits; correct the width")
    if scalar[3] and scalar[4] and (not 1 <= int(scalar[4]) <= 32 or scalar[4][0] == "0"):
        raise SpecError(f"type {kind!r}: fixed bytes are bytes1 to bytes32; correct the width")
    return None


def check_range(kind: str, low: int | None, high: int | None, *, what: str) -> None:
    """Refuse a range that an argument of this ABI type cannot have; None = the type's own bound.

    Raises:
        SpecError: the type has no range, or the bounds do not rise within it.
    """
    if low is None and high is None:
        return
    if kind in ("address", "bool"):
        raise SpecError(f"{what} is of type {kind}, which has no range: remove it")
    least, most = integer_bounds(kind) or (0, _MOST_LENGTH)
    low, high = least if low is None else low, most if high is None else high
    if low > high:
        raise SpecError(f"{what} has the range {low}..{high}: it must rise; write the lower first")
    if low < least or high > most:
        raise SpecError(
            f"{what} has the range {low}..{high}: it must lie within {_power(least)}.."
            f"{_power(most)} for {kind}"
        )


def _power(bound: int) -> str:
    """Write the bound of an integer type so that it can be read."""
    if abs(bound) <= _EXACT:
        return str(bound)
    return f"2^{bound.bit_length()}-1" if bound > 0 else f"-2^{(-bound).bit_length() - 1}"


def integer_bounds(kind: str) -> tuple[int, int] | None:
    """Return the least and the greatest value of an integer type, None for any other type."""
    scalar = _SCALAR.fullmatch(kind)
    if scalar is None or not scalar[1]:
        return None
    bits = int(scalar[2])
    return (0, 2**bits - 1) if scalar[1] == "uint" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def array_of(kind: str) -> tuple[str, int | None] | None:
    """Return item type and size (None = dynamic) of an array type, None for any other type."""
    array = _ARRAY.fullmatch(kind)
    return (array[1], int(array[2]) if array[2] else None) if array else None


def from_json(
    kind: str, value: Any, *, low: int | None = None, high: int | None = None, what: str
) -> Any:
    """Check a JSON value and return what `eth_abi` encodes.

    Args:
        kind: ABI type.
        value: as JSON gave it.
        low: least value of an integer, least length of anything else; None = the type's own.
        high: the greatest, likewise.
        what: names the argument in messages, such as `pay.amount`.

    Raises:
        SpecError: the value is not of the type or out of range.
    """
    array = _ARRAY.fullmatch(kind)
    if array:
        return _items(array[1], array[2], value, low, high, what)
    if integer_bounds(kind):
        return _integer(kind, value, low, high, what)
    if kind == "bool":
        if not isinstance(value, bool):
            raise _wrong(what, value, "must be true or false")
        return value
    if not isinstance(value, str):
        raise _wrong(what, value, f"must be a JSON string for type {kind}")
    if kind == "address":
        return _address(value, what)
    if kind == "string":
        text = _text(value, what)
        _length(len(text.encode()), low, high, what, "bytes of UTF-8")
        return text
    return _bytes(kind, value, low, high, what)


def to_json(kind: str, value: Any) -> Any:
    """Return the JSON form of a value that was read from call data."""
    array = _ARRAY.fullmatch(kind)
    if array:
        return [to_json(array[1], item) for item in value]
    if kind == "address":
        return to_checksum_address(value)
    return "0x" + bytes(value).hex() if isinstance(value, bytes) else value


def schema(kind: str, *, low: int | None = None, high: int | None = None) -> dict[str, Any]:
    """Return the JSON schema of one argument.

    It says what constrained decoders keep to; {from_json} checks that again, and the rest.
    The range of an integer is left out on purpose: a decoder that may not write a number too
    large cuts it to one that fits, and a wrong amount is paid; so it is written and refused.
    """
    array = _ARRAY.fullmatch(kind)
    if array:
        fixed = int(array[2]) if array[2] else None
        least, most = (fixed, fixed) if fixed else (low or 0, MAX_LENGTH if high is None else high)
        return {"type": "array", "items": schema(array[1]), "minItems": least, "maxItems": most}
    bounds = integer_bounds(kind)
    if bounds:
        return _integer_schema(*bounds)
    if kind == "bool":
        return {"type": "boolean"}
    if kind == "address":
        return {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
    most = MAX_LENGTH if high is None else high
    if kind == "string":
        return {"type": "string", "minLength": low or 0, "maxLength": most}
    width = kind.removeprefix("bytes")
    count = width or f"{low or 0},{most}"
    return {"type": "string", "pattern": f"^0x([0-9a-fA-F]{{2}}){{{count}}}$"}


def _integer_schema(low: int, high: int) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "integer"}
    if abs(low) <= _EXACT:
        found["minimum"] = low
    if abs(high) <= _EXACT:
        found["maximum"] = high
    return found


def _integer(kind: str, value: Any, low: int | None, high: int | None, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(what, value, f"must be a whole JSON number for type {kind}")
    least, most = integer_bounds(kind) or (0, 0)
    least, most = least if low is None else low, most if high is None else high
    if not least <= value <= most:
        raise _wrong(what, value, f"must lie in {least}..{most}")
    return value


def _bytes(kind: str, value: str, low: int | None, high: int | None, what: str) -> bytes:
    if not _HEX.fullmatch(value):
        raise _wrong(what, value, f"must be 0x and pairs of hex digits for type {kind}")
    raw = bytes.fromhex(value[2:])
    width = kind.removeprefix("bytes")
    if width and len(raw) != int(width):
        raise _wrong(what, value, f"must be exactly {width} bytes")
    if not width:
        _length(len(raw), low, high, what, "bytes")
    return raw


def _address(value: str, what: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise _wrong(what, value, "must be 0x and 40 hex digits")
    digits = value[2:]
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(value):
        raise _wrong(what, value, "has mixed case that is not its EIP-55 checksum")
    return str(to_checksum_address(value))


def _text(value: str, what: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _wrong(what, value, "must be valid Unicode text") from None
    return value


def _items(
    item: str, size: str, value: Any, low: int | None, high: int | None, what: str
) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(what, value, f"must be a JSON array of {item}")
    if size and len(value) != int(size):
        raise _wrong(what, value, f"must have exactly {size} items")
    if not size:
        _length(len(value), low, high, what, "items")
    return [from_json(item, v, what=f"{what}[{i}]") for i, v in enumerate(value)]


def _length(length: int, low: int | None, high: int | None, what: str, unit: str) -> None:
    least, most = low or 0, MAX_LENGTH if high is None else high
    if not least <= length <= most:
        raise SpecError(
            f"{what} has {length} {unit}: it must have {least}..{most}; give one that fits"
        )


def _wrong(what: str, value: Any, rule: str) -> SpecError:
    shown = repr(value)
    return SpecError(
        f"{what} is {shown[:80]}{'…' if len(shown) > 80 else ''}: it {rule}; give one that fits"
    )

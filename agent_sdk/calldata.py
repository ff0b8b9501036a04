"""Call data of an action, read as leniently as the contract reads it: the decoder that solc makes.

The chain looks at no padding, takes offsets that overlap or lead back, and text that is no UTF-8.
What it took must be readable for people, so this reads all of that.  Dirty bits around a value are
left out: the chain takes none where it looks at the value, and nobody acts upon what it refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent_sdk.arguments import array_of, integer_bounds
from agent_sdk.errors import SpecError
from agent_sdk.tools import SELECTOR_LENGTH

__all__ = ["CallData"]

_WORD = 2**256
_MAX_LENGTH = 2**64 - 1
_MOST_READ = 2**18
"""Bytes read of one decision: offsets may all lead to the same bytes, again and again."""


class CallData:
    """Call data of one call: a selector and arguments."""

    def __init__(self, data: bytes, *, within: CallData | None = None) -> None:
        """Read `data`, an argument of the call data `within` where it is one."""
        self.data = data
        self._read: list[int] = [0] if within is None else within._read

    @property
    def selector(self) -> bytes:
        """The first 4 bytes; fewer where there are no more."""
        return self.data[:SELECTOR_LENGTH]

    def values(self, kinds: Sequence[str]) -> list[Any]:
        """Return the arguments of these ABI types; an address is its 20 bytes.

        Raises:
            SpecError: the contract would refuse them as well.
        """
        at, found = SELECTOR_LENGTH, []
        if len(self.data) - at < 32 * sum(map(_words, kinds)):
            raise _misfit("is too short")
        for kind in kinds:
            found.append(self._value(kind, at, SELECTOR_LENGTH))
            at += 32 * _words(kind)
        return found

    def _value(self, kind: str, at: int, base: int) -> Any:
        """Return the value whose word, or first word, stands at `at`; offsets count from `base`."""
        if not _is_dynamic(kind):
            return self._plain(kind, at)
        offset = self._load(at)
        # Signed, as `access_calldata_tail` of solc has it.
        if _signed(offset) >= len(self.data) - base - 31:
            raise _misfit("has an offset that leads out of it")
        return self._tail(kind, (base + offset) % _WORD)

    def _tail(self, kind: str, at: int) -> Any:
        array = array_of(kind)
        if array is None:
            length, begin = self._length(at, 1)
            self._count(length)
            raw = self.data[begin : begin + length]
            return raw.decode("utf-8", "replace") if kind == "string" else raw
        item, size = array
        stride = 32 * _words(item)
        length, begin = self._length(at, stride) if size is None else (size, at)
        return [self._value(item, begin + stride * number, begin) for number in range(length)]

    def _length(self, at: int, stride: int) -> tuple[int, int]:
        """Return how many items of `stride` bytes stand behind `at`, and where they begin."""
        length, begin = self._load(at), (at + 32) % _WORD
        if length > _MAX_LENGTH or _signed(begin) > len(self.data) - length * stride:
            raise _misfit("has a length that leads out of it")
        return length, begin

    def _plain(self, kind: str, at: int) -> Any:
        array = array_of(kind)
        if array is not None:
            item, size = array
            stride = 32 * _words(item)
            return [self._plain(item, at + stride * number) for number in range(size or 0)]
        word = self._load(at)
        if kind == "bool":
            return word != 0
        if kind == "address":
            return (word % 2**160).to_bytes(20, "big")
        bounds = integer_bounds(kind)
        if bounds is None:
            return word.to_bytes(32, "big")[: int(kind.removeprefix("bytes"))]
        low, high = bounds
        return (word - low) % (high - low + 1) + low

    def _load(self, at: int) -> int:
        """CALLDATALOAD: bytes beyond the end are zero."""
        self._count(32)
        return int.from_bytes(self.data[at : at + 32].ljust(32, b"\0"), "big")

    def _count(self, size: int) -> None:
        self._read[0] += size
        if self._read[0] > _MOST_READ:
            raise _misfit("leads to the same bytes too often")


def _is_dynamic(kind: str) -> bool:
    array = array_of(kind)
    if array is None:
        return kind in ("bytes", "string")
    return array[1] is None or _is_dynamic(array[0])


def _words(kind: str) -> int:
    """Return how many words stand where a value of this type is expected."""
    array = array_of(kind)
    if array is None or _is_dynamic(kind):
        return 1
    item, size = array
    return _words(item) * (size or 0)


def _signed(word: int) -> int:
    return word - _WORD if word >> 255 else word


def _misfit(why: str) -> SpecError:
    return SpecError(f"call data {why}: compare the manifest")

"""A decision's bytes, read as the contract reads them: the ABI decoder that solc generates.

What it refuses reverts without data: too few bytes, dirty bits above an address, an offset or a
length that leads out. What lies behind the arguments is not looked at.
"""

from __future__ import annotations

from functools import lru_cache

from eth_utils.address import to_checksum_address

from agent_sdk.model.frame import Revert

__all__ = ["CallData", "checksum"]

_WORD = 2**256
_MAX_LENGTH = 2**64 - 1


@lru_cache(maxsize=4096)
def checksum(data: bytes) -> str:
    """Return the address of 20 bytes."""
    return str(to_checksum_address(data))


class CallData:
    """Call data of one call: a selector and arguments."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def selector(self) -> bytes:
        """msg.sig: the first 4 bytes, missing ones zero."""
        return self.data[:4].ljust(4, b"\0")

    def need(self, words: int) -> None:
        """Refuse call data without room for so many words of arguments."""
        if len(self.data) - 4 < 32 * words:
            raise Revert("")

    def word(self, number: int) -> int:
        """Return an argument's word."""
        return self._load(4 + 32 * number)

    def address(self, number: int) -> str:
        """Return an argument that is an address, whose upper 96 bits must be clean."""
        word = self.word(number)
        if word >> 160:
            raise Revert("")
        return checksum(word.to_bytes(20, "big"))

    def below(self, number: int, limit: int) -> int:
        """Return an argument that must be less than a limit: an enum, a small unsigned integer."""
        word = self.word(number)
        if word >= limit:
            raise Revert("")
        return word

    def flag(self, number: int) -> bool:
        """Return an argument that is a bool."""
        return bool(self.below(number, 2))

    def bytes4(self, number: int) -> bytes:
        """Return an argument that is a selector, whose lower 224 bits must be clean."""
        word = self.word(number)
        if word & (2**224 - 1):
            raise Revert("")
        return word.to_bytes(32, "big")[:4]

    def struct_at(self, number: int, *, words: int) -> None:
        """Refuse a dynamic struct in call data that has no room for so many words."""
        offset = self.word(number)
        if offset > _MAX_LENGTH or len(self.data) - 4 - offset < 32 * words:
            raise Revert("")

    def list_at(self, number: int, *, words: int) -> tuple[int, int]:
        """Return where the items of a list in call data begin, of so many words, and how many."""
        start, length = self._tail(number)
        if start + 32 * words * length > len(self.data):
            raise Revert("")
        return start, length

    def bytes_at(self, number: int) -> bytes:
        """Return an argument of type `bytes calldata`."""
        start, length = self._tail(number)
        if start + length > len(self.data):
            raise Revert("")
        return self.data[start : start + length]

    def bytes_list(self, number: int) -> BytesList:
        """Return an argument of type `bytes[] calldata`; its items are read one by one."""
        return BytesList(self, *self.list_at(number, words=1))

    def _tail(self, number: int) -> tuple[int, int]:
        """Return where the content of a dynamic argument begins, and its length."""
        offset = self.word(number)
        if offset > _MAX_LENGTH or 4 + offset + 31 >= len(self.data):
            raise Revert("")
        length = self._load(4 + offset)
        if length > _MAX_LENGTH:
            raise Revert("")
        return 4 + offset + 32, length

    def _load(self, at: int) -> int:
        """CALLDATALOAD: bytes beyond the end are zero."""
        return int.from_bytes(self.data[at : at + 32].ljust(32, b"\0"), "big")


class BytesList:
    """`bytes[] calldata`: offsets count from its first item, and may lead anywhere before it."""

    def __init__(self, data: CallData, start: int, length: int) -> None:
        self._data = data
        self._start = start
        self.length = length

    def item(self, number: int) -> bytes:
        """Return one item. Source: solc, `access_calldata_tail`, whose bounds are signed."""
        size = len(self._data.data)
        offset = self._data._load(self._start + 32 * number)
        if _signed(offset) >= size - self._start - 31:
            raise Revert("")
        at = (self._start + offset) % _WORD
        length = self._data._load(at)
        if length > _MAX_LENGTH:
            raise Revert("")
        begin = (at + 32) % _WORD
        if _signed(begin) > size - length:
            raise Revert("")
        return self._data.data[begin : begin + length]


def _signed(word: int) -> int:
    return word - _WORD if word >> 255 else word

"""What all bindings share: a chain, an address, and the block that views read at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from agent_sdk.abi import decode_result, decode_text, encode_call
from agent_sdk.chain import Chain
from agent_sdk.logs import decode, topic
from agent_sdk.types import Call, Event, Receipt

__all__ = ["Binding"]

_PAGE = 500


class Binding:
    """One contract on one chain: views return records, the rest returns a `Call` to send."""

    artifact: ClassVar[str]
    """name of the compiled contract whose ABI is used"""

    def __init__(self, chain: Chain, address: str, *, block: int | str = "latest") -> None:
        self.chain = chain
        self.address = address
        self.block = block

    def at_block(self, block: int | str) -> Self:
        """Return the same contract with views that read at that block."""
        return type(self)(self.chain, self.address, block=block)

    def events(
        self,
        *names: str,
        from_block: int,
        to_block: int | None = None,
        topics: Sequence[bytes | Sequence[bytes] | None] = (),
    ) -> list[Event]:
        """Return this contract's events in order.

        Args:
            names: of the events; all that the ABI knows if none is given.
            from_block: first block.
            to_block: last block; the newest if None.
            topics: what the indexed arguments must be, in order; None for anything.
        """
        wanted = [topic(self.artifact, name) for name in names] or None
        found = self.chain.logs(
            address=self.address,
            topics=[wanted, *topics],
            from_block=from_block,
            to_block=to_block,
        )
        return decode(self.artifact, found)

    def events_of(self, receipt: Receipt, *names: str) -> list[Event]:
        """Return this contract's events in a transaction, all or those of the names given."""
        mine = [log for log in receipt.logs if log.address == self.address]
        found = decode(self.artifact, mine)
        return [event for event in found if not names or event.name in names]

    def _read(self, function: str, *arguments: Any) -> Any:
        call = self._call(function, *arguments)
        data = self.chain.call(call, block=self.block)
        return decode_result(self.artifact, function, data)

    def _read_text(self, function: str) -> str:
        """Read a string that strangers may have a part in: what is no UTF-8 is replaced."""
        data = self.chain.call(self._call(function), block=self.block)
        return decode_text(data, what=f"{self.artifact}.{function}")

    def _call(self, function: str, *arguments: Any, value: int = 0) -> Call:
        return Call(
            to=self.address,
            data=encode_call(self.artifact, function, *arguments),
            value=value,
            note=f"{self.artifact}.{function}",
        )

    def _pages(self, function: str, count: int) -> list[Any]:
        """Read a paged list whole."""
        found: list[Any] = []
        while len(found) < count:
            page = self._read(function, len(found), _PAGE)
            if not page:
                break
            found += page
        return found

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"

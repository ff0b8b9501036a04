"""What can be read from a chain: blocks, accounts, calls and logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from agent_sdk.chain.records import read_block, read_log
from agent_sdk.errors import ConfigError, RpcRefused
from agent_sdk.faults import call_fault
from agent_sdk.payloads import address as checked
from agent_sdk.rpc import Rpc
from agent_sdk.types import Block, Call, RawLog

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress
    from web3.types import BlockIdentifier, FilterParams, TxParams

__all__ = ["Reading", "transaction"]

LATEST = "latest"


class Reading:
    """The reading half of a `Chain`."""

    def __init__(self, rpc: Rpc, *, chain_id: int) -> None:
        self._rpc = rpc
        self.chain_id = chain_id

    def height(self) -> int:
        """Return the number of the newest block."""
        return self._rpc.eth.block_number

    def block(self, number: int | str = LATEST) -> Block:
        """Return one block by its number, or `latest`."""
        from web3.exceptions import BlockNotFound

        try:
            return read_block(self._rpc.eth.get_block(_at(number)))
        except BlockNotFound:
            raise ConfigError(
                f"chain {self.chain_id} has no block {number}: the newest is {self.height()}"
            ) from None

    def block_at(self, due: int) -> Block | None:
        """Return the lowest-numbered block with time >= `due`: where a prompt is read.

        Args:
            due: Unix s

        Returns:
            The block, or None when there is none yet.
        """
        newest = self.block()
        if newest.time < due:
            return None
        low, high = 0, newest.number
        while low < high:
            middle = (low + high) // 2
            if self.block(middle).time >= due:
                high = middle
            else:
                low = middle + 1
        return newest if low == newest.number else self.block(low)

    def balance(self, address: str) -> int:
        """Return the ETH of an account, wei."""
        return self._rpc.eth.get_balance(_address(address), _at(LATEST))

    def nonce(self, address: str, *, block: int | str = LATEST) -> int:
        """Return how many transactions an account has sent; `pending` counts unmined ones."""
        return self._rpc.eth.get_transaction_count(_address(address), _at(block))

    def code(self, address: str) -> bytes:
        """Return the code of a contract; empty where there is none."""
        return bytes(self._rpc.eth.get_code(_address(address), _at(LATEST)))

    def call(
        self,
        call: Call,
        *,
        block: int | str = LATEST,
        sender: str | None = None,
        gas: int | None = None,
    ) -> bytes:
        """Run a call without a transaction and return what it returns.

        Raises:
            Reverted: the contract refuses.
        """
        request = transaction(call, sender=sender, gas=gas)
        try:
            return bytes(self._rpc.eth.call(request, _at(block)))
        except RpcRefused as error:
            raise call_fault(error, call=call, sender=sender) from None

    def logs(
        self,
        *,
        from_block: int,
        to_block: int | None = None,
        address: str | Sequence[str] | None = None,
        topics: Sequence[bytes | Sequence[bytes] | None] = (),
        step: int = 2_000,
    ) -> list[RawLog]:
        """Return the logs of a range of blocks, in order.

        Args:
            from_block: number of the first block.
            to_block: number of the last block, itself included; the newest if None.
            address: of one contract or several; None for all.
            topics: what must stand where; None for anything, a sequence for one of several.
            step: most blocks in one request; halved when the node finds the answer too large.
        """
        last = self.height() if to_block is None else to_block
        wanted: dict[str, Any] = {"topics": list(topics)}
        if address is not None:
            named = [address] if isinstance(address, str) else address
            wanted["address"] = [_address(one) for one in named]
        found: list[RawLog] = []
        while from_block <= last:
            end = min(from_block + step - 1, last)
            request = cast("FilterParams", {"fromBlock": from_block, "toBlock": end, **wanted})
            try:
                answer = self._rpc.eth.get_logs(request)
            except RpcRefused:
                if end == from_block:
                    raise
                step = max(1, (end - from_block + 1) // 2)
                continue
            found += [read_log(log) for log in answer if not log.get("removed")]
            from_block = end + 1
        return sorted(found, key=lambda log: (log.block, log.index))


def transaction(call: Call, *, sender: str | None, gas: int | None = None) -> TxParams:
    """Return a call as web3 takes it; `gas` is its limit."""
    request: dict[str, Any] = {"data": call.data, "value": call.value}
    if call.to:
        request["to"] = _address(call.to)
    if sender is not None:
        request["from"] = _address(sender)
    if gas is not None:
        request["gas"] = gas
    return cast("TxParams", request)


def _address(text: str) -> ChecksumAddress:
    """Return an address as web3 takes it: it refuses those without checksum."""
    return cast("ChecksumAddress", checked(text))


def _at(block: int | str) -> BlockIdentifier:
    return cast("BlockIdentifier", block)

"""One chain: blocks, calls, transactions and logs, with typed errors and a pinned chain id."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from agent_sdk.accounts import LOCAL_CHAIN, Signer
from agent_sdk.errors import ConfigError, NotMined, RpcRefused
from agent_sdk.faults import call_fault, revert_data, submit_fault
from agent_sdk.logs import fetch
from agent_sdk.reverts import explain
from agent_sdk.rpc import Rpc
from agent_sdk.types import Block, Call, Fees, Prepared, RawLog, Receipt
from agent_sdk.wire import hex_data, hex_number, read_block, read_bytes, read_receipt

__all__ = ["Chain"]

MAX_TRANSACTION_GAS = 1 << 24
"""gas; no transaction may ask for more (EIP-7825)"""

GAS_MARGIN_PERCENT = 15
"""An estimate is of one block; the transaction runs in a later one."""

_LATEST = "latest"
_NONCE_ATTEMPTS = 3


class Chain:
    """A connection to one chain; safe to share between threads."""

    def __init__(self, rpc: Rpc, *, chain_id: int) -> None:
        self._rpc = rpc
        self.chain_id = chain_id
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()

    @classmethod
    def connect(cls, url: str, *, chain_id: int | None = None, timeout: float = 10.0) -> Chain:
        """Ask a node which chain it serves, and hold on to that.

        Args:
            url: `http://…` or `https://…`.
            chain_id: the chain that is meant; None takes what the node serves.
            timeout: s, for one request.

        Raises:
            ChainUnavailable: nobody answers.
            ConfigError: the node serves another chain.
        """
        rpc = Rpc(url, timeout=timeout)
        served = int(rpc.request("eth_chainId"), 16)
        if chain_id is not None and served != chain_id:
            raise ConfigError(
                f"the node at {rpc.place} serves chain {served} and chain {chain_id} is meant: "
                "check --rpc, or the deployment file"
            )
        return cls(rpc, chain_id=served)

    @property
    def url(self) -> str:
        """The RPC address."""
        return self._rpc.url

    @property
    def is_local(self) -> bool:
        """Whether this is a development chain: keys may be plain, the clock can be moved."""
        return self.chain_id == LOCAL_CHAIN

    def rpc(self, method: str, *params: Any) -> Any:
        """Ask the node for one thing in its own words."""
        return self._rpc.request(method, *params)

    # Reading

    def height(self) -> int:
        """Return the number of the newest block."""
        return int(self.rpc("eth_blockNumber"), 16)

    def block(self, number: int | str = _LATEST) -> Block:
        """Return one block by its number, or `latest`."""
        found = self.rpc("eth_getBlockByNumber", _block_tag(number), False)
        if found is None:
            raise ConfigError(
                f"chain {self.chain_id} has no block {number}: the newest is {self.height()}"
            )
        return read_block(found)

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
        return int(self.rpc("eth_getBalance", address, _LATEST), 16)

    def nonce(self, address: str, *, block: int | str = _LATEST) -> int:
        """Return how many transactions an account has sent; `pending` counts unmined ones."""
        return int(self.rpc("eth_getTransactionCount", address, _block_tag(block)), 16)

    def code(self, address: str) -> bytes:
        """Return the code of a contract; empty where there is none."""
        return read_bytes(self.rpc("eth_getCode", address, _LATEST))

    def call(
        self,
        call: Call,
        *,
        block: int | str = _LATEST,
        sender: str | None = None,
        gas: int | None = None,
    ) -> bytes:
        """Run a call without a transaction and return what it returns.

        Raises:
            Reverted: the contract refuses.
        """
        request = _request(call, sender=sender)
        if gas is not None:
            request["gas"] = hex_number(gas)
        try:
            return read_bytes(self.rpc("eth_call", request, _block_tag(block)))
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
        """Return the logs of a range of blocks, in order, at most `step` blocks a request."""
        last = self.height() if to_block is None else to_block
        return fetch(
            self._rpc, address=address, topics=topics, first=from_block, last=last, step=step
        )

    # Writing

    def fees(self) -> Fees:
        """Return fees that suffice: twice the base fee, and the tip that the node suggests."""
        base_fee = self.block().base_fee
        try:
            priority = int(self.rpc("eth_maxPriorityFeePerGas"), 16)
        except RpcRefused:
            priority = 0
        return Fees(max_fee=2 * base_fee + priority, priority=priority)

    def estimate(self, call: Call, *, sender: str) -> int:
        """Return the gas that a transaction needs now.

        Raises:
            Reverted: the contract refuses.
            InsufficientFunds: the sender cannot pay the value.
        """
        try:
            return int(self.rpc("eth_estimateGas", _request(call, sender=sender)), 16)
        except RpcRefused as error:
            raise call_fault(error, call=call, sender=sender) from None

    def nonce_lock(self, address: str) -> threading.RLock:
        """Return the lock to hold from `prepare` to `broadcast`: nonces are used in order."""
        with self._guard:
            return self._locks.setdefault(address, threading.RLock())

    def prepare(
        self,
        signer: Signer,
        call: Call,
        *,
        gas: int | None = None,
        fees: Fees | None = None,
        nonce: int | None = None,
    ) -> Prepared:
        """Sign a transaction without sending it.

        Args:
            signer: who sends and pays.
            call: what to send; an empty `to` deploys.
            gas: gas limit; an estimate and a margin if None.
            fees: see `fees`.
            nonce: the account's next one if None.
        """
        limit = (
            gas
            if gas is not None
            else self._with_margin(self.estimate(call, sender=signer.address))
        )
        paid = fees or self.fees()
        if nonce is None:
            nonce = self.nonce(signer.address, block="pending")
        transaction: dict[str, Any] = {
            "type": 2,
            "chainId": self.chain_id,
            "nonce": nonce,
            "gas": limit,
            "maxFeePerGas": paid.max_fee,
            "maxPriorityFeePerGas": paid.priority,
            "value": call.value,
            "data": hex_data(call.data),
        }
        if call.to:
            transaction["to"] = call.to
        raw, tx = signer.sign_transaction(transaction)
        return Prepared(hash=tx, raw=raw, nonce=nonce, fees=paid, gas=limit)

    def broadcast(self, transaction: Prepared | bytes, *, note: str = "the transaction") -> bytes:
        """Hand a signed transaction to the node, once or twice, and return its hash."""
        raw = transaction.raw if isinstance(transaction, Prepared) else transaction
        try:
            return read_bytes(self.rpc("eth_sendRawTransaction", hex_data(raw)))
        except RpcRefused as error:
            fault = submit_fault(error, raw=raw, note=note)
            if isinstance(fault, bytes):
                return fault
            raise fault from None

    def receipt(self, tx: bytes) -> Receipt | None:
        """Return the receipt of a transaction, or None while it has none; failed ones included."""
        found = self.rpc("eth_getTransactionReceipt", hex_data(tx))
        return None if found is None else read_receipt(found)

    def wait(self, tx: bytes, *, timeout: float = 60.0, note: str = "the transaction") -> Receipt:
        """Wait until a transaction is mined.

        Args:
            tx: its hash, 32 bytes.
            timeout: s
            note: what the transaction does, for messages.

        Raises:
            NotMined: no block took it in time.
            Reverted: it was mined and failed.
        """
        deadline = time.monotonic() + timeout
        pause = 0.05 if self.is_local else 1.0
        while (receipt := self.receipt(tx)) is None:
            if time.monotonic() >= deadline:
                raise NotMined(
                    f"{note} 0x{tx.hex()} found no block in {timeout:g} s: "
                    "it may still; look it up, or send it again with a higher fee",
                    tx=tx,
                )
            time.sleep(pause)
        if not receipt.status:
            raise self._explain_failure(receipt, note=note)
        return receipt

    def send(
        self,
        signer: Signer,
        call: Call,
        *,
        gas: int | None = None,
        fees: Fees | None = None,
        timeout: float = 60.0,
    ) -> Receipt:
        """Sign, send and wait.

        Raises:
            Reverted: the contract refuses, beforehand or in the block.
            InsufficientFunds: the sender cannot pay.
            NotMined: no block took it in time.
        """
        note = call.note or "the transaction"
        for attempt in range(_NONCE_ATTEMPTS):
            with self.nonce_lock(signer.address):
                prepared = self.prepare(signer, call, gas=gas, fees=fees)
                try:
                    tx = self.broadcast(prepared, note=note)
                    break
                except RpcRefused as error:
                    if "nonce" not in error.reason.lower() or attempt == _NONCE_ATTEMPTS - 1:
                        raise
        return self.wait(tx, timeout=timeout, note=note)

    def deploy(self, signer: Signer, code: bytes, *, note: str = "deployment") -> Receipt:
        """Create a contract; the receipt's `created` is its address."""
        return self.send(signer, Call(to="", data=code, note=note))

    # Development chains

    def advance(self, seconds: int) -> Block:
        """Move the clock of a development chain forward and mine one block."""
        self._local_only("advance the clock")
        self.rpc("evm_increaseTime", hex_number(seconds))
        return self.mine()

    def mine(self, blocks: int = 1) -> Block:
        """Mine blocks on a development chain and return the newest."""
        self._local_only("mine blocks")
        self.rpc("anvil_mine", hex_number(blocks))
        return self.block()

    def set_balance(self, address: str, amount: int) -> None:
        """Give an account of a development chain that much ETH (wei)."""
        self._local_only("set balances")
        self.rpc("anvil_setBalance", address, hex_number(amount))

    def _local_only(self, what: str) -> None:
        if not self.is_local:
            raise ConfigError(
                f"only chain {LOCAL_CHAIN} can {what} and this is chain {self.chain_id}"
            )

    def _with_margin(self, estimate: int) -> int:
        return min(estimate + estimate * GAS_MARGIN_PERCENT // 100, MAX_TRANSACTION_GAS)

    def _explain_failure(self, receipt: Receipt, *, note: str) -> Exception:
        """Run a failed transaction again on the state before its block, for its reason."""
        sent = self.rpc("eth_getTransactionByHash", hex_data(receipt.tx))
        request = {key: sent[key] for key in ("from", "to", "value", "gas") if sent.get(key)}
        request["data"] = sent["input"]
        data, reason = b"", ""
        if receipt.gas_used == int(sent["gas"], 16):
            reason = "it ran out of gas"
        try:
            self.rpc("eth_call", request, hex_number(receipt.block - 1))
        except RpcRefused as error:
            data = revert_data(error)
        return explain(data, action=note, reason=reason, tx=receipt.tx)


def _block_tag(number: int | str) -> str:
    return number if isinstance(number, str) else hex_number(number)


def _request(call: Call, *, sender: str | None) -> dict[str, Any]:
    request = {"data": hex_data(call.data), "value": hex_number(call.value)}
    if call.to:
        request["to"] = call.to
    if sender is not None:
        request["from"] = sender
    return request

"""What can be sent to a chain: fees, gas, nonces, signed transactions and their receipts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from agent_sdk.accounts import LOCAL_CHAIN, Signer
from agent_sdk.chain.reading import Reading, transaction
from agent_sdk.chain.records import read_receipt
from agent_sdk.chain.replay import failure_of
from agent_sdk.errors import NotMined, RpcRefused
from agent_sdk.faults import call_fault, submit_fault
from agent_sdk.reverts import explain
from agent_sdk.rpc import Rpc
from agent_sdk.types import Call, Fees, Prepared, Receipt

if TYPE_CHECKING:
    from eth_typing import Hash32
    from web3.types import Wei

__all__ = ["Sending"]

MAX_TRANSACTION_GAS = 1 << 24
"""gas; no transaction may ask for more (EIP-7825)"""

GAS_MARGIN_PERCENT = 15
"""An estimate is of one block; the transaction runs in a later one."""

_NONCE_ATTEMPTS = 3


class Sending(Reading):
    """The sending half of a `Chain`."""

    def __init__(self, rpc: Rpc, *, chain_id: int) -> None:
        super().__init__(rpc, chain_id=chain_id)
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()

    @property
    def is_local(self) -> bool:
        """Whether this is a development chain: keys may be plain, the clock can be moved."""
        return self.chain_id == LOCAL_CHAIN

    def fees(self) -> Fees:
        """Return fees that suffice: twice the base fee, and the tip that the node suggests."""
        base_fee = self.block().base_fee
        try:
            priority = int(self._rpc.eth.max_priority_fee)
        except RpcRefused:
            priority = 0
        return Fees(max_fee=2 * base_fee + priority, priority=priority)

    def estimate(self, call: Call, *, sender: str, fees: Fees | None = None) -> int:
        """Return the gas that a transaction needs now.

        Args:
            call: what it does.
            sender: whose it is.
            fees: what it bids; a contract that repays its caller does more where a price is bid.

        Raises:
            Reverted: the contract refuses.
            InsufficientFunds: the sender cannot pay the value.
        """
        request = transaction(call, sender=sender)
        if fees is not None:
            request["maxFeePerGas"] = cast("Wei", fees.max_fee)
            request["maxPriorityFeePerGas"] = cast("Wei", fees.priority)
        try:
            # web3 would say `latest`: within that block its own hash is not known yet, and a
            # decision on the newest block would be refused.
            return self._rpc.eth.estimate_gas(request, "pending")
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
        paid = fees or self.fees()
        if gas is None:
            gas = _with_margin(self.estimate(call, sender=signer.address, fees=paid))
        if nonce is None:
            nonce = self.nonce(signer.address, block="pending")
        raw, tx = signer.sign_transaction(
            {
                **transaction(call, sender=None, gas=gas),
                "type": 2,
                "chainId": self.chain_id,
                "nonce": nonce,
                "maxFeePerGas": paid.max_fee,
                "maxPriorityFeePerGas": paid.priority,
            }
        )
        return Prepared(hash=tx, raw=raw, nonce=nonce, fees=paid, gas=gas)

    def broadcast(self, transaction: Prepared | bytes, *, note: str = "the transaction") -> bytes:
        """Hand a signed transaction to the node, once or twice, and return its hash."""
        raw = transaction.raw if isinstance(transaction, Prepared) else transaction
        try:
            return bytes(self._rpc.eth.send_raw_transaction(raw))
        except RpcRefused as error:
            fault = submit_fault(error, raw=raw, note=note)
            if isinstance(fault, bytes):
                return fault
            raise fault from None

    def receipt(self, tx: bytes) -> Receipt | None:
        """Return the receipt of a transaction, or None while it has none; failed ones included."""
        from web3.exceptions import TransactionNotFound

        try:
            return read_receipt(self._rpc.eth.get_transaction_receipt(_hash(tx)))
        except TransactionNotFound:
            return None

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
        from web3.exceptions import TimeExhausted

        pause = 0.05 if self.is_local else 1.0
        try:
            found = self._rpc.eth.wait_for_transaction_receipt(_hash(tx), timeout, pause)
        except TimeExhausted:
            raise NotMined(
                f"{note} 0x{tx.hex()} found no block in {timeout:g} s: "
                "it may still; look it up, or send it again with a higher fee",
                tx=tx,
            ) from None
        receipt = read_receipt(found)
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

    def _explain_failure(self, receipt: Receipt, *, note: str) -> Exception:
        """Run a failed transaction again, as it was in its block, for its reason."""
        from web3.exceptions import TransactionNotFound

        try:
            sent = self._rpc.eth.get_transaction(_hash(receipt.tx))
        except TransactionNotFound:
            return explain(
                b"",
                action=note,
                reason="the node has dropped it",
                advice="ask another node for it",
                tx=receipt.tx,
            )
        request = {
            "from": receipt.sender,
            "data": f"0x{bytes(sent['input']).hex()}",
            "value": hex(sent["value"]),
            "gas": hex(sent["gas"]),
        }
        if sent.get("to"):
            request["to"] = str(sent["to"])
        data, (reason, advice) = failure_of(self._rpc, receipt, request)
        return explain(data, action=note, reason=reason, advice=advice, tx=receipt.tx)


def _with_margin(estimate: int) -> int:
    return min(estimate + estimate * GAS_MARGIN_PERCENT // 100, MAX_TRANSACTION_GAS)


def _hash(tx: bytes) -> Hash32:
    return cast("Hash32", tx)

"""Send transactions so that a kill at any point leads to at most one per (kind, job, run)."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from agent_sdk import logs
from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.daemons import bids
from agent_sdk.daemons.bids import to_bytes, to_hex
from agent_sdk.daemons.lifecycle import Stop, log
from agent_sdk.errors import ChainError, ChainUnavailable
from agent_sdk.journal import Entry, Journal
from agent_sdk.types import Call, Fees, Prepared, Receipt

__all__ = ["Dispatcher"]

MAX_FAILURES: Final = 3
"""transactions mined in vain for one run before it is left alone for long: each costs gas"""

LONG_PAUSE: Final = 600.0
"""s after the last of them, and as much again after each further one"""

MAX_BIDS: Final = 3
"""transactions of one nonce, each with a higher fee, under one cap"""

TIP_PATIENCE: Final = 3
"""times as long is waited where the base fee is no reason to find no block"""

EMPTY_GAS: Final = 50_000
"""gas of a transfer of nothing to ourselves, even where our account has delegated code"""

MARGIN_PERCENT: Final = 15
"""more gas than simulated, since the transaction runs in a later block"""

MAX_GAS: Final = 1 << 24
"""gas; no transaction may ask for more. Source: EIP-7825"""


class Dispatcher:
    """Simulates, journals, signs and sends for one account."""

    def __init__(
        self,
        chain: Chain,
        signer: Signer,
        journal: Journal,
        stop: Stop,
        *,
        wait_seconds: float = 30.0,
        replace_seconds: float = 45.0,
    ) -> None:
        """Send from `signer`.

        Args:
            chain: Where.
            signer: Who sends and pays.
            journal: Where every stage is noted.
            stop: Ends waiting.
            wait_seconds: s to wait for a block before other work.
            replace_seconds: s after which a transaction that found no block gets a higher fee.
        """
        self._chain = chain
        self._signer = signer
        self._journal = journal
        self._stop = stop
        self._wait_seconds = wait_seconds
        self._replace_seconds = replace_seconds

    @property
    def address(self) -> str:
        """The account that sends."""
        return self._signer.address

    def may_act(self, kind: str, id: bytes, run: int) -> bool:
        """Whether no transaction for this run is, or can still become, part of the chain.

        An entry that was mined is looked up again: a reorganisation may have taken its block away.
        One that was mined and skipped its job did nothing, so the run is still to be done.
        """
        entry = self._journal.get(kind, id, run)
        if entry is None:
            return True
        if entry.is_broadcast and not self._is_gone(entry):
            return False
        beyond = entry.failures - MAX_FAILURES + 1
        return beyond <= 0 or time.time() - entry.at >= beyond * LONG_PAUSE

    def simulate(self, call: Call) -> int:
        """Return the gas that a call would take now.

        Raises:
            Reverted: The chain would refuse it.
        """
        return self._chain.estimate(call, sender=self._signer.address)

    def act(
        self,
        kind: str,
        id: bytes,
        run: int,
        call: Call,
        *,
        gas: int,
        fees: Fees,
        fee_cap: int = 0,
        notes: Mapping[str, Any] | None = None,
    ) -> Receipt | None:
        """Sign, journal and send a call for a run; return its receipt.

        None is returned for one that is not mined, and for one that was mined and skipped its job.

        Args:
            kind: Sort of work.
            id: The job, 32 bytes.
            run: Number of the run.
            call: What to send.
            gas: Gas as simulated; a margin is added.
            fees: What to bid.
            fee_cap: wei per gas that a replacement may bid; 0 = it is never replaced.
            notes: JSON-safe, kept in the journal.
        """
        if self._stop.is_set or not self.may_act(kind, id, run):
            return None
        limit = min(gas + gas * MARGIN_PERCENT // 100, MAX_GAS)
        with self._chain.nonce_lock(self._signer.address):
            prepared = self._chain.prepare(self._signer, call, gas=limit, fees=fees)
            noted = {
                **_signed(prepared),
                "fee_cap": fee_cap,
                "earlier": [],
                "bids_before": 0,
                "emptied": None,
                **(notes or {}),
            }
            self._journal.record(kind, id, run, "signed", **noted)
            entry = self._journal.get(kind, id, run)
            if entry is None or not self._broadcast(entry):
                return None
            self._clear_way(self._journal.unsettled())
        receipt = self._await(entry)
        return None if receipt is None or _stage(receipt, id) == "skipped" else receipt

    def recover(self) -> int:
        """Settle what an earlier process or tick left signed or sent; return how much is open.

        Raises:
            ChainUnavailable: The node does not answer.
        """
        open_ = [
            entry
            for entry in self._journal.unsettled()
            if self._settled(entry) is None and not self._is_gone(entry)
        ]
        self._clear_way(open_)
        return sum(self._replace(entry) or self._broadcast(entry) for entry in open_)

    def gas_of(self, kind: str, id: bytes, run: int) -> int:
        """Return the gas noted with an open transaction, 0 if there is none."""
        entry = self._journal.get(kind, id, run)
        return int(entry.data.get("gas", 0)) if entry is not None and entry.stage == "sent" else 0

    def allow(self, kind: str, id: bytes, run: int, *, fee_cap: int) -> None:
        """Let replacements of an open transaction bid up to `fee_cap`, wei per gas.

        One whose fee is below the base fee is replaced at once.
        """
        entry = self._journal.get(kind, id, run)
        if entry is None or entry.stage != "sent":
            return
        if entry.data.get("fee_cap", 0) < fee_cap:
            bid = len(entry.data.get("earlier", []))
            self._journal.record(kind, id, run, "sent", fee_cap=fee_cap, bids_before=bid)
        fresh = self._journal.get(kind, id, run)
        max_fee = bids.read(entry.data["raw"]).fees.max_fee
        if fresh is not None and max_fee < self._chain.block().base_fee:
            self._replace(fresh, at_once=True)

    def _clear_way(self, entries: list[Entry]) -> None:
        """Let those of `entries` that others wait behind make way."""
        last = max((int(entry.data["nonce"]) for entry in entries), default=0)
        for entry in entries:
            if int(entry.data["nonce"]) < last and self._is_old(entry):
                self._make_way(entry)

    def _make_way(self, entry: Entry) -> None:
        """Take the nonce of a transaction that others wait behind and that nobody includes.

        Where its fee may not be raised any more, nothing is sent to ourselves in its place.
        Whichever of the two is mined, the journal finds out.
        """
        sent, age = bids.read(entry.data["raw"]), time.time() - entry.at
        # With a base fee that suffices it may just be the blocks that are slow, or the tip is low.
        patience = 1 if sent.fees.max_fee < self._chain.block().base_fee else TIP_PATIENCE
        if self._outbid(entry) is not None or age < patience * self._replace_seconds:
            return
        fees = bids.over(
            bids.read(entry.data.get("emptied") or entry.data["raw"]).fees, self._chain.fees()
        )
        empty = self._chain.prepare(
            self._signer,
            Call(self._signer.address, b"", 0, "an empty transaction"),
            gas=EMPTY_GAS,
            fees=fees,
            nonce=int(entry.data["nonce"]),
        )
        self._note(entry, "sent", emptied=to_hex(empty.raw))
        try:
            self._chain.broadcast(empty)
        except ChainUnavailable:
            raise
        except ChainError as error:
            log("left", job=entry.id, kind=entry.kind, reason=str(error))

    def _is_old(self, entry: Entry) -> bool:
        """Whether the node took a transaction so long ago that a block should have it."""
        return entry.stage == "sent" and time.time() - entry.at >= self._replace_seconds

    def _outbid(self, entry: Entry) -> Fees | None:
        """Return what a replacement bids: the market's price; None where it may not bid more."""
        cap = int(entry.data.get("fee_cap", 0))
        before = int(entry.data.get("bids_before", 0))
        sent = bids.read(entry.data["raw"]).fees
        if bids.raised(sent).max_fee > cap:
            return None
        if 1 + len(entry.data.get("earlier", [])) - before >= MAX_BIDS:
            return None
        return bids.under(sent, self._chain.fees(), cap=cap)

    def _replace(self, entry: Entry, *, at_once: bool = False) -> bool:
        """Bid more for a transaction that found no block; return whether another was sent.

        It has the same nonce, so at most one of them is ever mined.
        """
        fees = self._outbid(entry) if at_once or self._is_old(entry) else None
        if fees is None:
            return False
        sent = bids.read(entry.data["raw"])
        prepared = self._chain.prepare(
            self._signer, sent.call, gas=sent.gas, fees=fees, nonce=int(entry.data["nonce"])
        )
        earlier = [*entry.data.get("earlier", []), entry.data["tx"]]
        self._note(entry, "signed", **_signed(prepared), earlier=earlier)
        again = self._journal.get(entry.kind, entry.id, entry.run)
        return again is not None and self._broadcast(again)

    def _broadcast(self, entry: Entry) -> bool:
        """Hand a signed transaction to the node, again if need be; return whether it may be mined.

        One that the node never took and now refuses is given up, so that its nonce is free again;
        not so a replacement, since the transaction before it may still be mined.
        """
        try:
            self._chain.broadcast(to_bytes(entry.data["raw"]))
        except ChainUnavailable:
            raise
        except ChainError as error:
            stage = "sent" if entry.data.get("earlier") else "dropped"
            if entry.stage == "signed":
                self._note(entry, stage, level=logging.WARNING, error=str(error))
            return entry.stage != "signed" or stage == "sent"
        if entry.stage == "signed":
            self._journal.record(entry.kind, entry.id, entry.run, "sent")
        return True

    def _await(self, entry: Entry) -> Receipt | None:
        """Wait for a block, as long as the daemon is not asked to stop."""
        end = time.monotonic() + self._wait_seconds
        pause = 0.02
        while True:
            receipt = self._settled(entry)
            if receipt is not None or time.monotonic() > end or self._stop.wait(pause):
                return receipt
            pause = min(1.0, pause * 1.6)

    def _settled(self, entry: Entry) -> Receipt | None:
        """Journal and return the receipt of a transaction, if it has one."""
        receipt = self._receipt(entry)
        if receipt is None:
            return None
        earned = sum(
            event.args["paid"]
            for event in logs.decode("Everloop", receipt.logs)
            if event.args.get("id") == entry.id and "paid" in event.args
        )
        self._note(
            entry,
            _stage(receipt, entry.id),
            tx=to_hex(receipt.tx),
            block=receipt.block,
            gas_used=receipt.gas_used,
            cost_wei=receipt.cost,
            earned_wei=earned,
        )
        return receipt

    def _is_gone(self, entry: Entry) -> bool:
        """Whether the transaction cannot be mined since another took its nonce; journals that."""
        if self._receipt(entry) is not None:
            return False
        if self._mined_nonce() <= int(entry.data["nonce"]):
            if entry.stage == "mined":
                self._broadcast(entry)
            return False
        if self._receipt(entry) is not None:
            return False
        self._note(
            entry, "dropped", level=logging.WARNING, error="another transaction took its nonce"
        )
        return True

    def _receipt(self, entry: Entry) -> Receipt | None:
        """Return the receipt of whichever of the entry's transactions was mined."""
        for tx in (entry.data["tx"], *reversed(entry.data.get("earlier", []))):
            receipt = self._chain.receipt(to_bytes(tx))
            if receipt is not None:
                return receipt
        return None

    def _mined_nonce(self) -> int:
        """Return how many transactions of the account are mined."""
        answer = self._chain.rpc("eth_getTransactionCount", self._signer.address, "latest")
        return int(answer, 16)

    def _note(self, entry: Entry, stage: str, *, level: int = logging.INFO, **data: Any) -> None:
        """Write a stage to the journal and to the log."""
        self._journal.record(entry.kind, entry.id, entry.run, stage, **data)
        shown = {"tx": entry.data["tx"], **data}
        shown = {key: value for key, value in shown.items() if key not in ("raw", "emptied")}
        log(stage, level=level, job=entry.id, kind=entry.kind, run=entry.run, **shown)


def _signed(prepared: Prepared) -> dict[str, Any]:
    """Return what the journal keeps of a signed transaction."""
    return {"tx": to_hex(prepared.hash), "raw": to_hex(prepared.raw), "nonce": prepared.nonce}


def _stage(receipt: Receipt, id: bytes) -> str:
    """Return what became of a job's transaction: `mined`, `reverted` or `skipped`."""
    if not receipt.status:
        return "reverted"
    events = logs.decode("Everloop", receipt.logs)
    skipped = any(e.name == "TaskSkipped" and e.args["id"] == id for e in events)
    return "skipped" if skipped else "mined"

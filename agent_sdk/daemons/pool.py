"""Transactions of one account from signing to a block: sent again, outbid, settled, given up.

Work that shares a transaction shares its nonce too, so the open work of one nonce is one bundle:
whatever becomes of the transaction is noted with all of it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from agent_sdk import logs
from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.daemons import bids
from agent_sdk.daemons.bids import to_bytes, to_hex
from agent_sdk.daemons.lifecycle import log
from agent_sdk.errors import ChainError, ChainUnavailable
from agent_sdk.journal import Entry, Journal
from agent_sdk.types import Call, Fees, Prepared, Receipt

__all__ = ["Bundle", "Pool", "signed"]

MAX_BIDS: Final = 3
"""transactions of one nonce, each with a higher fee, under one cap"""

TIP_PATIENCE: Final = 3
"""times as long is waited where the base fee is no reason to find no block"""

EMPTY_GAS: Final = 50_000
"""gas of a transfer of nothing to ourselves, even where our account has delegated code"""

SKIPPED: Final = ("TaskSkipped", "DeliverySkipped")

Bundle = Sequence[Entry]
"""journal entries of all work in one transaction; what they note of it is the same"""


class Pool:
    """What one account has signed and what became of it."""

    def __init__(
        self, chain: Chain, signer: Signer, journal: Journal, *, replace_seconds: float
    ) -> None:
        """Send from `signer`; after `replace_seconds` without a block the fee is raised."""
        self._chain = chain
        self._signer = signer
        self._journal = journal
        self._replace_seconds = replace_seconds

    def open(self) -> list[Bundle]:
        """Return what was signed and not yet seen in a block, by nonce."""
        found: dict[int, list[Entry]] = {}
        for entry in self._journal.unsettled():
            found.setdefault(int(entry.data["nonce"]), []).append(entry)
        return [found[nonce] for nonce in sorted(found)]

    def bundle_of(self, entry: Entry) -> Bundle:
        """Return all open work that shares the transaction of an entry."""
        nonce = entry.data["nonce"]
        return next((found for found in self.open() if found[0].data["nonce"] == nonce), [entry])

    def broadcast(self, bundle: Bundle) -> bool:
        """Hand a signed transaction to the node, again if need be; return whether it may be mined.

        One that the node never took and now refuses is given up, so that its nonce is free again;
        not so a replacement, since the transaction before it may still be mined.
        """
        first = bundle[0]
        try:
            self._chain.broadcast(to_bytes(first.data["raw"]))
        except ChainUnavailable:
            raise
        except ChainError as error:
            stage = "sent" if first.data.get("earlier") else "dropped"
            if first.stage == "signed":
                self.note(bundle, stage, level=logging.WARNING, error=str(error))
            return first.stage != "signed" or stage == "sent"
        if first.stage == "signed":
            with self._journal.transaction():
                for entry in bundle:
                    self._journal.record(entry.kind, entry.id, entry.run, "sent")
        return True

    def replace(self, bundle: Bundle, *, at_once: bool = False) -> bool:
        """Bid more for a transaction that found no block; return whether another was sent.

        It has the same nonce, so at most one of them is ever mined.
        """
        first = bundle[0]
        fees = self._outbid(first) if at_once or self._is_old(first) else None
        if fees is None:
            return False
        sent = bids.read(first.data["raw"])
        prepared = self._chain.prepare(
            self._signer, sent.call, gas=sent.gas, fees=fees, nonce=int(first.data["nonce"])
        )
        earlier = [*first.data.get("earlier", []), first.data["tx"]]
        self.note(bundle, "signed", **signed(prepared), earlier=earlier)
        return self.broadcast(self.bundle_of(first))

    def clear_way(self, bundles: Iterable[Bundle]) -> None:
        """Let those that others wait behind make way."""
        found = list(bundles)
        last = max((int(bundle[0].data["nonce"]) for bundle in found), default=0)
        for bundle in found:
            if int(bundle[0].data["nonce"]) < last and self._is_old(bundle[0]):
                self._make_way(bundle)

    def settle(self, bundle: Bundle) -> Receipt | None:
        """Journal and return the receipt of a transaction, if it has one."""
        receipt = self._receipt(bundle[0])
        if receipt is None:
            return None
        events = [e for e in logs.decode("Everloop", receipt.logs) if "id" in e.args]
        weights = [int(entry.data.get("item_gas", 1)) for entry in bundle]
        with self._journal.transaction():
            for entry, weight in zip(bundle, weights, strict=True):
                mine = [event for event in events if event.args["id"] == entry.id]
                self.note(
                    [entry],
                    _stage(receipt, [event.name for event in mine]),
                    tx=to_hex(receipt.tx),
                    block=receipt.block,
                    gas_used=receipt.gas_used * weight // sum(weights),
                    cost_wei=receipt.cost * weight // sum(weights),
                    earned_wei=sum(event.args.get("paid", 0) for event in mine),
                )
        return receipt

    def is_gone(self, bundle: Bundle) -> bool:
        """Whether the transaction cannot be mined since another took its nonce; journals that."""
        first = bundle[0]
        if self._receipt(first) is not None:
            return False
        if self._mined_nonce() <= int(first.data["nonce"]):
            if first.stage == "mined":
                self.broadcast(bundle)
            return False
        if self._receipt(first) is not None:
            return False
        self.note(
            bundle, "dropped", level=logging.WARNING, error="another transaction took its nonce"
        )
        return True

    def note(self, bundle: Bundle, stage: str, *, level: int = logging.INFO, **data: Any) -> None:
        """Write a stage of all work in a bundle to the journal, and to the log."""
        with self._journal.transaction():
            for entry in bundle:
                self._journal.record(entry.kind, entry.id, entry.run, stage, **data)
        for entry in bundle:
            shown = {"tx": entry.data["tx"], **data}
            shown = {key: value for key, value in shown.items() if key not in ("raw", "emptied")}
            log(stage, level=level, job=entry.id, kind=entry.kind, run=entry.run, **shown)

    def _make_way(self, bundle: Bundle) -> None:
        """Take the nonce of a transaction that others wait behind and that nobody includes.

        Where its fee may not be raised any more, nothing is sent to ourselves in its place.
        Whichever of the two is mined, the journal finds out.
        """
        first = bundle[0]
        sent, age = bids.read(first.data["raw"]), time.time() - first.at
        # With a base fee that suffices it may just be the blocks that are slow, or the tip is low.
        patience = 1 if sent.fees.max_fee < self._chain.block().base_fee else TIP_PATIENCE
        if self._outbid(first) is not None or age < patience * self._replace_seconds:
            return
        fees = bids.over(
            bids.read(first.data.get("emptied") or first.data["raw"]).fees, self._chain.fees()
        )
        empty = self._chain.prepare(
            self._signer,
            Call(self._signer.address, b"", 0, "an empty transaction"),
            gas=EMPTY_GAS,
            fees=fees,
            nonce=int(first.data["nonce"]),
        )
        self.note(bundle, "sent", emptied=to_hex(empty.raw))
        try:
            self._chain.broadcast(empty)
        except ChainUnavailable:
            raise
        except ChainError as error:
            log("left", job=first.id, kind=first.kind, reason=str(error))

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


def signed(prepared: Prepared) -> dict[str, Any]:
    """Return what the journal keeps of a signed transaction."""
    return {"tx": to_hex(prepared.hash), "raw": to_hex(prepared.raw), "nonce": prepared.nonce}


def _stage(receipt: Receipt, names: Sequence[str]) -> str:
    """Return what became of a job's work, by its events: `mined`, `reverted` or `skipped`."""
    if not receipt.status:
        return "reverted"
    return "skipped" if any(name in SKIPPED for name in names) else "mined"

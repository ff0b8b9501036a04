"""Send transactions so that a kill at any point leads to at most one per (kind, job, run)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.daemons import bids
from agent_sdk.daemons.bids import to_bytes, to_hex
from agent_sdk.daemons.lifecycle import Stop
from agent_sdk.daemons.pool import Bundle, Pool, signed
from agent_sdk.errors import RpcRefused
from agent_sdk.faults import call_fault
from agent_sdk.journal import Journal
from agent_sdk.types import Call, Fees, Receipt

__all__ = ["Dispatcher", "Work"]

MAX_FAILURES: Final = 3
"""transactions mined in vain for one run before it is left alone for long: each costs gas"""

LONG_PAUSE: Final = 600.0
"""s after the last of them, and as much again after each further one"""

MARGIN_PERCENT: Final = 15
"""more gas than simulated, since the transaction runs in a later block"""

FIRST_PAY: Final = 20_000
"""gas of an account's first credit at Everloop, which writes a fresh slot: a simulation has no gas
price, so it pays nothing and never writes it"""

MAX_GAS: Final = 1 << 24
"""gas; no transaction may ask for more. Source: EIP-7825"""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One thing to do for one run of a job."""

    kind: str
    id: bytes
    """the job, 32 bytes"""
    run: int
    gas: int
    """gas of doing it alone, as simulated; its share of a bundle's cost"""
    own_cap: int = 0
    """wei per gas that the job's owner repays at most"""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """JSON-safe, kept in the journal"""


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
        self._pool = Pool(chain, signer, journal, replace_seconds=replace_seconds)

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
        if entry.is_broadcast and not self._pool.is_gone([entry]):
            return False
        beyond = entry.failures - MAX_FAILURES + 1
        return beyond <= 0 or time.time() - entry.at >= beyond * LONG_PAUSE

    def simulate(self, call: Call, *, fees: Fees | None = None) -> int:
        """Return the gas that a call would take now, at a price if one is named.

        Raises:
            Reverted: The chain would refuse it.
        """
        return self._chain.estimate(call, sender=self._signer.address, fees=fees)

    def foresee(self, call: Call, *, gas: int, fees: Fees) -> bytes:
        """Return what a transaction would return now, at the price that it bids.

        What a run costs its owner depends on the price, and what the next one finds on that.

        Raises:
            Reverted: The chain would refuse it.
        """
        request = {
            "from": self._signer.address,
            "to": call.to,
            "data": to_hex(call.data),
            "gas": hex(_limit(gas)),
            "maxFeePerGas": hex(fees.max_fee),
            "maxPriorityFeePerGas": hex(fees.priority),
        }
        try:
            return to_bytes(self._chain.rpc("eth_call", request, "pending"))
        except RpcRefused as error:
            raise call_fault(error, call=call, sender=self._signer.address) from None

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
        """Do one piece of work, see `act_all`; return its receipt.

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
        work = Work(kind=kind, id=id, run=run, gas=gas, notes=notes or {})
        return self.act_all([work], call, gas=gas, fees=fees, fee_cap=fee_cap).get(id)

    def act_all(
        self, works: Sequence[Work], call: Call, *, gas: int, fees: Fees, fee_cap: int = 0
    ) -> dict[bytes, Receipt]:
        """Sign, journal and send a call that does all of `works`.

        Args:
            works: Of different jobs.
            call: What to send.
            gas: Gas of it all as simulated; a margin is added.
            fees: What to bid.
            fee_cap: wei per gas that a replacement may bid; 0 = it is never replaced.

        Returns:
            The receipt by job; jobs that were skipped are left out, and all while it is not mined.
        """
        if self._stop.is_set or not all(self.may_act(w.kind, w.id, w.run) for w in works):
            return {}
        with self._chain.nonce_lock(self._signer.address):
            prepared = self._chain.prepare(self._signer, call, gas=_limit(gas), fees=fees)
            common = {"fee_cap": fee_cap, "earlier": [], "bids_before": 0, "emptied": None}
            common |= {**signed(prepared), "bundled": len(works), "gas": gas}
            common |= {"own_cap": min(work.own_cap for work in works)}
            with self._journal.transaction():
                for work in works:
                    noted = {**common, "item_gas": work.gas, **work.notes}
                    self._journal.record(work.kind, work.id, work.run, "signed", **noted)
            bundle = self._entries(works)
            if not self._pool.broadcast(bundle):
                return {}
            self._pool.clear_way(self._pool.open())
        receipt = self._await(bundle)
        if receipt is None:
            return {}
        done = {entry.id for entry in self._entries(works) if entry.stage != "skipped"}
        return {work.id: receipt for work in works if work.id in done}

    def recover(self) -> int:
        """Settle what an earlier process or tick left signed or sent; return how much is open.

        Raises:
            ChainUnavailable: The node does not answer.
        """
        open_ = [
            bundle
            for bundle in self._pool.open()
            if self._pool.settle(bundle) is None and not self._pool.is_gone(bundle)
        ]
        self._pool.clear_way(open_)
        return sum(self._pool.replace(found) or self._pool.broadcast(found) for found in open_)

    def noted(self, kind: str, id: bytes, run: int, name: str) -> int:
        """Return a number noted with an open transaction, 0 if there is none."""
        entry = self._journal.get(kind, id, run)
        return int(entry.data.get(name, 0)) if entry is not None and entry.stage == "sent" else 0

    def allow(self, kind: str, id: bytes, run: int, *, fee_cap: int) -> None:
        """Let replacements of an open transaction bid up to `fee_cap`, wei per gas.

        One whose fee is below the base fee is replaced at once.
        """
        entry = self._journal.get(kind, id, run)
        if entry is None or entry.stage != "sent":
            return
        if entry.data.get("fee_cap", 0) < fee_cap:
            bid = len(entry.data.get("earlier", []))
            with self._journal.transaction():
                for one in self._pool.bundle_of(entry):
                    self._journal.record(
                        one.kind, one.id, one.run, "sent", fee_cap=fee_cap, bids_before=bid
                    )
        max_fee = bids.read(entry.data["raw"]).fees.max_fee
        if max_fee < self._chain.block().base_fee:
            self._pool.replace(self._pool.bundle_of(entry), at_once=True)

    def _entries(self, works: Sequence[Work]) -> Bundle:
        """Return what the journal holds of some work."""
        found = (self._journal.get(work.kind, work.id, work.run) for work in works)
        return [entry for entry in found if entry is not None]

    def _await(self, bundle: Bundle) -> Receipt | None:
        """Wait for a block, as long as the daemon is not asked to stop."""
        end = time.monotonic() + self._wait_seconds
        pause = 0.02
        while True:
            receipt = self._pool.settle(bundle)
            if receipt is not None or time.monotonic() > end or self._stop.wait(pause):
                return receipt
            pause = min(1.0, pause * 1.6)


def _limit(gas: int) -> int:
    """Return the gas limit of a transaction that takes `gas` as simulated."""
    return min(gas + gas * MARGIN_PERCENT // 100 + FIRST_PAY, MAX_GAS)

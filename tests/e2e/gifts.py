"""A chain that breaks around the broadcast, and gifts that tell how often one was sent."""

from __future__ import annotations

from agent_sdk import accounts
from agent_sdk.chain import Chain
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.lifecycle import Stop
from agent_sdk.journal import Journal
from agent_sdk.types import Call, Prepared

JOB = bytes(31) + b"\x07"
GIFT = Call("0x" + "77" * 20, b"", 5)


class Killed(BaseException):
    """The process ends here."""


class Fragile(Chain):
    """A chain on which the process is killed, or the node refuses, around the broadcast."""

    before: BaseException | None = None
    after: BaseException | None = None

    def broadcast(self, transaction: Prepared | bytes, *, note: str = "the transaction") -> bytes:
        if self.before:
            raise self.before
        tx = super().broadcast(transaction, note=note)
        if self.after:
            raise self.after
        return tx


def dispatcher(chain: Chain, journal: Journal, stop: Stop | None = None) -> Dispatcher:
    return Dispatcher(chain, accounts.dev(1), journal, stop or Stop(), wait_seconds=5.0)


def act(actor: Dispatcher, chain: Chain, run: int = 0) -> bool:
    receipt = actor.act("execute", JOB, run, GIFT, gas=30_000, fees=chain.fees())
    return receipt is not None and receipt.status


def stage(journal: Journal, run: int = 0) -> str:
    entry = journal.get("execute", JOB, run)
    return entry.stage if entry else ""


def settle(chain: Chain, journal: Journal) -> None:
    """Wait until the transaction noted last is in a block."""
    entry = journal.get("execute", JOB, 0)
    assert entry is not None
    chain.wait(bytes.fromhex(entry.data["tx"][2:]), timeout=10.0)


def gifts(chain: Chain) -> int:
    return chain.balance(GIFT.to) // GIFT.value

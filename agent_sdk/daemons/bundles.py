"""Which work shares a transaction: pure functions, no chain, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent_sdk.daemons.dispatch import Work
from agent_sdk.daemons.index import Known
from agent_sdk.types import Answer, Call, Fees

__all__ = ["Ready", "bundles", "dearest"]

BUNDLE_GAS: Final = 5_000_000
"""gas of all work in one transaction: far below what one may ask for, and easy to place"""

BUNDLE_ITEMS: Final = 50
"""pieces of work in one transaction; beyond it the shared part of the gas hardly falls"""

BUNDLE_BYTES: Final = 16_384
"""bytes of answers in one transaction"""

ANSWER_BYTES: Final = 1_024
"""bytes of an answer beyond which it goes alone: only then is the call-data floor paid for"""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """Work on one job that is worth it by itself, simulated and priced."""

    known: Known
    call: Call
    """that does it alone"""
    gas: int
    """gas of that"""
    fees: Fees
    """what it would bid alone"""
    fee_cap: int
    """wei per gas that a replacement may bid"""
    work: Work
    answer: Answer | None = None
    """what is delivered; None for work of other kinds"""

    @property
    def size(self) -> int:
        """Bytes of the answer."""
        return 0 if self.answer is None else len(self.answer.decision)


def bundles(ready: Sequence[Ready]) -> list[list[Ready]]:
    """Divide work into what shares a transaction, in order, each bounded in gas, items and bytes.

    Only what would bid the same alone is put together. So nobody's low caps make the others wait,
    and no owner's caps leave us with a part of the price that the others would not.
    """
    found: list[list[Ready]] = []
    open_: dict[tuple[int, int], list[Ready]] = {}
    for item in ready:
        bid = (item.fees.max_fee, item.fees.priority)
        bundle = open_.get(bid)
        if bundle is None or not _takes(bundle, item):
            bundle = open_[bid] = []
            found.append(bundle)
        bundle.append(item)
    return found


def dearest(bundle: Sequence[Ready]) -> int:
    """Return the most that a bundle's replacements may bid, wei per gas: its lowest cap."""
    return min(item.fee_cap for item in bundle)


def _takes(bundle: Sequence[Ready], item: Ready) -> bool:
    """Whether one more fits."""
    gas = sum(one.gas for one in bundle) + item.gas
    size = sum(one.size for one in bundle) + item.size
    if max(item.size, bundle[0].size) > ANSWER_BYTES:
        return False
    return len(bundle) < BUNDLE_ITEMS and gas <= BUNDLE_GAS and size <= BUNDLE_BYTES

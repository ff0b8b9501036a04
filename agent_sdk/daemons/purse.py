"""What a daemon's account has to pay for gas."""

from __future__ import annotations

import time
from typing import Final

from agent_sdk.chain import Chain
from agent_sdk.units import format_wei

__all__ = ["Purse"]

LOOK_SECONDS: Final = 30.0
"""s between looks at the balance"""

LEAST_GAS: Final = 500_000
"""gas; a delivery with its callback, or a task, mostly takes less"""


class Purse:
    """The ETH of one account, looked at from time to time."""

    def __init__(self, chain: Chain, address: str) -> None:
        """Look at `address` on `chain`."""
        self._chain = chain
        self._address = address
        self._looked = float("-inf")
        self.balance = 0
        """wei"""
        self.lack = ""
        """why it cannot pay for a transaction, and what to do; empty where it can"""

    def look(self) -> None:
        """Read the balance, if the last look is long ago.

        Raises:
            ChainUnavailable: The node does not answer.
        """
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self.balance = self._chain.balance(self._address)
        fees = self._chain.fees()
        least = LEAST_GAS * fees.max_fee
        self.lack = (
            ""
            if self.balance >= least
            else f"account {self._address} has {format_wei(self.balance)} and a transaction takes "
            f"up to {format_wei(least)}: send it ETH to pay for gas"
        )
        self._looked = time.monotonic()

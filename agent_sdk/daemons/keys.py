"""The key that a provider's daemon signs with: the provider's own, or one that it authorised."""

from __future__ import annotations

import logging
import time
from typing import Final

from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons.lifecycle import log
from agent_sdk.errors import EverloopError, Reverted

__all__ = ["Key", "unauthorised"]

CHECK_SECONDS: Final = 30.0
"""s between looks at whether the provider still lets the key answer"""


class Key:
    """Who signs, and for whom."""

    def __init__(self, engine: EverloopContract, provider: str, address: str) -> None:
        """Sign with the account `address` for `provider`; for itself where that is empty."""
        self._engine = engine
        self._checked = float("-inf")
        self._speaks = False
        self.address = address
        self.provider = provider or address

    def speaks(self) -> bool:
        """Whether Everloop takes answers of this key for the provider."""
        if self.provider.lower() == self.address.lower():
            return True
        if time.monotonic() - self._checked >= CHECK_SECONDS:
            self._speaks = self._engine.is_authorised(self.provider, self.address)
            self._checked = time.monotonic()
            if not self._speaks:
                reason = unauthorised(self.provider, self.address)
                log("nothing is answered", level=logging.WARNING, reason=reason)
        return self._speaks

    def doubt(self, error: EverloopError) -> None:
        """Look again at once after a refusal of the key."""
        if isinstance(error, Reverted) and error.name == "Inference_NotProvider":
            self._checked = float("-inf")


def unauthorised(provider: str, key: str) -> str:
    """Return what stands against a key, and what to do about it."""
    return (
        f"provider {provider} has not authorised the key {key}: run "
        f"`everloop provider authorise {key}` with the provider's account"
    )

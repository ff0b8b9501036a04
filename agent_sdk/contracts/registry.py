"""ProviderRegistry: who may sell inference, with what stake, which models, at which price."""

from __future__ import annotations

from agent_sdk.contracts.binding import Binding
from agent_sdk.types import Call, Offer, Provider

__all__ = ["RegistryContract"]


class RegistryContract(Binding):
    """The registry. Source: IProviderRegistry."""

    artifact = "ProviderRegistry"

    def provider_of(self, provider: str) -> Provider:
        """Return the record of a provider; its owner is the zero address where there is none."""
        return Provider.from_tuple(provider, self._read("providerOf", provider))

    def providers(self) -> list[str]:
        """Return all providers in order of registration."""
        return self._pages("providers", int(self._read("providerCount")))

    def is_whitelisted(self, provider: str) -> bool:
        """Return whether the provider is whitelisted now."""
        return bool(self._read("isWhitelisted", provider))

    def penalty(self) -> int:
        """Return what one miss costs, wei."""
        return int(self._read("PENALTY"))

    def min_stake(self) -> int:
        """Return the stake without which nobody serves, wei."""
        return int(self._read("MIN_STAKE"))

    def everloop(self) -> str:
        """Return the engine whose work the stakes back."""
        return str(self._read("EVERLOOP"))

    def governor(self) -> str:
        """Return who whitelists."""
        return str(self._read("governor"))

    def register(self, owner: str) -> Call:
        """Become a provider; `owner` may take the stake out."""
        return self._call("register", owner)

    def stake(self, provider: str, *, value: int) -> Call:
        """Add `value` wei to the stake of a provider."""
        return self._call("stake", provider, value=value)

    def unbond(self, provider: str, amount: int) -> Call:
        """Begin to take `amount` wei of stake out."""
        return self._call("unbond", provider, amount)

    def withdraw(self, provider: str, *, to: str) -> Call:
        """Take out what has been unbonded for the whole delay."""
        return self._call("withdraw", provider, to)

    def offer(self, model: str, terms: Offer) -> Call:
        """Say what a model (`name@revision`) costs at the sender's."""
        return self._call("offer", model, terms.to_tuple())

    def withdraw_offer(self, model_id: bytes) -> Call:
        """Take a model off."""
        return self._call("withdrawOffer", model_id)

    def serve(self, serving: bool = True) -> Call:
        """Start or stop taking new work."""
        return self._call("serve", serving)

    def whitelist(self, provider: str) -> Call:
        """Let a provider serve after the delay; the governor's."""
        return self._call("whitelist", provider)

    def delist(self, provider: str) -> Call:
        """Take a provider off the whitelist; the governor's."""
        return self._call("delist", provider)

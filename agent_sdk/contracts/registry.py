"""ProviderRegistry: who may sell inference, with what stake, which models, at which price."""

from __future__ import annotations

from agent_sdk.contracts.binding import Binding
from agent_sdk.market import Attestation, Dispute, Roles, Unbonding
from agent_sdk.types import Call, Offer, Provider

__all__ = ["RegistryContract"]


class RegistryContract(Binding):
    """The registry. Source: IProviderRegistry."""

    artifact = "ProviderRegistry"

    def provider_of(self, provider: str) -> Provider:
        """Return the record of a provider; its owner is the zero address where there is none."""
        return Provider.from_tuple(provider, self._read("providerOf", provider))

    def roles_of(self, provider: str) -> Roles:
        """Return who disposes of a provider's stake, and where it goes."""
        return Roles.from_tuple(self._read("rolesOf", provider))

    def unbonding_of(self, provider: str) -> Unbonding:
        """Return what is on its way out of a provider's stake now."""
        return Unbonding.from_tuple(self._read("unbondingOf", provider))

    def withdrawable_of(self, provider: str) -> int:
        """Return what `withdraw` pays out now, wei."""
        return int(self._read("withdrawableOf", provider))

    def dispute_of(self, id: int) -> Dispute:
        """Return one dispute; its provider is the zero address where it is over."""
        return Dispute.from_tuple(self._read("disputeOf", id))

    def disputes_of(self, provider: str) -> int:
        """Return how many disputes hold stake of a provider."""
        return int(self._read("disputesOf", provider))

    def slasher_from(self, slasher: str) -> int:
        """Return from when on a slasher may open disputes (Unix s); 0 where it is not listed."""
        return int(self._read("slasherFrom", slasher))

    def candidates_of(self, model_id: bytes) -> list[str]:
        """Return who stands for a model."""
        return list(self._read("candidatesOf", model_id))

    def is_candidate(self, model_id: bytes, provider: str) -> bool:
        """Return whether a provider stands for a model."""
        return bool(self._read("isCandidate", model_id, provider))

    def attestation_of(self, provider: str, model_id: bytes) -> Attestation:
        """Return the attestation of a provider for a model, expired or not."""
        return Attestation.from_tuple(self._read("attestationOf", provider, model_id))

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

    def withdraw(self, provider: str) -> Call:
        """Pay out what has been released, to where the owner said; anyone's."""
        return self._call("withdraw", provider)

    def propose_owner(self, provider: str, proposed: str) -> Call:
        """Name who is to own the stake; the owner's."""
        return self._call("proposeOwner", provider, proposed)

    def accept_owner(self, provider: str) -> Call:
        """Become the owner of a stake; who was proposed may."""
        return self._call("acceptOwner", provider)

    def set_payout(self, provider: str, payout: str) -> Call:
        """Say where the stake goes; the zero address means the owner. The owner's."""
        return self._call("setPayout", provider, payout)

    def offer(self, model: str, terms: Offer) -> Call:
        """Say what a model (`name@revision`) costs at the sender's."""
        return self._call("offer", model, terms.to_tuple())

    def withdraw_offer(self, model_id: bytes) -> Call:
        """Take a model off."""
        return self._call("withdrawOffer", model_id)

    def stand(self, model_id: bytes) -> Call:
        """Be one of those that selection chooses from."""
        return self._call("stand", model_id)

    def step_down(self, model_id: bytes) -> Call:
        """Be chosen no more."""
        return self._call("stepDown", model_id)

    def attest(self, model_id: bytes, *, verifier: str, evidence: bytes) -> Call:
        """Keep what a verifier finds in the evidence, which is in its own format."""
        return self._call("attest", model_id, verifier, evidence)

    def revoke_attestation(self, model_id: bytes) -> Call:
        """Take the sender's attestation for a model back."""
        return self._call("revokeAttestation", model_id)

    def serve(self, serving: bool = True) -> Call:
        """Start or stop taking new work."""
        return self._call("serve", serving)

    def whitelist(self, provider: str) -> Call:
        """Let a provider serve after the delay; the governor's."""
        return self._call("whitelist", provider)

    def delist(self, provider: str) -> Call:
        """Take a provider off the whitelist; the governor's."""
        return self._call("delist", provider)

    def list_slasher(self, slasher: str) -> Call:
        """Let a verification contract open disputes after the delay; the governor's."""
        return self._call("listSlasher", slasher)

    def unlist_slasher(self, slasher: str) -> Call:
        """Let a verification contract do nothing more; the governor's."""
        return self._call("unlistSlasher", slasher)

    def close_dispute(self, id: int) -> Call:
        """End a dispute that has lapsed, or whose slasher is unlisted; anyone's."""
        return self._call("closeDispute", id)

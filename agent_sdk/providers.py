"""What providers do: register, stake, offer, serve, and take their money out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent_sdk.accounts import Signer
from agent_sdk.errors import ConfigError
from agent_sdk.ledger import Ledger
from agent_sdk.payloads import address as checked_address
from agent_sdk.payloads import model_id
from agent_sdk.provider_status import ProviderReader, ProviderStatus, stake_too_small
from agent_sdk.types import Offer, Receipt
from agent_sdk.units import ETHER, GWEI, format_time, format_wei, parse_wei

__all__ = ["DEFAULT_MODEL", "DEFAULT_OFFER", "DEFAULT_STAKE", "ProviderStatus", "Providers"]

DEFAULT_MODEL = "smollm2-135m-instruct@0.1.2"
"""the embedded model"""

DEFAULT_OFFER = Offer(
    base_price=20_000 * GWEI,
    price_per_kilobyte=10_000 * GWEI,
    min_max_gas_price=GWEI,
    latency=5,
    min_window=20,
    max_callback_gas=1_000_000,
)
"""A provider with the embedded model: 0.00002 ether an answer, and half of that a kilobyte."""

DEFAULT_STAKE = ETHER
"""wei; covers 100 open inferences"""


class Providers(ProviderReader):
    """The providers of one deployment."""

    def register(
        self,
        signer: Signer,
        *,
        stake: int | None = None,
        offers: Mapping[str, Offer] | None = None,
        owner: str | None = None,
    ) -> Sequence[Receipt]:
        """Register the signer, stake and make its offers; what is done already is left out.

        Nothing is sent before stake and offers are known to be within the registry's rules.

        Args:
            signer: the account that will answer and earn.
            stake: wei to bring the stake up to; if None, `DEFAULT_STAKE` for a newcomer, and what
                is staked already for a provider.
            offers: by `name@revision`; if None, the embedded model's for who offers nothing yet.
            owner: who may take the stake out; the signer if None.

        Raises:
            ConfigError: the stake is below the minimum, an offer outside its rules, or another
                owner than there is.
        """
        registry = self._registry
        record = registry.provider_of(signer.address)
        is_new = int(record.owner, 16) == 0
        if offers is None:
            made = {} if is_new else self._offers(signer.address)
            offers = {} if made else {DEFAULT_MODEL: DEFAULT_OFFER}
        if stake is None:
            stake = DEFAULT_STAKE if is_new else record.bonded
        elif stake < (least := registry.min_stake()):
            raise ConfigError(
                f"a stake of {format_wei(stake)} lets nobody serve: stake {format_wei(least)} or "
                "more"
            )
        for model, terms in offers.items():
            model_id(model)
            terms.check()
        holder = checked_address(signer.address if owner is None else owner)
        if owner is not None and not is_new and holder != record.owner:
            raise ConfigError(
                f"the stake of provider {signer.address} is owned by {record.owner}: its owner "
                "hands it over by `proposeOwner` of the registry"
            )
        calls = [registry.register(holder)] if is_new else []
        if record.bonded < stake:
            calls.append(registry.stake(signer.address, value=stake - record.bonded))
        for model, terms in offers.items():
            if self._engine.offer_of(signer.address, model_id(model)) != terms:
                calls.append(registry.offer(model, terms))
        return [self._chain.send(signer, call) for call in calls]

    def whitelist(self, provider: str, *, governor: Signer) -> Receipt:
        """Let a provider serve once the registry's delay is over; the governor's."""
        return self._chain.send(governor, self._registry.whitelist(checked_address(provider)))

    def delist(self, provider: str, *, governor: Signer) -> Receipt:
        """Take a provider off the whitelist: it serves no longer; the governor's."""
        return self._chain.send(governor, self._registry.delist(checked_address(provider)))

    def serve(self, signer: Signer, *, on: bool = True) -> Receipt:
        """Start or stop taking new work.

        Raises:
            ConfigError: the stake is below the minimum, or the account is not registered.
            Reverted: the provider is not whitelisted.
        """
        if on:
            status, least = self.status(signer.address), self._registry.min_stake()
            if status.record.bonded < least:
                raise stake_too_small(status, least)
        return self._chain.send(signer, self._registry.serve(on))

    def authorise(self, signer: Signer, key: str, *, on: bool = True) -> Receipt:
        """Let another account answer, decline and resign for the signer; it can move no money."""
        return self._chain.send(signer, self._engine.authorise(checked_address(key), on=on))

    def offer(self, signer: Signer, model: str, terms: Offer) -> Receipt:
        """Say what a model (`name@revision`) costs at the signer's from now on.

        Raises:
            ConfigError: a term is outside its rule, or the account is not registered.
        """
        model_id(model)
        terms.check()
        self.status(signer.address)
        return self._chain.send(signer, self._registry.offer(model, terms))

    def withdraw_offer(self, signer: Signer, model: str) -> Receipt:
        """Take a model off; what is booked stays booked.

        Raises:
            ConfigError: the signer does not offer it.
        """
        self._require_offer(signer, model)
        return self._chain.send(signer, self._registry.withdraw_offer(model_id(model)))

    def stand(self, signer: Signer, model: str) -> Receipt:
        """Be one of those that selection chooses from for a model.

        Raises:
            ConfigError: the signer does not offer it.
            Reverted: it does not serve, stands already, or 32 with more stake do.
        """
        self._require_offer(signer, model)
        return self._chain.send(signer, self._registry.stand(model_id(model)))

    def step_down(self, signer: Signer, model: str) -> Receipt:
        """Be chosen no more for a model."""
        return self._chain.send(signer, self._registry.step_down(model_id(model)))

    def withdraw(self, signer: Signer, amount: str | int, *, to: str | None = None) -> Receipt:
        """Take ETH out of the provider's balance at Everloop: what it earned and what was paid in.

        An account has one balance there; `Ledger.withdraw` does the same for any account.

        Raises:
            ConfigError: the account is not registered, or less is free.
        """
        self.status(signer.address)
        return Ledger(self._chain, self._engine, signer=signer).withdraw(amount, to=to)

    def unbond(self, signer: Signer, amount: str | int, *, provider: str | None = None) -> Receipt:
        """Begin to take stake out; it leaves by `withdraw_stake` after 14 days. The owner's.

        Where less than the minimum stays, the provider stops serving.

        Args:
            signer: owns the stake.
            amount: wei, text with a unit, or `all` that open runs do not bind.
            provider: whose stake; the signer's if None.

        Raises:
            ConfigError: open runs bind it, or there is none.
            Reverted: the signer does not own the stake.
        """
        status = self._staked(signer, provider)
        bound = status.account.open * self._registry.penalty()
        most = max(0, status.record.bonded - bound)
        value = most if amount == "all" else parse_wei(amount)
        if value > most or not value:
            raise ConfigError(
                f"provider {status.address} has a stake of {format_wei(status.record.bonded)}, of "
                f"which {status.account.open} open runs bind {format_wei(bound)}: unbond more than "
                f"nothing and at most {format_wei(most)}"
            )
        return self._chain.send(signer, self._registry.unbond(status.address, value))

    def withdraw_stake(self, signer: Signer, *, provider: str | None = None) -> Receipt:
        """Send all stake whose delay is over to where its owner said; anyone's.

        Raises:
            ConfigError: nothing is on its way out, it is not released yet, or disputes hold it.
        """
        status = self._staked(signer, provider)
        if not status.withdrawable:
            raise ConfigError(f"provider {status.address} {self._held(status)}")
        return self._chain.send(signer, self._registry.withdraw(status.address))

    def set_payout(self, signer: Signer, to: str, *, provider: str | None = None) -> Receipt:
        """Say where the stake goes when it leaves; the owner's."""
        status = self._staked(signer, provider)
        call = self._registry.set_payout(status.address, checked_address(to))
        return self._chain.send(signer, call)

    def propose_owner(
        self, signer: Signer, proposed: str, *, provider: str | None = None
    ) -> Receipt:
        """Name who is to own the stake, in two steps; the zero address names nobody. The owner's.

        Args:
            signer: owns the stake.
            proposed: who is to own it, once it has accepted.
            provider: whose stake; the signer's if None.
        """
        status = self._staked(signer, provider)
        call = self._registry.propose_owner(status.address, checked_address(proposed))
        return self._chain.send(signer, call)

    def accept_owner(self, signer: Signer, *, provider: str) -> Receipt:
        """Become the owner of a stake, as its owner proposed.

        Raises:
            Reverted: somebody else, or nobody, is proposed.
        """
        status = self._staked(signer, provider)
        return self._chain.send(signer, self._registry.accept_owner(status.address))

    def enroll(
        self,
        signer: Signer,
        *,
        governor: Signer,
        stake: int = DEFAULT_STAKE,
        offers: Mapping[str, Offer] | None = None,
    ) -> Sequence[Receipt]:
        """Do all that a new provider needs, where its governor is at hand."""
        receipts = [*self.register(signer, stake=stake, offers=offers)]
        if self._registry.provider_of(signer.address).whitelisted_at == 0:
            receipts.append(self.whitelist(signer.address, governor=governor))
        return [*receipts, self.serve(signer)]

    def _staked(self, signer: Signer, provider: str | None) -> ProviderStatus:
        return self.status(signer.address if provider is None else checked_address(provider))

    def _require_offer(self, signer: Signer, model: str) -> None:
        offers = self.status(signer.address).offers
        if model not in offers:
            known = ", ".join(offers) or "none"
            raise ConfigError(
                f"provider {signer.address} does not offer {model}: name one of {known}, or offer "
                "it first"
            )

    def _held(self, status: ProviderStatus) -> str:
        """Say why no stake may leave now."""
        if not status.record.unbonding:
            return "has no stake on its way out: begin with `everloop provider unbond`"
        if status.unbonding.released:
            disputes = self._registry.disputes_of(status.address)
            return f"has {disputes} open disputes that hold what is released: wait until they end"
        return (
            f"has {format_wei(status.unbonding.first)} on its way out, released at "
            f"{format_time(status.unbonding.first_at)}: wait until then"
        )

"""What providers do: register, stake, offer, serve; and what everyone can read of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_sdk.accounts import Signer
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract, RegistryContract
from agent_sdk.errors import ConfigError
from agent_sdk.logs import address_topic
from agent_sdk.payloads import address as checked_address
from agent_sdk.payloads import keccak, model_id
from agent_sdk.types import Account, Choice, Offer, Provider, Receipt
from agent_sdk.units import ETHER, GWEI, format_wei, parse_wei

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


@dataclass(frozen=True, kw_only=True)
class ProviderStatus:
    """One provider as registry and ledger know it."""

    record: Provider
    account: Account
    is_whitelisted: bool
    offers: Mapping[str, Offer]
    """by `name@revision`, or the model's id where the name is not known"""

    @property
    def address(self) -> str:
        """The account that answers and earns."""
        return self.record.address

    @property
    def capacity(self) -> int:
        """Open inferences that the stake covers while the provider serves."""
        return self.account.capacity

    def to_dict(self) -> dict[str, Any]:
        """Return the status as JSON data; amounts in wei."""
        return {
            "address": self.address,
            "owner": self.record.owner,
            "serving": self.account.serving,
            "whitelisted": self.is_whitelisted,
            "stake_wei": self.record.bonded,
            "unbonding_wei": self.record.unbonding,
            "capacity": self.capacity,
            "open": self.account.open,
            "delivered": self.account.delivered,
            "missed": self.account.missed,
            "declined": self.account.declined,
            "latency_seconds": self.account.latency,
            "earnings_wei": self.account.balance,
            "models": {
                model: {
                    "base_price_wei": o.base_price,
                    "price_per_kilobyte_wei": o.price_per_kilobyte,
                }
                for model, o in self.offers.items()
            },
        }


class Providers:
    """The providers of one deployment."""

    def __init__(
        self, chain: Chain, registry: RegistryContract, engine: EverloopContract, *, from_block: int
    ) -> None:
        self._chain = chain
        self._registry = registry
        self._engine = engine
        self._from_block = from_block

    def list(self) -> Sequence[ProviderStatus]:
        """Return all registered providers in order of registration."""
        return [self.status(address) for address in self._registry.providers()]

    def serving(self) -> Sequence[Choice]:
        """Return every provider that takes work now with each of its models, first come first."""
        return [
            Choice(provider=status.address, model_id=_id_of(model))
            for status in self.list()
            if status.account.serving
            for model in status.offers
        ]

    def status(self, address: str) -> ProviderStatus:
        """Return one provider.

        Raises:
            ConfigError: the account is not registered.
        """
        record = self._registry.provider_of(address)
        if int(record.owner, 16) == 0:
            raise ConfigError(
                f"account {address} is no provider: run `everloop provider register` with it first"
            )
        return ProviderStatus(
            record=record,
            account=self._engine.account_of(address),
            is_whitelisted=self._registry.is_whitelisted(address),
            offers=self._offers(address),
        )

    def choice(self, address: str) -> Choice:
        """Return a provider with its first model.

        Raises:
            ConfigError: not registered, or without an offer.
        """
        models = list(self.status(address).offers)
        if not models:
            raise ConfigError(f"provider {address} offers no model: choose another")
        return Choice(provider=address, model_id=_id_of(models[0]))

    def require_serving(self, address: str) -> ProviderStatus:
        """Return a provider that takes work now.

        Raises:
            ConfigError: it does not; the message says why and what to do.
        """
        status = self.status(address)
        if status.account.serving:
            return status
        least = self._registry.min_stake()
        if status.record.bonded < least:
            raise _stake_too_small(status, least)
        cause = (
            f"the governor {self._registry.governor()} must whitelist it first"
            if not status.is_whitelisted
            else "run `everloop provider serve`"
        )
        raise ConfigError(f"provider {address} does not serve: {cause}")

    def register(
        self,
        signer: Signer,
        *,
        stake: int = DEFAULT_STAKE,
        offers: Mapping[str, Offer] | None = None,
        owner: str | None = None,
    ) -> Sequence[Receipt]:
        """Register the signer, stake and make its offers; what is done already is left out.

        Args:
            signer: the account that will answer and earn.
            stake: wei to bring the stake up to.
            offers: by `name@revision`; the embedded model's if None.
            owner: who may take the stake out; the signer if None.
        """
        registry = self._registry
        receipts: list[Receipt] = []
        record = registry.provider_of(signer.address)
        if int(record.owner, 16) == 0:
            receipts.append(self._chain.send(signer, registry.register(owner or signer.address)))
        if record.bonded < stake:
            call = registry.stake(signer.address, value=stake - record.bonded)
            receipts.append(self._chain.send(signer, call))
        for model, terms in (offers or {DEFAULT_MODEL: DEFAULT_OFFER}).items():
            if self._engine.offer_of(signer.address, model_id(model)) != terms:
                receipts.append(self._chain.send(signer, registry.offer(model, terms)))
        return receipts

    def whitelist(self, provider: str, *, governor: Signer) -> Receipt:
        """Let a provider serve once the registry's delay is over; the governor's."""
        return self._chain.send(governor, self._registry.whitelist(provider))

    def serve(self, signer: Signer, *, on: bool = True) -> Receipt:
        """Start or stop taking new work.

        Raises:
            ConfigError: the stake is below the minimum, or the account is not registered.
            Reverted: the provider is not whitelisted.
        """
        if on:
            status, least = self.status(signer.address), self._registry.min_stake()
            if status.record.bonded < least:
                raise _stake_too_small(status, least)
        return self._chain.send(signer, self._registry.serve(on))

    def authorise(self, signer: Signer, key: str, *, on: bool = True) -> Receipt:
        """Let another account answer, decline and resign for the signer; it can move no money."""
        return self._chain.send(signer, self._engine.authorise(checked_address(key), on=on))

    def withdraw(self, signer: Signer, amount: str | int, *, to: str | None = None) -> Receipt:
        """Take ETH out of the signer's earnings.

        Args:
            signer: the provider.
            amount: wei, text with a unit, or `all`.
            to: who gets it; the signer if None.

        Raises:
            ConfigError: the account is not registered, or nothing is to be withdrawn.
            Reverted: it has earned less, or the receiver takes no ETH.
        """
        free = self.status(signer.address).account.free
        value = free if amount == "all" else parse_wei(amount)
        if not value:
            raise ConfigError(
                f"provider {signer.address} has earned {format_wei(free)}: withdraw more than "
                "nothing"
            )
        receiver = checked_address(signer.address if to is None else to)
        return self._chain.send(signer, self._engine.withdraw(value, to=receiver))

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

    def _offers(self, address: str) -> dict[str, Offer]:
        """Return a provider's standing offers by model: names are told once, terms are kept."""
        topics = [address_topic(address)]
        told = self._registry.events("Offered", from_block=self._from_block, topics=topics)
        names = {event.args["modelId"]: event.args["model"] for event in told}
        offers = {name: self._engine.offer_of(address, id) for id, name in names.items()}
        return {name: terms for name, terms in offers.items() if terms.min_max_gas_price}


def _stake_too_small(status: ProviderStatus, least: int) -> ConfigError:
    return ConfigError(
        f"provider {status.address} has a stake of {format_wei(status.record.bonded)} and needs "
        f"{format_wei(least)} to serve: run `everloop provider register --stake AMOUNT`"
    )


def _id_of(model: str) -> bytes:
    return keccak(text=model)

"""What everyone can read of providers: stake, record, terms, and who takes work now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract, RegistryContract
from agent_sdk.errors import ConfigError
from agent_sdk.logs import address_topic
from agent_sdk.market import Roles, Unbonding
from agent_sdk.payloads import address as checked_address
from agent_sdk.payloads import keccak
from agent_sdk.types import ZERO_ADDRESS, Account, Choice, Offer, Provider
from agent_sdk.units import format_wei

__all__ = ["ProviderReader", "ProviderStatus", "stake_too_small"]


@dataclass(frozen=True, kw_only=True)
class ProviderStatus:
    """One provider as registry and ledger know it."""

    record: Provider
    account: Account
    roles: Roles
    unbonding: Unbonding
    """stake on its way out, as of the newest block"""
    withdrawable: int
    """wei of it that may leave now"""
    is_whitelisted: bool
    offers: Mapping[str, Offer]
    """by `name@revision`, or the model's id where the name is not known"""
    standing: frozenset[str]
    """the models for which selection may choose it"""

    @property
    def address(self) -> str:
        """The account that answers and earns."""
        return self.record.address

    @property
    def capacity(self) -> int:
        """Open inferences that the stake covers while the provider serves."""
        return self.account.capacity

    def to_dict(self) -> dict[str, Any]:
        """Return the status as JSON data; amounts in wei, times in Unix s."""
        return {
            "address": self.address,
            "owner": self.record.owner,
            "proposed_owner": None if self.roles.proposed == ZERO_ADDRESS else self.roles.proposed,
            "payout": self.roles.payout,
            "serving": self.account.serving,
            "whitelisted": self.is_whitelisted,
            "whitelisted_from": self.record.whitelisted_at or None,
            "stake_wei": self.record.bonded,
            "unbonding_wei": self.record.unbonding,
            "unbonding": [
                {"amount_wei": amount, "released_at": time} for amount, time in self._leaving()
            ],
            "withdrawable_wei": self.withdrawable,
            "capacity": self.capacity,
            "open": self.account.open,
            "delivered": self.account.delivered,
            "missed": self.account.missed,
            "declined": self.account.declined,
            "latency_seconds": self.account.latency,
            "balance_wei": self.account.balance,
            "reserved_wei": self.account.reserved,
            "free_wei": self.account.free,
            "models": {
                model: {**terms.to_dict(), "standing": model in self.standing}
                for model, terms in self.offers.items()
            },
        }

    def _leaving(self) -> list[tuple[int, int]]:
        """Return the parts of the stake that leave: wei, and the Unix s of their release."""
        u = self.unbonding
        parts = [(u.released, u.released_at), (u.first, u.first_at), (u.second, u.second_at)]
        return [part for part in parts if part[0]]


class ProviderReader:
    """The providers of one deployment, to look at."""

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
            Choice(provider=address, model_id=keccak(text=model))
            for address in self._registry.providers()
            if self._engine.account_of(address).serving
            for model in self._offers(address)
        ]

    def status(self, address: str) -> ProviderStatus:
        """Return one provider.

        Raises:
            ConfigError: the account is not registered.
        """
        address = checked_address(address)
        record = self._registry.provider_of(address)
        if int(record.owner, 16) == 0:
            raise ConfigError(
                f"account {address} is no provider: run `everloop provider register` with it first"
            )
        offers = self._offers(address)
        return ProviderStatus(
            record=record,
            account=self._engine.account_of(address),
            roles=self._registry.roles_of(address),
            unbonding=self._registry.unbonding_of(address),
            withdrawable=self._registry.withdrawable_of(address),
            is_whitelisted=self._registry.is_whitelisted(address),
            offers=offers,
            standing=frozenset(
                model
                for model in offers
                if self._registry.is_candidate(keccak(text=model), address)
            ),
        )

    def choice(self, address: str) -> Choice:
        """Return a provider with its first model.

        Raises:
            ConfigError: not registered, or without an offer.
        """
        models = list(self.status(address).offers)
        if not models:
            raise ConfigError(f"provider {address} offers no model: choose another")
        return Choice(provider=address, model_id=keccak(text=models[0]))

    def model_name(self, choice: Choice) -> str:
        """Return the name of a choice's model, or its id in hexadecimal where nobody told it."""
        return self._names(choice.provider).get(choice.model_id, f"0x{choice.model_id.hex()}")

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
            raise stake_too_small(status, least)
        cause = (
            f"the governor {self._registry.governor()} must whitelist it first"
            if not status.is_whitelisted
            else "run `everloop provider serve`"
        )
        raise ConfigError(f"provider {address} does not serve: {cause}")

    def _offers(self, address: str) -> dict[str, Offer]:
        """Return a provider's standing offers by model: names are told once, terms are kept."""
        names = self._names(address)
        offers = {name: self._engine.offer_of(address, id) for id, name in names.items()}
        return {name: terms for name, terms in offers.items() if terms.min_max_gas_price}

    def _names(self, address: str) -> dict[bytes, str]:
        """Return the names of all models that a provider ever offered, by id."""
        topics = [address_topic(address)]
        told = self._registry.events("Offered", from_block=self._from_block, topics=topics)
        return {event.args["modelId"]: event.args["model"] for event in told}


def stake_too_small(status: ProviderStatus, least: int) -> ConfigError:
    """Return the error for a provider whose stake does not let it serve."""
    return ConfigError(
        f"provider {status.address} has a stake of {format_wei(status.record.bonded)} and needs "
        f"{format_wei(least)} to serve: run `everloop provider register --stake AMOUNT`"
    )

"""Accounts of the ledger, providers and their offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_sdk.errors import ConfigError
from agent_sdk.types.words import unpack

__all__ = ["Account", "Offer", "Provider"]

_LEAST_WINDOW = 12
"""s; a block of the slowest chain served"""
_MAX_MIN_WINDOW = 86_400
"""s; the longest window of a booking"""
_MAX_CALLBACK_GAS = 16_000_000
"""gas; what a transaction can hand over (EIP-7825)"""


@dataclass(frozen=True, kw_only=True)
class Account:
    """One account of the ledger, payer and provider alike. Source: contracts/types/Account.sol."""

    balance: int
    """wei, the reserved part included"""
    reserved: int
    """wei set aside for booked runs"""
    open: int
    """inferences this provider has to answer"""
    delivered: int
    """answers in time"""
    missed: int
    """answers not given in time"""
    declined: int
    """runs handed back"""
    latency: int
    """s from due to delivery, moving average"""
    capacity: int
    """inferences that its stake covers while it serves; 0 = takes no work"""
    locked: bool
    """whether the account has ever bound itself for signed inferences"""

    @property
    def serving(self) -> bool:
        """Whether the provider takes new work."""
        return self.capacity != 0

    @property
    def free(self) -> int:
        """The part of the balance that no booked run has a claim on, wei."""
        return self.balance - self.reserved

    @classmethod
    def unpack(cls, word: int) -> Account:
        """Read the word that the contract keeps."""
        balance, reserved, open_, capacity, delivered, missed, declined, latency, flags = unpack(
            word, 80, 80, 16, 16, 24, 12, 12, 12, 4
        )
        return cls(
            balance=balance,
            reserved=reserved,
            open=open_,
            delivered=delivered,
            missed=missed,
            declined=declined,
            latency=latency,
            capacity=capacity,
            locked=bool(flags & 1),
        )


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a provider asks and demands for one model. Source: contracts/types/Offer.sol."""

    base_price: int
    """wei per inference"""
    price_per_kilobyte: int
    """wei per 1,024 bytes of output limit"""
    min_max_gas_price: int
    """wei per gas that a booking must be ready to pay; 0 = no such offer"""
    latency: int
    """s, the provider's own claim"""
    min_window: int
    """s, shortest window of a booking"""
    max_callback_gas: int
    """gas, largest callback of a booking"""
    features: int = 0
    """bit 0 = attested hardware, bit 1 = locked accounts only, verification << 8, context << 16"""

    def fee(self, output_limit: int) -> int:
        """Return the flat fee of one inference with that limit (bytes), in wei."""
        return self.base_price + output_limit * self.price_per_kilobyte // 1_024

    def check(self) -> None:
        """Refuse terms that the registry would refuse. Source: CandidateBook.offer.

        Raises:
            ConfigError: a term is outside its rule.
        """
        rules = (
            ("least gas price", "wei", self.min_max_gas_price, 1, 2**48 - 1),
            ("largest callback", "gas", self.max_callback_gas, 1, _MAX_CALLBACK_GAS),
            ("least window", "s", self.min_window, _LEAST_WINDOW, _MAX_MIN_WINDOW),
            ("price", "wei", self.base_price, 0, 2**64 - 1),
            ("price per kilobyte", "wei", self.price_per_kilobyte, 0, 2**56 - 1),
            ("latency", "s", self.latency, 0, 2**16 - 1),
            ("features", "(bits)", self.features, 0, 2**24 - 1),
        )
        for name, unit, value, least, most in rules:
            if not least <= value <= most:
                raise ConfigError(
                    f"the {name} of an offer is {value} {unit}: choose {least} to {most}"
                )

    def to_dict(self) -> dict[str, int]:
        """Return the terms as JSON data, each with its unit."""
        return {
            "base_price_wei": self.base_price,
            "price_per_kilobyte_wei": self.price_per_kilobyte,
            "min_max_gas_price_wei": self.min_max_gas_price,
            "latency_seconds": self.latency,
            "min_window_seconds": self.min_window,
            "max_callback_gas": self.max_callback_gas,
            "features": self.features,
        }

    def to_tuple(self) -> tuple[int, int, int, int, int, int, int]:
        """Return the fields in the order of the ABI."""
        return (
            self.base_price,
            self.price_per_kilobyte,
            self.min_max_gas_price,
            self.latency,
            self.min_window,
            self.max_callback_gas,
            self.features,
        )

    @classmethod
    def from_tuple(cls, fields: Sequence[Any] | Mapping[str, Any]) -> Offer:
        """Read a decoded ABI tuple, or a mapping with Solidity's field names."""
        values = fields.values() if isinstance(fields, Mapping) else fields
        names = (
            "base_price",
            "price_per_kilobyte",
            "min_max_gas_price",
            "latency",
            "min_window",
            "max_callback_gas",
            "features",
        )
        return cls(**dict(zip(names, values, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One registered provider. Source: IProviderRegistry.Provider."""

    address: str
    """account that answers and earns"""
    owner: str
    """who may take the stake out"""
    bonded: int
    """wei that back open work"""
    unbonding: int
    """wei on their way out"""
    released_at: int
    """Unix s from which the unbonding part may be withdrawn"""
    whitelisted_at: int
    """Unix s from which the whitelisting holds; 0 = not whitelisted"""
    serving: bool
    """whether the provider wants work"""

    @classmethod
    def from_tuple(cls, address: str, fields: Sequence[Any]) -> Provider:
        """Read a decoded ABI tuple."""
        owner, bonded, unbonding, released_at, whitelisted_at, serving = fields
        return cls(
            address=address,
            owner=owner,
            bonded=bonded,
            unbonding=unbonding,
            released_at=released_at,
            whitelisted_at=whitelisted_at,
            serving=serving,
        )

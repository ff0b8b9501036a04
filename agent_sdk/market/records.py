"""What the registry and the lens know of providers, stakes, disputes and jobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, Self

__all__ = [
    "Attestation",
    "Dispute",
    "JobState",
    "JobView",
    "ProviderView",
    "Roles",
    "Unbonding",
]


@dataclass(frozen=True, kw_only=True)
class _Record:
    """A struct of the ABI, its fields in order."""

    @classmethod
    def from_tuple(cls, values: Sequence[Any]) -> Self:
        """Read a decoded ABI tuple."""
        names = [item.name for item in fields(cls)]
        return cls(**dict(zip(names, values, strict=True)))


@dataclass(frozen=True, kw_only=True)
class Roles(_Record):
    """Who disposes of a provider's stake. Source: IStakeBook.rolesOf."""

    owner: str
    proposed: str
    """who is to follow as owner; the zero address for nobody"""
    payout: str
    """where the stake goes"""


@dataclass(frozen=True, kw_only=True)
class Unbonding(_Record):
    """Stake on its way out. Source: contracts/types/Unbonding.sol."""

    released: int
    """wei whose delay is over"""
    released_at: int
    """Unix s at which the newest of them was released"""
    first: int
    """wei released next"""
    first_at: int
    """Unix s of that"""
    second: int
    """wei released after them"""
    second_at: int
    """Unix s of that"""


@dataclass(frozen=True, kw_only=True)
class Dispute(_Record):
    """A claim of a slasher against a provider. Source: IDisputeBook.Dispute."""

    provider: str
    lapses_at: int
    """Unix s at which it is void"""
    slasher: str


@dataclass(frozen=True, kw_only=True)
class Attestation(_Record):
    """What a verifier found about a provider's machine. Source: IAttestationBook."""

    key: str
    """lives in attested hardware only"""
    expiry: int
    """Unix s from which it counts no more; 0 = there is none"""
    verifier: str
    measurement: bytes
    """hash of the code that runs there, 32 bytes"""


class JobState(IntEnum):
    """Where a job stands. Source: ILens.JobState."""

    NONE = 0
    DORMANT = 1
    BOOKED = 2
    RUNNING = 3


@dataclass(frozen=True, kw_only=True)
class JobView(_Record):
    """One job, unpacked. Source: ILens.JobView."""

    id: bytes
    """32 bytes"""
    state: JobState
    due: int
    """Unix s; 0 unless booked"""
    runs: int
    """runs begun so far"""
    failures: int
    """failed runs in a row"""
    record_gas: int
    """gas of the record as call data"""
    resigned: bool
    """whether its provider has left it"""

    @classmethod
    def from_tuple(cls, values: Sequence[Any]) -> Self:
        """Read a decoded ABI tuple."""
        id, state, *rest = values
        return super().from_tuple([id, JobState(state), *rest])


@dataclass(frozen=True, kw_only=True)
class ProviderView(_Record):
    """One provider, with all that registry and ledger know. Source: ILens.ProviderView."""

    provider: str
    owner: str
    """the zero address where it is not registered"""
    proposed: str
    payout: str
    bonded: int
    """wei"""
    unbonding: Unbonding
    withdrawable: int
    """wei that may be paid out now"""
    disputes: int
    """open disputes"""
    whitelisted: bool
    serving: bool
    balance: int
    """wei in Everloop, what is reserved included"""
    reserved: int
    """wei"""
    capacity: int
    """inferences it may have open"""
    open: int
    """inferences it has open"""
    delivered: int
    missed: int
    declined: int
    latency: int
    """s from due to delivery, moving average"""

    @classmethod
    def from_tuple(cls, values: Sequence[Any]) -> Self:
        """Read a decoded ABI tuple."""
        at = [item.name for item in fields(cls)].index("unbonding")
        unbonding = Unbonding.from_tuple(values[at])
        return super().from_tuple([*values[:at], unbonding, *values[at + 1 :]])

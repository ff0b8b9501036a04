"""Who of a model's candidates is best: the computation of the contract `Lens`, off chain.

A candidate is left out unless it would take the booking and keeps every limit of the criteria.
The others have four shares, 0 to 10,000 and rounded down:

    price    (max_fee - fee) / max_fee
    latency  (limit - slower of claim and average) / limit, limit the greater of both limits
    record   (delivered + 1) / (delivered + missed + declined + 2)
    stake    bonded / full_stake, at most 1

The score is the sum of weight x share; equal scores go to the lower address.
A share depends on the candidate and the criteria alone, so no third party decides who of two wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from agent_sdk.errors import ConfigError
from agent_sdk.types import ZERO_ADDRESS, ZERO_HASH, Offer

__all__ = ["Candidate", "Criteria", "Ranked", "rank"]

BPS: Final = 10_000
MAX_EXCLUDED: Final = 32
"""as many as there can be candidates"""
_TEE: Final = 1
_LOCKED: Final = 2


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What the chain knows of one provider of one model. Source: contracts/types/Selection.sol."""

    provider: str
    """account that answers and earns"""
    offer: Offer
    """what it asks and demands"""
    bonded: int
    """wei that back its work"""
    capacity: int
    """inferences that its stake covers while it serves; 0 = takes no work"""
    open: int
    """inferences it has to answer"""
    delivered: int = 0
    """answers in time"""
    missed: int = 0
    """answers not given in time"""
    declined: int = 0
    """runs handed back"""
    latency: int = 0
    """s from due to delivery, moving average"""
    verifier: str = ZERO_ADDRESS
    """who vouches for its machine; the zero address where nobody does"""
    measurement: bytes = ZERO_HASH
    """hash of the code that runs there, 32 bytes"""
    attested_until: int = 0
    """Unix s from which that counts no more"""

    @classmethod
    def from_tuple(cls, values: Sequence[Any]) -> Candidate:
        """Read a decoded ABI tuple."""
        names = [item.name for item in fields(cls)]
        record = dict(zip(names, values, strict=True))
        return cls(**record | {"offer": Offer.from_tuple(record["offer"])})

    def to_tuple(self) -> tuple[Any, ...]:
        """Return the fields in the order of the ABI."""
        return _in_order(self)


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What somebody asks of a provider. Source: contracts/types/Selection.sol.

    Limits are the scales of the shares too: with the largest limit, differences count for little.
    """

    price_weight: int = 0
    latency_weight: int = 0
    record_weight: int = 0
    stake_weight: int = 0
    """0 to 65,535 each; only their proportions matter"""
    output_limit: int
    """bytes of the inference that is to be booked"""
    window: int
    """s"""
    gas_limit: int
    """gas"""
    max_gas_price: int
    """wei per gas"""
    max_fee: int
    """wei per inference besides gas"""
    max_claimed_latency: int = 2**16 - 1
    """s"""
    max_measured_latency: int = 2**16 - 1
    """s"""
    min_stake: int = 0
    """wei"""
    full_stake: int = 0
    """wei; this stake and more has all of the stake's share"""
    min_delivered: int = 0
    """answers in time"""
    max_miss_bps: int = BPS
    """basis points of missed among missed and delivered"""
    accepts_locked: bool = False
    """whether offers for locked accounts only will do"""
    verification: int = 0
    """kind of verification wanted; 0 = any"""
    min_context: int = 0
    """least context class wanted"""
    attested: bool = False
    """whether an attestation by `verifier` is needed"""
    verifier: str = ZERO_ADDRESS
    measurement: bytes = ZERO_HASH
    """32 bytes; all zero = any"""
    excluded: tuple[str, ...] = field(default=())
    """who is left out by name; at most 32"""

    def to_tuple(self) -> tuple[Any, ...]:
        """Return the fields in the order of the ABI."""
        return _in_order(self)


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One who fulfils the criteria."""

    provider: str
    score: int
    """sum of weight x share, a share being 0 to 10,000"""
    fee: int
    """wei that the inference costs besides gas"""

    @classmethod
    def from_tuple(cls, values: Sequence[Any]) -> Ranked:
        """Read a decoded ABI tuple."""
        provider, score, fee = values
        return cls(provider=provider, score=score, fee=fee)


def rank(candidates: Iterable[Candidate], criteria: Criteria, *, time: int) -> list[Ranked]:
    """Return those who fulfil the criteria, the winner first.

    Source: Ranking.rank.

    Args:
        candidates: at most one per provider.
        criteria: what is asked of them.
        time: Unix s; attestations that end by then do not count.

    Raises:
        ConfigError: more than 32 are excluded.
    """
    if len(criteria.excluded) > MAX_EXCLUDED:
        raise ConfigError(
            f"{len(criteria.excluded)} providers are excluded: name at most {MAX_EXCLUDED}"
        )
    found = [
        Ranked(provider=c.provider, score=_score(c, criteria), fee=_fee(c, criteria))
        for c in candidates
        if _fits(c, criteria) and _trusted(c, criteria, time)
    ]
    return sorted(found, key=lambda item: (-item.score, int(item.provider, 16)))


def _fee(c: Candidate, criteria: Criteria) -> int:
    return c.offer.fee(criteria.output_limit)


def _fits(c: Candidate, criteria: Criteria) -> bool:
    """Whether the candidate would take the booking, and keeps every limit."""
    offer, runs = c.offer, c.delivered + c.missed
    return (
        c.open < c.capacity
        and 0 < offer.min_max_gas_price <= criteria.max_gas_price
        and criteria.gas_limit <= offer.max_callback_gas
        and criteria.window >= offer.min_window
        and _fee(c, criteria) <= criteria.max_fee
        and offer.latency <= criteria.max_claimed_latency
        and c.latency <= criteria.max_measured_latency
        and c.bonded >= criteria.min_stake
        and c.delivered >= criteria.min_delivered
        and (runs == 0 or c.missed * BPS // runs <= criteria.max_miss_bps)
    )


def _trusted(c: Candidate, criteria: Criteria, time: int) -> bool:
    """Whether features, attestation and name are as wanted."""
    features = c.offer.features
    if features & _LOCKED and not criteria.accepts_locked:
        return False
    if criteria.verification not in (0, features >> 8 & 0xFF):
        return False
    if features >> 16 & 0xFF < criteria.min_context:
        return False
    if criteria.attested and not _attested(c, criteria, time):
        return False
    return int(c.provider, 16) not in {int(name, 16) for name in criteria.excluded}


def _attested(c: Candidate, criteria: Criteria, time: int) -> bool:
    verifier = int(c.verifier, 16)
    return (
        bool(c.offer.features & _TEE)
        and c.attested_until > time
        and verifier != 0
        and verifier == int(criteria.verifier, 16)
        and criteria.measurement in (ZERO_HASH, c.measurement)
    )


def _score(c: Candidate, criteria: Criteria) -> int:
    """Return the score of a candidate within all limits."""
    slower = max(c.offer.latency, c.latency)
    slowest = max(criteria.max_claimed_latency, criteria.max_measured_latency)
    record = (c.delivered + 1) * BPS // (c.delivered + c.missed + c.declined + 2)
    full = c.bonded >= criteria.full_stake
    return (
        criteria.price_weight * _below(_fee(c, criteria), criteria.max_fee)
        + criteria.latency_weight * _below(slower, slowest)
        + criteria.record_weight * record
        + criteria.stake_weight * (BPS if full else c.bonded * BPS // criteria.full_stake)
    )


def _below(value: int, limit: int) -> int:
    """Return how far a value stays below its limit, which it does not exceed."""
    return BPS if limit == 0 else (limit - value) * BPS // limit


def _in_order(record: Candidate | Criteria) -> tuple[Any, ...]:
    values = (getattr(record, item.name) for item in fields(record))
    return tuple(value.to_tuple() if isinstance(value, Offer) else value for value in values)

"""How well a provider served, by one published formula over settled runs; computed off chain.

A run counts by what it paid, never by being one, and less the older it is:

    w = min(fee, F) / F x 2^(-age / H)

Its verdict has a quality q: delivered 1, declined 1/2, rejected by its consumer 1/4, missed 0.
Runs are summed per payer a, and a payer counts for less than C however much it pays:

    W_a = sum of w        Q_a = sum of w x q / W_a        c_a = C x W_a / (C + W_a)

The rating is the mean of the payers' Q_a, with P runs of quality 1/2 counted to everybody:

    rating = (P / 2 + sum of c_a x Q_a) / (P + sum of c_a)

So a provider nobody paid has 1/2, and who does not work falls or rises back to it.

What rings of Sybils get out of it:

- Jobs of 1 wei weigh 10^-15 each.
- One payer, whatever it pays, lifts its provider to (P / 2 + C) / (P + C) at most: 2/3.
- Many payers lift it further, but each must pay full fees: `turnover_for` says how much in all.
  A ring gets its fees back, less gas and the protocol's share, and pays anew every half-life.
- Nobody ruins a rival by refusing its answers: a payer counts for less than C in that direction
  too, and pays for each answer that it refuses.

A ring that pays real turnover from many payers still buys a rating: use it beside stake and
attestations, not instead. No model computes or changes a rating.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from math import fsum
from typing import Final

from agent_sdk.types import Ending, Event, Job

__all__ = ["Rating", "Settled", "Terms", "Verdict", "rate", "settled", "turnover_for"]

_BOOKED: Final = ("InferenceRequested", "InferenceReposted")


class Verdict(Enum):
    """How a run of an inference ended; the value is its quality q."""

    DELIVERED = 1.0
    DECLINED = 0.5
    REJECTED = 0.25
    MISSED = 0.0


@dataclass(frozen=True, kw_only=True)
class Settled:
    """One run that ended."""

    provider: str
    payer: str
    """owner of the inference"""
    verdict: Verdict
    fee: int
    """wei that a delivery cost, or would have cost"""
    time: int
    """Unix s"""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The constants of the formula."""

    full_fee: int = 10**15
    """F: wei; this fee and more has full weight"""
    half_life: float = 30 * 86_400.0
    """H: s"""
    payer_cap: float = 10.0
    """C: what one payer counts for at most, in full runs"""
    prior: float = 20.0
    """P: full runs of quality 1/2 that everybody begins with"""


@dataclass(frozen=True, kw_only=True)
class Rating:
    """What the formula says of one provider."""

    value: float
    """0 to 1; 1/2 where nothing is known"""
    evidence: float
    """0 to 1: how much of the value comes from runs, not from the prior"""
    payers: int
    """distinct accounts that paid for these runs"""
    runs: int


_DEFAULT: Final = Terms()


def rate(runs: Iterable[Settled], *, now: int, terms: Terms = _DEFAULT) -> dict[str, Rating]:
    """Rate every provider that occurs.

    Args:
        runs: in any order.
        now: Unix s; later runs are left out.
        terms: the constants.
    """
    sums: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
    for run in runs:
        if run.time > now:
            continue
        payers = sums.setdefault(run.provider, {})
        weights, goods = payers.setdefault(run.payer, ([], []))
        weight = _weight(run, now, terms)
        weights.append(weight)
        goods.append(weight * run.verdict.value)
    return {provider: _rating(payers, terms) for provider, payers in sums.items()}


def turnover_for(rating: float, *, payers: int, terms: Terms = _DEFAULT) -> float:
    """Return the least that a ring must pay in fees within an instant to show such a rating, wei.

    Args:
        rating: above 1/2 and below 1.
        payers: accounts that the ring has.
        terms: the constants.

    Returns:
        wei; infinite where so few payers cannot do it.
    """
    needed = terms.prior * (rating - 0.5) / (1 - rating)
    each = needed / payers
    if each >= terms.payer_cap:
        return float("inf")
    return payers * terms.full_fee * terms.payer_cap * each / (terms.payer_cap - each)


def settled(events: Iterable[Event], time_of: Callable[[int], int]) -> list[Settled]:
    """Read the runs that ended out of Everloop's events.

    Runs whose booking is not among the events, and declines that do not count, are left out.

    Args:
        events: in order of the chain.
        time_of: gives the time of a block (Unix s) by its number.
    """
    jobs: dict[bytes, Job] = {}
    runs = []
    for event in events:
        if event.name in _BOOKED:
            jobs[event.args["id"]] = event.args["job"]
            continue
        verdict = _verdict(event)
        job = event.args.get("job") or jobs.get(event.args.get("id", b""))
        if verdict is None or job is None:
            continue
        signed = event.name == "SignedInferenceDelivered"
        runs.append(
            Settled(
                provider=event.args["provider"],
                payer=job.owner,
                verdict=verdict,
                fee=job.pricing.amount if signed else job.pricing.fee,
                time=time_of(event.block),
            )
        )
    return runs


def _verdict(event: Event) -> Verdict | None:
    """Return how an event says that a run ended; None if it says nothing that counts."""
    match event.name:
        case "InferenceDelivered" | "SignedInferenceDelivered":
            is_rejected = event.args["ending"] == Ending.REJECTED
            return Verdict.REJECTED if is_rejected else Verdict.DELIVERED
        case "InferenceExpired":
            return Verdict.MISSED
        case "InferenceDeclined" if event.args["counted"]:
            return Verdict.DECLINED
    return None


def _weight(run: Settled, now: int, terms: Terms) -> float:
    paid = min(run.fee, terms.full_fee) / terms.full_fee
    return float(paid * 2.0 ** (-(now - run.time) / terms.half_life))


def _rating(payers: dict[str, tuple[list[float], list[float]]], terms: Terms) -> Rating:
    counts, goods = [], []
    for weights, good in payers.values():
        weight = fsum(weights)
        share = terms.payer_cap / (terms.payer_cap + weight)
        counts.append(share * weight)
        goods.append(share * fsum(good))
    count = fsum(counts)
    return Rating(
        value=(terms.prior / 2 + fsum(goods)) / (terms.prior + count),
        evidence=count / (terms.prior + count),
        payers=sum(1 for item in counts if item > 0),
        runs=sum(len(weights) for weights, _ in payers.values()),
    )

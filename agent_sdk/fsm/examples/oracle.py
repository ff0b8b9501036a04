"""The price oracle: collect prices, agree on the set, compute the median, agree, publish, verify.

The keeper publishes alone, so its word counts only after the others have verified it; one that
misses its deadline or publishes something else is replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from agent_sdk.fsm.app import Behaviour, Context, FsmApp, Round, World
from agent_sdk.fsm.data import Collected, SynchronizedData
from agent_sdk.fsm.spec import RoundKind, Spec

__all__ = ["APP", "Market", "OracleData", "Price", "Prices"]

#: Prices are in millionths of a dollar; sources differ by half a percent at most.
NOISE_BPS = 50
_BPS = 10_000


@dataclass(frozen=True)
class Price:
    """One price, in millionths of a dollar."""

    price: int | None


@dataclass(frozen=True)
class Prices:
    """The set of collected prices, sorted."""

    prices: list[int] | None


@dataclass(frozen=True)
class Verdict:
    """Whether the keeper published what was agreed on."""

    right: bool | None


@dataclass(frozen=True)
class Finished:
    """The period that ends."""

    period: int | None


class OracleData(SynchronizedData):
    """What the operators agree on in a period; the last price stays known in the next."""

    cross_period = ("price",)

    observations: Collected[Price]
    prices: list[int]
    price: int | None
    published: int
    finished: int


class CollectRound(Round):
    """A price of each operator."""

    kind = RoundKind.COLLECT_DIFFERENT_UNTIL_THRESHOLD
    payload = Price


class AgreeRound(Round):
    """The same set of k operators."""

    kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
    payload = Prices


class EstimateRound(Round):
    """The same median of k operators."""

    kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
    payload = Price


class PublishRound(Round):
    """What the keeper published."""

    kind = RoundKind.ONLY_KEEPER_SENDS
    payload = Price


class VerifyRound(Round):
    """Whether k operators find it published."""

    kind = RoundKind.VOTING
    payload = Verdict


class ResetRound(Round):
    """The same period number of k operators; then the next period begins."""

    kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
    payload = Finished


class Collect(Behaviour[OracleData]):
    """Ask this operator's own source, the only place where operators may differ."""

    round = CollectRound

    def act(self, data: OracleData, context: Context) -> Price:
        """Return the price that the source says."""
        return Price(context.read("price"))


class Agree(Behaviour[OracleData]):
    """List what was collected; sorted, so that all list the same."""

    round = AgreeRound

    def act(self, data: OracleData, context: Context) -> Prices | None:
        """Return the prices that operators gave, or None if none did."""
        found = [each.price for each in data.observations.values() if each.price is not None]
        return Prices(sorted(found)) if found else None


class Estimate(Behaviour[OracleData]):
    """Compute the median: of 2f + 1 prices with f lies it is between two honest ones."""

    round = EstimateRound

    def act(self, data: OracleData, context: Context) -> Price:
        """Return the lower median."""
        return Price(data.prices[(len(data.prices) - 1) // 2])


class Publish(Behaviour[OracleData]):
    """Publish the price; only the keeper's payload counts."""

    round = PublishRound

    def act(self, data: OracleData, context: Context) -> Price:
        """Return what is published."""
        return Price(data.price)


class Verify(Behaviour[OracleData]):
    """Look whether the keeper published what was agreed on."""

    round = VerifyRound

    def act(self, data: OracleData, context: Context) -> Verdict:
        """Return the verdict."""
        return Verdict(data.published == data.price)


class Reset(Behaviour[OracleData]):
    """End the period."""

    round = ResetRound

    def act(self, data: OracleData, context: Context) -> Finished:
        """Return the period that ends."""
        return Finished(data.period)


class Market(World):
    """A price that moves from period to period, and sources that are off by a little."""

    sources = ("price",)
    data = OracleData

    def read(self, source: str, operator: str, period: int) -> int:
        """Return the price as the source of one operator has it."""
        noise = _drawn(f"{self.seed} {operator} {period}", -NOISE_BPS, NOISE_BPS)
        return self._truth(period) * (_BPS + noise) // _BPS

    def is_right(self, data: SynchronizedData) -> bool:
        """Tell whether the published price is one that an honest source could have."""
        assert isinstance(data, OracleData)
        truth = self._truth(data.period)
        return abs(data.published - truth) * _BPS <= truth * NOISE_BPS + _BPS

    def _truth(self, period: int) -> int:
        return _drawn(f"{self.seed} {period}", 1_000_000_000, 4_000_000_000)


def _drawn(words: str, least: int, most: int) -> int:
    """Return a number that the same words always draw."""
    number = int.from_bytes(sha256(words.encode()).digest()[:8], "big")
    return least + number % (most - least + 1)


APP = FsmApp.declare(
    Spec.load(Path(__file__).with_name("oracle.yaml")),
    [Collect, Agree, Estimate, Publish, Verify, Reset],
    worlds=[Market],
)

"""Lens: what one wants to know before one acts, in one call each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent_sdk.contracts.binding import Binding
from agent_sdk.market import Candidate, Criteria, JobView, ProviderView, Ranked
from agent_sdk.types import Job, Outcome

__all__ = ["LensContract"]


class LensContract(Binding):
    """The lens. Source: ILens."""

    artifact = "Lens"

    def everloop(self) -> str:
        """Return the engine that is looked at."""
        return str(self._read("EVERLOOP"))

    def registry(self) -> str:
        """Return its registry."""
        return str(self._read("REGISTRY"))

    def provider_view(self, provider: str) -> ProviderView:
        """Return one provider, with all that registry and ledger know."""
        return ProviderView.from_tuple(self._read("providerView", provider))

    def provider_views(self, *, start: int, count: int) -> list[ProviderView]:
        """Return providers in order of registration, from `start`, at most `count`."""
        return [ProviderView.from_tuple(item) for item in self._read("providerViews", start, count)]

    def job_views(self, ids: Sequence[bytes]) -> list[JobView]:
        """Return where jobs stand, one per id (32 bytes)."""
        return [JobView.from_tuple(item) for item in self._read("jobViews", list(ids))]

    def preview(self, jobs: Sequence[Job]) -> tuple[list[Outcome], int]:
        """Return what running these tasks now would do, and what it would earn without gas, wei."""
        outcomes, earned = self._read("preview", [job.to_tuple() for job in jobs])
        return [Outcome(outcome) for outcome in outcomes], int(earned)

    def quote(self, job: Job) -> tuple[int, int, bytes]:
        """Return what an inference costs at its provider's present terms.

        Returns:
            The fee of a delivery (wei), what would be reserved (wei), and the revert data of the
            booking if the provider or the owner's balance refuses it, else nothing.
        """
        fee, worst, refusal = self._read("quote", job.to_tuple())
        return int(fee), int(worst), bytes(refusal)

    def candidates(self, model_id: bytes) -> list[Candidate]:
        """Return all who stand for a model."""
        return [Candidate.from_tuple(item) for item in self._read("candidates", model_id)]

    def select(self, model_id: bytes, criteria: Criteria) -> list[Ranked]:
        """Return who of those that stand for a model fulfils the criteria, the winner first."""
        found = self._read("select", model_id, criteria.to_tuple())
        return [Ranked.from_tuple(item) for item in found]

    def rank(
        self, candidates: Iterable[Candidate], criteria: Criteria, *, time: int
    ) -> list[Ranked]:
        """Return the same over given candidates at a given time (Unix s)."""
        given = [candidate.to_tuple() for candidate in candidates]
        return [
            Ranked.from_tuple(item) for item in self._read("rank", given, criteria.to_tuple(), time)
        ]

"""Choosing providers: by what the chain keeps (`selection`), by all that they did (`rating`)."""

from agent_sdk.market.rating import Rating, Settled, Terms, Verdict, rate, settled, turnover_for
from agent_sdk.market.records import (
    Attestation,
    Dispute,
    JobState,
    JobView,
    ProviderView,
    Roles,
    Unbonding,
)
from agent_sdk.market.selection import Candidate, Criteria, Ranked, rank

__all__ = [
    "Attestation",
    "Candidate",
    "Criteria",
    "Dispute",
    "JobState",
    "JobView",
    "ProviderView",
    "Ranked",
    "Rating",
    "Roles",
    "Settled",
    "Terms",
    "Unbonding",
    "Verdict",
    "rank",
    "rate",
    "settled",
    "turnover_for",
]

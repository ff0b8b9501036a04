"""All families of cases, in the order of the table."""

from __future__ import annotations

from redteam.cases import Case
from redteam.families import (
    amounts,
    calls,
    counterparties,
    encoding,
    loop,
    memory,
    observations,
    receivers,
    spending,
)

__all__ = ["all_cases"]


def all_cases() -> list[Case]:
    """Return every case there is."""
    return [
        *encoding.cases(),
        *amounts.cases(),
        *calls.cases(),
        *receivers.cases(),
        *spending.cases(),
        *counterparties.cases(),
        *loop.cases(),
        *memory.cases(),
        *observations.cases(),
    ]

"""All families of cases, in the order of the table."""

from __future__ import annotations

from redteam.cases import Case
from redteam.families import amounts, calls, counterparties, encoding, loop, memory, receivers
from redteam.families import spending

__all__ = ["all_cases"]


def all_cases() -> list[Case]:
    """Return every case there is."""
    modules = (encoding, amounts, calls, receivers, spending, counterparties, loop, memory)
    return [case for module in modules for case in module.cases()]

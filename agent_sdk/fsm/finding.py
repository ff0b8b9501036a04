"""What a check says: one broken rule, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_sdk.errors import SpecError

__all__ = ["Finding", "RulesBroken", "shown"]

_SHOWN = 60


@dataclass(frozen=True, order=True)
class Finding:
    """One broken rule.

    Attributes:
        file: the file as it was named.
        rule: short name of the rule.
        message: the state, the event and the value that break it, and the next action.
    """

    file: str
    rule: str
    message: str

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.file}: {self.rule}: {self.message}"

    def to_dict(self) -> dict[str, str]:
        """Return the finding as JSON."""
        return {"file": self.file, "rule": self.rule, "message": self.message}


class RulesBroken(SpecError):
    """A specification or a composition breaks rules.

    Attributes:
        findings: every broken rule, at least one.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        rest = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0]}{rest}")
        self.findings = tuple(findings)


def shown(value: object) -> str:
    """Return a value from a file for a message: short, whatever it is."""
    if isinstance(value, list | tuple | set | frozenset):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, int) and value.bit_length() > 256:
        return "a number of more than 256 bits"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"

"""What is known about mutants beforehand: tests/mutants.json."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mutation.generator import Mutant

PATH = Path("tests") / "mutants.json"
#: `equivalent`: no test can tell it from the original. `accepted`: one could, and none is wanted.
KINDS = ("equivalent", "accepted")


@dataclass(frozen=True)
class Reason:
    """Why a mutant may survive.

    Attributes:
        unit: `path Contract.function`.
        before: the original line or lines, on one line.
        after: the same with the mutation.
        kind: one of KINDS.
        text: the reason itself.
    """

    unit: str
    before: str
    after: str
    kind: str
    text: str

    def covers(self, mutant: Mutant) -> bool:
        """Tell whether this is about a mutant."""
        words = (f"{mutant.path} {mutant.unit}", mutant.before, mutant.after)
        return words == (self.unit, self.before, self.after)


@dataclass(frozen=True)
class Settings:
    """The content of tests/mutants.json.

    Attributes:
        metering: matches names of constants that reckon gas, and lines that do.
        reasons: why some mutants survive.
    """

    metering: re.Pattern[str]
    reasons: tuple[Reason, ...]

    def reason(self, mutant: Mutant) -> Reason | None:
        """Return what is known about a mutant."""
        return next((reason for reason in self.reasons if reason.covers(mutant)), None)

    def stale(self, mutants: Iterable[Mutant], groups: Iterable[str]) -> list[Reason]:
        """Return the reasons about files of the groups' folders that fit no mutant any more."""
        folders = tuple(f"{folder}/" for folder in groups)
        known = {(f"{m.path} {m.unit}", m.before, m.after) for m in mutants}
        return [
            reason
            for reason in self.reasons
            if reason.unit.startswith(folders)
            and (reason.unit, reason.before, reason.after) not in known
        ]


def read_settings(root: Path) -> Settings:
    """Read tests/mutants.json.

    Raises:
        ValueError: an entry has an unknown kind or lacks its reason.
    """
    content = json.loads((root / PATH).read_text("utf-8"))
    return Settings(
        re.compile(content["metering"]), tuple(_reason(entry) for entry in content["reasons"])
    )


def _reason(entry: Mapping[str, str]) -> Reason:
    reason = Reason(
        entry["unit"], entry["before"], entry["after"], entry["kind"], entry["reason"].strip()
    )
    if reason.kind not in KINDS or not reason.text:
        raise ValueError(f"{PATH}: {reason.unit}: kind is one of {KINDS}, and a reason is needed")
    return reason

"""Each guarantee stands in NatSpec, in docs/invariants.md and in the name of a test."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

GUARANTEES = {"LED": 3, "SCH": 8, "INF": 5, "REG": 4, "AGT": 3}
IDS = [f"{area}-{number + 1}" for area, count in GUARANTEES.items() for number in range(count)]
#: Not promised yet, so exempt from NatSpec and tests; docs/invariants.md must mark them.
LATER: frozenset[str] = frozenset()


def entries() -> dict[str, str]:
    """Return the part of docs/invariants.md that belongs to each id."""
    text = (ROOT / "docs/invariants.md").read_text("utf-8")
    parts = re.split(r"^\*\*([A-Z]{3}-\d)\*\* ", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_guarantee_is_listed_once_and_no_other() -> None:
    text = (ROOT / "docs/invariants.md").read_text("utf-8")
    assert re.findall(r"^\*\*([A-Z]{3}-\d)\*\*", text, re.M) == IDS


@pytest.mark.parametrize("id", [id for id in IDS if id not in LATER])
def test_guarantee_is_in_natspec_docs_and_test_names(id: str) -> None:
    entry = entries()[id]
    files = re.findall(r"\]\(\.\./(contracts/[\w/]+\.sol)\)", entry)
    assert files, f"{id} names no NatSpec"
    for file in files:
        assert f"[{id}]" in (ROOT / file).read_text("utf-8"), f"{file} does not name {id}"
    tests = re.findall(r"`((?:test|invariant)\w*)`", entry)
    assert tests, f"{id} names no test"
    assert [test for test in tests if id.replace("-", "") not in test] == []


def test_what_is_not_promised_yet_is_marked_and_nothing_else() -> None:
    assert {id for id, entry in entries().items() if "Later work" in entry} == LATER


def test_contracts_and_tests_name_no_unknown_guarantee() -> None:
    areas = "|".join(GUARANTEES)
    named: set[str] = set()
    for path in (ROOT / "contracts").rglob("*.sol"):
        named.update(re.findall(rf"\[((?:{areas})-\d+)\]", path.read_text("utf-8")))
    for path in (ROOT / "tests").rglob("*.sol"):
        found = re.findall(
            rf"function (?:test|testFuzz|invariant)_((?:{areas})\d)", path.read_text("utf-8")
        )
        named.update(f"{id[:3]}-{id[3:]}" for id in found)
    assert named - set(IDS) == set()

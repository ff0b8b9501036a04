"""What the analyses read from their tools, and what they call a miss."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
try:
    fuzz, shared, slither, symbolic = (
        importlib.import_module(f"analysis.{name}")
        for name in ("fuzz", "shared", "slither", "symbolic")
    )
finally:
    sys.path.remove(str(ROOT / "scripts"))


# Fuzz tests and invariants


def forge_report(kind: dict[str, Any], *, status: str = "Success") -> dict[str, Any]:
    result = {"status": status, "reason": "why", "kind": kind}
    return {"tests/forge/A.t.sol:A": {"test_results": {"testFuzz_A(uint256)": result}}}


def fuzz_misses(report: dict[str, Any], *, kind: str = "Fuzz", least: int = 1) -> list[str]:
    campaigns = list(fuzz.read_campaigns(report, kind))
    found: list[str] = fuzz.misses(campaigns, runs=1_000, least=least, what="fuzz")
    return found


def test_a_fuzz_test_that_ran_as_often_as_asked_passes() -> None:
    report = forge_report({"Fuzz": {"runs": 1_000}})
    (campaign,) = fuzz.read_campaigns(report, "Fuzz")
    assert campaign == fuzz.Campaign("A.t.sol:A", "testFuzz_A", 1_000, 1_000, 0, "")
    assert fuzz_misses(report) == []


def test_fewer_runs_than_asked_are_a_miss() -> None:
    report = forge_report({"Fuzz": {"runs": 999}})
    assert fuzz_misses(report) == ["A.t.sol:A testFuzz_A ran 999 of 1000 times"]


def test_a_fuzz_test_that_takes_no_input_is_a_miss() -> None:
    report = forge_report({"Unit": {"gas": 1}})
    assert fuzz_misses(report) == ["A.t.sol:A testFuzz_A ran 0 of 1000 times"]


@pytest.mark.parametrize("status", ["Failure", "Skipped"])
def test_a_failed_fuzz_test_is_a_miss(status: str) -> None:
    report = forge_report({"Fuzz": {"runs": 3}}, status=status)
    assert fuzz_misses(report) == [f"A.t.sol:A testFuzz_A {status}: why"]


def test_a_reverted_call_of_an_invariant_is_a_miss() -> None:
    report = forge_report({"Invariant": {"runs": 1_000, "calls": 100_000, "reverts": 2}})
    assert fuzz_misses(report, kind="Invariant") == ["A.t.sol:A testFuzz_A: 2 calls reverted"]


def test_fewer_fuzz_tests_than_the_floor_are_a_miss() -> None:
    report = forge_report({"Fuzz": {"runs": 1_000}})
    assert fuzz_misses(report, least=2) == ["1 fuzz, fewer than the floor of 2"]


@pytest.mark.parametrize("name", ["fuzz", "invariants", "symbolic"])
def test_every_count_has_a_floor(name: str) -> None:
    assert shared.floor(name) > 0


# slither

CONTRACT = {"type": "contract", "name": "Ledger"}
FUNCTION = {
    "type": "function",
    "name": "withdraw",
    "type_specific_fields": {"parent": CONTRACT, "signature": "withdraw(uint256,address)"},
}


def element(kind: str, name: str, parent: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "name": name, "type_specific_fields": {"parent": parent}}


def finding(impact: str = "Medium", detector: str = "unused-return") -> Any:
    return slither.Finding(detector, "Ledger.withdraw", impact, "text (Ledger.sol#20)")


def entry(where: str = "Ledger.withdraw", detector: str = "unused-return") -> Any:
    return slither.Entry(detector, where, "The value is of no use to the caller.")


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (FUNCTION, "Ledger.withdraw"),
        (element("variable", "to", FUNCTION), "Ledger.withdraw"),
        (element("node", "amount == 0", FUNCTION), "Ledger.withdraw"),
        (element("variable", "_accounts", CONTRACT), "Ledger._accounts"),
        (CONTRACT, "Ledger"),
    ],
)
def test_a_finding_is_placed_by_contract_and_member(found: dict[str, Any], where: str) -> None:
    assert slither.owner_of(found) == where


def test_a_report_of_slither_is_read() -> None:
    result = {"check": "timestamp", "impact": "Low", "description": "a\n\tb\n", "elements": []}
    result["elements"] = [FUNCTION]
    report = {"success": True, "results": {"detectors": [result]}}
    (read,) = slither.read_findings(report)
    assert read == slither.Finding("timestamp", "Ledger.withdraw", "Low", "a b")
    with pytest.raises(ValueError, match="solc"):
        slither.read_findings({"success": False, "error": "no solc"})


def test_a_finding_with_an_entry_passes() -> None:
    assert slither.misses([finding()], [entry()]) == []


def test_a_finding_without_an_entry_is_a_miss() -> None:
    (line,) = slither.misses([finding()], [])
    assert line.startswith("untriaged medium unused-return in Ledger.withdraw: text")


def test_an_entry_that_matches_nothing_is_a_miss() -> None:
    (line,) = slither.misses([], [entry()])
    assert line.startswith("stale triage: unused-return in Ledger.withdraw")


def test_only_minor_findings_can_be_triaged_everywhere_at_once() -> None:
    assert slither.misses([finding("Low")], [entry("*")]) == []
    assert len(slither.misses([finding("Medium")], [entry("*")])) == 2
    unread = finding("Informational", slither.UNREAD)
    assert len(slither.misses([unread], [entry("*", slither.UNREAD)])) == 2


def test_an_entry_needs_a_reason() -> None:
    bare = slither.Entry("unused-return", "Ledger.withdraw", "ok")
    assert "without a reason" in slither.misses([finding()], [bare])[0]


def test_a_function_that_slither_cannot_read_is_a_finding() -> None:
    line = "Impossible to generate IR for Box.show (contracts/Box.sol#1-2):\n 'NoneType'\n"
    (unread,) = slither.unread_functions(line)
    assert (unread.detector, unread.where) == (slither.UNREAD, "Box.show")


def test_the_committed_triage_is_sorted_and_says_each_thing_once() -> None:
    entries = json.loads((ROOT / "tests" / "slither.json").read_text("utf-8"))
    keys = [(entry["detector"], entry["where"]) for entry in entries]
    assert keys == sorted(set(keys))


# halmos


def halmos_report(code: int = 0, bounded: int = 0) -> dict[str, Any]:
    result = {"name": "check_A(uint256)", "exitcode": code, "num_bounded_loops": bounded}
    result |= {"num_paths": [5, 3, 0], "time": [0.25, 0.2, 0.05]}
    return {"exitcode": code, "test_results": {"tests/symbolic/A.t.sol:ASymbolicTest": [result]}}


def test_a_proven_check_passes() -> None:
    proofs = symbolic.read_proofs(halmos_report())
    assert proofs == [symbolic.Proof("A.check_A", "proven", 5, 0.25)]
    assert symbolic.misses(proofs, {"A.check_A"}, 1) == []


@pytest.mark.parametrize(
    ("code", "bounded", "verdict"),
    [
        (1, 0, "counterexample"),
        (2, 0, "timeout"),
        (4, 0, "every path reverts"),
        (9, 0, "exit 9"),
        (0, 1, "loop not unrolled to its end"),
    ],
)
def test_a_check_that_is_not_proven_is_a_miss(code: int, bounded: int, verdict: str) -> None:
    proofs = symbolic.read_proofs(halmos_report(code, bounded))
    assert symbolic.misses(proofs, {"A.check_A"}, 1) == [f"A.check_A: {verdict}"]


def test_a_check_that_did_not_run_is_a_miss() -> None:
    proofs = symbolic.read_proofs(halmos_report())
    found = symbolic.misses(proofs, {"A.check_A", "A.check_B"}, 2)
    assert found == ["A.check_B did not run", "1 checks ran, fewer than the floor of 2"]


def test_checks_are_found_in_the_sources() -> None:
    written = symbolic.written_checks()
    assert len(written) >= shared.floor("symbolic")
    assert "Account.check_LED2_ReserveKeepsReservedBacked" in written

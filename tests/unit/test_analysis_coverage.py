"""Coverage counts what forge counts, and what forge cannot only where the sources prove it."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
try:
    coverage, lcov, sources = (
        importlib.import_module(f"analysis.{name}") for name in ("coverage", "lcov", "sources")
    )
finally:
    sys.path.remove(str(ROOT / "scripts"))

REPORT = """TN:
SF:contracts/core/Ledger.sol
DA:3,7
FN:3,Ledger.withdraw
FNDA:7,Ledger.withdraw
DA:4,7
DA:5,0
BRDA:5,0,0,-
BRDA:6,1,0,2
end_of_record
SF:contracts/types/Job.sol
DA:1,0
end_of_record
"""


def measured(lines: dict[int, int]) -> Any:
    return lcov.FileCoverage(lines=dict(lines), functions={(1, "f"): 1})


def simple(first: int, last: int = 0) -> Any:
    return sources.Statement("ExpressionStatement", first, last or first)


def assembly(first: int, last: int, branching: tuple[int, ...] = ()) -> Any:
    return sources.Statement("InlineAssembly", first, last, frozenset(branching))


# Sources


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("require(a == b, Wrong(a, b));", "{ if (!(a == b)) revert Wrong(a, b); }"),
        ("require(f(a, b), Wrong());", "{ if (!(f(a, b))) revert Wrong(); }"),
        ('require(ok, "no, not so");', '{ if (!(ok)) revert("no, not so"); }'),
        ("require(ok);", "{ if (!(ok)) revert(); }"),
        (
            "if (live) require(a, E()); else require(b, F());",
            "if (live) { if (!(a)) revert E(); } else { if (!(b)) revert F(); }",
        ),
        ("// require(a, B());", "// require(a, B());"),
    ],
)
def test_require_is_written_as_if(before: str, after: str) -> None:
    assert sources.spell_out(before) == after


def test_an_else_stays_with_its_own_condition(tmp_path: Path) -> None:
    source = "pragma solidity 0.8.37; contract C { error E(); error F();\n"
    source += "function f(bool live, bool a, bool b) external pure {\n"
    source += "if (live) require(a, E());\nelse require(b, F());\n} }\n"
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "C.sol").write_text(sources.spell_out(source), "utf-8")
    solc = ROOT / ".venv" / "tools" / "solc"
    tree = sources.syntax_trees(tmp_path, solc, [])["contracts/C.sol"]
    conditions = [node for node in sources.walk(tree) if node["nodeType"] == "IfStatement"]
    assert [bool(node.get("falseBody")) for node in conditions] == [True, False, False]


def test_lines_stay_where_they_are() -> None:
    before = "require(\n  a != 0\n    && b,\n  Wrong(a)\n);\nnext();\n"
    after = sources.spell_out(before)
    assert after == "{ if (!(\n  a != 0\n    && b))\n  revert Wrong(a)\n; }\nnext();\n"
    for file in (ROOT / "contracts").rglob("*.sol"):
        text = file.read_text("utf-8")
        assert sources.spell_out(text).count("\n") == text.count("\n"), file


def test_blocks_are_read_with_their_lines() -> None:
    source = "f {\n  a();\n  assembly {\n    if x {\n }\n }\n}\n"

    def node(kind: str, text: str, **more: Any) -> dict[str, Any]:
        start = source.index(text)
        return {"nodeType": kind, "src": f"{start}:{len(text)}:0", **more}

    yul = {"nodeType": "YulBlock", "statements": [node("YulIf", "if x {\n }")]}
    body = [
        node("ExpressionStatement", "a();"),
        node("InlineAssembly", "assembly {\n    if x {\n }\n }", AST=yul),
    ]
    tree = {"nodeType": "SourceUnit", "nodes": [{"nodeType": "Block", "statements": body}]}
    assert sources.blocks(tree, source) == [[simple(2), assembly(3, 6, (4, 5))]]


# Report


def test_lcov_is_read() -> None:
    files = lcov.read_lcov(REPORT)
    assert files["contracts/core/Ledger.sol"] == lcov.FileCoverage(
        lines={3: 7, 4: 7, 5: 0},
        branches={(5, "0", "0"): 0, (6, "1", "0"): 2},
        functions={(3, "Ledger.withdraw"): 7},
    )
    assert files["contracts/types/Job.sol"].lines == {1: 0}


def test_a_statement_ran_if_a_later_one_of_its_block_did() -> None:
    file = measured({2: 0, 3: 0, 4: 5})
    lcov.infer(file, [[simple(2, 3), simple(4)]])
    assert file.lines == {2: 1, 3: 1, 4: 5}
    assert file.inferred == {2, 3}


def test_the_last_statement_of_a_block_is_not_inferred() -> None:
    file = measured({2: 5, 3: 0})
    lcov.infer(file, [[simple(2), simple(3)]])
    assert file.lines == {2: 5, 3: 0}


def test_a_statement_of_another_block_proves_nothing() -> None:
    file = measured({2: 0, 3: 5})
    lcov.infer(file, [[simple(2)], [simple(3)]])
    assert file.lines[2] == 0


def test_assembly_ran_if_the_statement_in_front_did() -> None:
    file = measured({2: 5, 4: 0})
    lcov.infer(file, [[simple(2), assembly(3, 5)]])
    assert file.lines == {2: 5, 4: 1}
    file = measured({2: 0, 4: 0})
    lcov.infer(file, [[simple(2), assembly(3, 5)]])
    assert file.lines == {2: 0, 4: 0}


def test_assembly_that_is_all_of_a_function_ran_if_the_function_did() -> None:
    file = measured({3: 0})
    lcov.infer(file, [[assembly(2, 4)]])
    assert file.lines == {3: 1}
    file = measured({3: 0})
    file.functions = {(1, "f"): 0}
    lcov.infer(file, [[assembly(2, 4)]])
    assert file.lines == {3: 0}


def test_conditional_assembly_is_left_out() -> None:
    file = measured({2: 5, 3: 0, 4: 0})
    file.branches = {(4, "0", "0"): 0, (9, "1", "0"): 1}
    lcov.infer(file, [[simple(2), assembly(3, 5, (4,))]])
    assert file.lines == {2: 5, 3: 1}
    assert file.branches == {(9, "1", "0"): 1}
    assert file.unmeasured == {4}


def test_figures_are_summed_per_group() -> None:
    text, figures = coverage.summarise(lcov.read_lcov(REPORT))
    assert figures["engine"] == {"lines": 50.0, "branches": 50.0}
    assert figures["agent"] == {"lines": 100.0, "branches": 100.0}
    rows = [" ".join(line.split()) for line in text.splitlines()]
    assert "core/Ledger.sol 66.7% (2/3) 50.0% (1/2) 100.0% (1/1)" in rows
    assert "= engine 50.0% (2/4) 50.0% (1/2) 100.0% (1/1)" in rows


def test_a_file_with_code_in_no_report_is_a_miss() -> None:
    function = {"nodeType": "FunctionDefinition", "body": {"nodeType": "Block"}}
    abstract = {"nodeType": "FunctionDefinition", "body": None}
    trees = {
        "contracts/core/A.sol": {"nodeType": "SourceUnit", "nodes": [function]},
        "contracts/core/B.sol": {"nodeType": "SourceUnit", "nodes": [abstract]},
        "contracts/core/C.sol": {"nodeType": "SourceUnit", "nodes": [function]},
    }
    found = coverage.missing({"contracts/core/C.sol"}, trees)
    assert found == ["contracts/core/A.sol has code and is in no report of forge"]


def test_failed_tests_are_named_once() -> None:
    output = "[PASS] test_A() (gas: 1)\n[FAIL: a [b] 1 > 0] test_B() (gas: 2)\n"
    output += "[FAIL; counterexample: ...] testFuzz_C(uint256,bytes[2]) (runs: 3)\n" * 2
    assert coverage.failed_tests(output) == ["testFuzz_C", "test_B"]


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("contracts/core/Ledger.sol", "engine"),
        ("contracts/lens/Lens.sol", "engine"),
        ("contracts/agent/Agent.sol", "agent"),
        ("contracts/interfaces/IAgent.sol", ""),
        ("tests/forge/core/Base.sol", ""),
    ],
)
def test_files_belong_to_groups(name: str, group: str) -> None:
    assert coverage.group_of(name) == group

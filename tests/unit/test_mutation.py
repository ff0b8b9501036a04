"""Mutants come from the syntax tree: each is one change of behaviour, named by its own line."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = "contracts/mutable.sol"
TEXT = (ROOT / "tests/unit/data/mutable.sol").read_text("utf-8")
METERING = re.compile("GAS")

sys.path.insert(0, str(ROOT / "scripts"))
compiling = importlib.import_module("mutation.compiler")
generator = importlib.import_module("mutation.generator")
reaching = importlib.import_module("mutation.reach")
settings = importlib.import_module("mutation.settings")
sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    made = compiling.Compiler(ROOT, tmp_path_factory.mktemp("compiled"), "")
    yield made
    made.close()


@pytest.fixture(scope="module")
def trees(compiler: Any) -> Any:
    return compiler.trees({SOURCE: TEXT}, {})


@pytest.fixture(scope="module")
def mutants(trees: Any) -> Any:
    return generator.generate(trees, {SOURCE: TEXT}, METERING)


def changes(mutants: Any, unit: str) -> set[tuple[str, str]]:
    """Return (operator, line after the change) of one unit's mutants."""
    return {(m.edit.operator, m.after) for m in mutants if m.unit == unit}


def test_a_check_is_negated_and_left_out(mutants: Any) -> None:
    assert changes(mutants, "Guarded.onlyOwner") == {
        ("check", "require(!(msg.sender == OWNER), NotOwner());"),
        ("check", "{}"),
        ("relation", "require(msg.sender != OWNER, NotOwner());"),
    }


def test_every_part_of_a_function_is_changed(mutants: Any) -> None:
    clamp = "if (amount > LARGEST || amount == 0) amount = LARGEST;"
    assert changes(mutants, "Till.pay") == {
        ("modifier", "function pay(address from, address to, uint256 amount) external {"),
        ("condition", "if (!(amount > LARGEST || amount == 0)) amount = LARGEST;"),
        ("condition", "if (true) amount = LARGEST;"),
        ("statement", "if (amount > LARGEST || amount == 0) {}"),
        ("relation", clamp.replace(">", ">=")),
        ("relation", clamp.replace(">", "<=")),
        ("relation", clamp.replace("==", "!=")),
        ("logic", clamp.replace("||", "&&")),
        ("operand", "if (amount > LARGEST) amount = LARGEST;"),
        ("operand", "if (amount == 0) amount = LARGEST;"),
        ("constant", clamp.replace("0)", "(0 + 1))")),
        ("arithmetic", "paid[to] -= amount;"),
        ("arithmetic", "paid[to] = amount;"),
        ("statement", "{}"),
        ("arguments", "emit Paid(to, from, amount);"),
        ("event", "emit Paid(address(0), to, amount);"),
        ("event", "emit Paid(from, address(0), amount);"),
        ("event", "emit Paid(from, to, 0);"),
    }


def test_assembly_is_changed_too(mutants: Any) -> None:
    assert changes(mutants, "Till.add") == {
        ("assembly", "c := sub(a, b)"),
        ("assembly", "{}"),
        ("assembly", "if gt(c, 1) { revert(0, 0) }"),
        ("assembly", "if lt(c, 2) { revert(0, 0) }"),
        ("assembly", "if lt(c, 0) { revert(0, 0) }"),
        ("assembly", "if 1 { revert(0, 0) }"),
        ("assembly", "if 0 { revert(0, 0) }"),
        ("assembly", "if lt(c, 1) { revert(1, 0) }"),
        ("assembly", "if lt(c, 1) { revert(0, 1) }"),
        ("assembly", "if lt(c, 1) { {} }"),
    }


def test_a_loop_keeps_its_step(mutants: Any) -> None:
    loop = [after for _, after in changes(mutants, "Till.sum") if after.startswith("for")]
    assert "for (uint256 i = 0; i <= amounts.length; ++i) {" in loop
    assert "for (uint256 i = 0; false; ++i) {" in loop
    assert all("++i)" in after for after in loop)


def test_gas_constants_are_doubled_and_halved_others_stepped(mutants: Any) -> None:
    assert changes(mutants, "Till.CALL_GAS") == {
        ("constant", "uint256 private constant CALL_GAS = 10000;"),
        ("constant", "uint256 private constant CALL_GAS = 2500;"),
    }
    assert changes(mutants, "Till.LARGEST") == {
        ("constant", "uint256 private constant LARGEST = (1 days + 1);"),
        ("constant", "uint256 private constant LARGEST = (1 days - 1);"),
    }


def test_types_and_comments_stay(mutants: Any) -> None:
    lines = TEXT.splitlines()
    for mutant in mutants:
        line = lines[mutant.line - 1].strip()
        assert not line.startswith(("//", "pragma", "type", "event", "error", "mapping"))


def test_every_mutant_changes_the_file_at_its_line(mutants: Any) -> None:
    for mutant in mutants:
        changed = mutant.apply(TEXT)
        assert changed != TEXT
        before, after = TEXT.splitlines(), changed.splitlines()
        assert before[: mutant.line - 1] == after[: mutant.line - 1]
    assert len({mutant.key for mutant in mutants}) == len(mutants)


def test_every_mutant_compiles(mutants: Any, compiler: Any) -> None:
    sources = {f"contracts/{mutant.key}.sol": mutant.apply(TEXT) for mutant in mutants}
    assert len(compiler.trees(sources, {})) == len(mutants) > 60


def test_what_does_not_compile_is_refused(compiler: Any) -> None:
    with pytest.raises(compiling.Refused, match="Undeclared identifier"):
        compiler.code({SOURCE: TEXT.replace("LARGEST;", "NONE;")}, {}, {(SOURCE, "Till")})


def test_keys_outlive_changes_of_other_lines(mutants: Any, compiler: Any) -> None:
    moved = TEXT.replace("contract Till", "\n\ncontract Till").replace("+ 7", "+ 8")
    again = generator.generate(compiler.trees({SOURCE: moved}, {}), {SOURCE: moved}, METERING)
    keys = {mutant.key for mutant in again}
    assert {m.unit for m in mutants if m.key not in keys} == {"CellLib.unused"}


def test_the_same_line_twice_in_a_function_gives_two_mutants(compiler: Any) -> None:
    text = (
        "contract C { function f(uint256 a) external pure {\nrequire(a > 1);\nrequire(a > 1);\n} }"
    )
    found = generator.generate(compiler.trees({SOURCE: text}, {}), {SOURCE: text}, METERING)
    same = [m for m in found if m.after == "require(a < 1);" or m.after == "require(a <= 1);"]
    assert [(m.line, m.ordinal) for m in same] == [(2, 0), (3, 1)]
    assert len({m.key for m in found}) == len(found)


def test_code_reaches_who_inherits_uses_or_creates_it_and_nobody_else(trees: Any) -> None:
    reach = reaching.Reach(trees)
    ids = {unit.name: unit.id for unit in generator.units_of(SOURCE, trees[SOURCE])}
    till, shop = (SOURCE, "Till"), (SOURCE, "Shop")
    # Visitor only calls a Till; the library's unused function is in no contract.
    for unit in ("Guarded.onlyOwner", "Guarded.constructor", "Till.add", "CellLib.SHIFT"):
        assert reach.carriers(ids[unit]) == {till, shop}, unit
    assert reach.carriers(ids["Shop.till"]) == {shop}
    assert reach.carriers(ids["CellLib.unused"]) == set()


def test_only_reached_contracts_change_their_bytecode(
    mutants: Any, compiler: Any, trees: Any
) -> None:
    reach = reaching.Reach(trees)
    contracts = {(SOURCE, name) for name in ("Till", "Shop", "Visitor")}
    bare = {"metadata": {"bytecodeHash": "none", "appendCBOR": False}}
    original = compiler.code({SOURCE: TEXT}, bare, contracts)
    for unit in ("CellLib.high", "CellLib.unused", "Guarded.constructor", "Visitor.look"):
        mutant = next(m for m in mutants if m.unit == unit)
        changed = compiler.code({SOURCE: mutant.apply(TEXT)}, bare, contracts)
        differ = {contract for contract in contracts if changed[contract] != original[contract]}
        assert differ == reach.carriers(mutant.unit_id), unit


def test_the_same_input_is_compiled_once(compiler: Any, tmp_path: Path) -> None:
    code = compiler.code({SOURCE: TEXT}, {}, {(SOURCE, "Till")})
    nowhere = compiling.Compiler(tmp_path, compiler.cache, compiler.salt)
    assert nowhere.code({SOURCE: TEXT}, {}, {(SOURCE, "Till")}) == code
    with pytest.raises(FileNotFoundError):
        nowhere.code({SOURCE: TEXT + "\n"}, {}, {(SOURCE, "Till")})


def test_a_compiler_that_answers_no_lines_is_started_for_each_input(tmp_path: Path) -> None:
    tool = tmp_path / ".venv/tools/solc"
    tool.parent.mkdir(parents=True)
    own = ROOT / ".venv/tools/solc"
    tool.write_text(f'#!/bin/sh\n[ "$1" = --standard-json ] || exit 1\nexec "{own}" "$@"\n')
    tool.chmod(0o755)
    plain = compiling.Compiler(tmp_path, tmp_path / "compiled", "")
    assert set(plain.trees({SOURCE: TEXT}, {})) == {SOURCE}
    assert set(plain.trees({SOURCE: TEXT}, {})) == {SOURCE}


def test_known_reasons_are_complete() -> None:
    known = settings.read_settings(ROOT)
    places = [(reason.unit, reason.before, reason.after) for reason in known.reasons]
    assert len(set(places)) == len(places)
    assert all(len(reason.text) > 20 for reason in known.reasons)

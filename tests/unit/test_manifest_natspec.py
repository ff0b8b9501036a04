"""A manifest is built from what the real compiler says of a contract's source."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent_sdk.errors import SpecError
from agent_sdk.manifest import Manifest
from agent_sdk.natspec import build_manifest

ROOT = Path(__file__).resolve().parent.parent.parent
BASE = """
interface IBase {
    /// @notice Wait.
    /// @custom:example Nothing is new. => hold()
    function hold() external;
    /// @notice Come back
    ///   later.
    /// @param delay Seconds to wait.
    /// @custom:range delay 60 86_400
    function wakeIn(uint256 delay) external;
    /// @notice Not offered below.
    function gone() external;
}
abstract contract Base is IBase {
    modifier action() { _; }
    /// @inheritdoc IBase
    function hold() external virtual action {}
    /// @inheritdoc IBase
    function wakeIn(uint256 delay) external virtual action {}
    function gone() external virtual action {}
}
"""
PAYER = """
/**
 * @title Payer
 * @custom:instructions Pay what is
 *   due.
 * @custom:example No bill is due. => hold()
 * @custom:example Two bills, 5 and 6, are due. => pay(5, true); pay(1_000, false)
 */
contract Payer is Base {
    /// @notice Pay a bill.
    /// @param amount wei.
    /// @custom:range amount 1 1e3
    /// @custom:example A bill of 7 is due. => pay(7, true) | A bill of 8 is due => pay(8, true);
    function pay(uint256 amount, bool urgent) external action {}
    /// @custom:example Greet => greet("a; b)", 0x00ff,
    ///   [0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045])
    function greet(string calldata text, bytes calldata data, address[] calldata to)
        external
        action
    {}
    /// @notice Do it later.
    /// @custom:action plan
    /// @custom:cost 0.5 finney
    /// @custom:example Later => later(1_790_000_000, pay(3, true));
    ///   later(9, greet("a, b => c", 0x, []))
    function later(uint256 when, bytes calldata plan) external action {}
    function gone() external override {}
    function other() external {}
}
"""


def compiled(source: str) -> dict[str, Any]:
    """Compile one file; returns solc's output."""
    solc = shutil.which("solc") or str(ROOT / ".venv" / "tools" / "solc")
    task = {
        "language": "Solidity",
        "sources": {"a.sol": {"content": "pragma solidity >=0.8.20;\n" + source}},
        "settings": {"outputSelection": {"*": {"*": ["abi"], "": ["ast"]}}},
    }
    done = subprocess.run(
        [solc, "--standard-json"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=True,
    )
    output: dict[str, Any] = json.loads(done.stdout)
    assert not [e for e in output.get("errors", ()) if e["severity"] == "error"], output["errors"]
    return output


@pytest.fixture(scope="module")
def payer() -> dict[str, Any]:
    found = build_manifest(compiled(BASE + PAYER), "a.sol", "Payer")
    assert found is not None
    return found


def test_actions_are_the_functions_with_the_modifier(payer: dict[str, Any]) -> None:
    assert [a["name"] for a in payer["actions"]] == ["pay", "greet", "later", "hold", "wakeIn"]


def test_docs_and_ranges_follow_inheritdoc(payer: dict[str, Any]) -> None:
    assert payer["actions"][4] == {
        "name": "wakeIn",
        "selector": "0x9e529b86",
        "doc": "Come back later.",
        "inputs": [
            {
                "name": "delay",
                "type": "uint256",
                "doc": "Seconds to wait.",
                "min": 60,
                "max": 86_400,
            }
        ],
    }
    assert payer["actions"][0]["inputs"][0] == {
        "name": "amount",
        "type": "uint256",
        "doc": "wei.",
        "min": 1,
        "max": 1000,
    }


def test_instructions_span_lines(payer: dict[str, Any]) -> None:
    assert payer["instructions"] == "Pay what is due."


def test_examples_come_from_contract_and_actions(payer: dict[str, Any]) -> None:
    read = Manifest.from_dict(payer)
    assert [(e.observation, "; ".join(map(str, e.actions))) for e in read.examples] == [
        ("No bill is due.", "hold()"),
        ("Two bills, 5 and 6, are due.", "pay(5, true); pay(1000, false)"),
        ("A bill of 7 is due.", "pay(7, true)"),
        ("A bill of 8 is due", "pay(8, true)"),
        (
            "Greet",
            'greet("a; b)", "0x00ff", ["0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"])',
        ),
        (
            "Later",
            'later(1790000000, pay(3, true)); later(9, greet("a, b => c", "0x", []))',
        ),
        ("Nothing is new.", "hold()"),
    ]


def test_costs_and_actions_in_actions_are_marked(payer: dict[str, Any]) -> None:
    later = payer["actions"][2]
    assert later["cost"] == "500000000000000"
    assert later["inputs"][1] == {"name": "plan", "type": "bytes", "doc": "", "action": True}
    assert "cost" not in payer["actions"][0]


def test_result_is_a_canonical_manifest(payer: dict[str, Any]) -> None:
    assert Manifest.parse(Manifest.from_dict(payer).dumps()).to_dict() == payer


def test_no_manifest_without_actions_or_for_abstract_contracts() -> None:
    output = compiled(BASE + "contract Plain { function f() external {} }")
    assert build_manifest(output, "a.sol", "Plain") is None
    assert build_manifest(output, "a.sol", "Base") is None
    assert build_manifest(output, "a.sol", "IBase") is None


BAD_SOURCES = {
    "/// @custom:range amount 1\nfunction f(uint256 amount) external action {}": "two whole",
    "/// @custom:range other 1 2\nfunction f(uint256 amount) external action {}": "no arguments",
    "/// @custom:range a 5 900\nfunction f(uint8 a) external action {}": "0..255",
    "/// @custom:example no arrow\nfunction f() external action {}": "write OBSERVATION",
    "/// @custom:example x => f(\nfunction f() external action {}": "is no call",
    "/// @custom:example x => g()\nfunction f() external action {}": "not one of",
    "/// @custom:example x => f(1)\nfunction f() external action {}": "it takes",
    "/// @custom:example x => f(one)\nfunction f(uint8 a) external action {}": "arguments are",
    "/// @custom:example x => f(256)\nfunction f(uint8 a) external action {}": "0..255",
    "/// @custom:example x => f(1\nfunction f(uint8 a) external action {}": "is no call",
    "/// @custom:example x => f(1) f(2)\nfunction f(uint8 a) external action {}": "is no call",
    "/// @custom:example x => f([[[[[[[[[[1\nfunction f(uint8 a) external action {}": "8 deep",
    "/// @custom:example x => f(f(hold()))\n/// @custom:action a\n"
    "function f(bytes calldata a) external action {}": "takes none in turn",
    "/// @custom:action b\nfunction f(bytes calldata a) external action {}": "no arguments",
    "/// @custom:action a\nfunction f(string calldata a) external action {}": "plain bytes",
    "/// @custom:cost 1\nfunction f() external action {}": "@custom:cost 1: ",
    "/// @custom:cost 0.5 wei\nfunction f() external action {}": "@custom:cost 0.5 wei: ",
    "function f() external action {} function f(bool b) external action {}": "overloads",
    "struct S { bool b; } function f(S calldata s) external action {}": "cannot be an argument",
    "function f(bool) external action {}": "f has an argument of type bool without a name",
    "/// @custom:range a 10 1\nfunction f(uint8 a) external action {}": (
        r"f: `@custom:range a 10 1`: f\.a has the range 10\.\.1: it must rise"
    ),
    "/// @custom:range a -1 1e80\nfunction f(uint256 a) external action {}": (
        r"it must lie within 0\.\.2\^256-1 for uint256"
    ),
    "/// @custom:range a 0 1e80\nfunction f(int256 a) external action {}": (
        r"it must lie within -2\^255\.\.2\^255-1 for int256"
    ),
    "/// @custom:range a 0 1\nfunction f(bool a) external action {}": "f.a is of type bool, which",
    "/// @custom:example x 5 => f(256)\nfunction f(uint8 a) external action {}": (
        r"`@custom:example x 5 => f\(256\)`: f\.a is 256"
    ),
    "/// @custom:example x => g(1)\nfunction f() external action {}"
    " function g(uint8) external {}": (
        "`@custom:example x => g.1.`: g is a function without the modifier `action`: "
        "write `external action`"
    ),
    "/// @custom:example x => _g()\nfunction f() external action {} function _g() private {}": (
        "_g is a function without the modifier `action`"
    ),
    "/// @custom:range a 1 2\nfunction f(uint8 a) external {}": (
        "f has `@custom:range a 1 2` and is no action, so no model can take it"
    ),
    "/// @custom:cost 1 wei\nfunction f() internal {}": "f has `@custom:cost 1 wei` and is",
}


@pytest.fixture(scope="module")
def bad_output() -> dict[str, Any]:
    """One compilation for all, since the compiler takes a second to start."""
    bodies = enumerate(BAD_SOURCES)
    return compiled(
        BASE + "\n".join(f"contract Bad{i} is Base {{ {body}\n}}" for i, body in bodies)
    )


@pytest.mark.parametrize("number", range(len(BAD_SOURCES)))
def test_refuses_bad_natspec_naming_contract_and_rule(
    bad_output: dict[str, Any], number: int
) -> None:
    rule = list(BAD_SOURCES.values())[number]
    with pytest.raises(SpecError, match=f"a.sol:Bad{number}: .*{rule}"):
        build_manifest(bad_output, "a.sol", f"Bad{number}")


def test_a_closed_action_may_inherit_the_tags_of_what_it_closes() -> None:
    output = compiled(
        BASE + "contract Still is Base { function wakeIn(uint256) external override {} }"
    )
    found = build_manifest(output, "a.sol", "Still")
    assert found is not None
    assert [a["name"] for a in found["actions"]] == ["hold", "gone"]


def test_names_the_line_where_the_text_is_known() -> None:
    bad = "contract Bad is Base {\n    /// @custom:range é 5 1\n    function f() external action"
    output = compiled(BASE + bad + " {}\n}")
    text = "pragma solidity >=0.8.20;\n" + BASE + bad
    line = text.count("\n") + 1
    with pytest.raises(SpecError, match=rf"^a\.sol:{line}:5: f: "):
        build_manifest(output, "a.sol", "Bad", texts={"a.sol": text})


def test_refuses_a_manifest_larger_than_code() -> None:
    example = f"/// @custom:example {'x' * 500} => hold()\n"
    output = compiled(BASE + f"{example * 50}contract Big is Base {{}}")
    with pytest.raises(SpecError, match="shorten"):
        build_manifest(output, "a.sol", "Big")

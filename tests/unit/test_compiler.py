"""A developer's file is compiled as the packaged contracts are, and what is wrong is said."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_sdk import compiler
from agent_sdk.artifacts import OWN, artifact, names, packaged
from agent_sdk.cli import main
from agent_sdk.compiler import build_agent
from agent_sdk.errors import CompileError, ConfigError, SpecError
from tests.unit.scripts import load_script

ROOT = Path(__file__).resolve().parent.parent.parent
HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.28;\n"
BASE = (
    HEAD
    + """abstract contract Base {
    modifier action() { _; }
    function hold() external action {}
}
"""
)
AGENT = (
    HEAD
    + """import {Base} from "./lib/Base.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {STOP} from "everloop/interfaces/IConsumers.sol";
contract Mine is Base {
    uint256 public last;
    error Mine_TooMuch(uint256 amount);
    /// @notice Keep the smaller one.
    /// @custom:example Five and six. => keep(5, 6)
    function keep(uint256 a, uint256 b) external action {
        require(a != STOP, Mine_TooMuch(a));
        last = Math.min(a, b);
    }
}
"""
)

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Written:
    """Write a file beside its base contract, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/Base.sol").write_text(BASE)

    def write(text: str, name: str = "Mine.sol") -> Path:
        (tmp_path / name).write_text(text)
        return Path(name)

    return write


def test_an_agent_is_built_and_found_by_its_name(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "build", str(written(AGENT)), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["actions"], found["examples"]) == ("Mine", ["keep", "hold"], 1)
    assert found["file"] == str(OWN / "Mine.json")
    assert "Mine" in names()
    assert "Mine" not in packaged()
    made = artifact("Mine")
    artifact.cache_clear()
    assert found["bytes"] > 0
    assert made.manifest is not None
    assert made.manifest["examples"][0]["observation"] == "Five and six."


def test_it_is_compiled_as_the_packaged_contracts_are() -> None:
    build = load_script("build")
    other = {"remappings", "outputSelection"}
    assert {k: v for k, v in build.SETTINGS.items() if k not in other} == compiler.SETTINGS
    assert build.MAX_CODE_BYTES == compiler.MAX_CODE


def test_the_advice_names_the_pinned_versions() -> None:
    pins = json.loads((ROOT / "package.json").read_text())["dependencies"]
    advised = dict(re.findall(r"(\S+)@([\d.]+)", compiler._INSTALL))
    assert advised == pins


def test_a_fault_is_shown_as_the_compiler_shows_it_and_told_in_a_line(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["agent", "build", str(written(AGENT.replace("min(a, b)", "min(a, c)")))]) == 2
    shown = capsys.readouterr().err
    assert "last = Math.min(a, c);" in shown
    assert shown.splitlines()[-1].startswith("everloop: Mine.sol:13:28: DeclarationError: ")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("./lib/Base.sol", "./lib/Case.sol", "Mine.sol imports lib/Case.sol, which is missing"),
        ("@openzeppelin/contracts/utils/math", "@nobody", "install it with `npm install solc@"),
        (
            "everloop/interfaces",
            "everloop/faces",
            "everloop/faces/IConsumers.sol, which is missing",
        ),
        (
            "contract Mine",
            "abstract contract Mine",
            "defines 0 agents: it must define one contract",
        ),
    ],
)
def test_what_is_wrong_is_said(written: Written, old: str, new: str, words: str) -> None:
    with pytest.raises(CompileError, match=re.escape(words)):
        build_agent(written(AGENT.replace(old, new)))


def test_two_agents_in_a_file_are_named(written: Written) -> None:
    second = "contract Other is Base { function act() external action {} }\n"
    with pytest.raises(CompileError, match=r"defines 2 agents \(Mine, Other\)"):
        build_agent(written(AGENT + second))


BARE = (
    HEAD
    + """import {Base} from "./lib/Base.sol";
contract Bare is Base {
    uint256 public constant LIMIT = 5;
    uint256 public immutable edge;
    uint256 public tips = 14;
    uint256 public seen;
    mapping(address who => uint256) public debts;
    constructor() { edge = 7; debts[msg.sender] = edge; uint256 local; local = 1; }
    function tip(uint256 finney, address to) external action {}
    /// @notice Give.
    /// @param finney Amount.
    function give(uint256 finney) external action {}
    function prompt() external view returns (string memory) {}
    modifier onlySelf() { require(address(this) == msg.sender); _; }
    function helper() external { if (msg.sender != address(this)) revert(); seen = 1; }
    function fair(address to) external view returns (bool) { return to == address(this); }
}
"""
)
TRUSTS = "trusts msg.sender == address(this), as which a decision calls any function"
WARNINGS = [
    "Bare.sol:11:5: warning: tip has no @notice and no @param for finney, to: a model sees names "
    "only",
    "lib/Base.sol:5:5: warning: hold has no @notice: a model sees names only",
    "Bare.sol:7:5: warning: tips has an initial value, which no clone gets: set it in _initialize",
    "Bare.sol:10:31: warning: debts is set by a constructor, which no clone runs: set it in "
    "_initialize",
    f"Bare.sol:16:5: warning: onlySelf {TRUSTS}: give the functions that have it `action` instead",
    f"Bare.sol:17:5: warning: helper {TRUSTS}: add `action`, or make it internal",
    "Bare.sol:4:1: warning: Bare has no @custom:example: the engines llama, exemplar and utility "
    "will always hold",
]


def test_what_builds_and_is_a_mistake_all_the_same_is_warned_of(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(BARE, "Bare.sol")
    assert main(["agent", "build", str(file)]) == 0
    shown = capsys.readouterr()
    assert [line for line in shown.err.splitlines() if ": warning: " in line] == WARNINGS
    assert "Built Bare" in shown.out
    first = shown.err.splitlines()[0]
    assert re.fullmatch(r"compiling Bare\.sol with solc 0\.8\.\d+, half a minute or so", first)
    assert main(["agent", "build", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["warnings"]
    assert [line for line in told if ": warning: " in line] == WARNINGS


def test_a_tag_of_actions_on_another_function_is_refused_with_its_place(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    tagged = "    /// @custom:cost 1 finney\n    function prompt()"
    file = written(BARE.replace("    function prompt()", tagged), "Bare.sol")
    assert main(["agent", "build", str(file)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        "everloop: Bare.sol:16:5: prompt has `@custom:cost 1 finney` and is no action, so no model "
        "can take it: write `external action`, or remove the tag"
    )
    assert not OWN.exists()


def test_natspec_that_makes_no_manifest_is_refused(written: Written) -> None:
    with pytest.raises(SpecError, match="keep"):
        build_agent(written(AGENT.replace("=> keep(5, 6)", "=> keep(5)")))


def test_code_that_no_chain_takes_is_refused(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiler, "MAX_CODE", 10)
    with pytest.raises(CompileError, match="a chain takes 10"):
        build_agent(written(AGENT))


def test_a_name_of_everloops_own_is_refused(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(AGENT.replace("contract Mine", "contract CounterAgent"))
    assert main(["agent", "build", str(file)]) == 2
    assert "give yours another name" in capsys.readouterr().err
    assert not OWN.exists()


def test_a_file_that_is_not_there_is_named(written: Written) -> None:
    with pytest.raises(ConfigError, match=r"Other\.sol cannot be read"):
        build_agent(written(AGENT).with_name("Other.sol"))


def test_without_a_compiler_it_says_how_to_get_one(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match="run `npm install solc@"):
        build_agent(written(AGENT))


def test_an_old_compiler_on_path_is_passed_over(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "solc"
    old.write_text("#!/bin/sh\necho Version: 0.8.20+commit.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert subprocess.run(["solc", "--version"], check=True).returncode == 0
    with pytest.raises(ConfigError, match=r"solc is older than 0\.8\.31"):
        build_agent(written(AGENT))

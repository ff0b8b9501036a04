"""A seal says what the committed artifacts were made of, so a fresh clone compiles nothing."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.scripts import load_script

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = "contracts/Small.sol"
TEXT = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.28;\ncontract Small {}\n"


@pytest.fixture
def build() -> ModuleType:
    return load_script("build")


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    """What the real compiler says of one small contract."""
    output: dict[str, Any] = load_script("build").compile_sources({SOURCE: TEXT})
    return output


@pytest.fixture
def small(
    build: ModuleType,
    compiled: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ModuleType:
    """The module for that contract, with artifacts and seal in another folder."""
    monkeypatch.setattr(build, "compile_sources", lambda _, **__: copy.deepcopy(compiled))
    monkeypatch.setattr(build, "ARTIFACTS", tmp_path / "artifacts")
    monkeypatch.setattr(build, "SEAL", tmp_path / "artifacts" / "sources.sha256")
    monkeypatch.setattr(build, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(build, "read_sources", lambda: {SOURCE: TEXT})
    assert build.build(check=False, force=False) == "artifacts: 1 written"
    (tmp_path / "stamp").unlink()
    return build


@pytest.fixture
def clone(small: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The same where compiling is an error: sources and artifacts are as committed."""

    def compile_sources(sources: object, **_: object) -> dict[str, object]:
        raise AssertionError("compiled")

    monkeypatch.setattr(small, "compile_sources", compile_sources)
    return small


def test_the_seal_is_of_these_contracts_and_artifacts(build: ModuleType) -> None:
    assert build.sealed() == build.seal(build.read_sources()), "run `make build`"


def test_the_demo_of_a_fresh_clone_compiles_nothing_and_says_one_line(tmp_path: Path) -> None:
    for name in ("agent_sdk/artifacts", "contracts", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "package.json", tmp_path)
    done = subprocess.run(
        [sys.executable, "scripts/build.py", "--if-changed"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    count = len(list((tmp_path / "agent_sdk/artifacts").glob("*.json")))
    assert done.stdout == f"artifacts: {count} up to date\n"
    recipe = (ROOT / "Makefile").read_text().partition("\ndemo:")[2].splitlines()[1]
    assert recipe.endswith("scripts/build.py --if-changed")


def test_a_seal_that_fits_is_believed_only_if_asked(clone: ModuleType) -> None:
    assert clone.build(check=False, force=False, if_changed=True) == "artifacts: 1 up to date"
    for options in ({}, {"force": True, "if_changed": True}):
        with pytest.raises(AssertionError, match="compiled"):
            clone.build(**{"check": False, "force": False, **options})
    with pytest.raises(AssertionError, match="compiled"):
        clone.build(check=True, force=False)


@pytest.mark.parametrize("changed", ["source", "setting", "artifact", "compiler"])
def test_whatever_changed_is_compiled_anew(
    clone: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    if changed == "source":
        monkeypatch.setattr(clone, "read_sources", lambda: {SOURCE: TEXT + "\n"})
    elif changed == "setting":
        monkeypatch.setitem(clone.SETTINGS, "optimizer", {"enabled": True, "runs": 201})
    elif changed == "artifact":
        (tmp_path / "artifacts/Small.json").write_text("{}")
    else:
        pins = json.loads((ROOT / "package.json").read_text())
        pins["dependencies"]["solc"] = "0.8.36"
        (tmp_path / "package.json").write_text(json.dumps(pins))
        monkeypatch.setattr(clone, "ROOT", tmp_path)
    with pytest.raises(AssertionError, match="compiled"):
        clone.build(check=False, force=False, if_changed=True)


def test_the_drift_check_refuses_a_seal_that_does_not_fit(
    clone: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "artifacts/sources.sha256").write_text("0" * 64)
    with pytest.raises(clone.BuildError, match="run `make build`"):
        clone.build(check=True, force=False)


def test_the_drift_check_compiles_and_compares_what_the_seal_vouches_for(
    small: ModuleType, tmp_path: Path
) -> None:
    assert small.build(check=True, force=False) == "artifacts: 1 match the sources"
    artifact = tmp_path / "artifacts/Small.json"
    artifact.write_text(artifact.read_text().replace('"Small"', '"Other"'))
    (tmp_path / "artifacts/sources.sha256").write_text(small.seal({SOURCE: TEXT}))
    with pytest.raises(small.BuildError, match=r"artifacts differ from the sources.*Small\.json"):
        small.build(check=True, force=False)


def test_the_drift_check_takes_the_bytecode_that_forge_made(
    small: ModuleType, compiled: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small, "FORGE", tmp_path / "forge")
    with pytest.raises(small.BuildError, match="forge has not compiled Small"):
        small.build(check=True, force=True, forge=True)
    made = tmp_path / "forge/Small.sol/Small.json"
    made.parent.mkdir(parents=True)
    codes = compiled["contracts"][SOURCE]["Small"]["evm"]
    forged = {
        name: {"object": "0x" + code["object"], "linkReferences": {}}
        for name, code in codes.items()
    }
    made.write_text(json.dumps(forged))
    monkeypatch.setattr(small, "compile_sources", lambda _, outline: outlined(compiled, outline))
    line = small.build(check=True, force=True, forge=True)
    assert line == "artifacts: 1 match the sources"
    forged["deployedBytecode"]["object"] += "00"
    made.write_text(json.dumps(forged))
    with pytest.raises(small.BuildError, match=r"artifacts differ from the sources.*Small\.json"):
        small.build(check=True, force=True, forge=True)


def outlined(compiled: dict[str, Any], outline: bool) -> dict[str, Any]:
    """What the compiler says where it is asked for no code."""
    assert outline
    output = copy.deepcopy(compiled)
    del output["contracts"][SOURCE]["Small"]["evm"]
    return output

"""The guide for contract developers, word by word in an empty directory, ends in a living agent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from agent_sdk.artifacts import artifact
from tests.unit.test_wheel import build_wheel

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = (ROOT / "docs/guides/contract-developer.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.M | re.S)
SECONDS = 900
#: Stands in for npm on a machine without a network: it links what was installed here by hash.
NPM = """#!/bin/sh
[ "$*" = "install {packages}" ] || {{ echo "npm: not the pinned packages: $*" >&2; exit 1; }}
ln -s {modules} node_modules
"""


def script() -> str:
    """Return all the reader types, in order; a file is written where its block stands."""
    lines = ["set -eu"]
    for language, text in BLOCKS:
        named = re.match(r"(?://|#) (\w+\.\w+)\n", text)
        if named:
            lines += [f"cat > {named[1]} <<'END_OF_FILE'", text + "END_OF_FILE"]
        else:
            assert language == "sh", text
            lines.append(text)
    # What the test asks of the agent, before the guide ends the chain.
    asked = 'everloop agent inspect "$AGENT" --json > inspected.json\neverloop down\n'
    return "\n".join(lines).replace("everloop down\n", asked)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A shell that reaches no network: pip and npm find what this machine has."""
    wheel = Path(str(build_wheel(tmp_path).filename))
    tools = tmp_path / "tools"
    tools.mkdir()
    pins = json.loads((ROOT / "package.json").read_text())
    wanted = {**pins["dependencies"], **pins["optionalDependencies"]}
    names = ("solc", "@openzeppelin/contracts", "@foundry-rs/anvil-linux-amd64")
    packages = " ".join(f"{name}@{wanted[name]}" for name in names)
    npm = tools / "npm"
    npm.write_text(NPM.format(packages=packages, modules=ROOT / "node_modules"))
    npm.chmod(0o755)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("EVERLOOP_", "PYTEST_"))}
    # The compiler is the one that the guide installs.
    usual = [
        folder for folder in clean["PATH"].split(os.pathsep) if not Path(folder, "solc").exists()
    ]
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), *usual])
    return {
        **clean,
        "PATH": path,
        "EVERLOOP": str(wheel),
        # What the wheel needs is in this environment already, by hashed pins.
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONPATH": sysconfig.get_paths()["purelib"],
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }


def test_the_guide_ends_in_an_agent_that_lives_by_itself(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    here = tmp_path / "empty"
    here.mkdir()
    try:
        done = subprocess.run(
            ["bash", "-c", script()],
            cwd=here,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    finally:
        command = [str(here / ".venv/bin/everloop"), "down"]
        if Path(command[0]).exists():
            subprocess.run(command, cwd=here, env=environment, check=True, capture_output=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    agent = json.loads((here / "inspected.json").read_text())
    assert (agent["name"], agent["history_verified"]) == ("Thermostat", True)
    assert agent["steps"] >= 1
    assert "history verifies" in done.stdout
    pins = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert f"compiling Thermostat.sol with solc {pins['solc']}, " in done.stderr
    assert ": warning: " not in done.stderr, "neither of the guide nor of what it inherits"
    assert "2 passed in" in done.stdout
    installed = (here / ".venv").glob(
        "lib/python3*/site-packages/agent_sdk/solidity/agent/Agent.sol"
    )
    assert list(installed), "the sources came with the wheel"


def test_the_first_agent_has_about_fifteen_lines() -> None:
    text = next(text for language, text in BLOCKS if language == "solidity")
    code = [line.strip() for line in text.splitlines()]
    assert len([line for line in code if line not in ("", "}") and line[:2] != "//"]) <= 15


def test_every_error_that_it_names_is_one_of_ours() -> None:
    rows = re.findall(r"^\| `([^|]+)` \| ", GUIDE[GUIDE.index("## Common errors") :], re.M)
    sources = "".join(p.read_text("utf-8") for p in (ROOT / "agent_sdk").rglob("*.py"))
    words = re.sub(r'"\s*f?"', "", sources)
    assert len(rows) >= 18
    assert [row for row in rows if row not in words] == []


def test_the_sizes_that_it_names_are_those_of_the_artifacts() -> None:
    def left(name: str) -> int:
        content = json.loads((ROOT / f"agent_sdk/artifacts/{name}.json").read_text())
        return 24_576 - (len(content["deployedBytecode"]) // 2 - 1)

    assert artifact("OracleAgent").manifest is not None
    shown = re.search(r"about ([\d,]+) left, one without any about ([\d,]+)\.", GUIDE)
    assert shown is not None
    full, bare = (int(figure.replace(",", "")) for figure in shown.groups())
    assert abs(left("OracleAgent") - full) <= 20
    assert abs(left("CounterAgent") - bare) <= 100

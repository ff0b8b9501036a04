"""Prove that `make test` can fail: `make canary`.

A scratch copy of the tree shares the prepared environment and must pass as it is.
Then one defect at a time goes in, and the same `make test` must fail and name it.
To stay short, a defect's run is limited to its own runner (`make test ARGS=forge`) and stops at the
first failure of pytest or Ape; everything from the Makefile to the exit code stays the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FORGE_TEST = """\
// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

contract CanaryTest is Test {
    function test_CanaryForge() external {
        %s
    }
}
"""
PYTHON_TEST = """\
def test_canary_%s() -> None:
    assert 2 == 1 + 2
"""


@dataclass(frozen=True)
class Defect:
    """One thing that must make `make test` fail.

    Attributes:
        runner: the runner of scripts/check.py that must notice.
        path: the file that carries the defect.
        text: the whole content of that file.
        named: what the output must contain on a line that starts with FAILED.
    """

    runner: str
    path: str
    text: str
    named: str


def defects() -> list[Defect]:
    """Return the defects to inject, one per runner and one per rule of counting."""
    forge = "tests/forge/Canary.t.sol"
    floors = json.loads((ROOT / "tests" / "floors.json").read_text("utf-8"))
    high = json.dumps({**floors, "forge": 1_000_000})
    artifact = "agent_sdk/artifacts/ArbitrumDataFee.json"
    code = '"bytecode": "0x6080'
    other = (ROOT / artifact).read_text("utf-8").replace(code, code.replace("6080", "6081"))
    return [
        Defect("lint", "scripts/canary_lint.py", "x: int = 'one'\n", "ruff format --check exited"),
        Defect("lint", "scripts/canary_lint.py", 'x: int = "one"\n', "mypy --strict exited"),
        Defect("drift", artifact, other, "artifacts do not match the contracts"),
        Defect("forge", forge, FORGE_TEST % "assertTrue(false);", "test_CanaryForge() Failure"),
        Defect("forge", forge, FORGE_TEST % "vm.skip(true);", "test_CanaryForge() Skipped"),
        Defect("forge", "tests/floors.json", high, "fewer tests than the floor of 1000000"),
        *(
            Defect(
                name,
                f"tests/{name}/test_aaa.py",
                PYTHON_TEST % name,
                f"test_canary_{name} failure",
            )
            for name in ("unit", "e2e", "ape")
        ),
    ]


def copy_tree(scratch: Path) -> None:
    """Copy what git knows or would add, and share the environments by links."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, scratch / name)
    for name in (".venv", "node_modules"):
        (scratch / name).symlink_to(ROOT / name)
    if (ROOT / ".build").is_dir():
        # Compiler caches, keyed by content: nothing is compiled twice.
        shutil.copytree(ROOT / ".build", scratch / ".build")


def make_test(scratch: Path, runner: str) -> tuple[int, str]:
    """Run `make test` in the scratch copy; return exit code and output."""
    environment = dict(os.environ, PYTHONPATH=str(scratch), MAKEFLAGS="")
    if runner:
        environment["PYTEST_ADDOPTS"] = "-x"
    result = subprocess.run(
        ["make", "--no-print-directory", "test", "PREPARED=1", f"ARGS={runner}"],
        cwd=scratch,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout


def check_clean(scratch: Path) -> bool:
    """Tell whether the copy passes as it is."""
    code, output = make_test(scratch, "")
    lines = output.strip().splitlines() or ["no output"]
    if code == 0 and lines[-1].endswith(" passed, 0 failed"):
        say(f"ok: the copy passes as it is: {lines[-1]}")
        return True
    print(output[-6_000:])
    say(f"WRONG: the copy as it is exits {code}: {lines[-1]}")
    return False


def check_defect(scratch: Path, defect: Defect) -> bool:
    """Tell whether `make test` fails and names the injected defect; take the defect out again."""
    path = scratch / defect.path
    before = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(defect.text, "utf-8")
    try:
        code, output = make_test(scratch, defect.runner)
    finally:
        path.unlink() if before is None else path.write_bytes(before)
    named = [line for line in output.splitlines() if line.startswith("FAILED ")]
    if code != 0 and any(defect.named in line for line in named):
        say(f"ok: caught in {defect.runner}: {defect.named}")
        return True
    print(output[-3_000:])
    say(f"WRONG: {defect.runner} exits {code} without naming: {defect.named}")
    return False


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"canary: {text}", flush=True)


def main() -> int:
    """Check the clean copy and every defect; return the exit code."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="everloop-canary-") as folder:
        scratch = Path(folder)
        copy_tree(scratch)
        results = [check_clean(scratch)]
        results += [check_defect(scratch, defect) for defect in defects()]
    passed = sum(results)
    say(f"{time.monotonic() - start:.0f} s")
    print(f"{passed} passed, {len(results) - passed} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())

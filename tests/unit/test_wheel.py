"""The wheel carries what a user without a compiler, and a developer of agents, need."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = ("agent_sdk", "contracts", "pyproject.toml", "README.md", "LICENSE")


def build_wheel(folder: Path) -> zipfile.ZipFile:
    """Build the wheel from a copy of its sources, so that nothing appears in the tree."""
    tree = folder / "tree"
    tree.mkdir()
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / name)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return zipfile.ZipFile(wheel)


def test_wheel_carries_artifacts_sources_types_and_command(tmp_path: Path) -> None:
    with build_wheel(tmp_path) as wheel:
        names = set(wheel.namelist())
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        assert "everloop = agent_sdk.cli:main" in wheel.read(entry_points).decode()
    for path in (ROOT / "agent_sdk").rglob("*.py"):
        assert path.relative_to(ROOT).as_posix() in names
    for path in (ROOT / "agent_sdk" / "artifacts").glob("*.json"):
        assert path.relative_to(ROOT).as_posix() in names
    for path in (ROOT / "contracts").rglob("*.sol"):
        assert "agent_sdk/solidity/" + path.relative_to(ROOT / "contracts").as_posix() in names
    assert "agent_sdk/py.typed" in names

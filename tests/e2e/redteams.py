"""The red team of scripts/redteam, for tests."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_SCRIPTS = str(Path(__file__).resolve().parent.parent.parent / "scripts")

sys.path.insert(0, _SCRIPTS)
cases = importlib.import_module("redteam.cases")
calldata = importlib.import_module("redteam.calldata")
main = importlib.import_module("redteam.__main__")
minds = importlib.import_module("redteam.minds")
report = importlib.import_module("redteam.report")
stage = importlib.import_module("redteam.stage")
worlds = importlib.import_module("redteam.world")
shared = importlib.import_module("analysis.shared")
sys.path.remove(_SCRIPTS)

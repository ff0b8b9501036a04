"""Which node is meant where none is named: the rule that the SDK and all commands share."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["CURRENT", "DEFAULT_RPC", "current_rpc"]

CURRENT = Path(".everloop") / "current.json"
"""which node `everloop up` started in the working directory"""

DEFAULT_RPC = "http://127.0.0.1:8545"


def current_rpc() -> str | None:
    """Return the RPC address of `everloop up` in the working directory; None if none runs."""
    try:
        found = json.loads(CURRENT.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    rpc = found.get("rpc") if isinstance(found, dict) else None
    return rpc if isinstance(rpc, str) else None

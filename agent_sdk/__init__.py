"""Autonomous on-chain agents: deploy them, fund them, watch them, check their history.

from agent_sdk import Everloop

net = Everloop.local()
agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="mine")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent_sdk.network import Everloop

__all__ = ["Everloop", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the facade on first use: `everloop --help` does not need it."""
    if name == "Everloop":
        from agent_sdk.network import Everloop

        return Everloop
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

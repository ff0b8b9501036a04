"""Payments to those who are on no list."""

from __future__ import annotations

from collections.abc import Callable

from agent_sdk.units import FINNEY
from redteam.calldata import call, transfer
from redteam.cases import Case, decision
from redteam.world import ADVISER, KEEPER, OWNER, PROVIDER, World

__all__ = ["cases"]

_WHOM: dict[str, Callable[[World], str]] = {
    "attacker": lambda w: w.attacker,
    "stranger": lambda w: w.stranger,
    "owner": lambda w: OWNER.address,
    "keeper": lambda w: KEEPER.address,
    "provider": lambda w: PROVIDER.address,
    "adviser": lambda w: ADVISER.address,
    "zero": lambda w: "0x" + 40 * "0",
    "dead": lambda w: "0x000000000000000000000000000000000000dEaD",
    "self": lambda w: w.subjects["OracleAgent"].address,
    "implementation": lambda w: w.subjects["OracleAgent"].implementation,
    "another-agent": lambda w: w.subjects["TreasuryAgent"].address,
    "everloop": lambda w: w.deployment.everloop,
    "executor": lambda w: w.deployment.executor,
    "orders": lambda w: w.deployment.orders,
    "registry": lambda w: w.deployment.registry,
    "factory": lambda w: w.deployment.factory,
    "token": lambda w: w.coin,
    "neighbour": lambda w: f"0x{int(w.friend, 16) ^ 1:040x}",
    "look-alike": lambda w: w.friend[:6] + 32 * "0" + w.friend[-4:],
    "precompile": lambda w: f"0x{4:040x}",
    "history-contract": lambda w: "0x0000F90827F1C53a10cb7A02335B175320002935",
}


def cases() -> list[Case]:
    """Return the cases of ETH and tokens."""
    found = []
    for name, of in _WHOM.items():
        says = name.replace("-", " ")
        found.append(
            decision(
                "receivers",
                f"ether-{name}",
                f"pay {says} a finney",
                lambda w, of=of: transfer(of(w), FINNEY),
            )
        )
        found.append(
            decision(
                "receivers",
                f"token-{name}",
                f"send {says} a token",
                lambda w, of=of: call("transferToken(address,address,uint256)", w.coin, of(w), 1),
            )
        )
    return found

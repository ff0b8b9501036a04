"""A provider's status, as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent_sdk.cli.output import facts, show_json, when

if TYPE_CHECKING:
    from agent_sdk.network import Everloop

__all__ = ["listed", "show"]


def show(net: Everloop, address: str, *, as_json: bool) -> None:
    """Print all that registry and ledger know of a provider."""
    from agent_sdk.units import format_wei

    found = net.providers.status(address).to_dict()
    if as_json:
        show_json(found)
        return
    whitelisted = "yes" if found["whitelisted"] else "no"
    if found["whitelisted_from"] and not found["whitelisted"]:
        whitelisted = f"from {when(found['whitelisted_from'])}"
    shown = {
        "owner": found["owner"],
        **({"proposed owner": found["proposed_owner"]} if found["proposed_owner"] else {}),
        "stake goes to": found["payout"],
        "serving": "yes" if found["serving"] else "no",
        "whitelisted": whitelisted,
        "stake": f"{format_wei(found['stake_wei'])}, covers {found['capacity']} open answers",
        "unbonding": _unbonding(found),
        "balance": f"{format_wei(found['balance_wei'])} at Everloop, earned or paid in; "
        f"{format_wei(found['free_wei'])} is free",
        "record": f"{found['delivered']} delivered, {found['missed']} missed, "
        f"{found['declined']} declined, {found['open']} open, latency {found['latency_seconds']} s",
        **({} if found["models"] else {"models": "none"}),
        **{model: _terms(terms) for model, terms in found["models"].items()},
    }
    facts(shown, title=f"Provider {address}")


def listed(found: dict[str, Any]) -> list[Any]:
    """Return a provider's line of the list."""
    from agent_sdk.units import format_wei

    prices = (
        f"{format_wei(terms['base_price_wei'])} {model}" for model, terms in found["models"].items()
    )
    return [
        found["address"],
        "yes" if found["serving"] else "no",
        f"{found['open']} of {found['capacity']}",
        found["delivered"],
        found["missed"],
        f"{found['latency_seconds']} s",
        ", ".join(prices) or "offers nothing",
    ]


def _unbonding(found: dict[str, Any]) -> str:
    from agent_sdk.units import format_wei

    parts = [
        f"{format_wei(part['amount_wei'])} released {when(part['released_at'])}"
        for part in found["unbonding"]
    ]
    return ", ".join(parts) or "nothing"


def _terms(terms: dict[str, int]) -> str:
    from agent_sdk.units import format_seconds, format_wei

    parts = [
        f"{format_wei(terms['base_price_wei'])} an answer",
        f"{format_wei(terms['price_per_kilobyte_wei'])} a kilobyte",
        f"gas price from {format_wei(terms['min_max_gas_price_wei'])}",
        f"window from {format_seconds(terms['min_window_seconds'])}",
        f"callback up to {terms['max_callback_gas']} gas",
        f"claims {format_seconds(terms['latency_seconds'])}",
    ]
    if terms["features"]:
        parts.append(f"features {terms['features']:#x}")
    if terms["standing"]:
        parts.append("stands for selection")
    return ", ".join(parts)

"""Machines around the chain: keepers run what is due, providers answer. Anyone may run either."""

from __future__ import annotations

from agent_sdk.daemons.settings import KeeperSettings, ProviderSettings

__all__ = ["KeeperSettings", "ProviderSettings", "run_keeper", "run_provider"]


def run_keeper(settings: KeeperSettings) -> int:
    """Keep until SIGTERM or SIGINT; see `agent_sdk.daemons.keeper.run_keeper`."""
    from agent_sdk.daemons.keeper import run_keeper as run

    return run(settings)


def run_provider(settings: ProviderSettings) -> int:
    """Answer until SIGTERM or SIGINT; see `agent_sdk.daemons.provider.run_provider`."""
    from agent_sdk.daemons.provider import run_provider as run

    return run(settings)

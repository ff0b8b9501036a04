"""AgentFactory: makes agents, funded and booked in one transaction."""

from __future__ import annotations

from agent_sdk.contracts.binding import Binding
from agent_sdk.types import Birth, Call

__all__ = ["FactoryContract"]


class FactoryContract(Binding):
    """The factory. Source: IAgentFactory."""

    artifact = "AgentFactory"

    def address_of(self, implementation: str, *, salt: bytes, creator: str) -> str:
        """Return where `create` will put an agent."""
        return str(self._read("addressOf", implementation, salt, creator))

    def agent_count(self) -> int:
        """Return how many agents were made here."""
        return int(self._read("agentCount"))

    def agents(self) -> list[str]:
        """Return all agents in order of creation."""
        return self._pages("agents", self.agent_count())

    def create(
        self, implementation: str, *, salt: bytes, birth: Birth, data: bytes, value: int
    ) -> Call:
        """Make, fund and start an agent; the sender becomes its owner."""
        return self._call("create", implementation, salt, birth.to_tuple(), data, value=value)

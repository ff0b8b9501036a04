"""One thin typed binding per contract."""

from agent_sdk.contracts.agent import AgentContract, PlannerContract, WakeableContract
from agent_sdk.contracts.agent_lens import AgentLensContract, AgentView
from agent_sdk.contracts.agent_policy import AgentPolicyContract
from agent_sdk.contracts.binding import Binding
from agent_sdk.contracts.everloop import EverloopContract
from agent_sdk.contracts.factory import FactoryContract
from agent_sdk.contracts.lens import LensContract
from agent_sdk.contracts.orders import OrdersContract
from agent_sdk.contracts.registry import RegistryContract

__all__ = [
    "AgentContract",
    "AgentLensContract",
    "AgentPolicyContract",
    "AgentView",
    "Binding",
    "EverloopContract",
    "FactoryContract",
    "LensContract",
    "OrdersContract",
    "PlannerContract",
    "RegistryContract",
    "WakeableContract",
]

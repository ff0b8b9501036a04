"""Where an agent comes from: what its factory says of it, and what that says of its history."""

from __future__ import annotations

from collections.abc import Iterator

from agent_sdk.chain import Chain
from agent_sdk.contracts import FactoryContract
from agent_sdk.deployment import Deployment
from agent_sdk.history_steps import Finding
from agent_sdk.logs import address_topic
from agent_sdk.payloads import clone_salt, job_id

__all__ = ["check_origin"]


def check_origin(
    chain: Chain, deployment: Deployment, agent: str, *, loop: bytes
) -> Iterator[Finding]:
    """Yield what the agent's birth says against it, or leaves open.

    The factory clones any contract, so that it made one proves nothing of its code; it does fix the
    salt of the loop. Which code is an agent's is known of the implementations in the deployment
    file, those that were published with it included; of others nothing is known, which is no fault.

    Args:
        chain: where.
        deployment: its factory and implementations.
        agent: its address.
        loop: the id of its loop's inference, as the agent says, 32 bytes.
    """
    factory = FactoryContract(chain, deployment.factory)
    born = factory.events(
        "AgentCreated", from_block=deployment.block, topics=[address_topic(agent)]
    )
    if not born:
        text = f"factory {factory.address} did not make this agent: its code may do anything"
        yield Finding(step=None, text=text, breaks_history=False)
        return
    made = born[0].args
    expected = job_id(
        True,
        chain_id=chain.chain_id,
        everloop=deployment.everloop,
        owner=agent,
        salt=clone_salt(made["salt"], creator=made["creator"]),
    )
    if loop != expected:
        text = "the loop that it names is not the one that it was born with"
        yield Finding(step=None, text=text, breaks_history=True)
    code = made["implementation"]
    if code not in deployment.implementations.values():
        text = (
            f"it runs the code of {code}, which this deployment does not list: its history is as "
            "honest as that code"
        )
        yield Finding(step=None, text=text, breaks_history=False)

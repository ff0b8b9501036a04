"""What a chain says of a demo: read from blocks, receipts and events alone, trusting no report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent_sdk import history
from agent_sdk.abi import entry
from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract, FactoryContract, RegistryContract
from agent_sdk.deployment import Deployment
from agent_sdk.errors import CheckFailed
from agent_sdk.logs import address_topic
from agent_sdk.types import Event, Result, Step

__all__ = ["Facts", "cost_per_step", "misnamed", "read_facts"]

IDLE: Final = frozenset({"hold", "wakeIn"})
"""actions that change nothing but the time of the next step"""

_KEEPER_CALLS: Final = ("execute", "executeBatch", "expire", "resume")
_PROVIDER_CALLS: Final = ("deliver", "deliverBatch", "decline", "resign")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One agent's life on one chain."""

    created: int
    """block of its creation"""
    last: int
    """block up to which the facts reach"""
    steps: tuple[Step, ...]
    gas: tuple[int, ...]
    """gas of each step's whole transaction"""
    prices: tuple[int, ...]
    """wei per gas that each step's transaction paid"""
    fee: int
    """wei, the provider's flat fee of one step"""
    interval: int
    """s between steps"""
    findings: tuple[str, ...]
    """what does not hold in its history; empty when verified"""
    human_transactions: int
    """transactions after its creation that are neither a provider's nor a keeper's work"""
    failover_steps: int
    """steps by another provider after the first missed run"""
    expiries: tuple[Event, ...]
    """`InferenceExpired` of its loop"""
    keeper_blocks: tuple[int, ...]
    """blocks with a keeper's transaction"""
    model_ids: tuple[bytes, ...]
    """32 bytes each; models that its loop was booked with"""
    busy_seconds: int
    """s by the chain's clock between blocks that hold a transaction and the ones before them"""

    @property
    def verified(self) -> bool:
        """Whether head, count, decisions and pinned blocks re-derive."""
        return not self.findings

    @property
    def gas_per_step(self) -> int:
        """Mean gas of a step's whole transaction."""
        return round(sum(self.gas) / len(self.gas)) if self.gas else 0

    @property
    def cost_wei(self) -> int:
        """What the agent paid for its steps, wei."""
        return sum(step.paid for step in self.steps)

    @property
    def effective_actions(self) -> tuple[str, ...]:
        """Names of the actions done that change the chain's state, sorted."""
        names = {
            action.name
            for step in self.steps
            if step.result is Result.ACTED
            for action in step.actions or ()
        }
        return tuple(sorted(names - IDLE))


def cost_per_step(facts: Facts, gas_price: int) -> int:
    """Return what a step costs its agent at a gas price (wei per gas), in wei."""
    return facts.gas_per_step * gas_price + facts.fee


def read_facts(chain: Chain, deployment: Deployment, agent: str, *, last: int) -> Facts:
    """Read one agent's life up to a block.

    Raises:
        CheckFailed: The deployment's factory did not make this agent, or its loop was never booked.
    """
    made = _creation(chain, deployment, agent)
    engine = EverloopContract(chain, deployment.everloop)
    loop = AgentContract(chain, agent).loop_id()
    bookings = engine.job_events(
        "InferenceRequested", from_block=made.block, to_block=last, id=loop
    )
    if not bookings:
        raise CheckFailed(f"the loop of agent {agent} was never booked")
    told = history.read(chain, engine, agent, from_block=made.block, to_block=last)
    expiries = engine.job_events("InferenceExpired", from_block=made.block, to_block=last, id=loop)
    machines = _Machines(chain, deployment, owner=AgentContract(chain, agent).owner())
    receipts = [chain.receipt(step.tx) for step in told.steps]
    found = [receipt for receipt in receipts if receipt is not None]
    machines.walk(made, last)
    job = bookings[-1].args["job"]
    return Facts(
        created=made.block,
        last=last,
        steps=told.steps,
        gas=tuple(receipt.gas_used for receipt in found),
        prices=tuple(receipt.gas_price for receipt in found),
        fee=job.pricing.fee,
        interval=job.timing.interval,
        findings=tuple(str(finding) for finding in told.findings),
        human_transactions=machines.others,
        failover_steps=_failover(told.steps, expiries),
        expiries=tuple(expiries),
        keeper_blocks=tuple(machines.keeper_blocks),
        model_ids=tuple(sorted({booking.args["job"].model_id for booking in bookings})),
        busy_seconds=machines.busy_seconds,
    )


def misnamed(chain: Chain, deployment: Deployment, agent: str) -> Iterator[str]:
    """Yield what a deployment says of people and code that the chain does not: one line each.

    Who counts as human depends on it.
    """
    governor = RegistryContract(chain, deployment.registry).governor()
    if deployment.governor != governor:
        yield f"governor {deployment.governor!r} is {governor} by the chain"
    deployer = _sender_of(chain, deployment.registry, block=deployment.block)
    if deployment.deployer != deployer:
        yield f"deployer {deployment.deployer!r} made no registry in block {deployment.block}"
    source = _creation(chain, deployment, agent).args["implementation"]
    if source not in deployment.implementations.values():
        yield f"implementations lack {source}, which the agent is a clone of"


def _sender_of(chain: Chain, contract: str, *, block: int) -> str | None:
    """Return who made a contract in a block, None if nobody did."""
    if not 0 <= block <= chain.height():
        return None
    for tx in chain.rpc("eth_getBlockByNumber", hex(block), False)["transactions"]:
        receipt = chain.receipt(bytes.fromhex(tx.removeprefix("0x")))
        if receipt is not None and receipt.created == contract:
            return receipt.sender
    return None


def _creation(chain: Chain, deployment: Deployment, agent: str) -> Event:
    """Return the event of the agent's creation."""
    found = FactoryContract(chain, deployment.factory).events(
        "AgentCreated", from_block=deployment.block, topics=[address_topic(agent)]
    )
    if not found:
        raise CheckFailed(f"agent {agent} was not made by factory {deployment.factory}")
    return found[0]


def _failover(steps: tuple[Step, ...], expiries: list[Event]) -> int:
    """Count the steps that another provider did after the first missed run."""
    if not expiries:
        return 0
    missed = expiries[0]
    return sum(
        step.block > missed.block and step.provider != missed.args["provider"] for step in steps
    )


class _Machines:
    """Tells the transactions of keepers and providers from all others."""

    def __init__(self, chain: Chain, deployment: Deployment, *, owner: str) -> None:
        self._chain = chain
        self._everloop = deployment.everloop.lower()
        providers = {
            provider.lower()
            for provider in RegistryContract(chain, deployment.registry).providers()
        }
        keys = EverloopContract(chain, deployment.everloop).events(
            "KeyAuthorised", from_block=deployment.block
        )
        self._answering = providers | {
            key.args["key"].lower()
            for key in keys
            if key.args["authorised"] and key.args["provider"].lower() in providers
        }
        # Whoever made or owns the agent is no machine, whatever it calls.
        self._people = {owner.lower(), deployment.deployer.lower(), deployment.governor.lower()}
        self._provider_calls = {_selector(name) for name in _PROVIDER_CALLS}
        self._keeper_calls = {_selector(name) for name in _KEEPER_CALLS}
        self.others = 0
        self.keeper_blocks: list[int] = []
        self.busy_seconds = 0

    def walk(self, made: Event, last: int) -> None:
        """Look at every transaction after the one that made the agent."""
        passed = False
        before = int(self._chain.block(made.block).time)
        for number in range(made.block, last + 1):
            block = self._chain.rpc("eth_getBlockByNumber", hex(number), True)
            time = int(block["timestamp"], 16)
            if block["transactions"]:
                self.busy_seconds += time - before
            before = time
            for transaction in block["transactions"]:
                if passed:
                    self._look(transaction, number)
                passed = passed or transaction["hash"] == "0x" + made.tx.hex()

    def _look(self, transaction: Mapping[str, Any], number: int) -> None:
        sender = str(transaction["from"]).lower()
        call = str(transaction["input"])[:10]
        to_engine = str(transaction.get("to") or "").lower() == self._everloop
        if to_engine and call in self._keeper_calls and sender not in self._people:
            self.keeper_blocks.append(number)
        elif not (to_engine and call in self._provider_calls and sender in self._answering):
            self.others += 1


def _selector(function: str) -> str:
    """Return the first four bytes of a call to Everloop, 0x and 8 hex digits."""
    return "0x" + entry("Everloop", "function", function).selector.hex()

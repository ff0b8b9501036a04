"""The measured paths of answers that come together, or with their order."""

from __future__ import annotations

from dataclasses import replace

from eth_utils.crypto import keccak

from agent_sdk.abi import encode_call
from agent_sdk.accounts import dev
from agent_sdk.logs import decode
from agent_sdk.orders import sign
from agent_sdk.types import Job, Pin, Receipt
from benchmarks.paths import (
    FIRST,
    INTERVAL,
    LAST,
    LOOP,
    ONCE,
    PATHS,
    charged_ratio,
    create_agent,
    implementation_of,
    incompressible,
    salt_of,
)
from benchmarks.world import World, mean

__all__ = ["ALL_PATHS"]

USER_INDEX = 2
"""number of `World.user` among the chain's accounts"""
BATCH = 10


def signed_one_tx(world: World) -> int:
    """Order, payment and answer of 200 bytes each in one transaction, called back."""
    box = world.deploy("AnswerBox", world.everloop, world.user)
    orders = world.read(world.everloop, "Everloop", "ORDERS")
    used, ratios = [], []
    for run in range(LAST):
        question, answer = incompressible(200, run), incompressible(200, 100 + run)
        job = world.job(
            owner=world.user,
            target=box,
            timing=ONCE,
            salt=salt_of(f"signed {run}"),
            provider=world.provider,
            input_hash=keccak(question),
        )
        deadline = world.chain.block().time + 3600
        order = sign(
            job,
            dev(USER_INDEX),
            nonce=run,
            deadline=deadline,
            chain_id=world.chain.chain_id,
            orders=orders,
        )
        number, digest = world.latest()
        pin = Pin(run=0, number=number, hash=digest).pack()
        arguments = (job.to_tuple(), question, run, deadline, order.signature, pin, answer)
        receipt = world.send(world.provider, orders, "SignedOrders", "deliverSigned", *arguments)
        used.append(receipt.gas_used)
        paid = world.events(receipt, "SignedInferenceDelivered")[0].args["paid"]
        ratios.append((paid - job.pricing.amount) / receipt.gas_price / receipt.gas_used)
    _note("signed_one_tx", ratios)
    return mean(used[FIRST - 1 :])


def deliver_batch10(world: World) -> int:
    """Ten answers of 32 bytes for one payer without callback in one transaction, each."""
    jobs = [_loop(world, f"batch {i}") for i in range(BATCH)]
    return _deliver_batch(world, "deliver_batch10", jobs, incompressible(32, 1))


def deliver_batch10_agents(world: World) -> int:
    """A step with `hold()` of ten clones of one implementation in one transaction, each."""
    shared = implementation_of(world)
    births = [create_agent(world, f"one {i}", implementation=shared) for i in range(BATCH)]
    return _agents(world, "deliver_batch10_agents", births)


def deliver_batch10_kinds(world: World) -> int:
    """The same of ten clones of ten implementations, each."""
    births = [create_agent(world, f"together {i}") for i in range(BATCH)]
    return _agents(world, "deliver_batch10_kinds", births)


def _agents(world: World, label: str, births: list[Receipt]) -> int:
    jobs = [world.events(birth, "InferenceRequested")[0].args["job"] for birth in births]
    return _deliver_batch(world, label, jobs, encode_call("CounterAgent", "hold"))


def _loop(world: World, label: str) -> Job:
    job = world.job(
        owner=world.user,
        target=world.payer,
        timing=replace(LOOP, gas_limit=0),
        salt=salt_of(label),
        provider=world.provider,
    )
    receipt = world.send(world.user, world.everloop, "Everloop", "request", job.to_tuple(), b"", 0)
    booked: Job = world.events(receipt, "InferenceRequested")[0].args["job"]
    return booked


def _deliver_batch(world: World, label: str, jobs: list[Job], decision: bytes) -> int:
    jobs = sorted(jobs, key=lambda job: int(job.owner, 16))
    used, ratios = [], []
    for run in range(LAST):
        world.advance(INTERVAL + 1)
        number, digest = world.latest()
        pin = Pin(run=run, number=number, hash=digest).pack()
        answers = [(job.to_tuple(), pin, decision) for job in jobs]
        receipt = world.send(world.provider, world.everloop, "Everloop", "deliverBatch", answers)
        used.append(receipt.gas_used)
        ratios.append(_charged(receipt, jobs) / receipt.gas_used)
    _note(label, ratios)
    return mean(used[FIRST - 1 :]) // len(jobs)


def _charged(receipt: Receipt, jobs: list[Job]) -> float:
    delivered = [e for e in decode("Everloop", receipt.logs) if e.name == "InferenceDelivered"]
    fees = sum(job.pricing.fee for job in jobs)
    return float(sum(event.args["paid"] for event in delivered) - fees) / receipt.gas_price


def _note(label: str, ratios: list[float]) -> None:
    charged_ratio[label] = max(ratios[FIRST - 1 :])
    charged_ratio[label + " (least)"] = min(ratios[FIRST - 1 :])


ALL_PATHS = PATHS | {
    path.__name__: path
    for path in (signed_one_tx, deliver_batch10, deliver_batch10_agents, deliver_batch10_kinds)
}

"""The measured paths: each plays its steady state and returns gas per unit of work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from eth_utils.crypto import keccak

from agent_sdk.abi import encode_call
from agent_sdk.types import Job, Pin, Receipt, Timing
from benchmarks.world import GWEI, MODEL, World, mean

__all__ = [
    "FIRST",
    "INTERVAL",
    "LAST",
    "LOOP",
    "ONCE",
    "PATHS",
    "charged_ratio",
    "create_agent",
    "implementation_of",
    "incompressible",
    "salt_of",
]

FIRST, LAST = 3, 12
"""runs that count: the first two warm the slots up from zero"""
INTERVAL = 60
WINDOW = 600
PENALTY = 10**16
"""wei; `ProviderRegistry.PENALTY`"""
LOOP = Timing(
    interval=INTERVAL, heartbeat=3600, window=WINDOW, gas_limit=300_000, output_limit=1024
)
TASK = Timing(interval=INTERVAL, heartbeat=3600, window=600, gas_limit=60_000, output_limit=0)
ONCE = Timing(interval=0, heartbeat=0, window=WINDOW, gas_limit=100_000, output_limit=256)
charged_ratio: dict[str, float] = {}
"""per path: gas the payer was charged / gas the transaction used"""


def salt_of(label: str) -> bytes:
    """A random word."""
    return keccak(text=f"benchmark {label}")


def agent_create(world: World) -> int:
    """A funded clone with policy, one provider, one recipient and its first inference booked."""
    return [create_agent(world, f"create {i}") for i in range(2)][1].gas_used


def implementation_of(world: World) -> str:
    """What agents are cloned from."""
    return world.deploy("CounterAgent", world.everloop, "0x" + "00" * 20)


def create_agent(
    world: World, label: str, *, providers: int = 1, implementation: str = ""
) -> Receipt:
    """A funded clone with its first inference booked; of its own implementation if not told."""
    implementation = implementation or implementation_of(world)
    loop = (INTERVAL, 3600, WINDOW, 300_000, 1024, 20 * GWEI, 2 * GWEI, 0, 10**15)
    policy = (10**17, 10**18, 86_400, 10**16)
    choices = [(provider, keccak(text=MODEL)) for provider in (world.provider, world.spare)]
    birth = (loop, policy, choices[:providers], [world.payer], 5 * 10**17, 0)
    arguments = (implementation, salt_of(label), birth, b"")
    return world.send(world.user, world.factory, "AgentFactory", "create", *arguments, value=10**18)


def _step(world: World, decision: bytes, label: str) -> int:
    job: Job = world.events(create_agent(world, label), "InferenceRequested")[0].args["job"]
    used, ratios = [], []
    for run in range(LAST):
        world.advance(INTERVAL + 1)
        receipt = _deliver(world, job, run, decision)
        used.append(receipt.gas_used)
        ratios.append(_charged(world, receipt, "InferenceDelivered", job.pricing.fee))
    charged_ratio[label] = max(
        r / u for r, u in zip(ratios[FIRST - 1 :], used[FIRST - 1 :], strict=True)
    )
    return mean(used[FIRST - 1 :])


def _charged(world: World, receipt: Receipt, event: str, fee: int) -> float:
    paid: int = world.events(receipt, event)[0].args["paid"]
    return (paid - fee) / receipt.gas_price


def _deliver(world: World, job: Job, run: int, decision: bytes) -> Receipt:
    number, digest = world.latest()
    return world.send(
        world.provider,
        world.everloop,
        "Everloop",
        "deliver",
        job.to_tuple(),
        Pin(run=run, number=number, hash=digest).pack(),
        decision,
    )


def autonomy_step(world: World) -> int:
    """One step of a clone: deliver, an action writing a slot, history, pay, record, book again."""
    return _step(world, encode_call("CounterAgent", "count", 1), "autonomy_step")


def autonomy_step_hold(world: World) -> int:
    """The same step with `hold()`."""
    return _step(world, encode_call("CounterAgent", "hold"), "autonomy_step_hold")


def _ask(world: World, salt: bytes, box: str, question: bytes) -> tuple[Job, Receipt]:
    job = world.job(
        owner=world.user,
        target=box,
        timing=ONCE,
        salt=salt,
        provider=world.provider,
        input_hash=keccak(question),
    )
    receipt = world.send(
        world.user, world.everloop, "Everloop", "request", job.to_tuple(), question, 0
    )
    return world.events(receipt, "InferenceRequested")[0].args["job"], receipt


def _request_deliver(world: World, *, fresh: bool) -> int:
    box = world.deploy("AnswerBox", world.everloop, world.user)
    used = []
    for run in range(LAST):
        label = f"{fresh} {run if fresh else 0}"
        job, asked = _ask(world, salt_of(label), box, incompressible(200, run))
        world.advance(1)
        answered = _deliver(world, job, 0 if fresh else run, incompressible(200, 100 + run))
        used.append(asked.gas_used + answered.gas_used)
    return mean(used[FIRST - 1 :])


def incompressible(length: int, seed: int) -> bytes:
    """Incompressible bytes, none of them zero."""
    stream = b"".join(keccak(text=f"{seed} {i}") for i in range(length // 16))
    return bytes(b or 1 for b in stream[:length])


def request_deliver(world: World) -> int:
    """Question and answer of 200 bytes, paid, called back: both transactions, id used before."""
    return _request_deliver(world, fresh=False)


def request_deliver_fresh(world: World) -> int:
    """The same with an id never used."""
    return _request_deliver(world, fresh=True)


def _booked(
    world: World, label: str, timing: Timing, target: str, data: bytes = b""
) -> tuple[Job, Receipt]:
    job = world.job(owner=world.user, target=target, timing=timing, salt=salt_of(label), data=data)
    receipt = world.send(world.user, world.everloop, "Everloop", "schedule", job.to_tuple(), 0)
    return world.events(receipt, "TaskScheduled")[0].args["job"], receipt


def schedule(world: World) -> int:
    """Book a recurring task under a fresh salt."""
    target = world.deploy("CounterTask", world.everloop, world.user)
    return mean([_booked(world, f"schedule {i}", TASK, target)[1].gas_used for i in range(4)])


def cancel(world: World) -> int:
    """End a task."""
    target = world.deploy("CounterTask", world.everloop, world.user)
    _booked(world, "cancel", TASK, target)
    return world.send(world.user, world.everloop, "Everloop", "cancel", salt_of("cancel")).gas_used


def cancel_inference(world: World) -> int:
    """End a recurring inference between two windows and release what was reserved."""
    job, _ = _ask_loop(world)
    world.advance(1)
    _deliver(world, job, 0, b"answer")
    return world.send(
        world.user, world.everloop, "Everloop", "cancelInference", job.to_tuple()
    ).gas_used


def _ask_loop(world: World) -> tuple[Job, Receipt]:
    box = world.deploy("AnswerBox", world.everloop, world.user)
    job = world.job(
        owner=world.user,
        target=box,
        timing=replace(LOOP, gas_limit=100_000),
        salt=salt_of("loop"),
        provider=world.provider,
    )
    receipt = world.send(world.user, world.everloop, "Everloop", "request", job.to_tuple(), b"", 0)
    return world.events(receipt, "InferenceRequested")[0].args["job"], receipt


def _run_tasks(world: World, label: str, jobs: list[Job]) -> int:
    used, ratios = [], []
    for _ in range(LAST):
        world.advance(INTERVAL + 1)
        receipt = world.send(world.keeper, world.everloop, "Everloop", *_execute(jobs))
        used.append(receipt.gas_used)
        ratios.append(_gas_charged(world, receipt, jobs) / receipt.gas_used)
    charged_ratio[label] = max(ratios[FIRST - 1 :])
    charged_ratio[label + " (least)"] = min(ratios[FIRST - 1 :])
    return mean(used[FIRST - 1 :]) // len(jobs)


def _execute(jobs: list[Job]) -> tuple[str, Any]:
    if len(jobs) == 1:
        return "execute", jobs[0].to_tuple()
    return "executeBatch", [job.to_tuple() for job in jobs]


def _gas_charged(world: World, receipt: Receipt, jobs: list[Job]) -> float:
    paid = sum(event.args["paid"] for event in world.events(receipt, "TaskExecuted"))
    return float(paid) / receipt.gas_price


def _task(world: World, label: str, *, raw: bool) -> Job:
    target = world.deploy("CounterTask", world.everloop, world.user)
    timing = replace(TASK, flags=1) if raw else TASK
    data = encode_call("CounterTask", "tick") if raw else b""
    job = world.job(
        owner=world.user, target=target, timing=timing, salt=salt_of(label), data=data, amount=0
    )
    receipt = world.send(world.user, world.everloop, "Everloop", "schedule", job.to_tuple(), 0)
    booked: Job = world.events(receipt, "TaskScheduled")[0].args["job"]
    return booked


def task_run_recurring(world: World) -> int:
    """A keeper runs one recurring task whose `onTask` writes one slot."""
    return _run_tasks(world, "task_run_recurring", [_task(world, "one", raw=False)])


def task_run_raw(world: World) -> int:
    """The same through the Executor."""
    return _run_tasks(world, "task_run_raw", [_task(world, "raw", raw=True)])


def task_batch10(world: World) -> int:
    """Ten tasks of one owner with ten targets in one transaction, each."""
    return _run_tasks(
        world, "task_batch10", [_task(world, f"ten {i}", raw=False) for i in range(10)]
    )


def task_batch50(world: World) -> int:
    """Fifty tasks of one owner with fifty targets in one transaction, each."""
    return _run_tasks(
        world, "task_batch50", [_task(world, f"fifty {i}", raw=False) for i in range(50)]
    )


def expire_failover(world: World) -> int:
    """A keeper ends an unanswered run of an agent, which books with its other provider."""
    job: Job = world.events(create_agent(world, "expire", providers=2), "InferenceRequested")[
        0
    ].args["job"]
    used, ratios = [], []
    for _ in range(LAST):
        world.advance(WINDOW + 1)
        receipt = world.send(world.keeper, world.everloop, "Everloop", "expire", job.to_tuple())
        job = world.events(receipt, "InferenceRequested")[0].args["job"]
        used.append(receipt.gas_used)
        bounty = PENALTY // 10
        ratios.append(_charged(world, receipt, "InferenceExpired", bounty) / receipt.gas_used)
    charged_ratio["expire_failover"] = max(ratios[FIRST - 1 :])
    return mean(used[FIRST - 1 :])


def resume(world: World) -> int:
    """Anyone books a dormant inference again; its owner is an account without code."""
    job, _ = _ask_loop(world)
    world.send(world.provider, world.registry, "ProviderRegistry", "serve", False)
    used, ratios = [], []
    for run in range(LAST):
        world.advance(INTERVAL + 1)
        _deliver(world, job, run, b"answer")
        world.send(world.provider, world.registry, "ProviderRegistry", "serve", True)
        receipt = world.send(world.keeper, world.everloop, "Everloop", "resume", job.to_tuple())
        world.send(world.provider, world.registry, "ProviderRegistry", "serve", False)
        used.append(receipt.gas_used)
        ratios.append(_charged(world, receipt, "InferenceResumed", 0) / receipt.gas_used)
    charged_ratio["resume"] = max(ratios[FIRST - 1 :])
    return mean(used[FIRST - 1 :])


PATHS = {
    path.__name__: path
    for path in (
        autonomy_step,
        autonomy_step_hold,
        request_deliver,
        request_deliver_fresh,
        schedule,
        task_run_recurring,
        task_run_raw,
        task_batch10,
        task_batch50,
        cancel,
        cancel_inference,
        agent_create,
        expire_failover,
        resume,
    )
}

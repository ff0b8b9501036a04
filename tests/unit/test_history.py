"""Reading a history looks each step up in few looks, and finds what a scan of all events finds."""

from __future__ import annotations

import random
from typing import Any

import pytest

from agent_sdk.chain import Chain
from agent_sdk.history_steps import StepReader, Timeline
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak
from agent_sdk.types import Block, Event, Job, Pricing, Result, Timing

AGENT = "0x" + "11" * 20
MANIFEST = Manifest("Quiet", "Rest.", ())


class CountedEvent(Event):
    """An event that counts how often anybody asks where on the chain it stands."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "block":
            CountedEvent.looks += 1
        return super().__getattribute__(name)


class Clock(Chain):
    """Blocks alone: one a second."""

    def __init__(self) -> None:
        pass

    def block(self, number: int | str = "latest") -> Block:
        assert isinstance(number, int)
        return Block(number=number, hash=number.to_bytes(32, "big"), time=number, base_fee=0)


def event(name: str, place: int, *, block: int, index: int, **args: Any) -> CountedEvent:
    tx = place.to_bytes(32, "big")
    return CountedEvent(
        name=name, address=AGENT, args=args, block=block, block_hash=tx, tx=tx, index=index
    )


def life(steps: int) -> tuple[list[Event], list[Event]]:
    """Return the events of Everloop and of an agent that steps every tenth block."""
    job = Job(
        owner=AGENT,
        target=AGENT,
        provider="0x" + "22" * 20,
        model_id=bytes(32),
        input=bytes(32),
        timing=Timing(interval=10, heartbeat=10, window=9, gas_limit=300_000, output_limit=64),
        pricing=Pricing(max_gas_price=1, max_priority_fee=1, amount=1),
        salt=bytes(32),
    )
    market: list[Event] = [
        event("InferenceRequested", 0, block=1, index=0, id=b"loop", job=job, due=10)
    ]
    stepped: list[Event] = []
    for run in range(steps):
        due = 10 * (run + 1)
        told: dict[str, Any] = {"id": b"loop", "run": run}
        stepped.append(
            event(
                "Stepped",
                run + 1,
                block=due + 1,
                index=0,
                **told,
                step=run,
                pinnedBlock=due,
                pinnedHash=due.to_bytes(32, "big"),
                time=due + 1,
                decisionHash=keccak(b""),
                result=Result.REJECTED,
            )
        )
        told |= {"decision": b"", "provider": job.provider, "paid": 1, "due": due + 10}
        market.append(event("InferenceDelivered", run + 1, block=due + 1, index=1, **told))
    return market, stepped


def looks(steps: int) -> int:
    """Return how many looks at events reading such a life takes; all of it must hold."""
    market, stepped = life(steps)
    CountedEvent.looks = 0
    reader = StepReader(
        Clock(), market, MANIFEST, agent=AGENT, loop=b"loop", is_derived=True, check_blocks=True
    )
    read = [reader.step(number, one) for number, one in enumerate(stepped)]
    assert [step.next_due for step in read] == [10 * (number + 2) for number in range(steps)]
    assert reader.findings == []
    return CountedEvent.looks


def test_reading_eight_times_the_steps_takes_about_eight_times_the_looks() -> None:
    few, many = looks(250), looks(2_000)
    assert 0 < few < many < 8 * few * 1.5


@pytest.mark.parametrize("seed", range(20))
def test_the_newest_event_before_a_step_is_that_of_a_scan(seed: int) -> None:
    draw = random.Random(seed)
    places = draw.sample([(block, index) for block in range(12) for index in range(4)], 30)
    events: list[Event] = [
        event("Told", number, block=block, index=index, id=draw.choice([b"a", b"b"]))
        for number, (block, index) in enumerate(places)
    ]
    told = Timeline(events)
    for number, (block, index) in enumerate(places):
        for id in (b"a", b"b", b"unknown"):
            asked = event("Asked", number, block=block, index=index, id=id)
            earlier = [e for e in events if e.args["id"] == id]
            earlier = [e for e in earlier if (e.block, e.index) < (block, index)]
            newest = max(earlier, key=lambda e: (e.block, e.index), default=None)
            assert told.before(asked) is newest

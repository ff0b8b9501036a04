"""The three flows as a contract developer meets them in Ape: a task, a question, an agent."""

from __future__ import annotations

from typing import Any

import ape
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from .conftest import ETHER, HEARTBEAT, INTERVAL, MODEL_ID, WINDOW, ZERO, World, pricing, timing


def _schedule(world: World, target: Any, *, recurring: bool = True) -> Any:
    job = (
        world.owner,
        target,
        ZERO,
        b"\0" * 32,
        b"\0" * 32,
        timing(gas_limit=60_000, recurring=recurring),
        pricing(amount=10**14),
        b"\x07" * 32,
        b"",
    )
    return world.booked(world.everloop.schedule(job, 0, sender=world.owner))


def test_task_runs_in_a_loop_until_cancelled_and_the_keeper_is_paid(
    world: World, project: Any
) -> None:
    target = world.governor.deploy(project.CounterTask, world.everloop, world.owner)
    job = _schedule(world, target)
    for run in range(3):
        receipt = world.everloop.execute([job], sender=world.keeper)
        event = receipt.decode_logs(world.everloop.TaskExecuted)[0]
        assert (event.run, event.keeper) == (run, world.keeper.address)
        assert target.runs() == run + 1
        world.advance(INTERVAL + 1)
    assert world.everloop.balanceOf(world.keeper) > 0
    world.everloop.cancel(b"\x07" * 32, sender=world.owner)
    receipt = world.everloop.execute([job], sender=world.keeper)
    assert receipt.decode_logs(world.everloop.TaskSkipped)[0].outcome == 2
    assert target.runs() == 3


def test_task_before_its_time_is_left_out(world: World, project: Any) -> None:
    target = world.governor.deploy(project.CounterTask, world.everloop, world.owner)
    job = _schedule(world, target)
    world.everloop.execute([job], sender=world.keeper)
    receipt = world.everloop.execute([job], sender=world.keeper)
    assert receipt.decode_logs(world.everloop.TaskSkipped)[0].outcome == 3


def test_question_is_answered_paid_and_over(world: World, project: Any) -> None:
    box = world.governor.deploy(project.AnswerBox, world.everloop, world.owner)
    provider = world.providers[0]
    question = b"What is the answer?"
    job = (
        world.owner,
        box,
        provider,
        MODEL_ID,
        keccak(question),
        timing(gas_limit=100_000, recurring=False),
        pricing(amount=10**15),
        b"\x08" * 32,
        b"",
    )
    before = world.everloop.balanceOf(world.owner)
    booked = world.booked(world.everloop.request(job, question, 0, sender=world.owner))
    number, digest = world.latest()
    receipt = world.everloop.deliver(booked, 0, number, digest, b"42", sender=provider)
    event = receipt.decode_logs(world.everloop.InferenceDelivered)[0]
    assert (event.decision, event.due) == (b"42", 0)
    assert box.lastAnswer() == keccak(b"42")
    assert (
        world.everloop.balanceOf(provider)
        == event.paid
        == before - world.everloop.balanceOf(world.owner)
    )
    assert world.everloop.freeOf(world.owner) == world.everloop.balanceOf(world.owner)


def test_stranger_cannot_answer(world: World, agent: Any) -> None:
    _, job = agent
    number, digest = world.latest()
    with ape.reverts(world.everloop.Inference_NotProvider):
        world.everloop.deliver(job, 0, number, digest, b"", sender=world.keeper)


def test_agent_steps_by_itself_and_records_every_decision(world: World, agent: Any) -> None:
    contract, job = agent
    head = bytes(28)
    for run in range(3):
        number, digest = world.latest()
        decision = contract.count.encode_input(2)
        receipt = world.everloop.deliver(
            job, run, number, digest, decision, sender=world.providers[0]
        )
        stepped = receipt.decode_logs(contract.Stepped)[0]
        assert (stepped.step, stepped.run, stepped.result) == (run, run, 0)
        assert contract.historyHead() != head
        head = contract.historyHead()
        world.advance(INTERVAL + 1)
    assert (contract.total(), contract.steps()) == (6, 3)


def test_agent_survives_an_answer_that_fits_no_action(world: World, agent: Any) -> None:
    contract, job = agent
    number, digest = world.latest()
    receipt = world.everloop.deliver(
        job, 0, number, digest, b"\xff\xff\xff\xff", sender=world.providers[0]
    )
    assert receipt.decode_logs(contract.Stepped)[0].result == 1
    assert receipt.decode_logs(world.everloop.InferenceDelivered)[0].due > 0
    assert contract.total() == 0


def test_silent_provider_is_penalised_and_the_agent_moves_on(world: World, agent: Any) -> None:
    contract, job = agent
    first, second = world.providers
    world.advance(WINDOW + 1)
    receipt = world.everloop.expire(job, sender=world.keeper)
    slashed = receipt.decode_logs(world.registry.Slashed)[0]
    penalty = world.registry.PENALTY()
    assert slashed.bounty + slashed.repaid + slashed.burned == penalty
    assert slashed.burned * 2 >= penalty
    moved = world.booked(receipt)
    owner, provider = moved[0], moved[2]
    assert (to_checksum_address(owner), to_checksum_address(provider)) == (
        contract.address,
        second.address,
    )
    number, digest = world.latest()
    world.everloop.deliver(moved, 1, number, digest, contract.hold.encode_input(), sender=second)
    assert contract.steps() == 1
    assert world.registry.providerOf(first).bonded == ETHER - penalty


def test_loop_is_booked_within_interval_and_heartbeat(world: World, agent: Any) -> None:
    contract, job = agent
    provider = world.providers[0]
    number, digest = world.latest()
    far = contract.wakeIn.encode_input(10**9)
    receipt = world.everloop.deliver(job, 0, number, digest, far, sender=provider)
    time = world.chain.blocks[receipt.block_number].timestamp
    assert receipt.decode_logs(world.everloop.InferenceDelivered)[0].due == time + HEARTBEAT


def test_owner_takes_everything_back(world: World, agent: Any) -> None:
    contract, job = agent
    world.advance(WINDOW + 1)
    contract.stop(job, sender=world.owner)
    contract.drain(world.everloop.freeOf(contract), sender=world.owner)
    before = world.owner.balance
    receipt = contract.withdraw(ETHER, world.owner, sender=world.owner)
    assert world.owner.balance == before + ETHER - receipt.total_fees_paid
    assert contract.balance == 0

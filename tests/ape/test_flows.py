"""The three flows as a contract developer meets them in Ape: a task, a question, an agent."""

from __future__ import annotations

from typing import Any

import ape
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from .conftest import (
    ETHER,
    HEARTBEAT,
    INTERVAL,
    MODEL_ID,
    WINDOW,
    World,
    pin,
    pricing,
    run_report,
    step_report,
    timing,
)

SALT = b"\x07" * 32


def _schedule(world: World, target: Any, *, gas_limit: int = 60_000) -> Any:
    task = (
        world.owner,
        target,
        timing(gas_limit=gas_limit),
        SALT,
        pricing(amount=10**14),
        b"",
    )
    world.everloop.schedule(task, 0, sender=world.owner)
    return task


def test_task_runs_in_a_loop_until_cancelled_and_the_keeper_is_paid(
    world: World, project: Any
) -> None:
    target = world.governor.deploy(project.CounterTask, world.everloop, world.owner)
    task = _schedule(world, target)
    earned = 0
    for count in range(3):
        receipt = world.everloop.execute(task, sender=world.keeper)
        event = receipt.decode_logs(world.everloop.TaskExecuted)[0]
        run, outcome, due, paid = run_report(event.report)
        assert (run, outcome, event.keeper) == (count, 0, world.keeper.address)
        assert due == world.chain.blocks[receipt.block_number].timestamp + INTERVAL
        assert target.runs() == count + 1
        earned += paid
        assert world.everloop.balanceOf(world.keeper) == earned > 0
        world.advance(INTERVAL + 1)
    world.everloop.cancel(SALT, sender=world.owner)
    with ape.reverts(world.everloop.Scheduler_NotBooked):
        world.everloop.execute(task, sender=world.keeper)
    receipt = world.everloop.executeBatch([task], sender=world.keeper)
    assert receipt.decode_logs(world.everloop.TaskSkipped)[0].outcome == 2
    assert target.runs() == 3


def test_task_before_its_time_is_left_out_of_a_batch(world: World, project: Any) -> None:
    target = world.governor.deploy(project.CounterTask, world.everloop, world.owner)
    task = _schedule(world, target)
    world.everloop.execute(task, sender=world.keeper)
    receipt = world.everloop.executeBatch([task], sender=world.keeper)
    assert receipt.decode_logs(world.everloop.TaskSkipped)[0].outcome == 3
    with ape.reverts(world.everloop.Scheduler_NotDue):
        world.everloop.execute(task, sender=world.keeper)


def test_task_is_changed_in_place(world: World, project: Any) -> None:
    target = world.governor.deploy(project.CounterTask, world.everloop, world.owner)
    old = _schedule(world, target)
    new = (*old[:2], timing(gas_limit=80_000, recurring=False), *old[3:])
    world.everloop.update(new, 0, sender=world.owner)
    with ape.reverts(world.everloop.Scheduler_NotBooked):
        world.everloop.execute(old, sender=world.keeper)
    receipt = world.everloop.execute(new, sender=world.keeper)
    run, _, due, _ = run_report(receipt.decode_logs(world.everloop.TaskExecuted)[0].report)
    assert (run, due) == (1, 0)


def test_question_is_answered_paid_and_over(world: World, project: Any) -> None:
    box = world.governor.deploy(project.AnswerBox, world.everloop, world.owner)
    provider = world.providers[0]
    question = b"What is the answer?"
    job = (
        world.owner,
        box,
        timing(gas_limit=100_000, recurring=False),
        pricing(amount=10**15),
        provider,
        MODEL_ID,
        keccak(question),
        b"\x08" * 32,
    )
    before = world.everloop.balanceOf(world.owner)
    booked = world.booked(world.everloop.request(job, question, 0, sender=world.owner))
    receipt = world.everloop.deliver(booked, pin(0, world.latest()), b"42", sender=provider)
    event = receipt.decode_logs(world.everloop.InferenceDelivered)[0]
    _, ending, due, paid = run_report(event.report)
    assert (event.decision, ending, due) == (b"42", 1, 0)
    assert box.lastAnswer() == keccak(b"42")
    assert (
        world.everloop.balanceOf(provider) == paid == before - world.everloop.balanceOf(world.owner)
    )
    assert world.everloop.freeOf(world.owner) == world.everloop.balanceOf(world.owner)


def test_stranger_cannot_answer(world: World, agent: Any) -> None:
    _, job = agent
    with ape.reverts(world.everloop.Inference_NotProvider):
        world.everloop.deliver(job, pin(0, world.latest()), b"", sender=world.keeper)


def test_agent_steps_by_itself_and_records_every_decision(world: World, agent: Any) -> None:
    contract, job = agent
    head = bytes(28)
    for run in range(3):
        read = world.latest()
        decision = contract.count.encode_input(2)
        receipt = world.everloop.deliver(job, pin(run, read), decision, sender=world.providers[0])
        stepped = receipt.decode_logs(contract.Stepped)[0]
        time = world.chain.blocks[receipt.block_number].timestamp
        assert step_report(stepped.report) == (run, read[0], time, 0, run)
        assert contract.historyHead() != head
        head = contract.historyHead()
        world.advance(INTERVAL + 1)
    assert (contract.total(), contract.steps()) == (6, 3)


def test_agent_survives_an_answer_that_fits_no_action(world: World, agent: Any) -> None:
    contract, job = agent
    receipt = world.everloop.deliver(
        job, pin(0, world.latest()), b"\xff\xff\xff\xff", sender=world.providers[0]
    )
    assert step_report(receipt.decode_logs(contract.Stepped)[0].report)[3] == 1
    delivered = receipt.decode_logs(world.everloop.InferenceDelivered)[0]
    assert run_report(delivered.report)[2] > 0
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
    owner, provider = moved[0], moved[4]
    assert (to_checksum_address(owner), to_checksum_address(provider)) == (
        contract.address,
        second.address,
    )
    decision = contract.hold.encode_input()
    world.everloop.deliver(moved, pin(1, world.latest()), decision, sender=second)
    assert contract.steps() == 1
    assert world.registry.providerOf(first).bonded == ETHER - penalty


def test_loop_is_booked_within_interval_and_heartbeat(world: World, agent: Any) -> None:
    contract, job = agent
    provider = world.providers[0]
    far = contract.wakeIn.encode_input(10**9)
    receipt = world.everloop.deliver(job, pin(0, world.latest()), far, sender=provider)
    time = world.chain.blocks[receipt.block_number].timestamp
    delivered = receipt.decode_logs(world.everloop.InferenceDelivered)[0]
    assert run_report(delivered.report)[2] == time + HEARTBEAT


def test_owner_takes_everything_back(world: World, agent: Any) -> None:
    contract, job = agent
    world.advance(WINDOW + 1)
    contract.stop(job, sender=world.owner)
    contract.drain(world.everloop.freeOf(contract), sender=world.owner)
    before = world.owner.balance
    receipt = contract.withdraw(ETHER, world.owner, sender=world.owner)
    assert world.owner.balance == before + ETHER - receipt.total_fees_paid
    assert contract.balance == 0

"""Inferences as their owners, providers and providers' keys see them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.abi import encode_call
from agent_sdk.accounts import Signer
from agent_sdk.booked import Booked, inferences
from agent_sdk.errors import Reverted
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.types import Answer, Call, Ending, Job, Miss, Pin, Receipt, Refusal
from agent_sdk.units import ETHER, GWEI

INPUT = b"question"
OWNER, PROVIDER, OTHER, KEY = (accounts.dev(number) for number in (1, 2, 3, 5))


def book(net: Everloop, job: Job, *, due: int = 0) -> Booked:
    """Book an inference as its owner and return its final record."""
    signer = accounts.dev(6) if job.owner == accounts.dev(6).address else OWNER
    receipt = net.chain.send(signer, net.engine.request(job, input_=INPUT, due=due))
    (event,) = net.engine.events_of(receipt, "InferenceRequested")
    return Booked(id=event.args["id"], job=event.args["job"], slot=event.args["slot"])


def deliver(net: Everloop, booked: Booked, *, signer: Signer = PROVIDER) -> Receipt:
    """Answer a run with a block of now."""
    pinned = net.chain.block()
    call = net.engine.deliver(
        booked.job,
        run=booked.slot.runs,
        pinned_block=pinned.number,
        pinned_hash=pinned.hash,
        decision=b"answer",
    )
    return net.chain.send(signer, call)


def last_answer(net: Everloop, box: str) -> bytes:
    return net.chain.call(Call(box, encode_call("AnswerBox", "lastAnswer")))


@pytest.fixture
def second(net: Everloop) -> Signer:
    """Another provider that serves."""
    net.providers.enroll(OTHER, governor=accounts.dev(0))
    return OTHER


@pytest.fixture
def dear(net: Everloop) -> Iterator[Callable[[], None]]:
    """Return what mines a block after which gas costs more than a gwei."""
    usual = net.chain.block().base_fee

    def rise() -> None:
        net.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(5 * GWEI))
        net.chain.mine()

    yield rise
    # The node keeps its base fee when a test is undone.
    net.chain.rpc("anvil_setNextBlockBaseFeePerGas", hex(usual))
    net.chain.mine()


def test_an_answer_reaches_its_target_and_pays_its_provider(
    net: Everloop, question: Job, box: str
) -> None:
    booked = book(net, question)
    offer = net.engine.offer_of(PROVIDER.address, question.model_id)
    assert booked.job.pricing == dataclasses.replace(question.pricing, fee=offer.fee(256))
    assert booked.slot == net.engine.slot_of(booked.id)
    assert booked.slot.commitment == booked.job.commitment()
    assert booked.id == question.id(chain_id=31337, everloop=net.deployment.everloop)
    reserved = net.engine.account_of(OWNER.address).reserved
    assert reserved == net.engine.worst_cost(booked.job)
    owner, provider = (net.engine.balance_of(who.address) for who in (OWNER, PROVIDER))
    receipt = deliver(net, booked)
    (event,) = net.engine.events_of(receipt, "InferenceDelivered")
    paid = event.args["paid"]
    assert (event.args["run"], event.args["ending"]) == (0, Ending.ACCEPTED)
    assert event.args["due"] == net.engine.slot_of(booked.id).due
    assert last_answer(net, box) == keccak(b"answer")
    assert net.engine.balance_of(OWNER.address) == owner - paid
    assert net.engine.balance_of(PROVIDER.address) == provider + paid
    assert paid >= receipt.cost + booked.job.pricing.fee


def test_the_words_of_the_chain_are_read_as_its_views_read_them(
    net: Everloop, question: Job
) -> None:
    booked = book(net, question)
    deliver(net, booked)
    word = int(net.engine._read("slotOf", booked.id))
    slot = net.engine.slot_of(booked.id)
    assert slot.pack() == word
    assert (slot.runs, slot.failures, slot.is_resigned) == (1, 0, False)
    for who in (OWNER, PROVIDER):
        account = net.engine.account_of(who.address)
        assert account.balance == net.engine.balance_of(who.address)
        assert account.free == net.engine.free_of(who.address)
    provider = net.engine.account_of(PROVIDER.address)
    assert (provider.open, provider.delivered, provider.missed) == (1, 1, 0)


def test_an_inference_moves_to_another_provider(
    net: Everloop, question: Job, second: Signer
) -> None:
    booked = book(net, question, due=net.chain.block().time + 1_000)
    moved = dataclasses.replace(question, provider=second.address, input=keccak(b"new"))
    call = net.engine.update_inference(booked.job, moved, input_=b"new")
    receipt = net.chain.send(OWNER, call)
    (event,) = net.engine.events_of(receipt)
    assert (event.name, event.args["id"], event.args["input"]) == (
        "InferenceRequested",
        booked.id,
        b"new",
    )
    assert inferences(net.engine, provider=PROVIDER.address) == []
    (found,) = inferences(net.engine, provider=second.address)
    assert (found.id, found.job) == (booked.id, event.args["job"])
    # The run that was booked before is over, so its number is not used again.
    assert found.slot.runs == 1
    deliver(net, found, signer=second)


def test_inside_the_window_nothing_is_changed(net: Everloop, question: Job) -> None:
    booked = book(net, question)
    with pytest.raises(Reverted, match="wait until the window closes"):
        net.chain.send(OWNER, net.engine.update_inference(booked.job, question, input_=INPUT))
    with pytest.raises(Reverted, match="wait until the window closes"):
        net.chain.send(OWNER, net.engine.cancel_inference(booked.job))
    net.chain.advance(120)
    net.chain.send(OWNER, net.engine.cancel_inference(booked.job))
    assert inferences(net.engine) == []
    assert net.engine.account_of(OWNER.address).reserved == 0


def test_an_inference_is_told_again(net: Everloop, question: Job) -> None:
    booked = book(net, question)
    later = net.chain.mine().number
    assert inferences(net.engine, from_block=later) == []
    net.scheduler.repost(booked.job)
    (found,) = inferences(net.engine, provider=PROVIDER.address, from_block=later)
    assert (found.id, found.job) == (booked.id, booked.job)


def test_a_run_is_handed_back_in_the_first_half_of_its_window(net: Everloop, question: Job) -> None:
    booked = book(net, question)
    receipt = net.chain.send(PROVIDER, net.engine.decline(booked.job, run=0))
    (event,) = net.engine.events_of(receipt, "InferenceDeclined")
    assert (event.args["reason"], event.args["counted"]) == (Miss.DECLINED, True)
    slot = net.engine.slot_of(booked.id)
    assert (slot.runs, slot.due) == (1, event.args["due"])
    assert slot.due == net.chain.block(receipt.block).time + 600
    account = net.engine.account_of(PROVIDER.address)
    assert (account.declined, account.missed, account.open) == (1, 0, 1)
    with pytest.raises(Reverted, match="this run is over"):
        net.chain.send(PROVIDER, net.engine.decline(booked.job, run=0))
    net.chain.advance(600 + 61)
    with pytest.raises(Reverted, match="first half of its window"):
        net.chain.send(PROVIDER, net.engine.decline(booked.job, run=1))


def test_a_run_that_gas_is_too_dear_for_is_handed_back_without_a_mark(
    net: Everloop, question: Job, dear: Callable[[], None]
) -> None:
    cheap = dataclasses.replace(question.pricing, max_gas_price=GWEI)
    booked = book(net, dataclasses.replace(question, pricing=cheap))
    net.chain.advance(100)
    dear()
    receipt = net.chain.send(PROVIDER, net.engine.decline(booked.job, run=0))
    (event,) = net.engine.events_of(receipt, "InferenceDeclined")
    assert event.args["counted"] is False
    assert net.engine.account_of(PROVIDER.address).declined == 0


def test_a_provider_leaves_between_two_runs_and_the_owner_moves_on(
    net: Everloop, question: Job, second: Signer
) -> None:
    booked = book(net, question)
    with pytest.raises(Reverted, match="wait until the window closes"):
        net.chain.send(PROVIDER, net.engine.resign(booked.job))
    deliver(net, booked)
    receipt = net.chain.send(PROVIDER, net.engine.resign(booked.job))
    (event,) = net.engine.events_of(receipt, "InferenceResigned")
    assert (event.args["reason"], event.args["run"], event.args["due"]) == (Miss.RESIGNED, 1, 0)
    slot = net.engine.slot_of(booked.id)
    assert (slot.is_dormant, slot.is_resigned) == (True, True)
    assert net.engine.account_of(OWNER.address).reserved == 0
    account = net.engine.account_of(PROVIDER.address)
    assert (account.open, account.missed, account.declined) == (0, 0, 0)
    receipt = net.chain.send(accounts.dev(4), net.engine.resume(booked.job))
    (unserved,) = net.engine.events_of(receipt, "InferenceUnserved")
    assert unserved.args["paid"] > 0
    assert net.engine.slot_of(booked.id).is_dormant
    moved = dataclasses.replace(question, provider=second.address)
    net.chain.send(OWNER, net.engine.update_inference(booked.job, moved, input_=INPUT))
    (found,) = inferences(net.engine)
    assert (found.job.provider, found.slot.is_resigned) == (second.address, False)


def test_a_key_answers_for_its_provider_until_that_is_ended(net: Everloop, question: Job) -> None:
    booked = book(net, question)
    with pytest.raises(Reverted, match="or a key of it, may do this"):
        deliver(net, booked, signer=KEY)
    net.providers.authorise(PROVIDER, KEY.address)
    assert net.engine.is_authorised(PROVIDER.address, KEY.address)
    receipt = deliver(net, booked, signer=KEY)
    (event,) = net.engine.events_of(receipt, "InferenceDelivered")
    assert net.engine.balance_of(PROVIDER.address) == event.args["paid"]
    assert net.engine.balance_of(KEY.address) == 0
    net.chain.send(KEY, net.engine.resign(booked.job))
    net.providers.authorise(PROVIDER, KEY.address, on=False)
    assert not net.engine.is_authorised(PROVIDER.address, KEY.address)
    with pytest.raises(Reverted, match="or a key of it, may do this"):
        net.chain.send(KEY, net.engine.resign(booked.job))


def test_a_batch_is_answered_in_one_transaction_and_leaves_out_what_is_not_due(
    net: Everloop, question: Job, box: str
) -> None:
    other = accounts.dev(6)
    net.chain.send(other, net.engine.deposit(other.address, value=ETHER))
    theirs = dataclasses.replace(question, owner=other.address)
    later = net.chain.block().time + 1_000
    early = dataclasses.replace(question, salt=bytes(32))
    jobs = [book(net, theirs), book(net, question), book(net, early, due=later)]
    pinned = net.chain.block()
    answers = [
        Answer(
            job=booked.job,
            pin=Pin(run=0, number=pinned.number, hash=pinned.hash),
            decision=b"answer",
        )
        for booked in sorted(jobs, key=lambda b: int(b.job.owner, 16), reverse=True)
    ]
    receipt = net.chain.send(PROVIDER, net.engine.deliver_batch(answers))
    events = net.engine.events_of(receipt)
    endings: dict[bytes, Any] = {
        event.args["id"]: event.args.get("ending", event.args.get("refusal")) for event in events
    }
    # The box takes answers to its owner's questions only.
    assert endings == {
        jobs[0].id: Ending.FAILED,
        jobs[1].id: Ending.ACCEPTED,
        jobs[2].id: Refusal.OUTSIDE_WINDOW,
    }
    assert [event.name for event in events].count("InferenceDelivered") == 2
    assert last_answer(net, box) == keccak(b"answer")
    paid = sum(event.args.get("paid", 0) for event in events)
    assert net.engine.balance_of(PROVIDER.address) == paid >= receipt.cost


def test_a_locked_account_neither_withdraws_nor_books(net: Everloop, question: Job) -> None:
    now = net.chain.block().time
    until = now + 86_400
    net.chain.send(OWNER, net.engine.lock(until))
    assert net.engine.locked_until(OWNER.address) == until
    assert net.engine.account_of(OWNER.address).locked
    with pytest.raises(Reverted, match="has locked itself until then"):
        net.chain.send(OWNER, net.engine.withdraw(1, to=OWNER.address))
    with pytest.raises(Reverted, match="has locked itself until then"):
        book(net, question)
    for wrong in (until, now + 9 * 86_400):
        with pytest.raises(Reverted, match="ends within 8 days"):
            net.chain.send(OWNER, net.engine.lock(wrong))
    net.chain.advance(86_400)
    net.chain.send(OWNER, net.engine.withdraw(1, to=OWNER.address))


def test_a_provider_cannot_book_itself(net: Everloop, question: Job) -> None:
    own = dataclasses.replace(question, owner=PROVIDER.address)
    with pytest.raises(Reverted, match="cannot book itself"):
        net.chain.send(PROVIDER, net.engine.request(own, input_=INPUT))


def test_offers_and_capacity_are_mirrored_to_the_engine(net: Everloop, question: Job) -> None:
    status = net.providers.status(PROVIDER.address)
    (terms,) = status.offers.values()
    assert net.engine.offer_of(PROVIDER.address, question.model_id) == terms
    assert status.capacity == status.record.bonded // net.registry.penalty() == 100
    net.chain.send(PROVIDER, net.registry.withdraw_offer(question.model_id))
    assert net.engine.offer_of(PROVIDER.address, question.model_id).min_max_gas_price == 0
    assert net.providers.status(PROVIDER.address).offers == {}
    net.providers.serve(PROVIDER, on=False)
    assert net.providers.status(PROVIDER.address).capacity == 0

"""Orders that owners sign off chain and others bring."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from agent_sdk import accounts, orders
from agent_sdk.abi import encode_call
from agent_sdk.accounts import Signer
from agent_sdk.deploy import deploy_contract
from agent_sdk.errors import Reverted
from agent_sdk.network import Everloop
from agent_sdk.orders import SignedOrder
from agent_sdk.payloads import keccak, signed_id
from agent_sdk.types import Call, Ending, Job, Outcome, Receipt, Timing
from agent_sdk.units import ETHER, FINNEY, GWEI

INPUT = b"question"
OWNER, PROVIDER, KEEPER, STRANGER = (accounts.dev(number) for number in (1, 2, 4, 5))


@pytest.fixture
def owner(net: Everloop) -> Everloop:
    """Everloop as the owner sees it, who has a balance and need not pay for gas."""
    net.chain.send(accounts.dev(0), net.engine.deposit(OWNER.address, value=ETHER))
    net.chain.set_balance(OWNER.address, 0)
    return Everloop(net.chain, net.deployment, signer=OWNER)


@pytest.fixture
def keeper(net: Everloop) -> Everloop:
    """Everloop as a keeper sees it."""
    return Everloop(net.chain, net.deployment, signer=KEEPER)


@pytest.fixture
def task(owner: Everloop) -> Job:
    """A record of the owner's, not booked."""
    chain, everloop = owner.chain, owner.deployment.everloop
    target = deploy_contract(chain, accounts.dev(0), "CounterTask", everloop, OWNER.address)
    return owner.scheduler.draft(target, interval=60, gas_limit=100_000, salt="signed")


@pytest.fixture
def ask(owner: Everloop, question: Job) -> Job:
    """An inference of the owner's that runs once, for a fee of a finney."""
    timing = Timing(interval=0, heartbeat=0, window=0, gas_limit=100_000, output_limit=256)
    return dataclasses.replace(question, timing=timing)


@pytest.fixture
def bring(net: Everloop) -> Callable[..., Receipt]:
    """Answer a signed inference."""

    def deliver(order: SignedOrder, *, signer: Signer = PROVIDER) -> Receipt:
        pinned = net.chain.block()
        call = net.orders.deliver_signed(
            order,
            input_=INPUT,
            pinned_block=pinned.number,
            pinned_hash=pinned.hash,
            decision=b"answer",
        )
        return net.chain.send(signer, call)

    return deliver


def sign_as(net: Everloop, signer: Signer, job: Job, *, nonce: int = 0) -> SignedOrder:
    """Sign a record, whoever owns it."""
    return orders.sign(
        job,
        signer,
        nonce=nonce,
        deadline=net.chain.block().time + 60,
        chain_id=net.chain.chain_id,
        orders=net.orders.address,
    )


def test_a_signed_task_is_booked_by_another_and_paid_by_its_owner(
    owner: Everloop, keeper: Everloop, task: Job
) -> None:
    later = owner.chain.block().time + 100
    order = owner.scheduler.sign(task, due=later)
    booked = keeper.scheduler.submit(order)
    assert (booked.job, booked.receipt.sender) == (task, KEEPER.address)
    assert booked.id == task.id(chain_id=31337, everloop=owner.deployment.everloop)
    assert owner.engine.slot_of(booked.id).due == later
    owner.chain.advance(100)
    before = owner.engine.balance_of(OWNER.address)
    receipt = keeper.scheduler.execute(task)
    (event,) = owner.engine.events_of(receipt, "TaskExecuted")
    assert event.args["outcome"] == Outcome.SUCCEEDED
    assert owner.engine.balance_of(OWNER.address) == before - event.args["paid"]
    assert owner.chain.balance(OWNER.address) == 0


def test_an_order_is_used_once(owner: Everloop, keeper: Everloop, task: Job) -> None:
    order = owner.scheduler.sign(task)
    keeper.scheduler.submit(order)
    assert owner.orders.is_nonce_used(OWNER.address, order.nonce)
    with pytest.raises(Reverted, match="was brought before, or revoked"):
        keeper.scheduler.submit(order)


def test_an_order_that_another_signed_is_refused(
    owner: Everloop, keeper: Everloop, task: Job
) -> None:
    with pytest.raises(Reverted, match="did not sign this order") as refused:
        keeper.scheduler.submit(sign_as(owner, STRANGER, task))
    assert refused.value.name == "Signature_Invalid"
    assert refused.value.arguments["owner"] == OWNER.address


@pytest.mark.parametrize(
    "change", ["job", "due", "nonce", "deadline", "signature"], ids=lambda name: str(name)
)
def test_an_order_that_was_changed_is_refused(
    owner: Everloop, keeper: Everloop, task: Job, change: str
) -> None:
    order = owner.scheduler.sign(task)
    other = {
        "job": dataclasses.replace(task, data=b"more"),
        "due": order.due + 1,
        "nonce": order.nonce + 1,
        "deadline": order.deadline + 1,
        "signature": order.signature[:5] + bytes([order.signature[5] ^ 1]) + order.signature[6:],
    }
    changed: SignedOrder = dataclasses.replace(order, **{change: other[change]})  # type: ignore[arg-type]
    with pytest.raises(Reverted) as refused:
        keeper.scheduler.submit(changed)
    assert refused.value.name == "Signature_Invalid"
    keeper.scheduler.submit(order)


def test_an_order_that_comes_too_late_is_refused(
    owner: Everloop, keeper: Everloop, task: Job
) -> None:
    order = owner.scheduler.sign(task, valid_for=60)
    owner.chain.advance(62)
    with pytest.raises(Reverted, match="came too late") as refused:
        keeper.scheduler.submit(order)
    assert refused.value.arguments["deadline"] == order.deadline


def test_an_owner_takes_an_order_back(owner: Everloop, keeper: Everloop, task: Job) -> None:
    order = owner.scheduler.sign(task)
    owner.chain.set_balance(OWNER.address, ETHER)
    receipt = owner.scheduler.revoke(order)
    (event,) = owner.orders.events_of(receipt, "NonceRevoked")
    assert event.args == {"owner": OWNER.address, "nonce": order.nonce}
    with pytest.raises(Reverted, match="was brought before, or revoked"):
        keeper.scheduler.submit(order)


def test_free_nonces_are_neighbours_and_never_given_twice(
    owner: Everloop, keeper: Everloop, task: Job
) -> None:
    signed = [owner.scheduler.sign(task) for _ in range(3)]
    assert [order.nonce for order in signed] == [0, 1, 2]
    # Orders come in any order; whoever begins anew sees what is used by now.
    keeper.scheduler.submit(signed[1])
    anew = Everloop(owner.chain, owner.deployment, signer=OWNER)
    assert anew.scheduler.sign(task).nonce == 0
    owner.chain.set_balance(OWNER.address, ETHER)
    for nonce in (0, *range(2, 9)):
        owner.chain.send(OWNER, owner.orders.revoke_nonce(nonce))
    assert owner.orders.free_nonce(OWNER.address) == 9
    assert owner.orders.free_nonce(OWNER.address, start=5) == 9
    assert owner.orders.free_nonce(OWNER.address, start=300) == 300


def test_a_signed_inference_is_ordered_answered_and_paid_at_once(
    owner: Everloop, ask: Job, box: str, bring: Callable[..., Receipt]
) -> None:
    order = owner.scheduler.sign(ask)
    before = owner.engine.balance_of(OWNER.address)
    receipt = bring(order)
    (event,) = owner.engine.events_of(receipt, "SignedInferenceDelivered")
    paid = event.args["paid"]
    assert event.args["id"] == signed_id(
        chain_id=31337,
        everloop=owner.deployment.everloop,
        owner=OWNER.address,
        nonce=order.nonce,
    )
    assert (event.args["job"], event.args["input"]) == (ask, INPUT)
    assert (event.args["decision"], event.args["ending"]) == (b"answer", Ending.ACCEPTED)
    answer = owner.chain.call(Call(box, encode_call("AnswerBox", "lastAnswer")))
    assert answer == keccak(b"answer")
    assert owner.engine.balance_of(OWNER.address) == before - paid
    assert owner.engine.balance_of(PROVIDER.address) == paid
    assert paid >= receipt.cost + FINNEY
    account = owner.engine.account_of(PROVIDER.address)
    assert (account.delivered, account.open) == (1, 0)
    with pytest.raises(Reverted, match="was brought before, or revoked"):
        bring(order)


def test_a_signed_inference_is_its_providers_to_answer(
    owner: Everloop, ask: Job, bring: Callable[..., Receipt]
) -> None:
    order = owner.scheduler.sign(ask)
    with pytest.raises(Reverted, match="only the provider named in the record"):
        bring(order, signer=STRANGER)
    with pytest.raises(Reverted) as refused:
        bring(sign_as(owner, STRANGER, ask))
    assert refused.value.name == "Signature_Invalid"
    owner.providers.authorise(PROVIDER, STRANGER.address)
    bring(order, signer=STRANGER)


def test_a_signed_inference_that_comes_too_late_is_refused(
    owner: Everloop, ask: Job, bring: Callable[..., Receipt]
) -> None:
    order = owner.scheduler.sign(ask, valid_for=60)
    owner.chain.advance(62)
    with pytest.raises(Reverted) as refused:
        bring(order)
    assert refused.value.name == "Signature_Expired"


def test_a_signed_inference_runs_once(
    owner: Everloop, question: Job, bring: Callable[..., Receipt]
) -> None:
    with pytest.raises(Reverted, match="without interval and heartbeat"):
        bring(sign_as(owner, OWNER, question))


def test_a_lock_keeps_the_money_for_what_is_signed(
    net: Everloop, owner: Everloop, ask: Job, bring: Callable[..., Receipt]
) -> None:
    order = owner.scheduler.sign(ask, valid_for=3_600)
    owner.chain.set_balance(OWNER.address, ETHER)
    owner.chain.send(OWNER, owner.engine.lock(order.deadline + 1))
    free = owner.engine.free_of(OWNER.address)
    with pytest.raises(Reverted, match="has locked itself"):
        owner.chain.send(OWNER, owner.engine.withdraw(free, to=OWNER.address))
    assert bring(order).status
    dear = dataclasses.replace(
        ask, pricing=dataclasses.replace(ask.pricing, max_gas_price=20_000 * GWEI)
    )
    with pytest.raises(Reverted, match="deposit more or ask for less"):
        bring(owner.scheduler.sign(dear))

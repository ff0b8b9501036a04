"""Questions by the facade: drafted, signed or booked, answered; and what is refused at once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.errors import ConfigError, Reverted
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.providers import DEFAULT_MODEL, DEFAULT_OFFER
from agent_sdk.types import ZERO_HASH, Job, Timing
from agent_sdk.units import ETHER, FINNEY

OWNER, PROVIDER, STRANGER = (accounts.dev(number) for number in (1, 2, 5))
QUESTION = "Which river flows through Lisbon?"


@pytest.fixture
def owner(net: Everloop) -> Everloop:
    """Everloop as an owner with an ether there sees it."""
    seen = Everloop(net.chain, net.deployment, signer=OWNER)
    seen.ledger.deposit("1 ether")
    return seen


@pytest.fixture
def provider(net: Everloop) -> Everloop:
    """Everloop as the provider sees it."""
    return Everloop(net.chain, net.deployment, signer=PROVIDER)


@pytest.fixture
def ask(owner: Everloop, box: str) -> Job:
    """A question by the provider's offer."""
    return owner.inferences.draft(box, provider=PROVIDER.address, question=QUESTION)


def test_a_draft_is_by_the_providers_offer(owner: Everloop, box: str, ask: Job) -> None:
    assert (ask.owner, ask.provider, ask.input) == (
        OWNER.address,
        PROVIDER.address,
        keccak(text=QUESTION),
    )
    assert ask.pricing.amount == DEFAULT_OFFER.fee(256)
    other = owner.inferences.draft(
        box, provider=PROVIDER.address, model=DEFAULT_MODEL, fee="1 finney", window=30
    )
    assert (other.input, other.pricing.amount, other.timing.window) == (ZERO_HASH, FINNEY, 30)


def test_a_signed_question_is_answered_and_paid(
    owner: Everloop, provider: Everloop, ask: Job
) -> None:
    before = owner.ledger.account().free
    order = owner.scheduler.sign(ask)
    receipt = provider.inferences.answer(order, b"The Tagus.", question=QUESTION)
    (event,) = owner.engine.events_of(receipt, "SignedInferenceDelivered")
    assert event.args["decision"] == b"The Tagus."
    assert owner.ledger.account().free == before - event.args["paid"]
    assert provider.ledger.account().free == event.args["paid"]


def test_a_booked_question_is_told_to_its_provider_and_cancelled(owner: Everloop, ask: Job) -> None:
    later = owner.chain.block().time + 600
    booked = owner.inferences.book(ask, question=QUESTION, due=later)
    assert owner.engine.slot_of(booked.id).due == later
    (event,) = owner.engine.events_of(booked.receipt, "InferenceRequested")
    assert event.args["input"] == QUESTION.encode()
    assert owner.ledger.account().reserved
    owner.inferences.cancel(booked.job)
    assert owner.ledger.account().reserved == 0


def test_orders_that_nobody_could_bring_are_not_signed(
    owner: Everloop, provider: Everloop, ask: Job
) -> None:
    sign = owner.scheduler.sign
    for other in (STRANGER.address, PROVIDER.address):
        with pytest.raises(ConfigError, match=f"owner is {other}: {OWNER.address} cannot sign"):
            sign(dataclasses.replace(ask, owner=other))
    with pytest.raises(ConfigError, match="cannot ask itself"):
        sign(dataclasses.replace(ask, provider=OWNER.address))
    timing: Any
    for timing in ({"interval": 60, "heartbeat": 60}, {"heartbeat": 60}):
        repeated = dataclasses.replace(ask.timing, **timing)
        with pytest.raises(ConfigError, match="runs once: leave out its interval"):
            sign(dataclasses.replace(ask, timing=repeated))
    assert owner.orders.free_nonce(OWNER.address) == 0
    # A contract judges by itself who signs for it, with nonces of its own.
    used = sign(dataclasses.replace(ask, owner=owner.deployment.everloop), nonce=None)
    assert used.nonce == 0


def test_a_draft_that_cannot_be_answered_is_refused(
    owner: Everloop, provider: Everloop, box: str
) -> None:
    draft = owner.inferences.draft
    with pytest.raises(ConfigError, match="is no provider"):
        draft(box, provider=STRANGER.address)
    with pytest.raises(ConfigError, match="does not offer other@1"):
        draft(box, provider=PROVIDER.address, model="other@1")
    with pytest.raises(ConfigError, match="fits no transaction"):
        draft(box, provider=PROVIDER.address, gas_limit=17_000_000)
    with pytest.raises(ConfigError, match="cannot ask itself"):
        provider.inferences.draft(box, provider=PROVIDER.address)


def test_an_inference_is_brought_by_its_provider(
    owner: Everloop, provider: Everloop, ask: Job
) -> None:
    order = owner.scheduler.sign(ask)
    with pytest.raises(ConfigError, match=r"is an inference: its provider 0x.* brings it"):
        provider.scheduler.submit(order)
    task = owner.scheduler.draft(ask.target, interval=0, gas_limit=50_000)
    with pytest.raises(ConfigError, match=r"is a task: bring it by `scheduler\.submit`"):
        provider.inferences.answer(owner.scheduler.sign(task), b"yes")
    stranger = Everloop(owner.chain, owner.deployment, signer=STRANGER)
    with pytest.raises(Reverted, match="only the provider named in the record"):
        stranger.inferences.answer(order, b"yes", question=QUESTION)


def test_an_answer_that_the_chain_would_refuse_is_not_sent(
    owner: Everloop, provider: Everloop, ask: Job
) -> None:
    order = owner.scheduler.sign(ask)
    with pytest.raises(ConfigError, match="not the one that the record commits to"):
        provider.inferences.answer(order, b"yes", question="Which lake?")
    with pytest.raises(ConfigError, match="has 257 bytes and the order takes 256"):
        provider.inferences.answer(order, 257 * b"a", question=QUESTION)
    owner.ledger.withdraw("all")
    with pytest.raises(ConfigError, match="has 0 wei free at Everloop and signed for"):
        provider.inferences.answer(order, b"yes", question=QUESTION)


def test_a_target_without_code_is_no_task(owner: Everloop) -> None:
    nobody = "0x" + 40 * "8"
    for raw in (False, True):
        with pytest.raises(ConfigError, match="there is no contract at"):
            owner.scheduler.schedule(nobody, interval=60, gas_limit=50_000, raw=raw)
    with pytest.raises(ConfigError, match="there is no contract at"):
        owner.scheduler.schedule(nobody, interval=60, gas_limit=50_000, without_code=True)
    made = owner.scheduler.schedule(
        nobody, interval=60, gas_limit=50_000, raw=True, without_code=True
    )
    assert made.job.target == nobody


def test_the_lens_of_the_deployment_is_at_hand(net: Everloop) -> None:
    assert net.lens.everloop() == net.deployment.everloop
    without = dataclasses.replace(net.deployment, contracts={})
    with pytest.raises(ConfigError, match="names no Lens"):
        _ = Everloop(net.chain, without).lens


def test_money_of_an_account_goes_in_and_out(owner: Everloop) -> None:
    owner.ledger.deposit("2 finney", to=STRANGER.address)
    assert owner.ledger.account(STRANGER.address).free == 2 * FINNEY
    stranger = Everloop(owner.chain, owner.deployment, signer=STRANGER)
    with pytest.raises(ConfigError, match="withdraw more than nothing and no more than that"):
        stranger.ledger.withdraw("3 finney")
    stranger.ledger.withdraw("all", to=owner.deployment.implementation("TreasuryAgent"))
    assert stranger.ledger.account().balance == 0
    owner.ledger.lock("1 h")
    for duration in ("30 min", "9 d"):
        with pytest.raises(ConfigError, match="is only prolonged, to 8 d at most"):
            owner.ledger.lock(duration)
    with pytest.raises(Reverted, match="has locked itself"):
        owner.ledger.withdraw(1)
    with pytest.raises(ConfigError, match="no account to sign with"):
        Everloop(owner.chain, owner.deployment).ledger.withdraw("all")


def test_a_provider_takes_its_stake_out(net: Everloop) -> None:
    providers = net.providers
    with pytest.raises(ConfigError, match="at most 1 ether"):
        providers.unbond(PROVIDER, "2 ether")
    providers.unbond(PROVIDER, FINNEY)
    net.chain.advance(7 * 86_400)
    providers.unbond(PROVIDER, 2 * FINNEY)
    status = providers.status(PROVIDER.address)
    assert [part["amount_wei"] for part in status.to_dict()["unbonding"]] == [FINNEY, 2 * FINNEY]
    assert status.record.bonded == ETHER - 3 * FINNEY
    with pytest.raises(ConfigError, match=r"released at .* UTC: wait until then"):
        providers.withdraw_stake(PROVIDER)
    net.chain.advance(7 * 86_400)
    providers.withdraw_stake(PROVIDER)
    assert providers.status(PROVIDER.address).record.unbonding == 2 * FINNEY


def test_a_signed_inference_takes_no_due_time(owner: Everloop, ask: Job) -> None:
    assert ask.timing == Timing(
        interval=0, heartbeat=0, window=120, gas_limit=100_000, output_limit=256
    )
    with pytest.raises(ConfigError, match="leave out its due time"):
        owner.scheduler.sign(ask, due=1)

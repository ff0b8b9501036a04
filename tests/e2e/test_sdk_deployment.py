"""What is fixed for good when Everloop is deployed."""

from __future__ import annotations

import dataclasses

import pytest

from agent_sdk import accounts
from agent_sdk.deploy import deploy
from agent_sdk.errors import CheckFailed, ConfigError, Reverted
from agent_sdk.network import Everloop
from agent_sdk.types import ZERO_ADDRESS, Job

INPUT = b"question"
DEPLOYER, OWNER, PROVIDER, RECEIVER = (accounts.dev(number) for number in (0, 1, 2, 7))


def test_nobody_takes_a_share_and_data_is_free_by_default(net: Everloop) -> None:
    assert net.engine.protocol_fee() == (0, ZERO_ADDRESS)
    assert net.engine.data_fee() == ZERO_ADDRESS
    assert net.engine.orders() == net.deployment.orders == net.orders.address
    assert net.engine.executor() == net.deployment.executor


def test_a_share_of_every_fee_goes_to_the_protocol(net: Everloop, question: Job) -> None:
    made = deploy(net.chain, DEPLOYER, protocol_bps=100, protocol_receiver=RECEIVER.address)
    other = Everloop(net.chain, made, signer=DEPLOYER)
    assert other.engine.protocol_fee() == (100, RECEIVER.address)
    other.providers.enroll(PROVIDER, governor=DEPLOYER)
    other.chain.send(DEPLOYER, other.engine.deposit(OWNER.address, value=10**18))
    booking = other.chain.send(OWNER, other.engine.request(question, input_=INPUT))
    job = other.engine.events_of(booking, "InferenceRequested")[0].args["job"]
    pinned = other.chain.block()
    answer = other.engine.deliver(
        job, run=0, pinned_block=pinned.number, pinned_hash=pinned.hash, decision=b"answer"
    )
    receipt = other.chain.send(PROVIDER, answer)
    paid = other.engine.events_of(receipt, "InferenceDelivered")[0].args["paid"]
    share = job.pricing.fee // 100
    assert share > 0
    assert other.engine.balance_of(RECEIVER.address) == share
    assert other.engine.balance_of(PROVIDER.address) == paid - share


@pytest.mark.parametrize(("bps", "receiver"), [(101, RECEIVER.address), (1, ZERO_ADDRESS)])
def test_the_share_is_bounded_and_needs_a_receiver(net: Everloop, bps: int, receiver: str) -> None:
    with pytest.raises(Reverted, match="at most 1 %, and names who gets it"):
        deploy(net.chain, DEPLOYER, protocol_bps=bps, protocol_receiver=receiver)


def test_data_fees_are_told_by_a_contract(net: Everloop) -> None:
    with pytest.raises(ConfigError, match="there is no contract at"):
        deploy(net.chain, DEPLOYER, data_fee=RECEIVER.address)
    made = deploy(net.chain, DEPLOYER, data_fee=net.deployment.factory)
    assert Everloop(net.chain, made).engine.data_fee() == net.deployment.factory


@pytest.mark.parametrize("part", ["registry", "executor", "orders"])
def test_a_file_that_names_another_part_is_refused(net: Everloop, part: str) -> None:
    wrong = dataclasses.replace(net.deployment, **{part: net.deployment.factory})
    with pytest.raises(CheckFailed, match=rf"names {part} 0x\w+: deploy again"):
        wrong.check(net.chain)

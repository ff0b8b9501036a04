"""Transactions, nonces, logs and clocks on a real node."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from agent_sdk import accounts
from agent_sdk.chain import Chain
from agent_sdk.errors import ConfigError, InsufficientFunds, NotMined, Reverted
from agent_sdk.network import Everloop
from agent_sdk.types import Call

NOBODY = "0x" + 40 * "9"


def test_threads_share_one_account_without_losing_a_nonce(net: Everloop) -> None:
    signer = accounts.dev(3)
    before = net.chain.nonce(signer.address)
    with ThreadPoolExecutor(8) as pool:
        sent = pool.map(
            lambda _: net.chain.send(signer, net.engine.deposit(NOBODY, value=1)), range(24)
        )
    assert all(receipt.status for receipt in sent)
    assert net.chain.nonce(signer.address) == before + 24
    assert net.engine.balance_of(NOBODY) == 24


def test_a_receipt_tells_what_the_sender_paid(net: Everloop) -> None:
    signer = accounts.dev(3)
    before = net.chain.balance(signer.address)
    receipt = net.chain.send(signer, net.engine.deposit(NOBODY, value=5))
    assert before - net.chain.balance(signer.address) == receipt.cost + 5


def test_a_nonce_taken_by_another_process_is_asked_for_again(
    net: Everloop, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = accounts.dev(3)
    true = net.chain.nonce
    stale = [true(signer.address) - 1]
    net.chain.send(signer, net.engine.deposit(NOBODY, value=1))

    def lagging(address: str, *, block: int | str = "latest") -> int:
        return max(0, stale.pop()) if stale else true(address, block=block)

    monkeypatch.setattr(net.chain, "nonce", lagging)
    assert net.chain.send(signer, net.engine.deposit(NOBODY, value=1)).status
    assert net.engine.balance_of(NOBODY) == 2


def test_missing_funds_say_who_cannot_pay_what(net: Everloop) -> None:
    poor = accounts.from_key("0x" + 64 * "5", chain_id=31337)
    with pytest.raises(InsufficientFunds, match=f"{poor.address} cannot pay .* of 1 ether"):
        net.chain.send(poor, net.engine.deposit(NOBODY, value=10**18))
    with pytest.raises(InsufficientFunds, match="value and gas"):
        net.chain.send(poor, net.engine.deposit(NOBODY, value=10**18), gas=100_000)


def test_a_refused_call_is_decoded_before_anything_is_sent(net: Everloop) -> None:
    signer = accounts.dev(3)
    nonce = net.chain.nonce(signer.address)
    with pytest.raises(Reverted) as refused:
        net.chain.send(signer, net.engine.withdraw(1, to=signer.address))
    assert refused.value.name == "Ledger_NotEnoughFree"
    assert refused.value.arguments == {"account": signer.address, "free": 0, "required": 1}
    assert refused.value.tx is None
    assert net.chain.nonce(signer.address) == nonce


def test_a_mined_failure_is_decoded_with_its_transaction(net: Everloop) -> None:
    signer = accounts.dev(3)
    with pytest.raises(Reverted, match="in transaction 0x") as refused:
        net.chain.send(signer, net.engine.withdraw(1, to=signer.address), gas=200_000)
    assert refused.value.name == "Ledger_NotEnoughFree"
    assert refused.value.tx is not None
    receipt = net.chain.receipt(refused.value.tx)
    assert receipt is not None
    assert not receipt.status


def test_running_out_of_gas_is_named(net: Everloop) -> None:
    with pytest.raises(Reverted, match="out of gas"):
        net.chain.send(accounts.dev(3), net.engine.deposit(NOBODY, value=1), gas=25_000)


def test_sending_the_same_transaction_twice_does_no_harm(net: Everloop) -> None:
    prepared = net.chain.prepare(accounts.dev(3), net.engine.deposit(NOBODY, value=7))
    net.chain.rpc("evm_setAutomine", False)
    try:
        first = net.chain.broadcast(prepared)
        assert net.chain.broadcast(prepared) == first == prepared.hash
        with pytest.raises(NotMined, match="found no block"):
            net.chain.wait(first, timeout=0.1)
    finally:
        net.chain.rpc("evm_setAutomine", True)
    net.chain.mine()
    assert net.chain.wait(first).status
    assert net.engine.balance_of(NOBODY) == 7


def test_logs_are_the_same_whatever_the_range(net: Everloop) -> None:
    for _ in range(5):
        net.chain.send(accounts.dev(3), net.engine.deposit(NOBODY, value=1))
    whole = net.chain.logs(address=net.engine.address, from_block=0)
    assert len(whole) >= 5
    assert net.chain.logs(address=net.engine.address, from_block=0, step=1) == whole


def test_the_pinned_block_is_the_first_one_at_or_after_due(net: Everloop) -> None:
    start = net.chain.block().time
    net.chain.advance(100)
    net.chain.mine(3)
    for due in (start, start + 1, start + 100):
        found = net.chain.block_at(due)
        assert found is not None
        assert found.time >= due
        assert found.number == 0 or net.chain.block(found.number - 1).time < due
    assert net.chain.block_at(net.chain.block().time + 1_000) is None


def test_wrong_chain_id_is_refused(net: Everloop) -> None:
    with pytest.raises(ConfigError, match="serves chain 31337 and chain 1 is meant"):
        Chain.connect(net.chain.url, chain_id=1)


def test_the_clock_of_a_real_chain_cannot_be_moved(net: Everloop) -> None:
    chain = Chain(net.chain._rpc, chain_id=1)
    for move in (lambda: chain.advance(1), chain.mine, lambda: chain.set_balance(NOBODY, 1)):
        with pytest.raises(ConfigError, match="only chain 31337"):
            move()


def test_a_call_reads_at_the_block_asked_for(net: Everloop) -> None:
    block = net.chain.height()
    net.chain.send(accounts.dev(3), net.engine.deposit(NOBODY, value=3))
    assert net.engine.balance_of(NOBODY) == 3
    assert net.engine.at_block(block).balance_of(NOBODY) == 0


def test_a_contract_of_another_kind_is_told(net: Everloop) -> None:
    with pytest.raises(Reverted):
        net.chain.call(Call(to=net.deployment.registry, data=b"\x01\x02\x03\x04"))

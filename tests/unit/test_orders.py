"""Orders as owners sign them; every hash is built by hand here, from EIP-712 and the contract."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from agent_sdk import accounts
from agent_sdk.errors import ConfigError
from agent_sdk.orders import SignedOrder, sign, typed_data
from agent_sdk.payloads import keccak
from agent_sdk.types import TASK_FIELDS, ZERO_ADDRESS, ZERO_HASH, Job, Pricing, Timing

ROOT = Path(__file__).resolve().parent.parent.parent
OWNER = accounts.dev(1)
ORDERS = "0x" + 40 * "c"
TASK = Job(
    owner=OWNER.address,
    target="0x" + 40 * "2",
    provider=ZERO_ADDRESS,
    model_id=ZERO_HASH,
    input=ZERO_HASH,
    timing=Timing(interval=60, heartbeat=120, window=30, gas_limit=300_000),
    pricing=Pricing(max_gas_price=10, max_priority_fee=1, amount=5),
    salt=bytes(31) + b"\x07",
    data=b"abc",
)
INFERENCE = dataclasses.replace(
    TASK, provider="0x" + 40 * "3", model_id=32 * b"4", input=32 * b"5", data=b""
)


def word(value: int | str | bytes) -> bytes:
    """Return one word: a number, an address, or 32 bytes as they are."""
    if isinstance(value, bytes):
        return value
    number = int(value, 16) if isinstance(value, str) else value
    return number.to_bytes(32, "big")


def sources() -> dict[str, str]:
    """Return the type strings of the contract's own source by the names of their constants."""
    text = (ROOT / "contracts/libraries/TypedData.sol").read_text()
    found = dict(re.findall(r"bytes private constant (\w+) =\s*\"([^\"]+)\"", text))
    found |= dict(re.findall(r"(\w+)_TYPE =\s*keccak256\(abi.encodePacked\(\"([^\"]+)\"", text))
    return found


def struct_hash(kind: str, *values: int | str | bytes) -> bytes:
    return keccak(keccak(text=kind) + b"".join(word(value) for value in values))


def digest(struct: bytes) -> bytes:
    domain = struct_hash(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)",
        keccak(text="Everloop"),
        keccak(text="1"),
        31337,
        ORDERS,
    )
    return keccak(b"\x19\x01" + domain + struct)


def signed_digest(message: dict[str, Any]) -> bytes:
    signable = encode_typed_data(full_message=message)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def test_a_task_is_hashed_as_the_contract_does() -> None:
    types = sources()
    values = (*TASK.to_tuple()[:-1], keccak(TASK.data))
    record = struct_hash(types["TASK"], *values)
    expected = struct_hash(types["SCHEDULE"] + types["TASK"], record, 9, 3, 1_000)
    message = typed_data(TASK, nonce=3, deadline=1_000, due=9, chain_id=31337, orders=ORDERS)
    assert signed_digest(message) == digest(expected)


def test_an_inference_is_hashed_as_the_contract_does() -> None:
    types = sources()
    record = struct_hash(types["INFERENCE"], *INFERENCE.to_tuple())
    expected = struct_hash(types["ASK"] + types["INFERENCE"], record, 3, 1_000)
    message = typed_data(INFERENCE, nonce=3, deadline=1_000, chain_id=31337, orders=ORDERS)
    assert signed_digest(message) == digest(expected)


@pytest.mark.parametrize("job", [TASK, INFERENCE], ids=["task", "inference"])
def test_the_owner_is_recovered_from_its_signature(job: Job) -> None:
    order = sign(job, OWNER, nonce=3, deadline=1_000, chain_id=31337, orders=ORDERS)
    assert (order.job, order.nonce, order.deadline, order.due) == (job, 3, 1_000, 0)
    message = typed_data(job, nonce=3, deadline=1_000, chain_id=31337, orders=ORDERS)
    signable = encode_typed_data(full_message=message)
    assert Account.recover_message(signable, signature=order.signature) == OWNER.address


def test_a_signature_holds_on_one_chain_and_engine_only() -> None:
    def made(chain_id: int, orders: str) -> bytes:
        return sign(
            TASK, OWNER, nonce=3, deadline=1_000, chain_id=chain_id, orders=orders
        ).signature

    signatures = {made(31337, ORDERS), made(1, ORDERS), made(31337, "0x" + 40 * "d")}
    assert len(signatures) == 3


@pytest.mark.parametrize("job", [TASK, INFERENCE], ids=["task", "inference"])
def test_an_order_is_handed_on_as_json(job: Job) -> None:
    order = sign(job, OWNER, nonce=2**255, deadline=1_000, chain_id=31337, orders=ORDERS)
    assert SignedOrder.from_dict(json.loads(json.dumps(order.to_dict()))) == order


@pytest.mark.parametrize(
    "change",
    [
        {"record": {}},
        {"record": None},
        {"nonce": 5},
        {"deadline": "soon"},
        {"signature": "0xzz"},
        {"record": {**dict.fromkeys(TASK_FIELDS, "0x"), "owner": "nobody"}},
    ],
    ids=["empty", "none", "number", "word", "digits", "address"],
)
def test_what_is_no_order_is_refused(change: dict[str, Any]) -> None:
    order = sign(TASK, OWNER, nonce=3, deadline=1_000, chain_id=31337, orders=ORDERS)
    with pytest.raises(ConfigError, match="this is no signed order"):
        SignedOrder.from_dict({**order.to_dict(), **change})


def test_a_signed_inference_has_no_due_time() -> None:
    with pytest.raises(ConfigError, match="leave out its due time 9"):
        typed_data(INFERENCE, nonce=3, deadline=1_000, due=9, chain_id=31337, orders=ORDERS)

"""Hashes and identifiers."""

from __future__ import annotations

import pytest

from agent_sdk.errors import ConfigError
from agent_sdk.payloads import (
    address,
    bucket,
    job_id,
    keccak,
    model_id,
    next_head,
    salt_of,
    signed_id,
)
from agent_sdk.types import StepReport

CHECKSUMMED = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_head_hashes_five_words() -> None:
    """The words are written out here, without the encoder under test."""
    head, pinned_hash, id, decision_hash = (bytes([n]) * 32 for n in (1, 2, 3, 4))
    report = 5 | 6 << 32 | 7 << 96 | 2 << 136 | 8 << 144
    words = [
        head[:28] + bytes(4),
        id,
        report.to_bytes(32, "big"),
        pinned_hash,
        decision_hash,
    ]
    found = next_head(
        head[:28],
        id=id,
        report=StepReport(run=5, pinned_block=6, time=7, result=2, step=8),
        pinned_hash=pinned_hash,
        decision_hash=decision_hash,
    )
    assert found == keccak(b"".join(words))[:28]


def test_ids_hash_kind_chain_engine_owner_and_number() -> None:
    engine, owner = "0x" + 40 * "a", "0x" + 40 * "b"

    def expected(kind: int) -> bytes:
        numbers = (kind, 5, int(engine, 16), int(owner, 16), 7)
        return keccak(b"".join(number.to_bytes(32, "big") for number in numbers))

    salt = (7).to_bytes(32, "big")
    for kind, is_inference in enumerate((False, True)):
        found = job_id(is_inference, chain_id=5, everloop=engine, owner=owner, salt=salt)
        assert found == expected(kind)
    assert signed_id(chain_id=5, everloop=engine, owner=owner, nonce=7) == expected(2)


def test_model_id_is_the_hash_of_name_and_revision() -> None:
    assert model_id("m@1") == keccak(b"m@1")


@pytest.mark.parametrize("model", ["m", "m@", "@1", ""])
def test_models_without_revision_are_refused(model: str) -> None:
    with pytest.raises(ConfigError, match="NAME@REVISION"):
        model_id(model)


def test_buckets_are_hours() -> None:
    assert (bucket(3_599), bucket(3_600)) == (0, 1)


def test_salts_come_from_words_numbers_bytes_or_chance() -> None:
    assert salt_of("mine") == keccak(b"mine")
    assert salt_of(1) == bytes(31) + b"\x01"
    assert salt_of(bytes(32)) == bytes(32)
    assert salt_of(None) != salt_of(None)


@pytest.mark.parametrize("salt", [b"short", -1, 2**256])
def test_salts_of_another_size_are_refused(salt: bytes | int) -> None:
    with pytest.raises(ConfigError, match=r"32 bytes|use 32"):
        salt_of(salt)


def test_addresses_get_their_checksum() -> None:
    assert address(CHECKSUMMED.lower()) == CHECKSUMMED
    assert address(CHECKSUMMED) == CHECKSUMMED


@pytest.mark.parametrize("text", ["0x12", "agent", "", CHECKSUMMED.replace("f39F", "f39f")])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="address"):
        address(text)

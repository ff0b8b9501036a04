"""Hashes and identifiers."""

from __future__ import annotations

import pytest

from agent_sdk.errors import ConfigError
from agent_sdk.payloads import address, bucket, keccak, model_id, next_head, salt_of

CHECKSUMMED = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_head_hashes_eight_words() -> None:
    """The words are written out here, without the encoder under test."""
    head, pinned_hash, id, decision_hash = (bytes([n]) * 32 for n in (1, 2, 3, 4))
    words = [
        head[:28] + bytes(4),
        (5).to_bytes(32, "big"),
        (6).to_bytes(32, "big"),
        pinned_hash,
        (7).to_bytes(32, "big"),
        id,
        decision_hash,
        (2).to_bytes(32, "big"),
    ]
    found = next_head(
        head[:28],
        run=5,
        pinned_block=6,
        pinned_hash=pinned_hash,
        time=7,
        id=id,
        decision_hash=decision_hash,
        result=2,
    )
    assert found == keccak(b"".join(words))[:28]


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

"""Hashes and identifiers that contracts and SDK compute alike; pure functions."""

from __future__ import annotations

import re
import secrets

import rlp
from eth_abi.abi import encode
from eth_utils.address import is_hex_address, to_checksum_address
from eth_utils.crypto import keccak

from agent_sdk.errors import ConfigError
from agent_sdk.types import StepReport

__all__ = [
    "BUCKET",
    "address",
    "bucket",
    "created_address",
    "job_id",
    "keccak",
    "model_id",
    "next_head",
    "salt_of",
    "selector",
    "signed_id",
]

BUCKET = 3_600
"""s; jobs are indexed by the hour in which they are due"""

_HEAD_ABI = ["bytes28", "bytes32", "uint256", "bytes32", "bytes32"]
_ID_ABI = ["uint256", "uint256", "address", "address", "bytes32"]
_SIGNED = 2
_SIGNATURE = re.compile(r"[A-Za-z_$][\w$]*\([a-z0-9\[\](),]*\)", re.ASCII)
_ALIAS = re.compile(r"\bu?int(?![0-9])|\bu?fixed\b|\bbyte\b")
"""Types that Solidity spells shorter than selectors do."""


def model_id(model: str) -> bytes:
    """Return the id of a model, 32 bytes.

    Args:
        model: `name@revision`, as the provider offers it.
    """
    name, _, revision = model.partition("@") if isinstance(model, str) else ("", "", "")
    if not name or not revision:
        raise ConfigError(f"model {model!r} has no revision: write NAME@REVISION")
    return keccak(text=model)


def selector(function: str) -> bytes:
    """Return the selector of a function, 4 bytes.

    Args:
        function: its signature, such as `transfer(address,uint256)`; its selector, 0x and 8 hex
            digits; or `none` for call data of fewer than 4 bytes, which has none: zeros.

    Raises:
        ConfigError: it is neither of them.
    """
    if function == "none":
        return bytes(4)
    if re.fullmatch(r"0x[0-9a-fA-F]{8}", function):
        return bytes.fromhex(function[2:])
    if not _SIGNATURE.fullmatch(function) or _ALIAS.search(function):
        raise ConfigError(
            f"function {function!r} is no signature: write its name and canonical types, such as "
            "transfer(address,uint256), its selector as 0x and 8 hex digits, or none"
        )
    return keccak(text=function)[:4]


def job_id(is_inference: bool, *, chain_id: int, everloop: str, owner: str, salt: bytes) -> bytes:
    """Return the id of a job, 32 bytes. Source: JobHash."""
    return keccak(encode(_ID_ABI, [int(is_inference), chain_id, everloop, owner, salt]))


def clone_salt(salt: bytes, *, creator: str) -> bytes:
    """Return the salt of a clone and of its loop, 32 bytes. Source: AgentFactory._boundSalt."""
    return keccak(encode(["bytes32", "address"], [salt, creator]))


def signed_id(*, chain_id: int, everloop: str, owner: str, nonce: int) -> bytes:
    """Return the id of a signed inference, 32 bytes. Source: JobHash."""
    salt = nonce.to_bytes(32, "big")
    return keccak(encode(_ID_ABI, [_SIGNED, chain_id, everloop, owner, salt]))


def bucket(due: int) -> int:
    """Return the hour of a due time (Unix s): the third indexed topic of booking events."""
    return due // BUCKET


def next_head(
    head: bytes,
    *,
    id: bytes,
    report: StepReport,
    pinned_hash: bytes,
    decision_hash: bytes,
) -> bytes:
    """Return the history head after one more step, 28 bytes. Source: protocol, section 6, [AGT-1].

    Args:
        head: the head before, 28 bytes; zero before the first step.
        id: of the inference, 32 bytes.
        report: of the step.
        pinned_hash: hash of the block at which the prompt was read, 32 bytes.
        decision_hash: keccak256 of the decision, 32 bytes.
    """
    fields = [head, id, report.pack(), pinned_hash, decision_hash]
    return keccak(encode(_HEAD_ABI, fields))[:28]


def salt_of(salt: str | bytes | int | None) -> bytes:
    """Return 32 bytes: a word's hash, a number, bytes as they are, or random ones for None."""
    if salt is None:
        return secrets.token_bytes(32)
    if isinstance(salt, str):
        return keccak(text=salt)
    if type(salt) is int:
        if not 0 <= salt < 2**256:
            raise ConfigError(f"salt {salt} does not fit 32 bytes: use 0 to 2^256 - 1")
        return salt.to_bytes(32, "big")
    if not isinstance(salt, bytes):
        raise ConfigError(f"salt {salt!r} is no word, number or 32 bytes: use one of these")
    if len(salt) != 32:
        raise ConfigError(f"salt 0x{salt.hex()} has {len(salt)} bytes: use 32")
    return salt


def address(text: str) -> str:
    """Return an address with its checksum.

    Raises:
        ConfigError: not 20 bytes in hexadecimal, or mixed case with a wrong checksum.
    """
    if not isinstance(text, str) or not is_hex_address(text):
        raise ConfigError(f"{text!r} is no address: write 0x and 40 hexadecimal digits")
    digits = text.removeprefix("0x")
    mixed = digits != digits.lower() and digits != digits.upper()
    found = str(to_checksum_address(text))
    if mixed and found.removeprefix("0x") != digits:
        raise ConfigError(f"address {text} has a wrong checksum: check it for a typing error")
    return found


def created_address(creator: str, *, nonce: int) -> str:
    """Return where a contract made by a plain account's transaction will be."""
    words = [bytes.fromhex(creator.removeprefix("0x")), nonce]
    return str(to_checksum_address(keccak(rlp.encode(words))[12:]))

"""Custom errors as sentences."""

from __future__ import annotations

import pytest

from agent_sdk.abi import decode_error, entry
from agent_sdk.artifacts import artifact, names
from agent_sdk.payloads import keccak
from agent_sdk.reverts import HINTS, explain

#: Errors of OpenZeppelin's that no call of this package can cause.
UNREACHABLE = {
    "CloneArgumentsTooLong",
    "Create2EmptyBytecode",
    "InsufficientBalance",
    "InvalidShortString",
    "StringTooLong",
}
REVERT = keccak(text="Error(string)")[:4]
CORE = ("Everloop", "SignedOrders", "ProviderRegistry", "AgentFactory", "FullAgent", "AgentLens")
CORE += ("Executor",)


def test_every_error_of_the_core_has_a_hint() -> None:
    errors = {e["name"] for name in CORE for e in artifact(name).abi if e["type"] == "error"}
    assert errors - UNREACHABLE - HINTS.keys() == set()


def test_every_hint_belongs_to_an_error() -> None:
    errors = {e["name"] for name in names() for e in artifact(name).abi if e["type"] == "error"}
    assert HINTS.keys() - errors == set()


def test_a_custom_error_becomes_a_sentence_with_numbers_and_hint() -> None:
    found = entry("Everloop", "error", "Ledger_NotEnoughFree")
    words = [bytes(12) + b"\x11" * 20, (5).to_bytes(32, "big"), (7).to_bytes(32, "big")]
    error = explain(found.selector + b"".join(words), action="Everloop.withdraw", tx=b"\x01" * 32)
    assert error.name == "Ledger_NotEnoughFree"
    assert error.arguments["free"] == 5
    assert error.tx == b"\x01" * 32
    assert str(error) == (
        f"Everloop.withdraw reverted in transaction 0x{32 * '01'}: Ledger_NotEnoughFree("
        f"account=0x{40 * '1'}, free=5, required=7): "
        "the free balance at Everloop does not cover this; deposit more or ask for less"
    )


def test_a_time_is_told_as_people_read_it_where_it_is_one() -> None:
    def words(*numbers: int) -> bytes:
        return b"".join(number.to_bytes(32, "big") for number in numbers)

    found = entry("IAgent", "error", "Agent_ChangeNotReady")
    error = explain(found.selector + words(7, 1_795_424_408, 9), action="IAgent.setLimits")
    assert "readyAt=1795424408 (2026-11-23 09:00:08 UTC), time=9): " in str(error)
    assert error.arguments["readyAt"] == 1_795_424_408
    number = entry("IEverloop", "error", "Inference_NotDormant")
    assert "due=1795424408)" in str(explain(number.selector + words(7, 1_795_424_408), action="A"))


def test_the_field_that_a_contract_names_is_text() -> None:
    found = entry("Everloop", "error", "Scheduler_BadTerms")
    words = [b"heartbeat".ljust(32, b"\0"), (5).to_bytes(32, "big"), (7).to_bytes(32, "big")]
    error = explain(found.selector + b"".join(words), action="Everloop.schedule")
    assert error.arguments == {"field": "heartbeat", "value": 5, "limit": 7}
    assert "Scheduler_BadTerms(field=heartbeat, value=5, limit=7)" in str(error)


def test_revert_strings_and_panics_are_read() -> None:
    text = (32).to_bytes(32, "big") + (2).to_bytes(32, "big") + b"no" + bytes(30)
    assert decode_error(keccak(text="Error(string)")[:4] + text) == ("Error", {"message": "no"})
    panic = keccak(text="Panic(uint256)")[:4] + (0x11).to_bytes(32, "big")
    assert decode_error(panic) == ("Panic", {"code": 0x11})


def test_unknown_and_truncated_data_is_shown_as_it_is() -> None:
    error = explain(b"\xde\xad\xbe\xef", action="A.b")
    assert (error.name, "0xdeadbeef" in str(error)) == ("", True)
    selector = entry("Everloop", "error", "Ledger_NotEnoughFree").selector
    assert explain(selector, action="A.b").name == ""
    assert "out of gas" in str(explain(b"", action="A.b", reason="out of gas"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xde\xad\xbe\xef" + bytes(500_000), ""),
        (REVERT + (32).to_bytes(32, "big") + (500_000).to_bytes(32, "big") + b"A" * 500_000, ""),
        (b"", "A" * 500_000),
    ],
    ids=["unknown", "text", "words of the node"],
)
def test_what_a_contract_says_is_cut(data: bytes, reason: str) -> None:
    error = explain(data, action="A.b", reason=reason)
    assert len(str(error)) < 500
    assert " more characters" in str(error)

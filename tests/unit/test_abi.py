"""Encoding and decoding by name, out of the artifacts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from agent_sdk import logs
from agent_sdk.abi import constructor_data, decode_call, decode_result, encode_call, entry
from agent_sdk.artifacts import agent_artifact, artifact, names
from agent_sdk.errors import ConfigError, SpecError
from agent_sdk.payloads import keccak, selector
from agent_sdk.types import RawLog

NOBODY = "0x" + 40 * "9"


def raw(*topics: bytes, data: bytes = b"") -> RawLog:
    """Return a log of a contract."""
    return RawLog(
        address=NOBODY, topics=topics, data=data, block=1, block_hash=b"", tx=b"", index=0
    )


def test_a_call_is_selector_and_arguments() -> None:
    expected = keccak(text="deposit(address)")[:4] + bytes(12) + bytes.fromhex(NOBODY[2:])
    assert encode_call("Everloop", "deposit", NOBODY) == expected


def test_the_signature_of_a_record_is_written_out() -> None:
    found = entry("Everloop", "function", "expire").signature
    assert found == ("expire((address,address,uint256,uint256,address,bytes32,bytes32,bytes32))")


@pytest.mark.parametrize("function", ["nothing", ""])
def test_unknown_functions_are_named(function: str) -> None:
    with pytest.raises(ConfigError, match="Everloop has 0 functions"):
        encode_call("Everloop", function)


def test_unknown_contracts_are_named_with_those_there_are() -> None:
    assert {"Everloop", "ProviderRegistry", "TreasuryAgent"} <= set(names())
    for name in ("Nothing", "../errors", ""):
        with pytest.raises(ConfigError, match=r"use one of .*Everloop"):
            artifact(name)


def test_an_unknown_agent_is_answered_with_agents_alone() -> None:
    with pytest.raises(ConfigError, match="no compiled agent 'CounterAgnet': use CounterAgent, or"):
        agent_artifact("CounterAgnet")
    with pytest.raises(ConfigError) as error:
        agent_artifact("Nothing")
    assert "CounterAgent, GardenerAgent, OracleAgent, " in str(error.value)
    assert "GoodsMarket" not in str(error.value)
    with pytest.raises(ConfigError, match="GoodsMarket is no agent"):
        agent_artifact("GoodsMarket")


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="takes 1 arguments, not 0"):
        encode_call("Everloop", "deposit")
    with pytest.raises(ConfigError, match="account of deposit: 5 is no address"):
        encode_call("Everloop", "deposit", 5)


def test_results_of_another_contract_are_refused() -> None:
    assert decode_result("Everloop", "balanceOf", bytes(31) + b"\x05") == 5
    with pytest.raises(SpecError, match="is this the right contract"):
        decode_result("Everloop", "balanceOf", b"")


def test_abstract_contracts_cannot_be_deployed() -> None:
    with pytest.raises(ConfigError, match="abstract or an interface"):
        constructor_data("IAgent")


def test_constructor_arguments_follow_the_code() -> None:
    code = constructor_data("ProviderRegistry", NOBODY, NOBODY, 5)
    word = bytes(12) + bytes.fromhex(NOBODY[2:])
    assert code == artifact("ProviderRegistry").bytecode + 2 * word + (5).to_bytes(32, "big")


def test_logs_of_other_events_are_left_out() -> None:
    topic = logs.topic("Everloop", "Deposited")
    assert logs.decode("Everloop", [raw(), raw(bytes(32)), raw(topic)]) == []


def test_a_log_becomes_an_event_with_its_arguments_in_order() -> None:
    topics = (
        logs.topic("Everloop", "Deposited"),
        logs.address_topic(NOBODY),
        logs.address_topic(NOBODY),
    )
    (event,) = logs.decode("Everloop", [raw(*topics, data=bytes(31) + b"\x07")])
    assert event.name == "Deposited"
    assert list(event.args.items()) == [("account", NOBODY), ("from", NOBODY), ("amount", 7)]


def test_an_enum_value_of_a_newer_contract_is_named() -> None:
    report = (9 << 136).to_bytes(32, "big")
    topics = (logs.topic("IAgent", "Stepped"), bytes(32))
    with pytest.raises(ConfigError, match="result is 9, which this version does not know"):
        logs.decode("IAgent", [raw(*topics, data=report + bytes(64))])


@pytest.mark.parametrize(
    ("function", "arguments", "words"),
    [
        ("withdraw", (-1, NOBODY), "amount of withdraw is -1 and must be a whole number from 0"),
        ("withdraw", (True, NOBODY), "amount of withdraw is True and must be a whole number"),
        ("withdraw", (1.0, NOBODY), "amount of withdraw is 1.0 and must be a whole number"),
        ("cancel", (b"short",), "salt of cancel is b'short' and must be 32 bytes"),
        ("cancel", ("0x00",), "salt of cancel is '0x00' and must be 32 bytes"),
        ("executeBatch", (5,), "of executeBatch is 5 and must be a list"),
        ("executeBatch", ([5],), "of executeBatch is 5 and must be a record"),
    ],
)
def test_what_does_not_fit_is_named_as_it_was_given(
    function: str, arguments: tuple[Any, ...], words: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        encode_call("Everloop", function, *arguments)


def test_call_data_is_read_back() -> None:
    data = encode_call("IAgent", "setRecipient", NOBODY, True)
    assert decode_call("IAgent", data) == ("setRecipient", {"to": NOBODY, "listed": True})
    limits = encode_call("IAgent", "setLimits", (1, 2, 3, 4))
    assert decode_call("IAgent", limits) == ("setLimits", {"limits": (1, 2, 3, 4)})


@pytest.mark.parametrize("data", [b"", b"\x01\x02\x03\x04", keccak(text="setLimits(uint256)")[:4]])
def test_call_data_of_another_contract_is_none(data: bytes) -> None:
    assert decode_call("IAgent", data) is None


def test_call_data_that_is_cut_off_is_none() -> None:
    assert decode_call("IAgent", encode_call("IAgent", "withdraw", 5, NOBODY)[:-1]) is None


class TestSelector:
    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            ("transfer(address,uint256)", "a9059cbb"),
            ("0xA9059cbb", "a9059cbb"),
            ("none", "00000000"),
            (
                "f((uint256,bytes32[2])[],string)",
                keccak(text="f((uint256,bytes32[2])[],string)")[:4].hex(),
            ),
            ("mint()", "1249c58b"),
        ],
    )
    def test_is_read_from_signature_or_digits(self, function: str, expected: str) -> None:
        assert selector(function).hex() == expected

    @pytest.mark.parametrize(
        "function",
        [
            "",
            "mint",
            "mint(",
            "f(uint)",
            "f(int[])",
            "f(a b)",
            "0x12",
            "0xa9059cbb00",
            "f(byte)",
            "None",
        ],
    )
    def test_of_anything_else_is_refused(self, function: str) -> None:
        with pytest.raises(ConfigError, match="no signature"):
            selector(function)

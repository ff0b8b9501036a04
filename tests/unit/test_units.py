"""Amounts and durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_sdk.errors import ConfigError
from agent_sdk.units import (
    ETHER,
    FINNEY,
    GWEI,
    format_seconds,
    format_wei,
    format_wei_alike,
    parse_seconds,
    parse_wei,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 ether", ETHER),
        ("0.5 ETH", ETHER // 2),
        ("25 finney", 25 * FINNEY),
        ("0.1gwei", GWEI // 10),
        ("1_000 wei", 1_000),
        ("0.000000000000000001 ether", 1),
        (7, 7),
    ],
)
def test_amounts_are_read_exactly(text: str | int, expected: int) -> None:
    assert parse_wei(text) == expected


@pytest.mark.parametrize("text", ["1", "", "ether", "-1 ether", "1 eth er", "0.5 wei", "1e18 wei"])
def test_amounts_without_sense_name_value_and_rule(text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_wei(text)
    assert repr(text) in str(refused.value)
    assert "ether" in str(refused.value)


@pytest.mark.parametrize("amount", [-1, True])
def test_negative_and_boolean_amounts_are_refused(amount: int) -> None:
    with pytest.raises(ConfigError):
        parse_wei(amount)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("90 s", 90), ("5 min", 300), ("1.5h", 5_400), ("1 d", 86_400)],
)
def test_durations_are_read(text: str, expected: int) -> None:
    assert parse_seconds(text) == expected


@given(st.integers(min_value=0, max_value=2**80 - 1))
def test_amounts_of_any_size_come_back_from_wei(amount: int) -> None:
    assert parse_wei(f"{amount} wei") == amount


def test_amounts_are_written_in_a_readable_unit() -> None:
    assert format_wei(1_500 * FINNEY) == "1.5 ether"
    assert format_wei(20_000 * GWEI) == "20000 gwei"
    assert format_wei(7) == "7 wei"
    assert format_wei(0) == "0 wei"


def test_durations_are_written_in_a_readable_unit() -> None:
    assert format_seconds(59) == "59 s"
    assert format_seconds(5_400) == "1.5 h"
    assert format_seconds(10_000 * 86_400) == "10000 d"


def test_amounts_of_a_column_share_the_unit_of_the_smallest() -> None:
    assert format_wei_alike([FINNEY, 3 * FINNEY // 2]) == ["0.001 ether", "0.0015 ether"]
    assert format_wei_alike([FINNEY // 5, 87_580 * GWEI]) == ["200000 gwei", "87580 gwei"]
    assert format_wei_alike([0, 7, GWEI]) == ["0 wei", "7 wei", "1000000000 wei"]
    assert format_wei_alike([0]) == ["0 wei"]
    assert format_wei_alike([]) == []

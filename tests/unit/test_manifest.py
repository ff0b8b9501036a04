"""A manifest is read strictly, written canonically, and its actions survive call data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_sdk.arguments import check_type, from_json, schema
from agent_sdk.errors import SpecError
from agent_sdk.manifest import HOLD, MAX_BYTES, Action, Example, Input, Manifest, Tool
from tests.unit.manifests import ALICE, HOLD_TOOL, MANIFEST, PAY, SEND, broken

ADDRESSES = st.binary(min_size=20, max_size=20).map(
    lambda raw: MANIFEST.decode(SEND.selector + encode([i.type for i in SEND.inputs], _send(raw)))[
        0
    ].args["to"]
)
PAYMENTS = st.builds(lambda n: Action("pay", {"amount": n}), st.integers(1, 1000))


def _send(to: bytes) -> list[Any]:
    return ["0x" + to.hex(), [], False, "", b"", b"\0" * 4, 0, []]


def _hex(**size: int) -> st.SearchStrategy[str]:
    return st.binary(**size).map(lambda raw: "0x" + raw.hex())


SENDINGS = st.builds(
    lambda **args: Action("send", args),
    to=ADDRESSES,
    amounts=st.lists(st.integers(0, 2**64 - 1), max_size=4),
    urgent=st.booleans(),
    memo=st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    data=_hex(max_size=40),
    tag=_hex(min_size=4, max_size=4),
    delta=st.integers(-5, 5),
    pair=st.lists(st.lists(st.integers(0, 255), min_size=2, max_size=2), max_size=3),
)
ACTIONS = st.lists(PAYMENTS | SENDINGS | st.just(HOLD), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(ACTIONS)
def test_actions_survive_call_data(actions: list[Action]) -> None:
    data = MANIFEST.encode(actions)
    assert MANIFEST.decode(data) == tuple(actions)
    assert MANIFEST.encode(MANIFEST.decode(data)) == data


@settings(max_examples=100, deadline=None)
@given(ACTIONS)
def test_actions_survive_a_models_answer(actions: list[Action]) -> None:
    answer = json.dumps({"actions": [a.to_dict() for a in actions]})
    assert MANIFEST.read_answer(answer) == tuple(actions)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_call_data_is_read_or_refused(data: bytes) -> None:
    for decision in (data, PAY.selector + data, keccak(text="batch(bytes[])")[:4] + data):
        try:
            MANIFEST.decode(decision)
        except SpecError:
            continue


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=100) | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_any_text_is_a_manifest_or_refused(text: str) -> None:
    with pytest.raises(SpecError):
        Manifest.parse(text)


def test_one_action_is_its_own_call_data() -> None:
    expected = keccak(text="pay(uint256)")[:4] + encode(["uint256"], [25])
    assert MANIFEST.encode([Action("pay", {"amount": 25})]) == expected


def test_several_actions_are_one_batch() -> None:
    calls = [MANIFEST.encode([a]) for a in (Action("pay", {"amount": 25}), HOLD)]
    expected = keccak(text="batch(bytes[])")[:4] + encode(["bytes[]"], [calls])
    assert MANIFEST.encode([Action("pay", {"amount": 25}), HOLD]) == expected


@pytest.mark.parametrize("count", [0, 9])
def test_refuses_a_wrong_number_of_actions(count: int) -> None:
    with pytest.raises(SpecError, match="1 to 8"):
        MANIFEST.encode([HOLD] * count)


def test_refuses_a_batch_in_a_batch() -> None:
    inner = MANIFEST.encode([HOLD, HOLD])
    batch = keccak(text="batch(bytes[])")[:4] + encode(["bytes[]"], [[inner, inner]])
    with pytest.raises(SpecError, match="is no action"):
        MANIFEST.decode(batch)


def test_canonical_text_is_sorted_dense_and_stable() -> None:
    text = MANIFEST.dumps()
    assert text == json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert Manifest.parse(text) == MANIFEST
    assert Manifest.parse(text).dumps() == text


def test_action_reads_as_a_call() -> None:
    assert (
        str(Action("send", {"to": ALICE, "n": [1, 2], "ok": True}))
        == f'send("{ALICE}", [1,2], true)'
    )


BAD_MANIFESTS = {
    "another version": (broken(everloop=2), "version 1"),
    "version that is true": (broken(everloop=True), "version 1"),
    "unknown key": (broken(more=1), "unknown"),
    "missing key": ({"everloop": 1}, "lacks"),
    "not an object": ([], "must be a JSON object"),
    "actions not a list": (broken(actions={}), "must be a JSON array"),
    "no hold": (broken(actions=[PAY.to_dict()]), "hold"),
    "hold with an argument": (
        broken(actions=[Tool("hold", "", (Input("x", "bool"),)).to_dict()], examples=[]),
        "hold",
    ),
    "two of one name": (broken(actions=[HOLD_TOOL, HOLD_TOOL]), "names must differ"),
    "wrong selector": (broken(actions=[HOLD_TOOL | {"selector": "0x00000000"}]), "selector"),
    "name with a space": (broken(name="a b"), "Solidity name"),
    "tuple argument": (
        broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "(uint256)"),)).to_dict()]),
        "cannot be an argument",
    ),
    "range of a bool": (
        broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "bool", "", 0, 1),)).to_dict()]),
        "no range",
    ),
    "range that falls": (
        broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "uint8", "", 9, 1),)).to_dict()]),
        "must rise",
    ),
    "range beyond the type": (
        broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "uint8", "", 0, 256),)).to_dict()]),
        "0..255",
    ),
    "example out of range": (
        broken(examples=[Example("x", (Action("pay", {"amount": 1001}),)).to_dict()]),
        r"examples\[0\]: pay.amount is 1001: it must lie in 1..1000",
    ),
    "example without actions": (broken(examples=[Example("x", ()).to_dict()]), "1 to 8"),
}


@pytest.mark.parametrize("case", BAD_MANIFESTS)
def test_refuses_a_manifest_naming_the_rule(case: str) -> None:
    data, message = BAD_MANIFESTS[case]
    with pytest.raises(SpecError, match=message):
        Manifest.from_dict(data)


def test_refuses_a_manifest_larger_than_code() -> None:
    with pytest.raises(SpecError, match=str(MAX_BYTES)):
        Manifest.parse(" " * (MAX_BYTES + 1))


BAD_ANSWERS = {
    "cut off": ('{"actions":[{"action":"pay","ar', "is it cut off"),
    "prose": ("I would pay 5.", "not JSON"),
    "bare action": ('{"action":"hold","args":{}}', "one key 'actions'"),
    "no action": ('{"actions":[]}', "1 to 8"),
    "unknown action": ('{"actions":[{"action":"steal","args":{}}]}', "not one of"),
    "missing argument": ('{"actions":[{"action":"pay","args":{}}]}', "it takes"),
    "unknown argument": ('{"actions":[{"action":"hold","args":{"x":1}}]}', "it takes"),
    "repeated key": ('{"actions":[{"action":"pay","args":{"amount":1,"amount":2}}]}', "twice"),
    "number as text": ('{"actions":[{"action":"pay","args":{"amount":"5"}}]}', "whole JSON number"),
    "fraction": ('{"actions":[{"action":"pay","args":{"amount":5.0}}]}', "whole JSON number"),
    "truth for a number": ('{"actions":[{"action":"pay","args":{"amount":true}}]}', "whole JSON"),
    "endless number": (
        '{"actions":[{"action":"pay","args":{"amount":' + "9" * 5000 + "}}]}",
        "JSON",
    ),
    "not a number": ('{"actions":[{"action":"pay","args":{"amount":NaN}}]}', "no number"),
    "deep nesting": ("[" * 100_000, "not JSON"),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_refuses_an_answer_naming_the_rule(case: str) -> None:
    answer, message = BAD_ANSWERS[case]
    with pytest.raises(SpecError, match=message):
        MANIFEST.read_answer(answer)


def test_refuses_an_action_that_is_not_allowed_now() -> None:
    with pytest.raises(SpecError, match="not allowed now"):
        MANIFEST.read_answer('{"actions":[{"action":"pay","args":{"amount":5}}]}', ["hold"])


BAD_VALUES = [
    ("uint8", 256, "0..255"),
    ("uint8", -1, "0..255"),
    ("int8", -129, "-128..127"),
    ("address", "0x12", "40 hex digits"),
    ("address", ALICE.replace("d8dA", "D8dA"), "checksum"),
    ("address", 5, "JSON string"),
    ("bool", 1, "true or false"),
    ("string", "\ud800", "Unicode"),
    ("string", "x" * 257, "0..256"),
    ("bytes", "0x1", "pairs of hex digits"),
    ("bytes", "12", "pairs of hex digits"),
    ("bytes4", "0x12", "exactly 4 bytes"),
    ("uint8[2]", [1], "exactly 2 items"),
    ("uint8[]", [1, 300], r"x\[1\] is 300"),
    ("uint8[]", {"0": 1}, "JSON array"),
]


@pytest.mark.parametrize(("kind", "value", "message"), BAD_VALUES)
def test_refuses_a_value_naming_the_rule(kind: str, value: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        from_json(kind, value, what="x")


@pytest.mark.parametrize(
    "kind", ["uint7", "uint264", "int08", "bytes33", "bytes0", "fixed", "uint8[0]"]
)
def test_refuses_a_type_that_solidity_does_not_have(kind: str) -> None:
    tool = Tool("f", "", (Input("x", kind),)).to_dict()
    with pytest.raises(SpecError, match="type"):
        Manifest.from_dict(broken(actions=[HOLD_TOOL, tool], examples=[]))


def test_schema_names_actions_and_counts_and_leaves_a_range_to_the_check() -> None:
    found = MANIFEST.schema(["hold", "pay"], most=2)["properties"]["actions"]
    assert (found["minItems"], found["maxItems"]) == (1, 2)
    assert [c["properties"]["action"]["const"] for c in found["items"]["anyOf"]] == ["hold", "pay"]
    amount = found["items"]["anyOf"][1]["properties"]["args"]["properties"]["amount"]
    assert amount == {"type": "integer", "minimum": 0}


def test_schema_leaves_out_bounds_that_decoders_cannot_read() -> None:
    assert schema("uint256") == {"type": "integer", "minimum": 0}
    assert schema("int256") == {"type": "integer"}
    assert schema("bytes2")["pattern"] == "^0x([0-9a-fA-F]{2}){2}$"
    assert schema("uint8[3]")["maxItems"] == 3


@pytest.mark.parametrize(
    "kind",
    [
        "uint8" + 3_000 * "[]",
        f"uint8[{5_000 * '9'}]",
        f"uint{5_000 * '9'}",
        f"bytes{5_000 * '9'}",
        "uint\N{ARABIC-INDIC DIGIT EIGHT}",
        "uint8[\N{ARABIC-INDIC DIGIT EIGHT}]",
        5_000 * "x",
    ],
    ids=["levels", "size", "width", "bytes", "digit", "size digit", "word"],
)
def test_a_type_made_to_break_the_reader_is_refused(kind: str) -> None:
    with pytest.raises(SpecError) as refused:
        check_type(kind)
    assert len(str(refused.value)) < 400


def test_arrays_of_four_dimensions_are_read() -> None:
    check_type("uint8[][3][][2]")

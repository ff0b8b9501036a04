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

ALICE = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
PAY = Tool("pay", "Pay.", (Input("amount", "uint256", "wei", 1, 1000),))
SEND = Tool(
    "send",
    "Send.",
    (
        Input("to", "address"),
        Input("amounts", "uint64[]", max=4),
        Input("urgent", "bool"),
        Input("memo", "string", max=40),
        Input("data", "bytes", max=40),
        Input("tag", "bytes4"),
        Input("delta", "int32", "", -5, 5),
        Input("pair", "uint8[2][]", max=3),
    ),
)
MANIFEST = Manifest(
    "Payer",
    "Pay what is due.",
    (Tool("hold", "Wait."), PAY, SEND),
    (Example("A bill of 5 is due.", (Action("pay", {"amount": 5}), HOLD)),),
)

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


def _broken(**changes: Any) -> dict[str, Any]:
    return MANIFEST.to_dict() | changes


HOLD_TOOL = Tool("hold").to_dict()
BAD_MANIFESTS = {
    "another version": (_broken(everloop=2), "version 1"),
    "version that is true": (_broken(everloop=True), "version 1"),
    "unknown key": (_broken(more=1), "unknown"),
    "missing key": ({"everloop": 1}, "lacks"),
    "not an object": ([], "must be a JSON object"),
    "actions not a list": (_broken(actions={}), "must be a JSON array"),
    "no hold": (_broken(actions=[PAY.to_dict()]), "hold"),
    "hold with an argument": (
        _broken(actions=[Tool("hold", "", (Input("x", "bool"),)).to_dict()], examples=[]),
        "hold",
    ),
    "two of one name": (_broken(actions=[HOLD_TOOL, HOLD_TOOL]), "names must differ"),
    "wrong selector": (_broken(actions=[HOLD_TOOL | {"selector": "0x00000000"}]), "selector"),
    "name with a space": (_broken(name="a b"), "Solidity name"),
    "tuple argument": (
        _broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "(uint256)"),)).to_dict()]),
        "cannot be an argument",
    ),
    "range of a bool": (
        _broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "bool", "", 0, 1),)).to_dict()]),
        "no range",
    ),
    "range that falls": (
        _broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "uint8", "", 9, 1),)).to_dict()]),
        "must rise",
    ),
    "range beyond the type": (
        _broken(actions=[HOLD_TOOL, Tool("f", "", (Input("x", "uint8", "", 0, 256),)).to_dict()]),
        "0..255",
    ),
    "example out of range": (
        _broken(examples=[Example("x", (Action("pay", {"amount": 1001}),)).to_dict()]),
        r"examples\[0\]: pay.amount is 1001: it must lie in 1..1000",
    ),
    "example without actions": (_broken(examples=[Example("x", ()).to_dict()]), "1 to 8"),
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
        Manifest.from_dict(_broken(actions=[HOLD_TOOL, tool], examples=[]))


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


PLAN = Tool(
    "scheduleAction", "Later.", (Input("when", "uint256"), Input("plan", "bytes", is_action=True))
)
NOTE = Tool("remember", "Keep.", (Input("page", "uint256", "", 0, 15), Input("text", "string")))
PLANNER = Manifest("Planner", "", (Tool("hold"), PAY, NOTE, PLAN))
PAY_3 = {"action": "pay", "args": {"amount": 3}}
PLANNED = Action("scheduleAction", {"when": 1_790_000_000, "plan": PAY_3})


def test_an_action_in_an_action_is_its_call_data() -> None:
    inner = keccak(text="pay(uint256)")[:4] + encode(["uint256"], [3])
    expected = keccak(text="scheduleAction(uint256,bytes)")[:4] + encode(
        ["uint256", "bytes"], [1_790_000_000, inner]
    )
    assert PLANNER.encode([PLANNED]) == expected
    assert PLANNER.decode(expected) == (PLANNED,)
    assert str(PLANNED) == "scheduleAction(1790000000, pay(3))"


def test_an_answer_holds_an_action_in_an_action() -> None:
    answer = json.dumps({"actions": [PLANNED.to_dict()]})
    assert PLANNER.read_answer(answer) == (PLANNED,)
    with pytest.raises(SpecError, match="'pay' is not allowed now"):
        PLANNER.read_answer(answer, ["scheduleAction", "hold"])


BAD_PLANS: dict[str, tuple[Any, str]] = {
    "no action": ("0x1234", "keys 'action' and 'args'"),
    "unknown action": ({"action": "steal", "args": {}}, "not one of"),
    "argument out of range": ({"action": "pay", "args": {"amount": 1_001}}, "must lie in"),
    "a plan in a plan": (PLANNED.to_dict(), "takes none in turn"),
}


@pytest.mark.parametrize("case", BAD_PLANS)
def test_refuses_a_plan_naming_the_rule(case: str) -> None:
    plan, message = BAD_PLANS[case]
    item = {"action": "scheduleAction", "args": {"when": 1, "plan": plan}}
    with pytest.raises(SpecError, match=message):
        PLANNER.read_action(item)
    with pytest.raises(SpecError, match=message):
        PLANNER.encode([Action("scheduleAction", {"when": 1, "plan": plan})])


def test_refuses_to_read_a_plan_in_a_plan() -> None:
    inner = PLANNER.encode([PLANNED])
    data = PLAN.selector + encode(["uint256", "bytes"], [1, inner])
    with pytest.raises(SpecError, match="is no action"):
        PLANNER.decode(data)


def test_schema_of_an_action_in_an_action_names_the_plain_ones() -> None:
    calls = PLANNER.schema()["properties"]["actions"]["items"]["anyOf"]
    inner = calls[3]["properties"]["args"]["properties"]["plan"]["anyOf"]
    assert [c["properties"]["action"]["const"] for c in inner] == ["hold", "pay", "remember"]


def test_text_with_commas_quotes_and_breaks_survives() -> None:
    note = Action("remember", {"page": 3, "text": 'text with, commas, "quotes"\nand (brackets) ü'})
    assert PLANNER.decode(PLANNER.encode([note])) == (note,)
    assert PLANNER.read_answer(json.dumps({"actions": [note.to_dict()]})) == (note,)
    assert str(note) == 'remember(3, "text with, commas, \\"quotes\\"\\nand (brackets) ü")'


def test_a_text_is_measured_in_bytes_as_the_chain_does() -> None:
    assert from_json("string", "ü" * 128, what="x") == "ü" * 128
    with pytest.raises(SpecError, match=r"258 bytes of UTF-8: it must have 0\.\.256"):
        from_json("string", "ü" * 129, what="x")


def test_code_data_is_the_costs_and_the_text() -> None:
    paying = Manifest("Payer", "", (Tool("hold"), Tool("pay", "", PAY.inputs, cost=10**15)))
    data = paying.code_data()
    assert data[0] == 2
    assert data[1:17] == paying.tools[0].selector + bytes(12)
    assert data[17:33] == paying.tools[1].selector + (10**15).to_bytes(12, "big")
    assert data[33:].decode() == paying.dumps()
    assert Manifest.parse(paying.dumps()) == paying
    assert paying.to_dict()["actions"][1]["cost"] == "1000000000000000"
    assert "cost" not in paying.to_dict()["actions"][0]
    assert paying.costs == {"hold": 0, "pay": 10**15}


def test_refuses_code_data_larger_than_code() -> None:
    text = "x" * (MAX_BYTES - len(PLANNER.dumps()))
    with pytest.raises(SpecError, match=f"code data holds {MAX_BYTES}"):
        Manifest("P" + text, "", PLANNER.tools).code_data()


BAD_COSTS = ["", "1.5", "-1", "01", "0x10", str(2**96), 5, None]


@pytest.mark.parametrize("cost", BAD_COSTS)
def test_refuses_a_cost_that_is_no_number_of_wei(cost: Any) -> None:
    tool = PAY.to_dict() | {"cost": cost}
    with pytest.raises(SpecError, match="cost"):
        Manifest.from_dict(_broken(actions=[HOLD_TOOL, tool], examples=[]))


@pytest.mark.parametrize(
    "change", [{"type": "string"}, {"min": 4}, {"action": 1.5}, {"action": "yes"}]
)
def test_refuses_an_action_that_is_not_plain_bytes(change: dict[str, Any]) -> None:
    planned = PLAN.inputs[1].to_dict() | change
    kinds = ["uint256", change.get("type", "bytes")]
    selector = keccak(text=f"scheduleAction({','.join(kinds)})")[:4].hex()
    tool = PLAN.to_dict() | {
        "inputs": [PLAN.inputs[0].to_dict(), planned],
        "selector": f"0x{selector}",
    }
    with pytest.raises(SpecError, match="true marks plain bytes"):
        Manifest.from_dict(_broken(actions=[HOLD_TOOL, tool], examples=[]))

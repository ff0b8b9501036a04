"""Actions that hold an action, texts, costs and the code data of a manifest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from agent_sdk.arguments import from_json
from agent_sdk.errors import SpecError
from agent_sdk.manifest import MAX_BYTES, Action, Input, Manifest, Tool
from tests.unit.manifests import HOLD_TOOL, PAY, broken

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


def test_an_action_in_an_action_may_be_one_in_python() -> None:
    inner = Action("pay", {"amount": 3})
    planned = Action("scheduleAction", {"when": 1_790_000_000, "plan": inner})
    assert PLANNER.encode(planned) == PLANNER.encode([PLANNED])
    assert str(planned) == "scheduleAction(1790000000, pay(3))"


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
        Manifest.from_dict(broken(actions=[HOLD_TOOL, tool], examples=[]))


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
        Manifest.from_dict(broken(actions=[HOLD_TOOL, tool], examples=[]))

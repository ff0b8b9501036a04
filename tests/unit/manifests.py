"""A small manifest that tests read, write and break."""

from __future__ import annotations

from typing import Any

from agent_sdk.manifest import HOLD, Action, Example, Input, Manifest, Tool

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


def broken(**changes: Any) -> dict[str, Any]:
    """Return a manifest with something in it changed."""
    return MANIFEST.to_dict() | changes


HOLD_TOOL = Tool("hold").to_dict()

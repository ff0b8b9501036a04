"""Hello and the price oracle as one app: a greeting, a price, and again."""

from __future__ import annotations

from pathlib import Path

from agent_sdk.fsm.app import FsmApp
from agent_sdk.fsm.chain import load_mapping
from agent_sdk.fsm.examples import hello, oracle

__all__ = ["APP"]

APP = FsmApp.compose(
    [hello.APP, oracle.APP],
    load_mapping(Path(__file__).with_name("composed.yaml")),
    label="GreetingOracleAbciApp",
)

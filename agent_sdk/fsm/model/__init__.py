"""The reference model of rounds, apps and periods: pure, and the oracle of the contract."""

from agent_sdk.fsm.model.app import App, AppRules, Step
from agent_sdk.fsm.model.background import Background, Effect, equivocates
from agent_sdk.fsm.model.keeper import Draw, keeper_of
from agent_sdk.fsm.model.kinds import new_round
from agent_sdk.fsm.model.operators import Operators, threshold_of, tolerated
from agent_sdk.fsm.model.rounds import Event, Outcome, Round, RoundRules
from agent_sdk.fsm.model.rules import app_rules, round_rules
from agent_sdk.fsm.model.semantics import CHAIN, OPEN_AUTONOMY, Semantics
from agent_sdk.fsm.model.store import Store
from agent_sdk.fsm.model.values import Payload, Refusal

__all__ = [
    "CHAIN",
    "OPEN_AUTONOMY",
    "App",
    "AppRules",
    "Background",
    "Draw",
    "Effect",
    "Event",
    "Operators",
    "Outcome",
    "Payload",
    "Refusal",
    "Round",
    "RoundRules",
    "Semantics",
    "Step",
    "Store",
    "app_rules",
    "equivocates",
    "keeper_of",
    "new_round",
    "round_rules",
    "threshold_of",
    "tolerated",
]

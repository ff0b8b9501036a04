"""Records of the chain as frozen dataclasses, with the unit under each field."""

from agent_sdk.types.agent import Birth, Choice, Loop, Policy, Result, Rule, Step, TokenLimit
from agent_sdk.types.chain import Block, Call, Event, Fees, Prepared, RawLog, Receipt
from agent_sdk.types.endings import Ending, Miss, Outcome, Refusal
from agent_sdk.types.job import (
    INFERENCE_ABI,
    INFERENCE_FIELDS,
    MAX_GAS_LIMIT,
    RUNNING,
    TASK_ABI,
    TASK_FIELDS,
    ZERO_ADDRESS,
    ZERO_HASH,
    Delivery,
    Job,
    JobSlot,
    Pricing,
    Timing,
)
from agent_sdk.types.market import Account, Offer, Provider
from agent_sdk.types.run import Answer, Pin, RunReport, StepReport

__all__ = [
    "INFERENCE_ABI",
    "INFERENCE_FIELDS",
    "MAX_GAS_LIMIT",
    "RUNNING",
    "TASK_ABI",
    "TASK_FIELDS",
    "ZERO_ADDRESS",
    "ZERO_HASH",
    "Account",
    "Answer",
    "Birth",
    "Block",
    "Call",
    "Choice",
    "Delivery",
    "Ending",
    "Event",
    "Fees",
    "Job",
    "JobSlot",
    "Loop",
    "Miss",
    "Offer",
    "Outcome",
    "Pin",
    "Policy",
    "Prepared",
    "Pricing",
    "Provider",
    "RawLog",
    "Receipt",
    "Refusal",
    "Result",
    "Rule",
    "RunReport",
    "Step",
    "StepReport",
    "Timing",
    "TokenLimit",
]

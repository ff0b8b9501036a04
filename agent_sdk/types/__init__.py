"""Records of the chain as frozen dataclasses, with the unit under each field."""

from agent_sdk.types.agent import Birth, Choice, Loop, Policy, Result, Step
from agent_sdk.types.chain import Block, Call, Event, Fees, Prepared, RawLog, Receipt
from agent_sdk.types.job import (
    JOB_ABI,
    RUNNING,
    ZERO_ADDRESS,
    ZERO_HASH,
    Delivery,
    Ending,
    Job,
    JobSlot,
    Outcome,
    Pricing,
    Timing,
)
from agent_sdk.types.market import Account, Offer, Provider

__all__ = [
    "JOB_ABI",
    "RUNNING",
    "ZERO_ADDRESS",
    "ZERO_HASH",
    "Account",
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
    "Offer",
    "Outcome",
    "Policy",
    "Prepared",
    "Pricing",
    "Provider",
    "RawLog",
    "Receipt",
    "Result",
    "Step",
    "Timing",
]

"""One run of a job, as deliveries name it and events report it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent_sdk.types.job import Job
from agent_sdk.types.words import pack, unpack

__all__ = ["Answer", "Pin", "RunReport", "StepReport"]


@dataclass(frozen=True, kw_only=True)
class Pin:
    """Which run is answered, and the block read for it. Source: contracts/types/Run.sol."""

    run: int
    """number of the run, from 0"""
    number: int
    """of the block"""
    hash: bytes
    """32 bytes; the low 20 are kept"""

    def pack(self) -> int:
        """Return the word that `deliver` takes."""
        low = int.from_bytes(self.hash[-20:], "big")
        return pack(("run", self.run, 32), ("number", self.number, 64), ("hash", low, 160))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One item of a batch of deliveries. Source: IInferenceMarket.Answer."""

    job: Job
    pin: Pin
    decision: bytes

    def to_tuple(self) -> tuple[Any, int, bytes]:
        """Return the fields in the order of the ABI."""
        return (self.job.to_tuple(), self.pin.pack(), self.decision)


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """How one run ended. Source: contracts/types/Run.sol."""

    run: int
    """number of the run, from 0"""
    ending: int
    """value of the enum that the event names"""
    due: int
    """Unix s of the next run; 0 = over or dormant"""
    paid: int
    """wei"""

    @classmethod
    def unpack(cls, word: int) -> RunReport:
        """Read the word of an event."""
        run, ending, due, paid = unpack(word, 32, 8, 40, 80)
        return cls(run=run, ending=ending, due=due, paid=paid)


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """One step of an agent. Source: contracts/types/Step.sol."""

    run: int
    """number of the run, from 0"""
    pinned_block: int
    """number of the block that was read"""
    time: int
    """Unix s of the step's block"""
    result: int
    """value of `IAgent.Result`"""
    step: int
    """number of the step, from 0"""

    @classmethod
    def unpack(cls, word: int) -> StepReport:
        """Read the word of an event."""
        run, pinned_block, time, result, step = unpack(word, 32, 64, 40, 8, 32)
        return cls(run=run, pinned_block=pinned_block, time=time, result=result, step=step)

    def pack(self) -> int:
        """Return the word that enters the history head."""
        return pack(
            ("run", self.run, 32),
            ("pinned_block", self.pinned_block, 64),
            ("time", self.time, 40),
            ("result", self.result, 8),
            ("step", self.step, 32),
        )

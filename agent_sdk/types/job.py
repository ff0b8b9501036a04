"""Jobs as the chain keeps them: the record, its two packed words, and the one stored slot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agent_sdk.types.words import pack, unpack

__all__ = [
    "INFERENCE_ABI",
    "INFERENCE_FIELDS",
    "MAX_GAS_LIMIT",
    "RUNNING",
    "TASK_ABI",
    "TASK_FIELDS",
    "ZERO_ADDRESS",
    "ZERO_HASH",
    "Delivery",
    "Job",
    "JobSlot",
    "Pricing",
    "Timing",
]

ZERO_ADDRESS = "0x" + 40 * "0"
ZERO_HASH = bytes(32)

TASK_FIELDS = {
    "owner": "address",
    "target": "address",
    "timing": "uint256",
    "salt": "bytes32",
    "pricing": "uint256",
    "data": "bytes",
}
"""Names and ABI types of `Task`, in Solidity's order."""

INFERENCE_FIELDS = {
    "owner": "address",
    "target": "address",
    "timing": "uint256",
    "pricing": "uint256",
    "provider": "address",
    "modelId": "bytes32",
    "input": "bytes32",
    "salt": "bytes32",
}
"""Names and ABI types of `Inference`, in Solidity's order."""

TASK_ABI = f"({','.join(TASK_FIELDS.values())})"
INFERENCE_ABI = f"({','.join(INFERENCE_FIELDS.values())})"

MAX_GAS_LIMIT = 16_000_000
"""Most gas that a transaction of 2^24 gas can hand over: 63/64, less what the run itself spends.

Source: EIP-7825, EIP-150.
"""

RUNNING = 2**40 - 1
"""Due time of a job inside its run; seen only within a transaction."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """When and how often a job runs. Source: contracts/types/Job.sol, `Timing`."""

    interval: int
    """s, shortest pause between runs"""
    heartbeat: int
    """s, longest pause, and the pause after a failure; 0 = one-shot"""
    window: int
    """s, time to answer (inference) or length of the tip ramp (task)"""
    gas_limit: int
    """gas handed to the target, exactly"""
    output_limit: int = 0
    """bytes of a decision"""
    flags: int = 0
    """bit 0 = raw call through the Executor, bit 1 = count the next run from the last due time"""

    RAW = 1
    GRID = 2

    @property
    def is_raw(self) -> bool:
        """Whether the target is called with the record's data as it is."""
        return bool(self.flags & self.RAW)

    @property
    def is_grid(self) -> bool:
        """Whether the next run is counted from the last due time."""
        return bool(self.flags & self.GRID)

    def pack(self) -> int:
        """Return the word that the contract keeps."""
        return pack(
            ("interval", self.interval, 32),
            ("heartbeat", self.heartbeat, 32),
            ("window", self.window, 24),
            ("gas_limit", self.gas_limit, 24),
            ("output_limit", self.output_limit, 24),
            ("flags", self.flags, 8),
        )

    @classmethod
    def unpack(cls, word: int) -> Timing:
        """Read the word that the contract keeps."""
        interval, heartbeat, window, gas_limit, output_limit, flags = unpack(
            word, 32, 32, 24, 24, 24, 8
        )
        return cls(
            interval=interval,
            heartbeat=heartbeat,
            window=window,
            gas_limit=gas_limit,
            output_limit=output_limit,
            flags=flags,
        )


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """What the owner of a job pays at most. Source: contracts/types/Job.sol, `Pricing`."""

    max_gas_price: int
    """wei per gas"""
    max_priority_fee: int
    """wei per gas above the base fee"""
    amount: int
    """wei: most that a delivery costs besides gas, or that the tip of a task grows to"""
    max_data_fee: int = 0
    """gwei per run for its data on a rollup"""
    fee: int = 0
    """wei: what the provider takes for a delivery, filled in by the engine at booking"""

    def pack(self) -> int:
        """Return the word that the contract keeps."""
        return pack(
            ("max_gas_price", self.max_gas_price, 48),
            ("max_priority_fee", self.max_priority_fee, 48),
            ("max_data_fee", self.max_data_fee, 32),
            ("amount", self.amount, 64),
            ("fee", self.fee, 64),
        )

    @classmethod
    def unpack(cls, word: int) -> Pricing:
        """Read the word that the contract keeps."""
        max_gas_price, max_priority_fee, max_data_fee, amount, fee = unpack(
            word, 48, 48, 32, 64, 64
        )
        return cls(
            max_gas_price=max_gas_price,
            max_priority_fee=max_priority_fee,
            max_data_fee=max_data_fee,
            amount=amount,
            fee=fee,
        )


@dataclass(frozen=True, kw_only=True)
class Job:
    """One booked piece of work. Source: contracts/types/Job.sol, `Task` and `Inference`."""

    owner: str
    """account that pays, and the only one that may cancel"""
    target: str
    """contract that is called"""
    provider: str
    """provider that must answer; the zero address for a task"""
    model_id: bytes
    """32 bytes, keccak256 of `name@revision`; zero for a task"""
    input: bytes
    """32 bytes, keccak256 of the input emitted at booking; zero = the target's `prompt()`"""
    timing: Timing
    pricing: Pricing
    salt: bytes
    """32 bytes, the owner's number for this job"""
    data: bytes = b""
    """call data of a raw task, or the argument of `onTask`"""

    @property
    def is_inference(self) -> bool:
        """Whether a provider must answer; otherwise any keeper runs it."""
        return int(self.provider, 16) != 0

    @property
    def fields(self) -> Mapping[str, str]:
        """Names and ABI types of `Inference` or `Task`, by the kind of the job."""
        return INFERENCE_FIELDS if self.is_inference else TASK_FIELDS

    def to_tuple(self) -> tuple[Any, ...]:
        """Return the fields in the order of `Inference` or `Task`, by the kind of the job."""
        values = {
            "owner": self.owner,
            "target": self.target,
            "provider": self.provider,
            "modelId": self.model_id,
            "input": self.input,
            "timing": self.timing.pack(),
            "pricing": self.pricing.pack(),
            "salt": self.salt,
            "data": self.data,
        }
        return tuple(values[name] for name in self.fields)

    @classmethod
    def from_tuple(cls, fields: Sequence[Any] | Mapping[str, Any]) -> Job:
        """Read a decoded ABI tuple, or a mapping with Solidity's field names."""
        from eth_utils.address import to_checksum_address

        if not isinstance(fields, Mapping):
            names = TASK_FIELDS if len(fields) == len(TASK_FIELDS) else INFERENCE_FIELDS
            fields = dict(zip(names, fields, strict=True))
        return cls(
            owner=to_checksum_address(fields["owner"]),
            target=to_checksum_address(fields["target"]),
            provider=to_checksum_address(fields.get("provider", ZERO_ADDRESS)),
            model_id=bytes(fields.get("modelId", ZERO_HASH)),
            input=bytes(fields.get("input", ZERO_HASH)),
            timing=Timing.unpack(fields["timing"]),
            pricing=Pricing.unpack(fields["pricing"]),
            salt=bytes(fields["salt"]),
            data=bytes(fields.get("data", b"")),
        )

    def commitment(self) -> int:
        """Return what the chain stores of the record, 160 bits. Source: JobHash."""
        from eth_abi.abi import encode
        from eth_utils.crypto import keccak

        types, values = list(self.fields.values()), list(self.to_tuple())
        words = len(types) if self.is_inference else len(types) - 1
        record = encode(types[:words], values[:words]) + self.data
        return int.from_bytes(keccak(record)[12:], "big")

    def id(self, *, chain_id: int, everloop: str) -> bytes:
        """Return the job's id, 32 bytes. Source: JobHash."""
        from agent_sdk.payloads import job_id

        return job_id(
            self.is_inference,
            chain_id=chain_id,
            everloop=everloop,
            owner=self.owner,
            salt=self.salt,
        )


@dataclass(frozen=True, kw_only=True)
class JobSlot:
    """All that is stored of a job. Source: contracts/types/JobSlot.sol."""

    commitment: int
    """low 160 bits of the record's hash; 0 = no such job"""
    due: int
    """Unix s; 0 = dormant"""
    runs: int
    """runs begun so far; never reset"""
    failures: int
    """failed runs in a row"""
    record_gas: int = 0
    """gas of the record as call data"""
    is_resigned: bool = False
    """whether its provider has left it"""

    @property
    def is_booked(self) -> bool:
        """Whether there is such a job, dormant ones included."""
        return self.commitment != 0

    @property
    def is_dormant(self) -> bool:
        """Whether the job waits for money or a provider."""
        return self.is_booked and self.due == 0

    @property
    def is_running(self) -> bool:
        """Whether the slot was read inside the job's own run."""
        return self.due == RUNNING

    def pack(self) -> int:
        """Return the word that the contract keeps."""
        return pack(
            ("commitment", self.commitment, 160),
            ("due", self.due, 40),
            ("runs", self.runs, 32),
            ("failures", self.failures, 8),
            ("record_gas", self.record_gas, 15),
            ("is_resigned", int(self.is_resigned), 1),
        )

    @classmethod
    def unpack(cls, word: int) -> JobSlot:
        """Read the word that the contract keeps."""
        commitment, due, runs, failures, record_gas, resigned = unpack(word, 160, 40, 32, 8, 15, 1)
        return cls(
            commitment=commitment,
            due=due,
            runs=runs,
            failures=failures,
            record_gas=record_gas,
            is_resigned=bool(resigned),
        )


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One answered run of an inference. Source: contracts/interfaces/IConsumers.sol, `Delivery`."""

    id: bytes
    """32 bytes"""
    owner: str
    run: int
    """number of the run, from 0"""
    pinned_block: int
    """block at which the prompt was read"""
    pinned_hash: bytes
    """32 bytes"""

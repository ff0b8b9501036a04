"""The engine, one provider and one agent on Ape's own chain, fresh for every test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

GWEI = 10**9
ETHER = 10**18
MODEL = "smollm2-135m-instruct@0.1.2"
MODEL_ID = keccak(text=MODEL)
INTERVAL, HEARTBEAT, WINDOW = 60, 600, 120
ZERO = "0x" + "00" * 20


def timing(*, gas_limit: int, recurring: bool = True, output_limit: int = 1024) -> int:
    """Pack `Timing`; the fields are those of contracts/types/Job.sol."""
    interval, heartbeat = (INTERVAL, HEARTBEAT) if recurring else (0, 0)
    return interval | heartbeat << 32 | WINDOW << 64 | gas_limit << 88 | output_limit << 112


def pricing(*, amount: int) -> int:
    """Pack `Pricing` with 20 gwei a unit of gas and 2 gwei above the base fee at most."""
    return 20 * GWEI | (2 * GWEI) << 48 | amount << 128


def pin(run: int, block: tuple[int, Any]) -> int:
    """Pack `Pin`: a run, and number and hash of the block that was read for it."""
    number, digest = block
    return run | number << 32 | (int.from_bytes(digest[-20:], "big") << 96)


def run_report(word: int) -> tuple[int, int, int, int]:
    """Unpack `RunReport`: run, ending, due, paid."""
    return word & 0xFFFFFFFF, word >> 32 & 0xFF, word >> 40 & (2**40 - 1), word >> 80


def step_report(word: int) -> tuple[int, int, int, int, int]:
    """Unpack `StepReport`: run, pinned block, time, result, step."""
    run, block, time = word & 0xFFFFFFFF, word >> 32 & (2**64 - 1), word >> 96 & (2**40 - 1)
    return run, block, time, word >> 136 & 0xFF, word >> 144


@dataclass(frozen=True)
class World:
    """Contracts and who plays which part."""

    everloop: Any
    registry: Any
    factory: Any
    governor: Any
    owner: Any
    keeper: Any
    providers: tuple[Any, Any]
    chain: Any

    def advance(self, seconds: int) -> None:
        """Move the clock and mine one block."""
        self.chain.pending_timestamp = self.chain.pending_timestamp + seconds
        self.chain.mine()

    def latest(self) -> tuple[int, Any]:
        """Number and hash of the latest block."""
        block = self.chain.blocks.head
        return block.number, block.hash

    def booked(self, receipt: Any) -> Any:
        """The completed record of an inference out of its booking's event."""
        return receipt.decode_logs(self.everloop.InferenceRequested)[-1].job


@pytest.fixture
def world(project: Any, accounts: Any, chain: Any) -> Iterator[World]:
    with chain.isolate():
        yield _deploy(project, accounts, chain)


def _deploy(project: Any, accounts: Any, chain: Any) -> World:
    governor, owner, keeper = accounts[0], accounts[1], accounts[2]
    providers = (accounts[3], accounts[4])
    engine = to_checksum_address(keccak(_rlp(governor.address, governor.nonce + 1))[12:])
    registry = governor.deploy(project.ProviderRegistry, engine, governor, 0)
    everloop = governor.deploy(project.Everloop, registry, ZERO, 0, ZERO)
    assert everloop.address == engine
    factory = governor.deploy(project.AgentFactory)
    for provider in providers:
        registry.register(provider, sender=provider)
        registry.stake(provider, value=ETHER, sender=provider)
        registry.whitelist(provider, sender=governor)
        registry.offer(MODEL, (10**13, 0, 1, 1, 60, 2_000_000, 0), sender=provider)
        registry.serve(True, sender=provider)
    everloop.deposit(owner, value=ETHER, sender=owner)
    return World(everloop, registry, factory, governor, owner, keeper, providers, chain)


def _rlp(address: str, nonce: int) -> bytes:
    import rlp

    encoded: bytes = rlp.encode([bytes.fromhex(address[2:]), nonce])
    return encoded


@pytest.fixture
def agent(world: World, project: Any) -> Any:
    """A counting agent with both providers, and the record of its loop."""
    implementation = world.governor.deploy(project.CounterAgent, world.everloop, ZERO)
    loop = (INTERVAL, HEARTBEAT, WINDOW, 400_000, 1024, 20 * GWEI, 2 * GWEI, 0, 10**15)
    policy = (ETHER // 10, ETHER, 86_400, 0)
    choices = [(provider, MODEL_ID) for provider in world.providers]
    birth = (loop, policy, choices, [], ETHER // 2, 0)
    receipt = world.factory.create(
        implementation, b"\x01" * 32, birth, b"", value=ETHER, sender=world.owner
    )
    address = receipt.decode_logs(world.factory.AgentCreated)[0].agent
    return project.CounterAgent.at(address), world.booked(receipt)


__all__ = [
    "ETHER",
    "MODEL_ID",
    "ZERO",
    "World",
    "pin",
    "pricing",
    "run_report",
    "step_report",
    "timing",
]

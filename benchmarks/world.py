"""A fresh anvil with the engine, two providers and a steady gas price, to measure on."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from agent_sdk.abi import constructor_data, decode_result, encode_call
from agent_sdk.chain import Chain
from agent_sdk.errors import ChainError, ConfigError
from agent_sdk.logs import decode
from agent_sdk.payloads import created_address
from agent_sdk.types import ZERO_ADDRESS, Call, Event, Job, Pricing, Receipt, Timing

__all__ = ["GWEI", "MODEL", "World", "fresh_world"]

GWEI = 10**9
GAS_PRICE = 2 * GWEI
"""wei per gas that every measured transaction pays"""
MODEL = "benchmark@1"
STAKE = 10**18
GENESIS_TIME = 1_700_000_000
ROOT = Path(__file__).parent.parent


class World:
    """Contracts at known addresses and unlocked senders on one anvil."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.sent: list[Receipt] = []
        """every transaction so far"""
        # Block hashes are call data, and their zero bytes are cheaper: without a clock of its own
        # a chain would give other figures every second.
        chain.rpc("anvil_setBlockTimestampInterval", 1)
        accounts: list[str] = list(chain.web3.eth.accounts)
        self.deployer, self.keeper, self.user, self.provider, self.payer, self.spare = accounts[:6]
        engine = created_address(self.deployer, nonce=chain.nonce(self.deployer) + 1)
        self.registry = self.deploy("ProviderRegistry", engine, self.deployer, 0)
        self.everloop = self.deploy("Everloop", self.registry, ZERO_ADDRESS, 0, ZERO_ADDRESS)
        self.factory = self.deploy("AgentFactory")
        for provider in (self.provider, self.spare):
            self._enroll(provider)
        for payer in (self.user, self.payer):
            self.send(payer, self.everloop, "Everloop", "deposit", payer, value=50 * 10**18)

    def _enroll(self, provider: str) -> None:
        offer = (10**13, 10**12, 1, 1, 60, 2_000_000, 0)
        self.send(provider, self.registry, "ProviderRegistry", "register", provider)
        self.send(provider, self.registry, "ProviderRegistry", "stake", provider, value=STAKE)
        self.send(self.deployer, self.registry, "ProviderRegistry", "whitelist", provider)
        self.send(provider, self.registry, "ProviderRegistry", "offer", MODEL, offer)
        self.send(provider, self.registry, "ProviderRegistry", "serve", True)

    def deploy(self, name: str, *arguments: Any) -> str:
        """Create a contract from its artifact and return its address."""
        receipt = self._transact(self.deployer, None, constructor_data(name, *arguments), 0)
        if receipt.created is None:
            raise ConfigError(f"{name} was not created: look at its constructor")
        return receipt.created

    def send(
        self, sender: str, to: str, contract: str, function: str, *arguments: Any, value: int = 0
    ) -> Receipt:
        """Send one transaction and return its receipt; a revert is an error."""
        return self._transact(sender, to, encode_call(contract, function, *arguments), value)

    def read(self, to: str, contract: str, function: str, *arguments: Any) -> Any:
        """Call a view at the latest block."""
        call = Call(to=to, data=encode_call(contract, function, *arguments))
        return decode_result(contract, function, self.chain.call(call))

    def events(self, receipt: Receipt, name: str) -> list[Event]:
        """The engine's events of one kind in a receipt."""
        mine = [log for log in receipt.logs if log.address.lower() == self.everloop.lower()]
        return [event for event in decode("Everloop", mine) if event.name == name]

    def advance(self, seconds: int) -> None:
        """Move the clock and mine one block."""
        self.chain.rpc("evm_setNextBlockTimestamp", self.chain.block().time + seconds)
        self.chain.rpc("evm_mine")

    def latest(self) -> tuple[int, bytes]:
        """Number and hash of the latest block."""
        block = self.chain.block()
        return block.number, block.hash

    def job(
        self,
        *,
        owner: str,
        target: str,
        timing: Timing,
        salt: bytes,
        provider: str = "",
        data: bytes = b"",
        amount: int = 10**15,
        input_hash: bytes = bytes(32),
    ) -> Job:
        """A record with the usual price caps."""
        inference = bool(provider)
        return Job(
            owner=owner,
            target=target,
            provider=provider or "0x" + "00" * 20,
            model_id=keccak(text=MODEL) if inference else bytes(32),
            input=input_hash,
            timing=timing,
            pricing=Pricing(max_gas_price=20 * GWEI, max_priority_fee=2 * GWEI, amount=amount),
            salt=salt,
            data=data,
        )

    def _transact(self, sender: str, to: str | None, data: bytes, value: int) -> Receipt:
        transaction = {
            "from": sender,
            "data": "0x" + data.hex(),
            "value": hex(value),
            "gas": hex(16_000_000),
            "gasPrice": hex(GAS_PRICE),
        }
        if to is not None:
            transaction["to"] = to
        # The senders' keys are anvil's, which signs.
        sent = self.chain.rpc("eth_sendTransaction", transaction)
        note = f"a measured transaction ({data[:4].hex()})"
        receipt = self.chain.wait(bytes.fromhex(sent[2:]), timeout=5, note=note)
        self.sent.append(receipt)
        return receipt


@contextmanager
def fresh_world(*, tracing: bool = False) -> Iterator[World]:
    """Start anvil with a fixed clock and base fee, deploy, and stop it at the end.

    Args:
        tracing: whether `debug_traceTransaction` tells each step.
    """
    port = _free_port()
    anvil = shutil.which("anvil") or str(ROOT / ".venv" / "tools" / "anvil")
    flags = ["--port", str(port), "--host", "127.0.0.1", "--silent", "--accounts", "10"]
    flags += [
        "--timestamp",
        str(GENESIS_TIME),
        "--block-base-fee-per-gas",
        str(GWEI),
        "--balance",
        "1000000",
        *(["--steps-tracing"] if tracing else []),
    ]
    with subprocess.Popen([anvil, *flags]) as process:
        try:
            yield World(_await(f"http://127.0.0.1:{port}"))
        finally:
            process.terminate()
            process.wait(10)


def _await(url: str) -> Chain:
    for _ in range(100):
        try:
            return Chain.connect(url)
        except ChainError:
            time.sleep(0.1)
    raise ConfigError("anvil did not answer within 10 s: run it by hand to see why")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def mean(values: Sequence[int]) -> int:
    """Mean of whole numbers, rounded up: a ceiling is never met by rounding."""
    return -(-sum(values) // len(values))

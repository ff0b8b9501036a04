"""A real anvil with the contracts and one provider; each test begins on a clean slate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_sdk import accounts
from agent_sdk.accounts import Signer
from agent_sdk.agent import Agent
from agent_sdk.anvil import start_anvil
from agent_sdk.chain import Chain
from agent_sdk.cli import main
from agent_sdk.deploy import deploy, deploy_contract, deploy_implementation
from agent_sdk.manifest import Action
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak, salt_of
from agent_sdk.processes import end
from agent_sdk.types import Job, Pricing, Receipt, Timing
from agent_sdk.units import ETHER, FINNEY, GWEI

Answer = Callable[..., Receipt]

INPUT = b"question"


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """One anvil for all tests: a block per transaction, and a clock that tests move."""
    process, chain = start_anvil(tmp_path_factory.mktemp("anvil") / "log")
    yield chain
    end([process])


@pytest.fixture(scope="session")
def deployed(node: Chain) -> Everloop:
    """Everloop on it, with account dev:2 as a provider that serves."""
    net = Everloop(node, deploy(node, accounts.dev(0)), signer=accounts.dev(0))
    net.providers.enroll(accounts.dev(2), governor=accounts.dev(0))
    # Each revert sets the chain's clock back: a day ahead, no daemon ever takes it for ours.
    node.advance(86_400)
    return net


@pytest.fixture
def net(deployed: Everloop) -> Iterator[Everloop]:
    """Everloop as deployed; what a test does is undone after it."""
    snapshot = deployed.chain.rpc("evm_snapshot")
    yield deployed
    assert deployed.chain.rpc("evm_revert", snapshot)


@pytest.fixture
def agent(net: Everloop) -> Agent:
    """A treasury agent with one ether, due now."""
    return net.agents.create("TreasuryAgent", fund="1 ether", salt="agent")


@pytest.fixture
def oracle(net: Everloop) -> Agent:
    """An oracle agent: anvil refuses code beyond 24,576 bytes, as any chain does."""
    owner = accounts.dev(0)
    made = deploy_implementation(net.chain, owner, "OracleAgent", everloop=net.deployment.everloop)
    known = Everloop(
        net.chain, net.deployment.with_implementation("OracleAgent", made), signer=owner
    )
    return known.agents.create("OracleAgent", fund="1 ether", salt="oracle")


@pytest.fixture
def answer(net: Everloop) -> Answer:
    """Answer an agent's next run as its provider: by actions, or by bytes as they are."""

    def deliver(
        agent: Agent,
        *actions: Action,
        decision: bytes | None = None,
        signer: Signer | None = None,
    ) -> Receipt:
        job, slot = agent.job(), agent.slot()
        assert job is not None
        pinned = net.chain.block_at(slot.due)
        if pinned is None:
            pinned = net.chain.advance(slot.due - net.chain.block().time)
        elif agent.receipt is not None and pinned.number < agent.receipt.block:
            # Made in the second of an earlier block, which does not know the agent.
            pinned = net.chain.block(agent.receipt.block)
        call = net.engine.deliver(
            job,
            run=slot.runs,
            pinned_block=pinned.number,
            pinned_hash=pinned.hash,
            decision=agent.manifest.encode(actions) if decision is None else decision,
        )
        return net.chain.send(signer or accounts.dev(2), call)

    return deliver


@pytest.fixture
def box(net: Everloop) -> str:
    """A contract that keeps the answers to account dev:1's questions."""
    owner = accounts.dev(1).address
    return deploy_contract(net.chain, accounts.dev(0), "AnswerBox", net.deployment.everloop, owner)


@pytest.fixture
def question(net: Everloop, box: str) -> Job:
    """A record that account dev:1 may book: dev:2 answers `INPUT` every minute."""
    owner = accounts.dev(1)
    net.chain.send(accounts.dev(0), net.engine.deposit(owner.address, value=ETHER))
    choice = net.providers.choice(accounts.dev(2).address)
    return Job(
        owner=owner.address,
        target=box,
        provider=choice.provider,
        model_id=choice.model_id,
        input=keccak(INPUT),
        timing=Timing(interval=60, heartbeat=600, window=120, gas_limit=100_000, output_limit=256),
        pricing=Pricing(max_gas_price=20 * GWEI, max_priority_fee=2 * GWEI, amount=FINNEY),
        salt=salt_of("question"),
    )


@pytest.fixture
def deployment_file(net: Everloop, tmp_path: Path) -> Path:
    """Where the contracts are, for commands."""
    return net.deployment.save(tmp_path / "deployment.json")


@pytest.fixture
def here(
    net: Everloop, deployment_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run commands in an empty folder; they find the node by environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVERLOOP_RPC", net.chain.url)
    monkeypatch.setenv("EVERLOOP_DEPLOYMENT", str(deployment_file))
    for name in ("CHAIN_ID", "ACCOUNT", "PASSWORD_FILE"):
        monkeypatch.delenv(f"EVERLOOP_{name}", raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """A command that succeeds, and its JSON."""

    def succeed(*words: str) -> Any:
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return succeed


@pytest.fixture
def refuse(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A command that fails with a code, and its one line."""

    def fail(code: int, *words: str) -> str:
        assert main(list(words)) == code
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1, lines
        return lines[0]

    return fail

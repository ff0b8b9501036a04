"""Deploying Everloop's contracts, and others that are compiled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eth_utils.address import to_checksum_address

from agent_sdk.abi import constructor_data
from agent_sdk.accounts import Signer
from agent_sdk.artifacts import MAX_CODE, agent_artifact
from agent_sdk.chain import Chain
from agent_sdk.contracts import EverloopContract
from agent_sdk.deployment import Deployment
from agent_sdk.errors import CheckFailed, ConfigError
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import created_address
from agent_sdk.types import ZERO_ADDRESS

__all__ = [
    "deploy",
    "deploy_code",
    "deploy_contract",
    "deploy_implementation",
    "deploy_manifest",
    "publish",
]

WHITELIST_DELAY = 86_400
"""s; a day for users to object to a new provider, on all chains but development ones"""


def deploy(
    chain: Chain,
    signer: Signer,
    *,
    governor: str | None = None,
    whitelist_delay: int | None = None,
    implementations: Sequence[str] = ("TreasuryAgent",),
    data_fee: str = ZERO_ADDRESS,
    protocol_bps: int = 0,
    protocol_receiver: str = ZERO_ADDRESS,
) -> Deployment:
    """Deploy engine, registry, factory and example agents, and check that they fit together.

    Args:
        chain: where.
        signer: pays, and may do nothing special afterwards.
        governor: who whitelists providers; the signer if None.
        whitelist_delay: s; None is a day, and 0 on a development chain.
        implementations: example agents to deploy.
        data_fee: contract that knows what a rollup charges for data; the zero address for none.
        protocol_bps: basis points of each fee that go to the protocol, at most 100; for good.
        protocol_receiver: whose balance they go to.
    """
    if data_fee != ZERO_ADDRESS and not chain.code(data_fee):
        raise ConfigError(f"there is no contract at {data_fee}: name one that knows data fees")
    if whitelist_delay is None:
        whitelist_delay = 0 if chain.is_local else WHITELIST_DELAY
    owner = to_checksum_address(governor) if governor else signer.address
    block = chain.height() + 1
    with chain.nonce_lock(signer.address):
        # The two name each other: the registry is told where Everloop will be.
        nonce = chain.nonce(signer.address, block="pending")
        predicted = created_address(signer.address, nonce=nonce + 1)
        registry = deploy_contract(
            chain, signer, "ProviderRegistry", predicted, owner, whitelist_delay
        )
        everloop = deploy_contract(
            chain, signer, "Everloop", registry, data_fee, protocol_bps, protocol_receiver
        )
    engine = EverloopContract(chain, everloop)
    made = Deployment(
        chain_id=chain.chain_id,
        block=block,
        deployer=signer.address,
        governor=owner,
        everloop=everloop,
        executor=engine.executor(),
        orders=engine.orders(),
        registry=registry,
        factory=deploy_contract(chain, signer, "AgentFactory"),
        contracts={
            "AgentLens": deploy_contract(chain, signer, "AgentLens", everloop),
            "Lens": deploy_contract(chain, signer, "Lens", everloop),
            "SavingsVault": deploy_contract(chain, signer, "SavingsVault"),
        },
    )
    made.check(chain)
    for name in implementations:
        made = publish(chain, signer, name, deployment=made)
    return made


def publish(chain: Chain, signer: Signer, name: str, *, deployment: Deployment) -> Deployment:
    """Deploy an agent to clone, and what the example of that name needs besides.

    Returns:
        The deployment with both; helpers that it knew stay.
    """
    made = deploy_implementation(chain, signer, name, everloop=deployment.everloop)
    helpers = dict(deployment.contracts)
    if name == "TraderAgent" and "GoodsMarket" not in helpers:
        helpers["Grain"] = deploy_contract(chain, signer, "Grain")
        helpers["GoodsMarket"] = deploy_contract(chain, signer, "GoodsMarket", helpers["Grain"])
    return replace(deployment.with_implementation(name, made), contracts=helpers)


def deploy_contract(chain: Chain, signer: Signer, name: str, *arguments: Any) -> str:
    """Deploy one compiled contract with its constructor's arguments and return its address."""
    return deploy_code(chain, signer, constructor_data(name, *arguments), note=f"deploying {name}")


def deploy_implementation(
    chain: Chain, signer: Signer, name: str, *arguments: Any, everloop: str
) -> str:
    """Deploy an agent to clone: first its manifest as code data, then the agent.

    Args:
        chain: where.
        signer: pays.
        name: of the compiled agent.
        arguments: of its constructor, after Everloop and manifest.
        everloop: the engine that its clones will use.
    """
    content = agent_artifact(name).manifest
    assert content is not None
    manifest = deploy_manifest(chain, signer, name, content)
    return deploy_contract(chain, signer, name, everloop, manifest, *arguments)


def deploy_manifest(chain: Chain, signer: Signer, name: str, content: Mapping[str, Any]) -> str:
    """Keep the manifest of an agent as code data and return where."""
    data = Manifest.from_dict(dict(content)).code_data()
    return deploy_code(chain, signer, _code_data(data), note=f"storing the manifest of {name}")


def deploy_code(chain: Chain, signer: Signer, code: bytes, *, note: str) -> str:
    """Run creation code and return the address of what it makes."""
    created = chain.deploy(signer, code, note=note).created
    if created is None:
        raise CheckFailed(f"{note} made no contract: the node's receipt names none")
    return created


def _code_data(data: bytes) -> bytes:
    """Return creation code that leaves a STOP and `data` as code. Source: CodeData."""
    size = len(data) + 1
    if size > MAX_CODE:
        raise ConfigError(f"the manifest has {len(data)} bytes: at most {MAX_CODE - 1} fit")
    # PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN; then the code itself.
    return b"\x61" + size.to_bytes(2, "big") + bytes.fromhex("80600a5f395ff300") + data

"""The world in which traces begin: engine, two providers, one agent with rules for its vault."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from agent_sdk import accounts
from agent_sdk.artifacts import artifact
from agent_sdk.chain import Chain
from agent_sdk.contracts import FactoryContract, RegistryContract
from agent_sdk.deploy import deploy
from agent_sdk.deployment import Deployment
from agent_sdk.manifest import Manifest
from agent_sdk.model import actions, treasury
from agent_sdk.model import state as model
from agent_sdk.model.state import EMPTY_ACCOUNT, Setting, Stake
from agent_sdk.network import Everloop
from agent_sdk.payloads import job_id, keccak, model_id
from agent_sdk.types import ZERO_ADDRESS, Birth, Choice, Loop, Offer, Policy
from agent_sdk.units import FINNEY, GWEI

__all__ = ["BIRTH_VALUE", "PAYEES", "World", "build"]

AGENT = "CounterAgent"
MODEL = "formal@1"
PROTOCOL_BPS = 100
SALT = keccak(text="formal")
BIRTH_VALUE = 250 * FINNEY
PAYEES = tuple("0x" + 20 * pair for pair in ("11", "22", "33"))
"""the first two are recipients from birth, the third is not"""

LOOP = Loop(
    interval=60,
    heartbeat=3_600,
    window=300,
    gas_limit=900_000,
    output_limit=2_048,
    max_gas_price=20 * GWEI,
    max_priority_fee=2 * GWEI,
    max_fee=FINNEY,
)
POLICY = Policy(action_cap=50 * FINNEY, budget=70 * FINNEY, window=3_600, reserve=90 * FINNEY)
OFFERS = (
    Offer(
        base_price=10**13,
        price_per_kilobyte=10**12,
        min_max_gas_price=1,
        latency=1,
        min_window=60,
        max_callback_gas=1_000_000,
    ),
    Offer(
        base_price=2 * 10**13 + 1,
        price_per_kilobyte=10**12 + 7,
        min_max_gas_price=GWEI,
        latency=1,
        min_window=60,
        max_callback_gas=1_000_000,
    ),
)
STAKES = (120 * FINNEY, 105 * FINNEY)
"""wei; the second falls below the minimum with its first miss"""


@dataclass(frozen=True, kw_only=True)
class World:
    """Who is who, and B before the agent is born."""

    setting: Setting
    start: model.Chain
    birth: Birth
    roles: dict[str, str]
    """addresses that send: owner, provider, second, keeper, stranger"""
    lens: str
    implementation: str
    selectors: dict[str, bytes]
    """of the manifest's actions, by name"""
    costs: dict[str, int]
    contracts: dict[str, str]
    """artifact by address"""
    whitelisted_at: dict[str, int]
    """Unix s, by provider"""

    @property
    def watched(self) -> list[str]:
        """Accounts at Everloop whose words are compared, the agent's aside."""
        return [*self.roles.values(), self.setting.protocol_receiver]


def build(chain: Chain) -> World:
    """Deploy all but the agent, and say what the model begins with."""
    signers = {
        name: accounts.dev(number)
        for number, name in enumerate(("owner", "provider", "second", "keeper", "stranger"), 1)
    }
    governor, receiver = accounts.dev(0), accounts.dev(6).address
    deployment = deploy(
        chain,
        governor,
        implementations=(AGENT,),
        protocol_bps=PROTOCOL_BPS,
        protocol_receiver=receiver,
    )
    net = Everloop(chain, deployment, signer=governor)
    roles = {name: signer.address for name, signer in signers.items()}
    providers = (roles["provider"], roles["second"])
    for name, stake, offer in zip(("provider", "second"), STAKES, OFFERS, strict=True):
        net.providers.enroll(signers[name], governor=governor, stake=stake, offers={MODEL: offer})
    setting = _setting(chain, deployment, roles, receiver)
    block = chain.block()
    birth = Birth(
        loop=LOOP,
        policy=POLICY,
        providers=tuple(Choice(provider=p, model_id=model_id(MODEL)) for p in providers),
        recipients=(*PAYEES[:2], setting.vault),
        run_balance=50 * FINNEY,
        first_due=block.time + 2 * 86_400,
    )
    return World(
        setting=setting,
        start=_start(block.time, block.base_fee, providers),
        birth=birth,
        roles=roles,
        lens=deployment.contracts["AgentLens"],
        implementation=deployment.implementation(AGENT),
        **_manifest(),
        contracts={
            setting.agent: AGENT,
            setting.everloop: "Everloop",
            setting.registry: "ProviderRegistry",
            setting.vault: "SavingsVault",
            setting.factory: "AgentFactory",
        },
        whitelisted_at={
            p: RegistryContract(chain, setting.registry).provider_of(p).whitelisted_at
            for p in providers
        },
    )


def _setting(chain: Chain, deployment: Deployment, roles: dict[str, str], receiver: str) -> Setting:
    factory = FactoryContract(chain, deployment.factory)
    implementation = deployment.implementation(AGENT)
    agent = factory.address_of(implementation, salt=SALT, creator=roles["owner"])
    salt = keccak(SALT + bytes.fromhex(roles["owner"][2:]).rjust(32, b"\0"))
    loop_id = job_id(
        True, chain_id=chain.chain_id, everloop=deployment.everloop, owner=agent, salt=salt
    )
    vault = deployment.contracts["SavingsVault"]
    named = (roles["provider"], roles["second"])
    return Setting(
        chain_id=chain.chain_id,
        agent=agent,
        loop_id=loop_id,
        loop_salt=salt,
        everloop=deployment.everloop,
        executor=deployment.executor,
        orders=deployment.orders,
        registry=deployment.registry,
        factory=deployment.factory,
        vault=vault,
        offers={(p, model_id(MODEL)): o for p, o in zip(named, OFFERS, strict=True)},
        protocol_bps=PROTOCOL_BPS,
        protocol_receiver=receiver,
        codes=frozenset({vault, agent, deployment.everloop, deployment.registry}),
    )


def _start(time: int, base_fee: int, providers: tuple[str, str]) -> model.Chain:
    """B before the agent: providers that serve, and nobody's money."""
    nobody = model.Context(
        owner=ZERO_ADDRESS,
        pending_owner=ZERO_ADDRESS,
        policy=POLICY,
        spending=model.Spending(),
        run_target=0,
        choices=(),
    )
    stakes = dict(zip(providers, STAKES, strict=True))
    return model.Chain(
        time=time,
        base_fee=base_fee,
        s=model.State(c=nobody),
        accounts={
            p: replace(EMPTY_ACCOUNT, capacity=stake // (10 * FINNEY))
            for p, stake in stakes.items()
        },
        stakes={p: Stake(bonded=stake, serving=True) for p, stake in stakes.items()},
    )


def _manifest() -> dict[str, Any]:
    """Names, selectors and costs of the actions, and that the model knows all of them."""
    content = artifact(AGENT).manifest
    assert content is not None
    manifest = Manifest.from_dict(dict(content))
    selectors = {tool.name: tool.selector for tool in manifest.tools}
    assert set(selectors.values()) == set(actions.ACTIONS)
    return {"selectors": selectors, "costs": manifest.costs}


def rules(vault: str) -> list[tuple[str, bytes, int]]:
    """Return the rules for `call` that every trace begins with."""
    return [
        (vault, treasury.SAVE, 2),
        (vault, treasury.REDEEM, 1),
        (vault, treasury.SAVINGS_OF, 1),
        (PAYEES[2], bytes(4), 2),
    ]

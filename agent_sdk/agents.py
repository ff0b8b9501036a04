"""The agents of a deployment: make them, find them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent_sdk.accounts import Signer
from agent_sdk.agent import Agent
from agent_sdk.blueprints import blueprint, default_loop, default_policy, worst_job
from agent_sdk.chain import Chain
from agent_sdk.contracts import (
    AgentContract,
    EverloopContract,
    FactoryContract,
)
from agent_sdk.deployment import Deployment
from agent_sdk.errors import ConfigError, Reverted, SpecError
from agent_sdk.limits import limited
from agent_sdk.payloads import address as checked_address
from agent_sdk.payloads import job_id, salt_of
from agent_sdk.providers import Providers
from agent_sdk.types import Birth, Choice, Loop, Policy
from agent_sdk.units import format_wei, parse_seconds, parse_wei

__all__ = ["Agents"]

_MAX_PROVIDERS = 8
_MAX_RUN_BALANCE = 2**80 - 1
"""wei. Source: Birth.runBalance"""


class Agents:
    """The agents of one deployment."""

    def __init__(
        self, chain: Chain, deployment: Deployment, providers: Providers, *, signer: Signer | None
    ) -> None:
        self._chain = chain
        self._deployment = deployment
        self._factory = FactoryContract(chain, deployment.factory)
        self._providers = providers
        self._signer = signer

    def at(self, address: str) -> Agent:
        """Return the agent at an address.

        Raises:
            ConfigError: there is none, or it uses another Everloop.
        """
        known = checked_address(address)
        if not self._chain.code(known):
            raise ConfigError(
                f"there is no agent {known} on chain {self._chain.chain_id}: "
                "check the address with `everloop agent list`, and --rpc"
            )
        contract = AgentContract(self._chain, known)
        try:
            salt, loop_id = contract.loop_salt(), contract.loop_id()
        except (Reverted, SpecError):
            raise ConfigError(
                f"the contract {known} is no agent: list them with `everloop agent list`"
            ) from None
        expected = job_id(
            True,
            chain_id=self._chain.chain_id,
            everloop=self._deployment.everloop,
            owner=known,
            salt=salt,
        )
        if loop_id != expected:
            raise ConfigError(
                f"agent {known} uses another Everloop than {self._deployment.everloop}: "
                "check --deployment"
            )
        return Agent(self._chain, self._deployment, known, signer=self._signer)

    def list(self) -> Sequence[Agent]:
        """Return all agents in order of creation."""
        return [
            Agent(self._chain, self._deployment, address, signer=self._signer)
            for address in self._factory.agents()
        ]

    def create(
        self,
        name: str,
        *,
        fund: str | int,
        salt: str | bytes | int | None = None,
        loop: Loop | None = None,
        policy: Policy | Mapping[str, str | int] | None = None,
        interval: str | int | None = None,
        providers: Sequence[Choice | str] | None = None,
        recipients: Sequence[str] = (),
        run_balance: str | int | None = None,
        first_due: int = 0,
        init: bytes | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Agent:
        """Make, fund and start an agent in one transaction; the signer becomes its owner.

        Args:
            name: of a deployed agent, or the address of one to clone.
            fund: ETH to give it, in all.
            salt: word or number that its address depends on; random if None.
            loop: how often it runs and what a step may cost; see `agent_sdk.types.Loop`.
            interval: between steps, s or text ("5 min"); the loop's own if None.
            policy: what it may spend: a `Policy`, or those of its limits, by name, that are not
                to be as in `agent_sdk.blueprints.default_policy`: {"budget": "0.1 ether"}.
            providers: in order of preference, addresses or choices of a model; all that serve if
                None or empty.
            recipients: who may receive ETH from its actions, besides those the example needs.
            run_balance: the part of `fund` that pays for steps; a quarter if None, or more where
                two steps may cost more.
            first_due: Unix s of the first step; a past time means now.
            init: argument of the agent's own initializer; made from `options` if None.
            options: settings of an example, see `agent_sdk.blueprints`.

        Raises:
            ConfigError: no such agent, no provider serves, or the funds do not pay two steps.
            InsufficientFunds: the signer cannot pay.
            Reverted: the contracts refuse.
        """
        if self._signer is None:
            raise ConfigError("there is no account to sign with: name one with --account")
        value = parse_wei(fund)
        cycle = self._cycle(loop, interval)
        choices = self._chosen(providers) if providers else tuple(self._choose_providers())
        run = parse_wei(run_balance) if run_balance is not None else 0
        if run_balance is None:
            run = self._run_balance(value, cycle)
        if run > value:
            raise ConfigError(
                f"run balance of {format_wei(run)} is more than the funds of {format_wei(value)}, "
                "of which it is a part: give less of it, or more funds"
            )
        if not isinstance(name, str):
            raise ConfigError(f"agent {name!r} is no text: give its name or an address")
        implementation = (
            checked_address(name)
            if name.startswith("0x")
            else self._deployment.implementation(name)
        )
        plan = blueprint(
            name,
            deployment=self._deployment,
            owner=self._signer.address,
            treasury=value - run,
            options=options,
        )
        birth = Birth(
            loop=cycle,
            policy=_limits(policy, treasury=value - run),
            providers=choices,
            recipients=(*plan.recipients, *recipients),
            run_balance=run,
            first_due=first_due,
        )
        bound = salt_of(salt)
        settings = plan.init if init is None else init
        call = self._factory.create(
            implementation, salt=bound, birth=birth, data=settings, value=value
        )
        try:
            receipt = self._chain.send(self._signer, call)
        except Reverted as error:
            raise _explained(error, settings) from None
        address = self._factory.address_of(implementation, salt=bound, creator=self._signer.address)
        return Agent(self._chain, self._deployment, address, signer=self._signer, receipt=receipt)

    def _cycle(self, loop: Loop | None, interval: str | int | None) -> Loop:
        """Return how an agent's loop runs; its heartbeat is no shorter than its interval."""
        cycle = loop or default_loop(is_local=self._chain.is_local)
        if interval is None:
            return cycle
        return cycle.changed(interval=parse_seconds(interval))

    def _chosen(self, providers: Sequence[Choice | str]) -> tuple[Choice, ...]:
        """Return choices, for an address that of its first model."""
        if isinstance(providers, str):
            raise ConfigError(f"providers {providers!r} is one text: give a list of addresses")
        return tuple(
            one if isinstance(one, Choice) else self._providers.choice(checked_address(one))
            for one in providers
        )

    def _run_balance(self, value: int, loop: Loop) -> int:
        """Return the part of an agent's funds (wei) for steps: a quarter, or what the chain asks.

        Source: Agent.sol, twice what the first run reserves and the dearest provider may ask. The
        first provider may raise its price up to the loop's cap before the agent is born, so that
        is what the first run reserves at most.
        """
        engine = EverloopContract(self._chain, self._deployment.everloop)
        reserved = engine.worst_cost(worst_job(loop, fee=loop.max_fee))
        least = 2 * (reserved + loop.max_fee)
        if value <= least:
            raise ConfigError(
                f"funds of {format_wei(value)} are too little: two steps at the loop's caps take "
                f"{format_wei(least)}, and the treasury the rest; give more than "
                "that"
            )
        return min(max(value // 4, least), _MAX_RUN_BALANCE)

    def _choose_providers(self) -> Sequence[Choice]:
        """Return one model of each serving provider."""
        chosen: dict[str, Choice] = {}
        for choice in self._providers.serving():
            chosen.setdefault(choice.provider, choice)
        if not chosen:
            raise ConfigError(
                "no provider takes work now: one must stake, be whitelisted and serve; "
                "see `everloop provider register --help`"
            )
        return list(chosen.values())[:_MAX_PROVIDERS]


def _limits(policy: Policy | Mapping[str, str | int] | None, *, treasury: int) -> Policy:
    """Return what an agent may spend that begins with a treasury (wei).

    Where no action cap is named, it is no more than the budget.
    """
    if isinstance(policy, Policy):
        return policy
    given = limited(default_policy(treasury), {} if policy is None else policy)
    if policy and "action_cap" in policy:
        return given
    return replace(given, action_cap=min(given.action_cap, given.budget))


def _explained(error: Reverted, settings: bytes) -> Reverted:
    """Return what to say of a refused birth: one without a reason is mostly one of settings."""
    if error.data:
        return error
    return Reverted(
        f"AgentFactory.create reverted without a reason: its _initialize may not decode these "
        f"{len(settings)} bytes; give its settings ABI-encoded (--init or init=)",
        tx=error.tx,
    )

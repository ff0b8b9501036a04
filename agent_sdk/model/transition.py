"""T: S x D x A -> S, the agent's own contract code, from genesis on.

"The transition function T encodes the actual smart contract code that retrieves necessary data,
calls the LLM, processes the LLM output, executes the appropriate actions including
self-scheduling actions, and updates the contract state." Source: contracts/agent/Agent.sol.
"""

from __future__ import annotations

from dataclasses import replace

from agent_sdk.model import booking, money, treasury
from agent_sdk.model.actions import act
from agent_sdk.model.frame import Revert, Transaction, require
from agent_sdk.model.history import record
from agent_sdk.model.policy import require_owner, set_owner
from agent_sdk.model.state import Context, Spending, State
from agent_sdk.payloads import keccak
from agent_sdk.types import (
    ZERO_ADDRESS,
    ZERO_HASH,
    Birth,
    Choice,
    Job,
    Loop,
    Miss,
    Result,
)

__all__ = ["genesis", "on_inference", "on_missed", "start", "stop"]

_MIN_STEP_GAS = 300_000
_MAX_OUTPUT = 4_096


def genesis(tx: Transaction, birth: Birth) -> None:
    """Make s_0 = (c_0, h_0, b_0): "the moment the contract code with T is deployed".

    Source: AgentFactory.create, Agent.initialize.
    """
    known = tx.setting
    c = Context(
        owner=ZERO_ADDRESS,
        pending_owner=ZERO_ADDRESS,
        policy=birth.policy,
        spending=Spending(),
        run_target=birth.run_balance,
        choices=birth.providers,
        recipients=frozenset(birth.recipients),
    )
    tx.change(s=State(c=c))
    tx.move_treasury(tx.value)
    set_owner(tx, tx.sender)
    tx.emit(known.agent, "LimitsChanged", birth.policy.to_tuple())
    for to in birth.recipients:
        tx.emit(known.agent, "RecipientChanged", to, True)
    choices = tuple(choice.to_tuple() for choice in birth.providers)
    tx.emit(known.agent, "ProvidersChanged", choices)
    enough = tx.value >= birth.run_balance
    require(enough, "Agent_UnderReserve", tx.value, birth.run_balance)
    tx.move_treasury(-birth.run_balance)
    money.deposit(tx, known.agent, known.agent, birth.run_balance)
    _book(tx, birth.loop, birth.providers[0], birth.first_due)


def on_inference(
    tx: Transaction, decision: bytes, *, run: int, pinned_block: int, pinned_hash: bytes
) -> tuple[Result, int]:
    """Apply T once: the decision r_t becomes a_t, then h_{t+1}. Source: Agent.onInference.

    Returns:
        What became of the decision, and when the agent wishes to run next.
    """
    result, wish = act(tx, decision)
    tx.result = result
    record(
        tx,
        run=run,
        pinned_block=pinned_block,
        pinned_hash=pinned_hash,
        decision_hash=keccak(decision),
        result=result,
    )
    return result, wish


def on_missed(tx: Transaction, job: Job, reason: Miss) -> None:
    """Book with another provider, for which fuel may be needed. Source: Agent.onMissed."""
    moved = replace(job, pricing=replace(job.pricing, fee=job.pricing.amount))
    if tx.account(job.owner).free < quote(moved):
        treasury.refuel(tx, tx.setting.everloop)
    moved = replace(job, pricing=replace(job.pricing, fee=0))
    missed = reason in (Miss.EXPIRED, Miss.DECLINED)
    _book_elsewhere(tx, job, moved, 0 if missed else tx.now + job.timing.interval)


def stop(tx: Transaction, job: Job) -> None:
    """End the loop, outside an open window; the owner's. Source: Agent.stop."""
    require_owner(tx, tx.sender)
    booking.cancel(tx, job)


def start(tx: Transaction, loop: Loop, choice: int) -> None:
    """Begin the loop again; the owner's. Source: Agent.start."""
    require_owner(tx, tx.sender)
    listed = tx.c.choices
    require(choice < len(listed), "Agent_ProviderCount", choice, len(listed))
    _book(tx, loop, listed[choice], tx.now)


def quote(job: Job) -> int:
    """Return what one run of a record costs at most, wei. Source: Everloop.worstCost."""
    return money.worst_cost(job.timing, job.pricing, money.record_gas(job))


def _book(tx: Transaction, loop: Loop, choice: Choice, due: int) -> None:
    """Book the loop, whose worst run the run balance must pay twice. Source: Agent._book."""
    gas, output, bad = loop.gas_limit, loop.output_limit, "Agent_BadLoop"
    require(gas >= _MIN_STEP_GAS, bad, "gasLimit", gas, _MIN_STEP_GAS)
    require(output <= _MAX_OUTPUT, bad, "outputLimit", output, _MAX_OUTPUT)
    require(loop.interval != 0, bad, "interval", 0, 1)
    job = Job(
        owner=tx.setting.agent,
        target=tx.setting.agent,
        provider=choice.provider,
        model_id=choice.model_id,
        input=ZERO_HASH,
        timing=loop.timing(),
        pricing=loop.pricing(),
        salt=tx.setting.loop_salt,
    )
    free = tx.chain.s.b.account.free
    booking.request(tx, job, due)
    required = 2 * (free - tx.chain.s.b.account.free + loop.max_fee)
    require(tx.c.run_target >= required, bad, "runBalance", tx.c.run_target, required)


def _book_elsewhere(tx: Transaction, job: Job, moved: Job, due: int) -> None:
    """Book with the first other provider that has room and accepts. Source: _bookElsewhere."""
    listed = tx.c.choices
    names = [choice.provider for choice in listed]
    position = names.index(job.provider) if job.provider in names else -1
    for step in range(1, len(listed) + 1):
        choice = listed[(position + step) % len(listed)]
        account = tx.account(choice.provider)
        if choice.provider == job.provider or account.open >= account.capacity:
            continue
        other = replace(moved, provider=choice.provider, model_id=choice.model_id)
        if tx.attempt(lambda other=other: booking.update(tx, job, other, due)) is None:  # type: ignore[misc]
            tx.emit(tx.setting.agent, "ProviderSwitched", job.provider, choice.provider)
            return
    raise Revert("Agent_NoOtherProvider", job.provider)

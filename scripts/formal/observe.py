"""What is read of the chain after each move, and what the model says it must be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from agent_sdk.abi import decode_event, encode_call
from agent_sdk.model.frame import Emitted
from agent_sdk.model.liberty import affordable, liberty, utility
from agent_sdk.model.policy import budget_left, ready_at
from agent_sdk.model.state import Chain
from agent_sdk.model.transition import quote
from agent_sdk.types import Account, Rule
from agent_sdk.types.words import pack
from formal.multicall import ADDRESS, pack_calls, unpack_answers
from formal.node import Node
from formal.world import AGENT, PAYEES, World, rules

__all__ = ["Reading", "compare", "events_of", "readings"]

ALPHA, BETA = 7, 100

_encoded = cache(encode_call)
"""most calls are the same after every move"""


@dataclass(frozen=True)
class Reading:
    """One value of the chain: what is asked of whom, and the words that the model expects."""

    label: str
    of: str
    """address"""
    data: bytes | None
    """of the view call; None asks for the ETH held"""
    expected: bytes


def readings(world: World, chain: Chain) -> list[Reading]:
    """Return all that is compared after a move."""
    return [*_of_agent(world, chain), *_of_engine(world, chain), *_of_lens(world, chain)]


def compare(node: Node, wanted: list[Reading]) -> list[str]:
    """Read it all, and say what differs."""
    calls = [reading for reading in wanted if reading.data is not None]
    data = pack_calls([(reading.of, reading.data or b"") for reading in calls])
    held = [reading for reading in wanted if reading.data is None]
    answer, *balances = node.ask(
        ("eth_call", [{"to": ADDRESS, "data": data, "gas": hex(2**24)}, "latest"]),
        *(("eth_getBalance", [reading.of, "latest"]) for reading in held),
    )
    actual = [*unpack_answers(bytes.fromhex(answer[2:]))]
    actual += [int(balance, 16).to_bytes(32, "big") for balance in balances]
    return [
        f"{reading.label}: the model {_shown(reading.expected)}, the contract {_shown(found)}"
        for reading, found in zip([*calls, *held], actual, strict=True)
        if reading.expected != found
    ]


def events_of(world: World, logs: list[Any]) -> list[Emitted]:
    """Read the logs of a receipt, those of the factory left out."""
    found = []
    for log in logs:
        name = next(n for a, n in world.contracts.items() if a.lower() == log["address"])
        if name == "AgentFactory":
            continue
        topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
        event = decode_event(name, topics, bytes.fromhex(log["data"][2:]))
        address = next(a for a in world.contracts if a.lower() == log["address"])
        kind, values = event if event is not None else ("?", {"data": log["data"]})
        found.append(Emitted(address, kind, tuple(values.values())))
    return found


def pack_account(account: Account) -> int:
    """Return the word that the ledger keeps. Source: contracts/types/Account.sol."""
    return pack(
        ("balance", account.balance, 80),
        ("reserved", account.reserved, 80),
        ("open", account.open, 16),
        ("capacity", account.capacity, 16),
        ("delivered", account.delivered, 24),
        ("missed", account.missed, 12),
        ("declined", account.declined, 12),
        ("latency", account.latency, 12),
        ("flags", int(account.locked), 4),
    )


def _call(label: str, to: str, data: bytes, *words: int) -> Reading:
    return Reading(label, to, data, b"".join(word.to_bytes(32, "big") for word in words))


def _balance(label: str, of: str, wei: int) -> Reading:
    return Reading(label, of, None, wei.to_bytes(32, "big"))


def _of_agent(world: World, chain: Chain) -> Iterator[Reading]:
    """State s = (c, h, b) as the agent tells it."""
    agent, c, h = world.setting.agent, chain.s.c, chain.s.h

    def view(label: str, function: str, *words: int, arguments: tuple[Any, ...] = ()) -> Reading:
        return _call(label, agent, _encoded(AGENT, function, *arguments), *words)

    yield view("c.total", "total", c.total)
    yield view("c.policy", "policy", *c.policy.to_tuple())
    spent = c.spending
    yield view("c.spending", "spending", spent.current, spent.previous, spent.epoch)
    yield view("c.budget_left", "budgetLeft", budget_left(c.policy, spent, chain.time))
    yield view("c.paused", "isPaused", int(c.paused))
    yield view("c.owner", "owner", int(c.owner, 16))
    yield view("c.pending_owner", "pendingOwner", int(c.pending_owner, 16))
    for to in (*PAYEES, world.setting.vault):
        yield view(f"c.recipients[{to}]", "isRecipient", to in c.recipients, arguments=(to,))
    for target, selector, _ in rules(world.setting.vault):
        rule = c.rules.get((target, selector), Rule.NONE)
        label = f"c.rules[{target}, {selector.hex()}]"
        yield view(label, "ruleOf", rule, arguments=(target, selector))
    for name, selector in world.selectors.items():
        enabled = not c.paused and selector not in c.disabled
        yield view(f"c.enabled[{name}]", "isEnabled", enabled, arguments=(selector,))
    for change in c.queue:
        ready = ready_at(c, change, chain.time)
        yield view(f"c.queue[{change.hex()}]", "readyAt", ready, arguments=(change,))
    yield view("h.head", "historyHead", int.from_bytes(h.head, "big") << 32)
    yield view("h.steps", "steps", h.steps)
    yield _balance("b.treasury", agent, chain.s.b.treasury)


def _of_engine(world: World, chain: Chain) -> Iterator[Reading]:
    """B around the agent: accounts, slot, stakes, ETH held."""
    known = world.setting
    accounts = {name: chain.account(known.agent, name) for name in (known.agent, *world.watched)}
    for name, account in accounts.items():
        data = _encoded("Everloop", "accountOf", name)
        yield _call(f"accounts[{name}]", known.everloop, data, pack_account(account))
    data = _encoded("Everloop", "slotOf", known.loop_id)
    yield _call("slot", known.everloop, data, chain.slot.pack())
    held = sum(account.balance for account in accounts.values())
    yield _balance("held by Everloop", known.everloop, held)
    for name, stake in chain.stakes.items():
        data = _encoded("ProviderRegistry", "providerOf", name)
        words = (int(name, 16), stake.bonded, 0, 0, world.whitelisted_at[name], stake.serving)
        yield _call(f"stakes[{name}]", known.registry, data, *words)
    data = _encoded("SavingsVault", "savingsOf", known.agent)
    yield _call("savings", known.vault, data, chain.savings)
    yield _balance("held by the vault", known.vault, chain.savings)
    for name in PAYEES:
        yield _balance(f"wealth[{name}]", name, chain.wealth.get(name, 0))


def _of_lens(world: World, chain: Chain) -> Iterator[Reading]:
    """A_t, L_t and U_t as AgentLens reckons them, where the loop is booked."""
    job = chain.record
    if chain.slot.commitment == 0 or job is None:
        return
    agent, b, policy = world.setting.agent, chain.s.b, chain.s.c.policy
    actions = affordable(chain, world.costs, world.selectors)
    step = quote(job)
    steps = (b.account.balance + max(0, b.treasury - policy.reserve)) // step
    score = utility(chain, actions, alpha=ALPHA, beta=BETA)
    data = encode_call("AgentLens", "assess", agent, job.to_tuple(), ALPHA, BETA)
    lasts = (steps, steps * job.timing.interval)
    # A tuple with one list in it: where the tuple is, its eight words, then the list.
    listed = [int.from_bytes(world.selectors[name], "big") << 224 for name in actions]
    head = (32, step, b.treasury, b.account.balance, 8 * 32, liberty(actions), score, *lasts)
    yield _call("A_t, L_t, U_t", world.lens, data, *head, len(listed), *listed)


def _shown(data: bytes) -> str:
    """Return words as numbers."""
    words = [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]
    return ", ".join(str(word) if word < 2**128 else hex(word) for word in words) or "nothing"

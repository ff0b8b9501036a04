"""One move of a trace: as data that repeats, as a transaction, and as arguments of the model.

What a move says is relative to the state that it meets ("the booked record", "the next run"), so
a trace from which moves are taken out is a trace again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from agent_sdk.abi import encode_call
from agent_sdk.model.runs import Answer
from agent_sdk.model.state import Chain
from agent_sdk.types import Job, Pin, Policy, Rule
from formal.world import AGENT, LOOP, SALT, World

__all__ = ["Move", "Tip", "Transact", "resolve"]

_ENGINE = "Everloop"
_RECORD_MOVES = ("expire", "decline", "resign", "resume")


@dataclass(frozen=True, kw_only=True)
class Move:
    """One transaction of a trace."""

    name: str
    """of `agent_sdk.model.evolution.MOVES`"""
    sender: str
    """role"""
    wait: int
    """s after the block before"""
    base_fee: int
    """wei per gas"""
    tip: int
    """wei per gas above the base fee that the sender pays"""
    value: int = 0
    """wei"""
    args: Mapping[str, Any] = field(default_factory=dict)
    """JSON data; bytes in hexadecimal"""

    def __str__(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, kw_only=True)
class Tip:
    """The block before a move, which answers pin."""

    number: int
    hash: bytes


@dataclass(frozen=True, kw_only=True)
class Transact:
    """A move met by a state: what is sent, and what the model is told."""

    to: str
    data: bytes
    arguments: tuple[Any, ...]


def resolve(world: World, chain: Chain, move: Move, tip: Tip) -> Transact:
    """Return what a move does in a state."""
    args, known = move.args, world.setting
    if move.name == "create":
        birth = world.birth
        call = encode_call(
            "AgentFactory", "create", world.implementation, SALT, birth.to_tuple(), b""
        )
        return Transact(to=known.factory, data=call, arguments=(birth,))
    if move.name == "deliver":
        return _deliver(world, chain, args, tip)
    if move.name in (*_RECORD_MOVES, "stop"):
        return _on_record(world, chain, move)
    if move.name in ("serve", "top_up", "deposit", "earnings"):
        return _money(world, move)
    return _of_agent(world, move)


def _record(chain: Chain, args: Mapping[str, Any]) -> Job:
    """Return the record that the loop was booked with, or a stale one."""
    assert chain.record is not None
    stale = replace(chain.record.timing, window=chain.record.timing.window + 1)
    return replace(chain.record, timing=stale) if args.get("stale") else chain.record


def _deliver(world: World, chain: Chain, args: Mapping[str, Any], tip: Tip) -> Transact:
    job, decision = _record(chain, args), bytes.fromhex(args["decision"])
    run = max(0, chain.slot.runs + args.get("run", 0))
    lie = args.get("lie", "")
    claimed = bytes([*tip.hash[:31], tip.hash[31] ^ 1]) if lie == "hash" else tip.hash
    number = tip.number + 5 if lie == "future" else tip.number
    answer = Answer(
        job=job,
        run=run,
        pinned_block=number,
        pinned_hash=claimed,
        chain_hash=bytes(32) if lie == "future" else tip.hash,
        decision=decision,
    )
    pin = Pin(run=run, number=number, hash=claimed).pack()
    data = encode_call(_ENGINE, "deliver", job.to_tuple(), pin, decision)
    return Transact(to=world.setting.everloop, data=data, arguments=(answer,))


def _on_record(world: World, chain: Chain, move: Move) -> Transact:
    job = _record(chain, move.args)
    if move.name == "stop":
        data = encode_call(AGENT, "stop", job.to_tuple())
        return Transact(to=world.setting.agent, data=data, arguments=(job,))
    more: tuple[int, ...] = ()
    if move.name == "decline":
        more = (max(0, chain.slot.runs + move.args.get("run", 0)),)
    data = encode_call(_ENGINE, move.name, job.to_tuple(), *more)
    return Transact(to=world.setting.everloop, data=data, arguments=(job, *more))


def _money(world: World, move: Move) -> Transact:
    known, args = world.setting, move.args
    if move.name == "serve":
        data = encode_call("ProviderRegistry", "serve", args["serving"])
        return Transact(to=known.registry, data=data, arguments=(args["serving"],))
    if move.name == "top_up":
        provider = world.roles[args["provider"]]
        data = encode_call("ProviderRegistry", "stake", provider)
        return Transact(to=known.registry, data=data, arguments=(provider,))
    if move.name == "deposit":
        data = encode_call(_ENGINE, "deposit", known.agent)
        return Transact(to=known.everloop, data=data, arguments=())
    data = encode_call(_ENGINE, "withdraw", args["amount"], args["to"])
    return Transact(to=known.everloop, data=data, arguments=(args["amount"], args["to"]))


def _of_agent(world: World, move: Move) -> Transact:
    """A call of the agent itself."""
    maker = _CALLS.get(move.name)
    if maker is None:
        name = {"accept_owner": "acceptOwner"}.get(move.name, move.name)
        data, arguments = encode_call(AGENT, name), ()
    else:
        data, arguments = maker(world, move.args)
    return Transact(to=world.setting.agent, data=data, arguments=arguments)


Args = Mapping[str, Any]
Called = tuple[bytes, tuple[Any, ...]]


def _plain(function: str, *names: str) -> Callable[[World, Args], Called]:
    """Return what encodes a function whose arguments stand in the move as they are."""

    def encoded(_world: World, args: Args) -> Called:
        values = tuple(args[name] for name in names)
        return encode_call(AGENT, function, *values), values

    return encoded


def _intrude(_world: World, args: Args) -> Called:
    data = bytes.fromhex(args["decision"])
    return data, (data,)


def _answer_myself(world: World, _args: Args) -> Called:
    nothing = (0, 0, world.setting.agent, world.setting.loop_id, bytes(32))
    return encode_call(AGENT, "onInference", nothing, b"1234"), ()


def _set_limits(_world: World, args: Args) -> Called:
    limits = Policy(**args)
    return encode_call(AGENT, "setLimits", limits.to_tuple()), (limits,)


def _set_target(_world: World, args: Args) -> Called:
    selector, rule = bytes.fromhex(args["selector"]), Rule(args["rule"])
    data = encode_call(AGENT, "setTarget", args["target"], selector, int(rule))
    return data, (args["target"], selector, rule)


def _set_action(_world: World, args: Args) -> Called:
    selector = bytes.fromhex(args["selector"])
    data = encode_call(AGENT, "setAction", selector, args["enabled"])
    return data, (selector, args["enabled"])


def _cancel_change(_world: World, args: Args) -> Called:
    change = bytes.fromhex(args["change"])
    return encode_call(AGENT, "cancelChange", change), (change,)


def _propose_owner(world: World, args: Args) -> Called:
    pending = world.roles[args["pending"]]
    return encode_call(AGENT, "proposeOwner", pending), (pending,)


def _start(_world: World, args: Args) -> Called:
    loop = replace(LOOP, **args["loop"])
    data = encode_call(AGENT, "start", loop.to_tuple(), args["choice"])
    return data, (loop, args["choice"])


_CALLS: Mapping[str, Callable[[World, Args], Called]] = {
    "gift": lambda _world, _args: (b"", ()),
    "intrude": _intrude,
    "answer_myself": _answer_myself,
    "set_limits": _set_limits,
    "set_recipient": _plain("setRecipient", "to", "listed"),
    "set_target": _set_target,
    "set_action": _set_action,
    "cancel_change": _cancel_change,
    "propose_owner": _propose_owner,
    "withdraw": _plain("withdraw", "amount", "to"),
    "drain": _plain("drain", "amount"),
    "start": _start,
}

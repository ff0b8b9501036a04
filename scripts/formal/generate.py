"""Random moves, seeded: what providers, keepers, strangers and the owner may do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from random import Random
from typing import Any

from agent_sdk.model.state import Chain
from agent_sdk.payloads import selector
from agent_sdk.units import FINNEY, GWEI
from formal.decisions import amount, decision
from formal.moves import Move
from formal.world import BIRTH_VALUE, PAYEES, World, rules

__all__ = ["next_move", "prelude"]

_DAY = 86_400
_BASE_FEES = (GWEI, GWEI, GWEI, 7 * GWEI, 19 * GWEI, 25 * GWEI)
_TIPS = (0, 1, GWEI, 2 * GWEI, 3 * GWEI, 30 * GWEI)

Maker = Callable[[Random, World, Chain], Move]


def prelude(world: World) -> Iterator[Move]:
    """Yield the birth of the agent, and rules for `call` that its owner lists a day ahead."""
    birth = Move(name="create", sender="owner", wait=10, base_fee=GWEI, tip=GWEI)
    yield replace(birth, value=BIRTH_VALUE)
    for wait in (10, _DAY):
        for target, name, rule in rules(world.setting.vault):
            args = {"target": target, "selector": name.hex(), "rule": rule}
            yield replace(birth, name="set_target", wait=wait, args=args)
            wait = 10


def next_move(random: Random, world: World, chain: Chain, queued: Mapping[bytes, Move]) -> Move:
    """Return a move that makes sense in a state, or nearly.

    Args:
        random: what decides.
        world: who is who.
        chain: B as it stands.
        queued: moves whose change waits in the agent's queue, by the change.
    """
    slot = chain.slot
    if slot.commitment == 0:
        weights = {_start: 6, _owner: 3, _other: 1}
    elif slot.due == 0:
        weights = {_resume: 6, _owner: 3, _other: 3, _resign: 1}
    elif chain.record is not None and chain.time + 1 >= slot.due + chain.record.timing.window:
        weights = {_expire: 12, _deliver: 1, _owner: 2, _other: 2}
    else:
        weights = {_deliver: 14, _expire: 4, _decline: 2, _resign: 1, _owner: 6, _other: 4}
    makers: list[Maker] = list(weights)
    maker = random.choices(makers, list(weights.values()))[0]
    move = maker(random, world, chain)
    known = sorted(change for change, at in chain.s.c.queue.items() if at and change in queued)
    if maker is _owner and known and random.random() < 0.35:
        change = random.choice(known)
        move = _ripe(random, chain, change, queued[change])
    return replace(move, base_fee=random.choice(_BASE_FEES), tip=random.choice(_TIPS))


def _move(name: str, sender: str, wait: int, *, value: int = 0, **args: Any) -> Move:
    return Move(
        name=name, sender=sender, wait=max(1, wait), base_fee=0, tip=0, value=value, args=args
    )


def _until(chain: Chain, time: int) -> int:
    return max(1, time - chain.time)


def _provider(random: Random, world: World, chain: Chain) -> str:
    """Return the role that the loop is booked with; sometimes another."""
    booked = chain.record.provider if chain.record else ""
    role = next((name for name, a in world.roles.items() if a == booked), "provider")
    return role if random.random() < 0.95 else random.choice(("provider", "second", "keeper"))


def _deliver(random: Random, world: World, chain: Chain) -> Move:
    assert chain.record is not None
    due, window = chain.slot.due, chain.record.timing.window
    late = random.choice((0, 0, 1, 5, 100, window - 1))
    if random.random() < 0.04:
        late = random.choice((-1, window, window + 1))
    args: dict[str, Any] = {"decision": decision(random, world, chain).hex()}
    if random.random() < 0.06:
        args |= random.choice(({"lie": "hash"}, {"lie": "future"}, {"run": 1}, {"stale": True}))
    wait = _until(chain, due + late)
    return _move("deliver", _provider(random, world, chain), wait, **args)


def _expire(random: Random, world: World, chain: Chain) -> Move:
    assert chain.record is not None
    closes = chain.slot.due + chain.record.timing.window
    late = random.choice((0, 0, 0, 5, 4_000, -1))
    args = {"stale": True} if random.random() < 0.05 else {}
    sender = random.choice(("keeper", "stranger", "second"))
    return _move("expire", sender, _until(chain, closes + late), **args)


def _decline(random: Random, world: World, chain: Chain) -> Move:
    assert chain.record is not None
    window = chain.record.timing.window
    late = random.choice((0, 1, window // 2 - 1, window // 2, window - 1, window))
    args = {"run": 1} if random.random() < 0.05 else {}
    wait = _until(chain, chain.slot.due + late)
    return _move("decline", _provider(random, world, chain), wait, **args)


def _resign(random: Random, world: World, chain: Chain) -> Move:
    wait = random.choice((1, 30, _until(chain, chain.slot.due) - 1, _until(chain, chain.slot.due)))
    return _move("resign", _provider(random, world, chain), wait)


def _resume(random: Random, world: World, chain: Chain) -> Move:
    wait = random.choice((1, 1, 59, 60, 4_000))
    return _move("resume", random.choice(("keeper", "stranger")), wait)


def _start(random: Random, world: World, chain: Chain) -> Move:
    loop = random.choice(
        (
            {},
            {},
            {"interval": 0},
            {"gas_limit": 299_999},
            {"gas_limit": 1_000_001},
            {"output_limit": 4_097},
            {"window": 59},
            {"heartbeat": 59},
            {"max_fee": 1},
            {"interval": 3_600, "heartbeat": 3_600},
            {"max_gas_price": 21 * GWEI},
            {"gas_limit": 400_000, "heartbeat": 604_800},
        )
    )
    sender = "owner" if random.random() < 0.95 else "stranger"
    return _move(
        "start", sender, random.randrange(1, 100), loop=loop, choice=random.choice((0, 0, 1, 2))
    )


def _other(random: Random, world: World, chain: Chain) -> Move:
    """What anybody else may do."""
    wait = random.choice((1, 12, 12, 61, 4_000))
    who = random.choice(("keeper", "stranger"))
    earner = random.choice(("provider", "second", "keeper"))
    free = chain.account(world.setting.agent, world.roles[earner]).free
    take = free + random.choice((0, 0, 1)) if random.random() < 0.5 else free // 2
    makers: tuple[Callable[[], Move], ...] = (
        lambda: _move("refuel", who, wait),
        lambda: _move("refuel", who, wait),
        lambda: _move("gift", who, wait, value=random.choice((0, 1, 50 * FINNEY))),
        lambda: _move("deposit", who, wait, value=random.choice((0, 1, 30 * FINNEY))),
        lambda: _move(
            "serve", random.choice(("provider", "second")), wait, serving=random.random() < 0.6
        ),
        lambda: _move("earnings", earner, wait, amount=take, to=random.choice(PAYEES)),
        lambda: _move(
            "top_up", who, wait, value=20 * FINNEY, provider=random.choice(("provider", "second"))
        ),
        lambda: _move("intrude", who, wait, decision=selector("hold()").hex()),
        lambda: _move("answer_myself", who, wait),
        lambda: _move("stop", who, wait),
        lambda: _move("accept_owner", random.choice(("stranger", "keeper")), wait),
    )
    return random.choice(makers)()


def _owner(random: Random, world: World, chain: Chain) -> Move:
    """What the owner may do; a stranger tries now and then."""
    sender = "owner" if random.random() < 0.92 else "stranger"
    wait = random.choice((1, 12, 12, 61, 3_600))
    c, b = chain.s.c, chain.s.b
    makers: tuple[Callable[[], Move], ...] = (
        lambda: _limits(random, chain, sender, wait),
        lambda: _limits(random, chain, sender, wait),
        lambda: _move(
            "set_recipient", sender, wait, to=random.choice(PAYEES), listed=random.random() < 0.5
        ),
        lambda: _move("set_recipient", sender, wait, to=world.setting.everloop, listed=True),
        lambda: _rule(random, world, sender, wait),
        lambda: _move(
            "set_action",
            sender,
            wait,
            selector=random.choice(list(world.selectors.values())).hex(),
            enabled=random.random() < 0.4,
        ),
        lambda: _move("unpause" if c.paused else "pause", sender, wait),
        lambda: _move("withdraw", sender, wait, amount=amount(random, chain), to=PAYEES[0]),
        lambda: _move("withdraw", sender, wait, amount=1, to=world.setting.vault),
        lambda: _move("drain", sender, wait, amount=b.account.free + random.choice((0, 0, 1))),
        lambda: _move("drain", sender, wait, amount=b.account.free // 3),
        lambda: _move("stop", sender, random.choice((1, 50, 400))),
        lambda: _start(random, world, chain),
        lambda: _move("propose_owner", sender, wait, pending=random.choice(("owner", "stranger"))),
        lambda: (
            _move("renounce", sender, wait)
            if random.random() < 0.1
            else _other(random, world, chain)
        ),
    )
    return random.choice(makers)()


def _limits(random: Random, chain: Chain, sender: str, wait: int) -> Move:
    fields = asdict(chain.s.c.policy)
    name = random.choice(sorted(fields))
    factor = random.choice((0, 1, 1, 3, 4))
    fields[name] = fields[name] * factor // 2 if factor else random.choice((0, 1))
    return _move("set_limits", sender, wait, **fields)


def _rule(random: Random, world: World, sender: str, wait: int) -> Move:
    targets = (*(rules(world.setting.vault)), (world.setting.registry, bytes(4), 1))
    target, selector, _ = random.choice(targets)
    rule = random.choice((0, 1, 2))
    return _move("set_target", sender, wait, target=target, selector=selector.hex(), rule=rule)


def _ripe(random: Random, chain: Chain, change: bytes, move: Move) -> Move:
    """Bring on the day of a queued change, or forget it."""
    if random.random() < 0.25:
        return _move("cancel_change", "owner", 12, change=change.hex())
    late = random.choice((-1, 0, 0, 1, 7 * _DAY, 7 * _DAY + 1))
    return replace(move, wait=_until(chain, chain.s.c.queue[change] + late))

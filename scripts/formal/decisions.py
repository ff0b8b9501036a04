"""Random decisions: what a model might answer, and what a hostile one would."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from eth_abi.abi import encode

from agent_sdk.model import treasury
from agent_sdk.model.policy import budget_left
from agent_sdk.model.state import Chain
from agent_sdk.payloads import selector as selector_of
from formal.others import WORDS, other
from formal.world import PAYEES, World

__all__ = ["decision"]

_MAX_WORD = 2**256 - 1
_FAR = (0, 1, 59, 60, 61, 3_599, 3_600, 3_601, 2**32, 2**40 - 1, 2**40, _MAX_WORD)


def decision(random: Random, world: World, chain: Chain) -> bytes:
    """Return one decision; a fifth are malformed on purpose."""
    count = random.choice((1, 1, 1, 2, 2, 3, 5, 8))
    data = _single(random, world, chain) if count == 1 else _batch(random, world, chain, count)
    return _spoilt(random, data) if random.random() < 0.2 else data


def _single(random: Random, world: World, chain: Chain) -> bytes:
    kinds: tuple[tuple[int, Callable[[Random, World, Chain], bytes]], ...] = (
        (3, lambda *_: selector_of("hold()")),
        (3, _wake_in),
        (1, lambda *_: selector_of("stopLoop()")),
        (3, _count),
        (8, _transfer),
        (1, _transfer_token),
        (6, _call),
        (3, lambda random, world, _: other(random, world)),
    )
    pick = random.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
    return pick(random, world, chain)


def _batch(random: Random, world: World, chain: Chain, count: int) -> bytes:
    count = random.choice((0, 1, 9)) if random.random() < 0.06 else count
    items = [_single(random, world, chain) for _ in range(count)]
    # Most random actions alone would fail most batches of eight: those hold what succeeds.
    if count > 3:
        mild = (_count, _wake_in, _call_save)
        items = [random.choice(mild)(random, world, chain) for _ in items]
    if random.random() < 0.08 and items:
        spoilt = (_batch(random, world, chain, 2), b"", b"\x01\x02", random.randbytes(6))
        items[random.randrange(len(items))] = random.choice(spoilt)
    return selector_of("batch(bytes[])") + encode(["bytes[]"], [items])


def _wake_in(random: Random, _world: World, _chain: Chain) -> bytes:
    delay = random.choice(_FAR) if random.random() < 0.5 else random.randrange(5_000)
    return selector_of("wakeIn(uint256)") + encode(["uint256"], [delay])


def _count(random: Random, _world: World, chain: Chain) -> bytes:
    most = _MAX_WORD - chain.s.c.total
    step = random.choice(
        (0, 1, 7, most, min(most + 1, _MAX_WORD)) if random.random() < 0.3 else (1, 2)
    )
    return selector_of("count(uint256)") + encode(["uint256"], [step])


def amount(random: Random, chain: Chain) -> int:
    """Return wei around what a limit allows."""
    c, treasury_ = chain.s.c, chain.s.b.treasury
    left = budget_left(c.policy, c.spending, chain.time)
    edges = (c.policy.action_cap, left, max(0, treasury_ - c.policy.reserve), treasury_)
    edge = min(edges) if random.random() < 0.8 else random.choice(edges)
    if random.random() < 0.4:
        return max(0, edge + random.choice((-1, 0, 0, 1)))
    return random.randrange(edge + 1) // random.choice((1, 2, 5))


def _transfer(random: Random, world: World, chain: Chain) -> bytes:
    to = random.choice((*PAYEES, *PAYEES[:2], world.setting.vault, world.setting.everloop))
    values = encode(["address", "uint256"], [to, amount(random, chain)])
    if random.random() < 0.05:
        values = b"\x80" + values[1:]
    return selector_of("transfer(address,uint256)") + values


def _transfer_token(random: Random, world: World, _chain: Chain) -> bytes:
    values = [world.setting.vault, random.choice(PAYEES), random.randrange(100)]
    name = "transferToken(address,address,uint256)"
    return selector_of(name) + encode(["address", "address", "uint256"], values)


def _call_save(random: Random, world: World, chain: Chain) -> bytes:
    return _called(world.setting.vault, amount(random, chain) // 4, treasury.SAVE)


def _call(random: Random, world: World, chain: Chain) -> bytes:
    vault, known = world.setting.vault, world.setting
    saved = chain.savings + random.choice((-1, 0, 0, 1)) if random.random() < 0.5 else 10**15
    redeem = treasury.REDEEM + encode(["uint256"], [max(0, saved)])
    look = treasury.SAVINGS_OF + encode(["address"], [known.agent])
    options = (
        (vault, amount(random, chain), treasury.SAVE),
        (vault, 0, redeem),
        (vault, random.choice((0, 1)), look),
        (PAYEES[2], amount(random, chain), random.choice((b"", b"\0", bytes(4), b"\1\2\3"))),
        (PAYEES[0], amount(random, chain), b""),
        (known.everloop, 0, selector_of("withdraw(uint256,address)") + bytes(64)),
        (known.agent, 0, selector_of("pause()")),
    )
    return _called(*random.choice((*options, *options[:2])))


def _called(target: str, value: int, data: bytes) -> bytes:
    arguments = encode(["address", "uint256", "bytes"], [target, value, data])
    return selector_of("call(address,uint256,bytes)") + arguments


def _spoilt(random: Random, data: bytes) -> bytes:
    """Return bytes cut, changed, lengthened, or replaced."""
    match random.randrange(6):
        case 0:
            return data[: random.randrange(len(data) + 1)]
        case 1:
            at = random.randrange(len(data))
            return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
        case 2:
            return data + random.randbytes(random.randrange(70))
        case 3:
            return random.randbytes(random.choice((0, 1, 3, 4, 5, 36, 1_100, 2_049)))
        case 4:
            return data[:4]
    count = (len(data) - 4) // 32
    at = 4 + 32 * random.randrange(max(1, count))
    return data[:at] + random.choice(WORDS).to_bytes(32, "big") + data[at + 32 :]

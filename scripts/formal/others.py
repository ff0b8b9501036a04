"""Random calls of what is no action: every other function of the agent's ABI, and none of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from eth_abi.abi import encode

from agent_sdk.abi import entry
from agent_sdk.artifacts import artifact
from agent_sdk.model import actions
from agent_sdk.payloads import selector as selector_of
from formal.world import AGENT, PAYEES, World

__all__ = ["WORDS", "Function", "functions", "other"]

WORDS = (0, 1, 31, 32, 33, 64, 2**64 - 1, 2**64, 2**255, 2**256 - 1, 2**256 - 32)
"""argument words at which the ABI decoder may stumble"""
_NOBODYS = ("nobody()", "onERC721Received(address,address,uint256,bytes)")
"""what the fallback refuses, and what it answers"""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the agent that is no action."""

    signature: str
    """as the ABI has it"""
    is_view: bool

    @property
    def types(self) -> list[str]:
        """Of its parameters."""
        return _split(self.signature.partition("(")[2].removesuffix(")"))

    @property
    def selector(self) -> bytes:
        """4 bytes."""
        return selector_of(self.signature)

    def call(self, random: Random, world: World, *, is_fit: bool) -> bytes:
        """Return call data with random arguments, or with such as may not decode."""
        arguments = encode(self.types, [_value(random, world, kind) for kind in self.types])
        return self.selector + (arguments if is_fit else _unfit(random, arguments))


@cache
def functions() -> tuple[Function, ...]:
    """Return all functions of the agent's ABI but its actions."""
    found = [
        Function(
            signature=entry(AGENT, "function", str(one["name"])).signature,
            is_view=one["stateMutability"] in ("view", "pure"),
        )
        for one in artifact(AGENT).abi
        if one["type"] == "function"
    ]
    return tuple(one for one in found if one.selector not in actions.ACTIONS)


def other(random: Random, world: World) -> bytes:
    """Return what is no action: half are views; the arguments of a third are unfit."""
    if random.random() < 0.1:
        return selector_of(random.choice(_NOBODYS))
    is_view = random.random() < 0.5
    function = random.choice([one for one in functions() if one.is_view is is_view])
    return function.call(random, world, is_fit=random.random() < 0.7)


def _value(random: Random, world: World, kind: str) -> Any:
    """Return a value of an ABI type; some of a uint8 are no member of the enum that it is."""
    if kind.endswith("[]"):
        return [_value(random, world, kind[:-2]) for _ in range(random.randrange(3))]
    if kind.startswith("("):
        return tuple(_value(random, world, one) for one in _split(kind[1:-1]))
    match kind:
        case "address":
            known = world.setting
            return random.choice((*PAYEES, known.agent, known.vault, world.roles["owner"]))
        case "bool":
            return random.random() < 0.5
        case "bytes":
            return random.randbytes(random.choice((0, 1, 32, 65)))
        case "uint8":
            return random.randrange(5)
    if kind.startswith("bytes"):
        return random.randbytes(int(kind.removeprefix("bytes")))
    bits = int(kind.removeprefix("uint"))
    return random.choice((0, 1, 60, random.getrandbits(bits), 2**bits - 1))


def _split(types: str) -> list[str]:
    """Return the types between commas that no bracket holds."""
    found, depth = [""] if types else [], 0
    for letter in types:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return found


def _unfit(random: Random, arguments: bytes) -> bytes:
    """Return arguments with one word changed, or too few of them."""
    if not arguments:
        return random.randbytes(random.randrange(40))
    if random.random() < 0.3:
        return arguments[: random.randrange(len(arguments))]
    at = 32 * random.randrange(len(arguments) // 32)
    word = random.choice(WORDS) if random.random() < 0.5 else random.getrandbits(256)
    return arguments[:at] + word.to_bytes(32, "big") + arguments[at + 32 :]

"""Call data is read as a contract reads it, whoever made it: compared with solc's own decoder."""

from __future__ import annotations

import random
from collections.abc import Iterator

from eth_abi.abi import decode, encode

from agent_sdk import accounts
from agent_sdk.calldata import CallData
from agent_sdk.errors import Reverted
from agent_sdk.network import Everloop
from agent_sdk.payloads import selector
from agent_sdk.types import Call
from tests.e2e.tokens import creation_code

KINDS = ["uint256", "string", "bytes", "uint8[]", "bytes[]", "int32[2][]"]
ECHO = selector(f"echo({','.join(KINDS)})")
CASES = 1_500


def honest(draw: random.Random) -> bytes:
    """Return arguments as an encoder writes them."""
    values = [
        draw.getrandbits(256),
        "x" * draw.randrange(40),
        draw.randbytes(draw.randrange(70)),
        [draw.randrange(256) for _ in range(draw.randrange(3))],
        [draw.randbytes(draw.randrange(40)) for _ in range(draw.randrange(3))],
        [[draw.randrange(-9, 9), draw.randrange(9)] for _ in range(draw.randrange(3))],
    ]
    return encode(KINDS, values)


def spoilt(draw: random.Random) -> bytes:
    """Return arguments of which some words or bytes are others, or the end is missing."""
    made = bytearray(honest(draw))
    for _ in range(draw.randrange(4)):
        at = draw.randrange(len(made))
        if draw.random() < 0.3:
            made[at] = draw.randrange(256)
        else:
            word = at - at % 32
            size = len(made)
            lower = draw.choice([draw.randrange(8), 32 * draw.randrange(size // 32), size, 2**255])
            sign = draw.choice([1, 1, 1, -1])
            made[word : word + 32] = (sign * lower % 2**256).to_bytes(32, "big")
    return bytes(made[: len(made) - draw.choice([0, 0, 0, 1, 31, 32])])


def cases() -> Iterator[bytes]:
    """Yield the call data to compare, the same each time."""
    draw = random.Random(7)
    for number in range(CASES):
        yield ECHO + (honest(draw) if number % 10 == 0 else spoilt(draw))


def read(told: bytes) -> list[object]:
    """Return what the contract read; text may be no UTF-8, which this decoder would refuse."""
    number, text, data, small, parts, pairs = decode(
        ["bytes" if kind == "string" else kind for kind in KINDS], told
    )
    shown = text.decode("utf-8", "replace")
    return [number, shown, data, list(small), list(parts), [list(pair) for pair in pairs]]


def test_whatever_a_contract_reads_is_read_alike(net: Everloop) -> None:
    echo = net.chain.deploy(accounts.dev(0), creation_code("Echo", file="Echo")).created
    assert echo is not None
    taken = refused = 0
    for data in cases():
        try:
            (told,) = decode(["bytes"], net.chain.call(Call(echo, data)))
        except Reverted:
            refused += 1
            continue
        assert CallData(data).values(KINDS) == read(told), data.hex()
        taken += 1
    assert taken > CASES // 5, "enough is read"
    assert refused > CASES // 5, "enough is not"

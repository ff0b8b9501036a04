"""Decisions that are not what they look like: dirty bits, offsets, lengths, garbage."""

from __future__ import annotations

import random
from collections.abc import Iterator

from agent_sdk.units import FINNEY
from redteam.calldata import MAX, batch, call, invoke, patch, selector, shared, transfer, word
from redteam.cases import Case, decision
from redteam.stage import Stage

__all__ = ["cases"]

_BITS = (160, 161, 167, 176, 192, 208, 240, 255)
_OFFSETS = {
    "zero": 0,
    "odd": 1,
    "itself": 32,
    "far": 2**16,
    "u32": 2**32,
    "u64": 2**64,
    "minus-32": MAX - 31,
    "max": MAX,
}
_HOLD = selector("hold()")


def cases() -> list[Case]:
    """Return the cases of dirty words, batches' offsets, lengths, cuts and garbage."""
    return [*_dirty(), *_offsets(), *_lengths(), *_overlaps(), *_cuts(), *_garbage()]


def _dirty() -> Iterator[Case]:
    for bit in _BITS:
        yield decision(
            "dirty bits",
            f"transfer-{bit}",
            f"pay an address with bit {bit} set above its 160",
            lambda w, bit=bit: patch(transfer(w.friend, FINNEY), 0, int(w.friend, 16) | 1 << bit),
        )
    for index, what in ((0, "token"), (1, "receiver")):
        for bit in _BITS[::3]:
            yield decision(
                "dirty bits",
                f"token-{what}-{bit}",
                f"send tokens with bit {bit} set above the {what}",
                lambda w, i=index, bit=bit: patch(
                    call("transferToken(address,address,uint256)", w.coin, w.friend, 1),
                    i,
                    int((w.coin, w.friend)[i], 16) | 1 << bit,
                ),
            )
    for bit in _BITS[::2]:
        yield decision(
            "dirty bits",
            f"call-{bit}",
            f"call a listed contract with bit {bit} set above its address",
            lambda w, bit=bit: patch(
                invoke(w.receiver, selector("ping()"), FINNEY), 0, int(w.receiver, 16) | 1 << bit
            ),
        )


def _offsets() -> Iterator[Case]:
    places = ("list", "count", "first-item", "second-item")
    for index, place in enumerate(places):
        for name, value in _OFFSETS.items():
            yield decision(
                "offsets",
                f"{place}-{name}",
                f"a batch of payments whose {place.replace('-', ' ')} word is {value:#x}",
                lambda w, i=index, v=value: patch(
                    batch(transfer(w.friend, FINNEY), transfer((w.friend, w.attacker)[i > 1], 2)),
                    i,
                    v,
                ),
            )


def _lengths() -> Iterator[Case]:
    shapes = {
        "note": (1, lambda w: call("note(string)", "x")),
        "remember": (2, lambda w: call("remember(uint256,string)", 0, "x")),
        "call-data": (3, lambda w: invoke(w.receiver, selector("ping()"), FINNEY)),
        "plan": (2, lambda w: call("scheduleAction(uint256,bytes)", 0, _HOLD)),
        "question": (2, lambda w: call("consult(uint256,string)", 1, "x")),
    }
    for name, (index, make) in shapes.items():
        for bits in (12, 32, 64, 255):
            yield decision(
                "lengths",
                f"{name}-{bits}",
                f"a {name.replace('-', ' ')} that claims 2^{bits} bytes",
                lambda w, m=make, i=index, b=bits: patch(m(w), i, 2**b),
            )


def _overlaps() -> Iterator[Case]:
    for count in (2, 8, 9, 100):
        yield decision(
            "overlaps",
            f"shared-{count}",
            f"{count} items that share one encoding of a payment",
            lambda w, n=count: shared(transfer(w.friend, 20 * FINNEY), n),
        )
    yield decision(
        "overlaps",
        "inside",
        "an item that begins inside another one's argument",
        lambda w: invoke_inside(w.friend, w.attacker),
    )
    yield decision(
        "overlaps",
        "own-head",
        "items that point at the batch's own head",
        lambda w: selector("batch(bytes[])") + word(32) + word(2) + word(0) + word(0) + bytes(64),
    )
    yield decision(
        "overlaps",
        "backwards",
        "items in reverse order of their offsets",
        lambda w: _swapped(batch(transfer(w.friend, FINNEY), transfer(w.attacker, FINNEY))),
    )


def invoke_inside(friend: str, attacker: str) -> bytes:
    """Return a batch whose second item lies in the text that the first one notes."""
    hidden = word(68) + transfer(attacker, FINNEY)
    note = call("note(string)", "")[:4] + word(32) + word(len(hidden)) + hidden.ljust(128, b"\0")
    whole = batch(note, transfer(friend, FINNEY))
    at = whole.index(hidden)
    return patch(whole, 3, at - 4 - 64)


def _swapped(data: bytes) -> bytes:
    first, second = (int.from_bytes(data[4 + 32 * i : 36 + 32 * i], "big") for i in (2, 3))
    return patch(patch(data, 2, second), 3, first)


def _cuts() -> Iterator[Case]:
    for length in (1, 3, 4, 5, 35, 36, 67):
        yield decision(
            "cuts",
            f"transfer-{length}",
            f"the first {length} bytes of a payment",
            lambda w, n=length: transfer(w.friend, FINNEY)[:n],
        )
    for length in (36, 68, 100, 132, 180):
        yield decision(
            "cuts",
            f"batch-{length}",
            f"the first {length} bytes of a batch of payments",
            lambda w, n=length: batch(*[transfer(w.attacker, FINNEY)] * 2)[:n],
        )
    for length in (1, 32, 1_000, 4_000):
        yield decision(
            "cuts",
            f"behind-{length}",
            f"a payment to the attacker behind {length} bytes of one to a friend",
            lambda w, n=length: (
                transfer(w.friend, FINNEY) + (transfer(w.attacker, FINNEY) * 60)[:n]
            ),
        )


def _garbage() -> Iterator[Case]:
    for length in (0, 1, 2, 3, 4, 31, 32, 33, 100, 1_023, 4_095, 4_096, 4_097):
        yield Case(
            "garbage",
            f"random-{length}",
            f"{length} random bytes",
            lambda s, n=length: _random(s, n),
        )
    for name, byte in (("zeros", 0), ("ones", 255)):
        yield decision(
            "garbage", name, f"4,096 bytes of {byte}", lambda w, b=byte: bytes([b]) * 4_096
        )
    known = ("batch(bytes[])", "transfer(address,uint256)", "call(address,uint256,bytes)")
    more = ("scheduleAction(uint256,bytes)", "consult(uint256,string)", "note(string)")
    for signature in (*known, *more):
        yield Case(
            "garbage",
            f"behind-{signature.split('(')[0]}",
            f"random bytes behind the selector of {signature}, ten times",
            lambda s, f=signature: _random(s, 512, selector(f), times=10),
        )


def _random(stage: Stage, length: int, head: bytes = b"", *, times: int = 1) -> None:
    source: random.Random = stage.random
    for _ in range(times):
        stage.deliver(head + source.randbytes(length))

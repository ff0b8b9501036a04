"""Calls that no model may make: owner functions, infrastructure, approvals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple

from agent_sdk.artifacts import artifact
from agent_sdk.units import FINNEY
from redteam.calldata import MAX, batch, call, invoke, selector
from redteam.cases import Case, decision
from redteam.world import World

__all__ = ["cases"]

_HOLD = selector("hold()")


def cases() -> list[Case]:
    """Return the cases of self-calls, batches, targets and approvals."""
    return [*_own_functions(), *_wallets(), *_batches(), *_targets(), *_approvals()]


def _own_functions() -> Iterator[Case]:
    """Yield every function of the agent that is no action, by itself and in a batch."""
    found = artifact("OracleAgent")
    assert found.manifest is not None
    actions = {tool["name"] for tool in found.manifest["actions"]}
    for item in found.abi:
        if item["type"] != "function" or item["name"] in actions | {"batch"}:
            continue
        name, kinds = str(item["name"]), [collapse_if_tuple(i) for i in item["inputs"]]
        head = selector(f"{name}({','.join(kinds)})")
        yield decision(
            "self-calls",
            name,
            f"call the agent's own {name}, for the attacker",
            lambda w, h=head, i=item: h + _hostile(w, i["inputs"]),
        )
        yield decision(
            "self-calls",
            f"{name}-in-batch",
            f"the same between two actions: {name}",
            lambda w, h=head, i=item: batch(_HOLD, h + _hostile(w, i["inputs"]), _HOLD),
        )


def _hostile(world: World, inputs: list[dict[str, Any]]) -> bytes:
    """Return arguments that would do an attacker most good."""
    return encode([collapse_if_tuple(i) for i in inputs], [_value(world, i) for i in inputs])


def _value(world: World, item: dict[str, Any]) -> Any:
    kind = str(item["type"])
    if kind.endswith("[]"):
        return [_value(world, {**item, "type": kind[:-2]})]
    if kind == "tuple":
        return tuple(_value(world, part) for part in item["components"])
    if kind == "address":
        # What pays goes to the attacker; what governs is about a known token.
        return world.coin if item.get("name") == "token" else world.attacker
    if kind == "bool":
        return True
    if kind.startswith("uint"):
        return 1 if int(kind[4:] or 256) <= 8 else 2 ** min(int(kind[4:]), 60) - 1
    return b"" if kind == "bytes" else bytes(int(kind[5:]))


def _wallets() -> Iterator[Case]:
    signatures: dict[str, tuple[Any, ...]] = {
        "approve(address,uint256)": ("a", MAX),
        "setApprovalForAll(address,bool)": ("a", True),
        "execute(address,uint256,bytes)": ("a", FINNEY, b""),
        "transferOwnership(address)": ("a",),
        "upgradeToAndCall(address,bytes)": ("a", b""),
        "delegatecall(address,bytes)": ("a", b""),
        "multicall(bytes[])": ([_HOLD, _HOLD],),
        "setPolicy(uint80,uint80,uint32,uint64)": (2**80 - 1, 2**80 - 1, 1, 0),
        "mint(address,uint256)": ("a", FINNEY),
    }
    for signature, arguments in signatures.items():
        yield decision(
            "self-calls",
            f"wallet-{signature.split('(')[0]}",
            f"what a wallet would obey: {signature}",
            lambda w, s=signature, a=arguments: call(
                s, *(w.attacker if v == "a" else v for v in a)
            ),
        )


def _batches() -> Iterator[Case]:
    pay = "transfer(address,uint256)"
    for count in (0, 1, 9, 16, 100):
        yield decision(
            "batches",
            f"of-{count}",
            f"a batch of {count} holds",
            lambda w, n=count: batch(*[_HOLD] * n),
        )
    shapes = {
        "nested": lambda w: batch(_HOLD, batch(_HOLD, _HOLD)),
        "nested-deep": lambda w: batch(batch(batch(_HOLD, _HOLD), _HOLD), _HOLD),
        "empty-items": lambda w: batch(b"", b""),
        "short-items": lambda w: batch(b"\x01\x02", b"\x03"),
        "last-hostile": lambda w: batch(*[_HOLD] * 7, call(pay, w.attacker, FINNEY)),
        "pay-then-hostile": lambda w: batch(
            call(pay, w.friend, FINNEY), call(pay, w.attacker, FINNEY)
        ),
        "pay-then-refuel": lambda w: batch(call(pay, w.friend, FINNEY), selector("refuel()")),
        "pay-then-view": lambda w: batch(call(pay, w.friend, FINNEY), selector("policy()")),
        "fallback": lambda w: batch(
            _HOLD, selector("onERC721Received(address,address,uint256,bytes)")
        ),
        "receive": lambda w: batch(_HOLD, bytes(4)),
    }
    for name, make in shapes.items():
        yield decision("batches", name, f"a batch: {name.replace('-', ' ')}", make)


def _targets() -> Iterator[Case]:
    engine: dict[str, tuple[Any, ...]] = {
        "withdraw(uint256,address)": (1, "attacker"),
        "deposit(address)": ("attacker",),
        "authorise(address,bool)": ("attacker", True),
        "cancel(bytes32)": (bytes(32),),
        "lock(uint40)": (2**40 - 1,),
    }
    for signature, arguments in engine.items():
        yield decision(
            "targets",
            f"engine-{signature.split('(')[0]}",
            f"call Everloop's {signature} as the agent",
            lambda w, s=signature, a=arguments: invoke(
                w.deployment.everloop,
                call(s, *(w.attacker if v == "attacker" else v for v in a)),
                FINNEY if s.startswith("deposit") else 0,
            ),
        )
    for name in ("everloop", "executor", "orders", "registry", "factory"):
        for value in (0, FINNEY):
            yield decision(
                "targets",
                f"{name}-{'paid' if value else 'plain'}",
                f"call {name} with {value} wei",
                lambda w, n=name, v=value: invoke(w.infrastructure[n], selector("ping()"), v),
            )
    yield from _other_targets()


def _other_targets() -> Iterator[Case]:
    ping = selector("ping()")
    whom = {
        "self": lambda w: w.subjects["OracleAgent"].address,
        "implementation": lambda w: w.subjects["OracleAgent"].implementation,
        "another-agent": lambda w: w.subjects["TreasuryAgent"].address,
        "zero": lambda w: "0x" + 40 * "0",
        "attacker": lambda w: w.attacker,
        "stranger": lambda w: w.stranger,
        "friend": lambda w: w.friend,
        "token": lambda w: w.coin,
    }
    for name, of in whom.items():
        yield decision(
            "targets",
            name,
            f"call {name.replace('-', ' ')} with a finney",
            lambda w, of=of: invoke(of(w), ping, FINNEY),
        )
    for number in (1, 2, 4, 5, 9, 10, 256):
        yield decision(
            "targets",
            f"precompile-{number}",
            f"call precompile {number} with a finney",
            lambda w, n=number: invoke(f"0x{n:040x}", ping, FINNEY),
        )
    for name, data in {
        "no-data": b"",
        "three-bytes": ping[:3],
        "zero-selector": bytes(4),
        "other-selector": selector("setMode(uint8)"),
    }.items():
        yield decision(
            "targets",
            f"listed-{name}",
            f"call a listed contract with {name.replace('-', ' ')}",
            lambda w, d=data: invoke(w.receiver, d, FINNEY),
        )


def _approvals() -> Iterator[Case]:
    grants: dict[str, tuple[Any, ...]] = {
        "approve(address,uint256)": ("a", MAX),
        "increaseAllowance(address,uint256)": ("a", MAX),
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)": (
            *("me", "a", MAX, MAX, 27, bytes(32), bytes(32)),
        ),
        "transferFrom(address,address,uint256)": ("me", "a", 1),
        "transfer(address,uint256)": ("a", 1),
        "setApprovalForAll(address,bool)": ("a", True),
        "safeTransferFrom(address,address,uint256)": ("me", "a", 1),
        "authorizeOperator(address)": ("a",),
        "approve(address,address,uint160,uint48)": ("me", "a", 1, 1),
        "transferAndCall(address,uint256)": ("a", 1),
        "burn(uint256)": (1,),
    }
    for signature, arguments in grants.items():
        for name in ("coin", "loot"):
            yield decision(
                "approvals",
                f"{name}-{signature.split('(')[0]}-{len(arguments)}",
                f"have a token grant or move: {signature}, {name}",
                lambda w, s=signature, a=arguments, n=name: invoke(
                    getattr(w, n),
                    call(s, *({"a": w.attacker, "me": _me(w)}.get(str(v), v) for v in a)),
                ),
            )


def _me(world: World) -> str:
    return world.subjects["OracleAgent"].address

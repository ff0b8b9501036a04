"""Listed receivers and tokens that misbehave when they are paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agent_sdk.contracts import WakeableContract
from agent_sdk.units import FINNEY
from redteam.calldata import batch, call, invoke, selector, transfer
from redteam.cases import Case
from redteam.stage import Stage
from redteam.world import LIMITS, TOKEN_LIMIT

__all__ = ["cases"]

_MODES = {"refuse": 1, "burn": 2, "return-bomb": 3, "revert-bomb": 4}
_CALLBACK, _FORWARD, _SELF_DESTRUCT = 5, 6, 7
_TOKEN_MODES = {
    "silent": 1,
    "false": 2,
    "revert": 3,
    "fee-inside": 4,
    "fee-on-top": 5,
    "double": 6,
    "lie": 8,
    "burn": 9,
    "bomb": 10,
    "no-boolean": 11,
}
_SEND = "transferToken(address,address,uint256)"

_BACK: dict[str, Callable[[Stage], bytes]] = {
    "refuel": lambda s: selector("refuel()"),
    "transfer": lambda s: transfer(s.world.receiver, LIMITS.action_cap),
    "batch": lambda s: batch(*[transfer(s.world.receiver, FINNEY)] * 2),
    "withdraw": lambda s: call("withdraw(uint256,address)", FINNEY, s.world.attacker),
    "drain": lambda s: call("drain(uint256)", FINNEY),
    "pause": lambda s: selector("pause()"),
    "accept-owner": lambda s: selector("acceptOwner()"),
    "give": lambda s: b"",
}
"""what a receiver calls of the agent while it is paid"""


def cases() -> list[Case]:
    """Return the cases of receivers, called contracts and tokens."""
    return [*_receivers(), *_callbacks(), *_tokens()]


def _receivers() -> Iterator[Case]:
    for name, mode in _MODES.items():
        yield Case(
            "receivers that misbehave",
            f"paid-{name}",
            f"a listed receiver that answers a payment with: {name.replace('-', ' ')}",
            lambda s, m=mode: _set_and(s, m, transfer(s.world.receiver, LIMITS.action_cap)),
        )
        yield Case(
            "receivers that misbehave",
            f"called-{name}",
            f"a listed contract that answers a call with: {name.replace('-', ' ')}",
            lambda s, m=mode: _set_and(s, m, invoke(s.world.receiver, selector("ping()"), FINNEY)),
        )
    yield Case(
        "receivers that misbehave",
        "self-destruct",
        "a receiver that destroys itself in favour of the agent",
        lambda s: _call_back(s, _SELF_DESTRUCT, s.agent.address, b""),
    )
    yield Case(
        "receivers that misbehave",
        "forward",
        "a receiver that gives back what it got, eight times in one decision",
        lambda s: _call_back(s, _FORWARD, s.agent.address, b"", times=8),
    )


def _callbacks() -> Iterator[Case]:
    for name, make in _BACK.items():
        yield Case(
            "re-entry",
            f"agent-{name}",
            f"a receiver that calls the agent's {name} while it is paid",
            lambda s, m=make: _call_back(s, _CALLBACK, s.agent.address, m(s), times=3),
        )
        yield Case(
            "re-entry",
            f"token-{name}",
            f"a token that calls the agent's {name} while it moves",
            lambda s, m=make: _token_back(s, m(s)),
        )
    yield Case("re-entry", "wake", "a receiver that wakes the agent while it is paid", _wake)
    yield Case("re-entry", "deliver", "a receiver that delivers the run it is paid by", _deliver)
    yield Case(
        "re-entry",
        "engine-withdraw",
        "a receiver that withdraws from the engine while it is paid",
        lambda s: _call_back(
            s,
            _CALLBACK,
            s.world.deployment.everloop,
            call("withdraw(uint256,address)", FINNEY, s.world.attacker),
        ),
    )


def _tokens() -> Iterator[Case]:
    for name, mode in _TOKEN_MODES.items():
        yield Case(
            "tokens that misbehave",
            name,
            f"a limited token that moves with: {name.replace('-', ' ')}, five times",
            lambda s, m=mode: _odd(s, m, s.world.odd),
        )
    for name in ("silent", "double", "lie"):
        yield Case(
            "tokens that misbehave",
            f"unlimited-{name}",
            f"a token without a limit that moves with: {name}",
            lambda s, m=_TOKEN_MODES[name]: _odd(s, m, s.world.loot),
        )


def _set_and(stage: Stage, mode: int, decision: bytes) -> None:
    stage.attack(stage.world.receiver, call("setMode(uint8)", mode))
    stage.deliver(decision)
    stage.deliver(batch(transfer(stage.world.friend, FINNEY), decision))


def _call_back(stage: Stage, mode: int, to: str, data: bytes, *, times: int = 1) -> None:
    world = stage.world
    stage.attack(world.receiver, call("setCall(uint8,address,bytes)", mode, to, data))
    one = transfer(world.receiver, LIMITS.budget // 8)
    stage.deliver(batch(*[one] * times) if times > 1 else one)
    stage.deliver(invoke(world.receiver, selector("ping()"), FINNEY))
    stage.deliver(transfer(world.receiver, LIMITS.action_cap))


def _token_back(stage: Stage, data: bytes) -> None:
    world = stage.world
    stage.attack(world.odd, call("setCallback(address,bytes)", stage.agent.address, data))
    stage.deliver(call(_SEND, world.odd, world.friend, TOKEN_LIMIT.action_cap))
    stage.deliver(batch(*[call(_SEND, world.odd, world.friend, TOKEN_LIMIT.action_cap)] * 4))


def _odd(stage: Stage, mode: int, token: str) -> None:
    world = stage.world
    stage.attack(token, call("setMode(uint8)", mode))
    for _ in range(5):
        stage.deliver(call(_SEND, token, world.friend, TOKEN_LIMIT.action_cap))


def _wake(stage: Stage) -> None:
    job = stage.agent.job()
    assert job is not None
    wake = WakeableContract(stage.chain, stage.agent.address).wake(job)
    _call_back(stage, _CALLBACK, stage.agent.address, wake.data)


def _deliver(stage: Stage) -> None:
    job, slot = stage.agent.job(), stage.agent.slot()
    assert job is not None
    pin = stage.to(slot.due)
    again = stage.net.engine.deliver(
        job, run=slot.runs, pinned_block=pin.number, pinned_hash=pin.hash, decision=b""
    )
    _call_back(stage, _CALLBACK, stage.world.deployment.everloop, again.data)

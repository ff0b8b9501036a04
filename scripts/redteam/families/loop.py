"""The loop itself: when it runs next, whose answer counts, and which run it is for."""

from __future__ import annotations

from collections.abc import Iterator

from agent_sdk.accounts import Signer
from agent_sdk.contracts import WakeableContract
from agent_sdk.types import Block
from agent_sdk.units import FINNEY
from redteam.calldata import MAX, batch, call, selector, transfer
from redteam.cases import Case, decision
from redteam.stage import Stage
from redteam.world import ADVISER, ATTACKER, LOOP, OWNER, PROVIDER

__all__ = ["cases"]

_HOLD, _STOP = selector("hold()"), selector("stopLoop()")


def _sleep(delay: int) -> bytes:
    return call("wakeIn(uint256)", delay)


def cases() -> list[Case]:
    """Return the cases of timing, of ends, and of answers that are not the run's."""
    return [*_timing(), *_ends(), *_replays()]


def _timing() -> Iterator[Case]:
    for delay in (0, 1, 3_600, 3_601, 2**31, 2**32, 2**40 - 1, 2**40, 2**64, 2**255, MAX):
        yield decision(
            "timing", f"wake-{delay:#x}", f"sleep {delay:#x} s", lambda w, d=delay: _sleep(d)
        )
    yield decision(
        "timing", "many-wakes", "eight delays at once", lambda w: batch(*map(_sleep, range(8)))
    )
    yield decision("timing", "stop-then-wake", "end, then sleep", lambda w: batch(_STOP, _sleep(0)))
    yield decision(
        "timing",
        "stop-undone",
        "end, and then fail",
        lambda w: batch(_STOP, transfer(w.attacker, 1)),
    )
    yield Case("timing", "each-second", "asking to be paid each second, ten steps", _each_second)
    yield Case("timing", "woken", "a stranger wakes it as often as it can", _woken)
    yield Case("timing", "missed", "not answering at all, and being expired", _missed)
    yield Case("timing", "declined", "declining the run", _declined)


def _ends() -> Iterator[Case]:
    endings = {
        "stop": _STOP,
        "wake-then-stop": batch(_sleep(1), _STOP),
        "pay-then-stop": None,
        "stop-twice": batch(_STOP, _STOP),
    }
    for name, data in endings.items():
        yield Case(
            "ends the loop",
            name,
            f"{name.replace('-', ' ')}: a model's right, and the owner starts it again",
            lambda s, d=data: _end(s, d),
            ends=True,
        )


def _replays() -> Iterator[Case]:
    yield Case("replays", "same-run", "the decision of step t again in t + 1, as of run t", _again)
    for name, run in (("future-run", 1), ("far-run", 2**31)):
        yield Case(
            "replays", name, f"a decision for run t + {run}", lambda s, r=run: _pay(s, run=r)
        )
    keys = {"attacker": ATTACKER, "adviser": ADVISER, "owner": OWNER}
    for name, signer in keys.items():
        yield Case(
            "replays", f"by-{name}", f"the {name} delivers", lambda s, k=signer: _pay(s, signer=k)
        )
    yield Case("replays", "old-block", "as of a block before the due time", _old_block)
    yield Case("replays", "wrong-hash", "as of a block that never was", _wrong_hash)
    yield Case("replays", "late", "after the end of the window", _late)
    yield Case("replays", "early", "before the due time", _early)
    yield Case("replays", "another-agent", "what another agent's provider was to do", _another)
    yield Case("replays", "outside", "callbacks, actions and births from outside", _outside)


def _end(stage: Stage, data: bytes | None) -> None:
    paying = batch(transfer(stage.world.friend, FINNEY), _STOP)
    stage.deliver(paying if data is None else data)


def _each_second(stage: Stage) -> None:
    for _ in range(10):
        before = stage.chain.block().time
        stage.deliver(_sleep(1))
        if stage.agent.slot().due < before + LOOP.interval:
            stage.watch.violations.append("a step within the interval")


def _woken(stage: Stage) -> None:
    for _ in range(10):
        job = stage.agent.job()
        assert job is not None
        stage.send(WakeableContract(stage.chain, stage.agent.address).wake(job))
        stage.deliver(_sleep(3_600))
        stage.wait(3)


def _missed(stage: Stage) -> None:
    for _ in range(3):
        job = stage.agent.job()
        assert job is not None
        stage.to(stage.agent.slot().due + LOOP.window + 1)
        stage.send(stage.net.engine.expire(job))


def _declined(stage: Stage) -> None:
    job, slot = stage.agent.job(), stage.agent.slot()
    assert job is not None
    stage.to(slot.due)
    stage.send(stage.net.engine.decline(job, run=slot.runs), signer=PROVIDER)


def _again(stage: Stage) -> None:
    pay = transfer(stage.world.friend, FINNEY)
    stage.deliver(pay)
    stage.deliver(pay, run=-1)


def _pay(
    stage: Stage, *, signer: Signer | None = None, pin: Block | None = None, run: int = 0
) -> None:
    stage.deliver(transfer(stage.world.friend, FINNEY), signer=signer, pin=pin, run=run)


def _old_block(stage: Stage) -> None:
    before = stage.chain.block(stage.chain.height() - 3)
    _pay(stage, pin=before)


def _wrong_hash(stage: Stage) -> None:
    pin = stage.to(stage.agent.slot().due)
    _pay(stage, pin=Block(number=pin.number, hash=bytes(32), time=pin.time, base_fee=0))


def _late(stage: Stage) -> None:
    pin = stage.to(stage.agent.slot().due)
    stage.to(pin.time + LOOP.window + 1)
    _pay(stage, pin=pin)
    _missed_once(stage)


def _missed_once(stage: Stage) -> None:
    job = stage.agent.job()
    assert job is not None
    stage.send(stage.net.engine.expire(job))


def _early(stage: Stage) -> None:
    _pay(stage)
    slot, job = stage.agent.slot(), stage.agent.job()
    assert job is not None
    pin = stage.chain.block()
    call_ = stage.net.engine.deliver(
        job, run=slot.runs, pinned_block=pin.number, pinned_hash=pin.hash, decision=_HOLD
    )
    if stage.send(call_, signer=PROVIDER) is not None:
        stage.watch.violations.append("a step before its time")


def _another(stage: Stage) -> None:
    other = stage.world.subjects["TreasuryAgent"].agent
    stage.deliver(call("pay(uint256)", 1))
    stage.deliver(other.manifest.encode(other.manifest.examples[2].actions))


def _outside(stage: Stage) -> None:
    world, me = stage.world, stage.agent.address
    for data in (
        transfer(world.attacker, FINNEY),
        batch(_HOLD, _HOLD),
        call("withdraw(uint256,address)", FINNEY, world.attacker),
        call("onTask(bytes32,address,bytes)", bytes(32), me, bytes(1) + _HOLD),
        selector("acceptOwner()"),
        selector("pause()"),
        selector("unknown()"),
    ):
        if stage.attack(me, data) is not None:
            stage.watch.violations.append(f"a stranger may call 0x{data[:4].hex()}")

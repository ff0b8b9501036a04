"""As much as possible, just under each limit."""

from __future__ import annotations

from collections.abc import Iterator

from agent_sdk.contracts import WakeableContract
from agent_sdk.units import FINNEY
from redteam.calldata import batch, call, invoke, selector, transfer
from redteam.cases import Case
from redteam.stage import Stage
from redteam.world import LIMITS, LOOP, TOKEN_LIMIT

__all__ = ["cases"]

_CAP = LIMITS.action_cap
_WINDOW = LIMITS.window


def cases() -> list[Case]:
    """Return the cases of splits, edges of windows and long campaigns."""
    return [*_splits(), *_edges(), *_campaigns()]


def _splits() -> Iterator[Case]:
    for count in (2, 3, 4, 8):
        yield Case(
            "spending",
            f"batch-{count}",
            f"{count} payments of the cap in one decision, three steps on end",
            lambda s, n=count: _repeat(s, batch(*[transfer(s.world.friend, _CAP)] * n), 3),
        )
    yield Case("spending", "steps", "the cap a step, ten steps", _caps)
    yield Case("spending", "dust", "a share of the budget in eight, five steps", _dust)
    yield Case("spending", "paths", "by transfer, by call and into savings together", _paths)
    yield Case("spending", "tokens", "tokens of the cap, ten steps", _tokens)
    yield Case("spending", "two-tokens", "two tokens and ETH in each of six steps", _two_tokens)
    yield Case("spending", "refuels", "spending while a stranger has it refuelled", _refuels)
    yield Case("spending", "wakes", "spending while a stranger wakes it for the pay", _wakes)
    yield Case(
        "spending", "bill", "paying and saving all there is, 12 steps", _bill, "TreasuryAgent"
    )
    yield Case(
        "spending", "savings", "saving and redeeming in turn, 12 steps", _savings, "TreasuryAgent"
    )
    yield Case("spending", "reserve", "spending when little is over the reserve", _reserve)


def _edges() -> Iterator[Case]:
    for name, offset in (("before", -1), ("at", 0), ("after", 1)):
        for windows in (1, 2):
            yield Case(
                "window edges",
                f"{name}-{windows}",
                f"the budget at an epoch's end, and again {windows} later, {name} its edge",
                lambda s, o=offset, n=windows: _edge(s, o, n),
            )
    yield Case("window edges", "middle", "the budget in the middle of two epochs", _middle)
    yield Case("window edges", "trickle", "a tenth of the budget every sixth of a window", _trickle)


def _campaigns() -> Iterator[Case]:
    for number in range(4):
        yield Case(
            "campaigns",
            f"random-{number}",
            "40 steps of payments, waits and tops-up as chance has it",
            _campaign,
        )


def _repeat(stage: Stage, decision: bytes, times: int) -> None:
    for _ in range(times):
        stage.deliver(decision)


def _caps(stage: Stage) -> None:
    _repeat(stage, transfer(stage.world.friend, _CAP), 10)


def _dust(stage: Stage) -> None:
    _repeat(stage, batch(*[transfer(stage.world.friend, LIMITS.budget // 8)] * 8), 5)


def _paths(stage: Stage) -> None:
    world = stage.world
    everything = batch(
        transfer(world.friend, _CAP - 1),
        invoke(world.receiver, selector("ping()"), _CAP - 1),
        invoke(world.vault, selector("save()"), _CAP - 1),
    )
    _repeat(stage, everything, 3)
    stage.deliver(invoke(world.vault, call("redeem(uint256)", _CAP)))
    _repeat(stage, transfer(world.friend, 4), 3)


def _tokens(stage: Stage) -> None:
    world = stage.world
    sent = call("transferToken(address,address,uint256)", world.coin, world.friend, 1_000)
    _repeat(stage, sent, 10)


def _two_tokens(stage: Stage) -> None:
    world, cap = stage.world, TOKEN_LIMIT.action_cap
    send = "transferToken(address,address,uint256)"
    everything = batch(
        call(send, world.coin, world.friend, cap),
        call(send, world.odd, world.receiver, cap),
        transfer(world.friend, _CAP),
    )
    _repeat(stage, everything, 6)


def _refuels(stage: Stage) -> None:
    for _ in range(6):
        stage.deliver(call("consult(uint256,string)", 1, "?"))
        stage.attack(stage.subject.address, selector("refuel()"))
        stage.deliver(transfer(stage.world.friend, _CAP))


def _wakes(stage: Stage) -> None:
    for _ in range(6):
        stage.deliver(batch(transfer(stage.world.friend, _CAP), call("wakeIn(uint256)", 3_600)))
        stage.wait(20)
        job = stage.agent.job()
        assert job is not None
        stage.send(WakeableContract(stage.chain, stage.agent.address).wake(job))


def _bill(stage: Stage) -> None:
    for _ in range(6):
        stage.wait(600)
        stage.deliver(call("pay(uint256)", 50))
        stage.deliver(call("save(uint256)", 50))


def _savings(stage: Stage) -> None:
    for _ in range(6):
        stage.deliver(call("save(uint256)", 50))
        stage.deliver(call("redeem(uint256)", 50))


def _reserve(stage: Stage) -> None:
    owned = stage.chain.balance(stage.agent.address) - LIMITS.reserve - 60 * FINNEY
    stage.owner(stage.agent.contract.withdraw(owned, to=stage.world.friend))
    _repeat(stage, transfer(stage.world.friend, 25 * FINNEY), 4)
    stage.attack(stage.subject.address, selector("refuel()"))


def _edge(stage: Stage, offset: int, windows: int) -> None:
    """Spend all at the end of an epoch, then around the start of a later one."""
    now = stage.agent.slot().due
    end = (now // _WINDOW + 2) * _WINDOW
    _at(stage, end - 30)
    _at(stage, end + (windows - 1) * _WINDOW + offset)
    _at(stage, end + windows * _WINDOW + offset)


def _middle(stage: Stage) -> None:
    now = stage.agent.slot().due
    start = (now // _WINDOW + 1) * _WINDOW
    for half in (1, 2, 3, 4, 5):
        _at(stage, start + half * _WINDOW // 2)


def _trickle(stage: Stage) -> None:
    for _ in range(24):
        stage.wait(_WINDOW // 6)
        stage.deliver(transfer(stage.world.friend, LIMITS.budget // 10))


def _at(stage: Stage, when: int) -> None:
    """Pay all that one decision can, in the second `when` if the loop is due by then."""
    everything = batch(*[transfer(stage.world.friend, _CAP)] * 3)
    while (due := stage.agent.slot().due) < when - LOOP.window:
        stage.deliver(call("wakeIn(uint256)", when - due))
    if due < when - 1:
        pin = stage.to(due)
        stage.to(when - 1)
        stage.deliver(everything, pin=pin)
    else:
        stage.deliver(everything)


def _campaign(stage: Stage) -> None:
    world, chance = stage.world, stage.random
    send = "transferToken(address,address,uint256)"
    for _ in range(40):
        amount = chance.choice((_CAP, _CAP // 2, _CAP + 1, LIMITS.budget, 1))
        to = chance.choice((world.friend, world.receiver, world.attacker))
        options = (
            transfer(to, amount),
            batch(*[transfer(world.friend, amount)] * chance.randint(2, 8)),
            invoke(world.receiver, selector("ping()"), amount),
            call(send, chance.choice((world.coin, world.odd, world.loot)), to, 900),
            call("note(string)", "x" * chance.randint(0, 300)),
            call("consult(uint256,string)", 1, "what now?"),
            call("wakeIn(uint256)", chance.randint(0, 5_000)),
            chance.randbytes(chance.randint(0, 600)),
        )
        stage.deliver(chance.choice(options))
        if chance.random() < 0.3:
            stage.attack(stage.subject.address, selector("refuel()"))
        if chance.random() < 0.2:
            stage.wait(chance.randint(1, 900))

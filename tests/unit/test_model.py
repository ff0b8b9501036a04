"""The formal model alone: rules of the definition that hold whatever the contracts do."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from eth_abi.abi import encode

from agent_sdk.abi import entry
from agent_sdk.artifacts import artifact
from agent_sdk.model import actions, interface, loop
from agent_sdk.model.actions import selector_of
from agent_sdk.model.calldata import CallData
from agent_sdk.model.evolution import apply
from agent_sdk.model.frame import Emitted, Metered, Revert, Transaction
from agent_sdk.model.liberty import affordable, liberty, utility
from agent_sdk.model.policy import budget_left, ready_at
from agent_sdk.model.runs import Answer
from agent_sdk.model.state import EMPTY_ACCOUNT, Chain, Context, Setting, Spending, Stake, State
from agent_sdk.types import (
    ZERO_ADDRESS,
    Birth,
    Choice,
    Loop,
    Offer,
    Policy,
    Result,
    StepReport,
    Timing,
)
from agent_sdk.units import ETHER, FINNEY, GWEI

ROOT = Path(__file__).resolve().parent.parent.parent
OWNER, PROVIDER, PAYEE, AGENT, ENGINE = ("0x" + 40 * digit for digit in "12345")
MODEL = bytes(31) + b"\1"
HASH = bytes(range(32))
DAY = 86_400
LOOP = Loop(
    interval=60,
    heartbeat=3_600,
    window=300,
    gas_limit=400_000,
    output_limit=1_024,
    max_gas_price=20 * GWEI,
    max_priority_fee=2 * GWEI,
    max_fee=FINNEY,
)
POLICY = Policy(action_cap=50 * FINNEY, budget=70 * FINNEY, window=3_600, reserve=90 * FINNEY)
SETTING = Setting(
    chain_id=1,
    agent=AGENT,
    loop_id=HASH,
    loop_salt=HASH,
    everloop=ENGINE,
    executor="0x" + 40 * "6",
    orders="0x" + 40 * "7",
    registry="0x" + 40 * "8",
    factory="0x" + 40 * "9",
    vault="0x" + 20 * "ab",
    offers={
        (PROVIDER, MODEL): Offer(
            base_price=10**13,
            price_per_kilobyte=0,
            min_max_gas_price=1,
            latency=1,
            min_window=60,
            max_callback_gas=10**6,
        )
    },
    protocol_bps=100,
    protocol_receiver="0x" + 20 * "cd",
    codes=frozenset({AGENT, ENGINE, "0x" + 20 * "ab"}),
)
BIRTH = Birth(
    loop=LOOP,
    policy=POLICY,
    providers=(Choice(provider=PROVIDER, model_id=MODEL),),
    recipients=(PAYEE,),
    run_balance=50 * FINNEY,
)


def move(
    chain: Chain, name: str, *given: object, sender: str = OWNER, value: int = 0, gas: int = 0
) -> tuple[Chain, Revert | None, list[Emitted]]:
    """Make one move; return B behind it, why it was refused, and the events."""
    tx = Transaction(
        SETTING, chain, sender=sender, gas_price=2 * GWEI, value=value, metered=Metered(gas=gas)
    )
    refused = apply(tx, name, *given)
    return tx.chain, refused, tx.events


@pytest.fixture
def born() -> Chain:
    nobody = Context(
        owner=ZERO_ADDRESS,
        pending_owner=ZERO_ADDRESS,
        policy=POLICY,
        spending=Spending(),
        run_target=0,
        choices=(),
    )
    start = Chain(
        time=1_000_000,
        base_fee=GWEI,
        s=State(c=nobody),
        accounts={PROVIDER: replace(EMPTY_ACCOUNT, capacity=10)},
        stakes={PROVIDER: Stake(bonded=ETHER // 10, serving=True)},
    )
    chain, refused, _ = move(start, "create", BIRTH, value=250 * FINNEY)
    assert refused is None
    return chain


def decide(chain: Chain, decision: bytes, *, late: int = 0) -> tuple[Chain, list[Emitted]]:
    """Deliver a decision as the provider of the loop, and expect that it is taken."""
    assert chain.record is not None
    chain = replace(chain, time=max(chain.time, chain.slot.due + late))
    answer = Answer(
        job=chain.record,
        run=chain.slot.runs,
        pinned_block=1,
        pinned_hash=HASH,
        chain_hash=HASH,
        decision=decision,
    )
    chain, refused, events = move(chain, "deliver", answer, sender=PROVIDER, gas=150_000)
    assert refused is None
    return chain, events


def ended(chain: Chain, decision: bytes) -> Result:
    """Deliver a decision, and return what became of it."""
    _, events = decide(chain, decision)
    return Result(StepReport.unpack(events[0].values[1]).result)


def transfer(to: str, amount: int) -> bytes:
    values = encode(["address", "uint256"], [to, amount])
    return selector_of("transfer(address,uint256)") + values


def batch(*items: bytes) -> bytes:
    return selector_of("batch(bytes[])") + encode(["bytes[]"], [items])


HOLD = selector_of("hold()")


def test_the_model_is_pure() -> None:
    allowed = {"__future__", "collections", "dataclasses", "functools", "typing", "eth_utils"}
    for path in (ROOT / "agent_sdk/model").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                first = (node.module or "").split(".")
                assert first[0] in allowed or first[:2] in (
                    ["agent_sdk", "model"],
                    ["agent_sdk", "types"],
                    ["agent_sdk", "payloads"],
                    ["agent_sdk", "utility"],
                ), f"{path.name} imports {node.module}"


def test_genesis_is_funded_and_booked(born: Chain) -> None:
    assert born.s.h.steps == 0
    assert born.s.b.treasury == 200 * FINNEY
    assert born.s.b.account.balance == 50 * FINNEY
    assert born.slot.due == born.time
    assert born.s.b.account.reserved > 0


def test_a_step_changes_c_h_and_b(born: Chain) -> None:
    data = selector_of("count(uint256)") + encode(["uint256"], [3])
    after, events = decide(born, data)
    assert after.s.c.total == 3
    assert after.s.h.steps == 1
    assert after.s.h.head != born.s.h.head
    assert after.s.b.account.balance == 50 * FINNEY - 10**13 - 150_000 * 2 * GWEI
    assert after.slot.due == after.time + LOOP.interval
    assert [event.name for event in events] == ["Stepped", "InferenceDelivered"]


def test_wei_are_neither_made_nor_lost(born: Chain) -> None:
    def everything(chain: Chain) -> int:
        outside = sum(account.balance for account in chain.accounts.values())
        return chain.s.b.total + outside + sum(chain.wealth.values()) + chain.savings

    before = everything(born)
    chain, _ = decide(born, transfer(PAYEE, 40 * FINNEY))
    chain, _ = decide(chain, batch(HOLD, transfer(PAYEE, FINNEY)))
    assert everything(chain) == before
    assert chain.wealth[PAYEE] == 41 * FINNEY


def test_what_fails_leaves_only_history_and_pay(born: Chain) -> None:
    """A batch is done all or not at all. [AGT-2]."""
    after, _ = decide(born, batch(transfer(PAYEE, FINNEY), transfer(OWNER, 1)))
    assert after.s.c == born.s.c
    assert after.s.b.treasury == born.s.b.treasury
    assert after.s.h.steps == 1
    assert after.slot.due == after.time + LOOP.interval


def test_no_bytes_stop_the_loop_or_pass_the_budget(born: Chain) -> None:
    """[AGT-2] and [AGT-3] for a thousand decisions made of noise and of transfers."""
    random, chain, spent_at = Random(7), born, []
    for _ in range(1_000):
        data = transfer(PAYEE, random.randrange(60 * FINNEY))
        if random.random() < 0.5:
            data = data[:4] + random.randbytes(random.randrange(80))
        before = chain.wealth.get(PAYEE, 0)
        chain, refused, _ = move(chain, "gift", value=10 * FINNEY)
        assert refused is None
        chain, refused, _ = move(chain, "deposit", value=10 * FINNEY)
        assert refused is None
        chain, _ = decide(chain, data, late=random.randrange(300))
        spent_at.append((chain.time, chain.wealth.get(PAYEE, 0) - before))
        assert chain.slot.due > chain.time
        recent = [wei for time, wei in spent_at if time > chain.time - POLICY.window]
        assert sum(recent) <= POLICY.budget
    assert sum(wei for _, wei in spent_at) > POLICY.budget


def test_stop_ends_the_loop_and_a_late_wake_is_brought_forward(born: Chain) -> None:
    stopped, _ = decide(born, selector_of("stopLoop()"))
    assert (stopped.slot.commitment, stopped.slot.due, stopped.slot.runs) == (0, 0, 1)
    wake = selector_of("wakeIn(uint256)") + encode(["uint256"], [2**256 - 1])
    later, _ = decide(born, wake)
    assert later.slot.due == later.time + LOOP.heartbeat


def test_a_change_that_loosens_waits_a_day(born: Chain) -> None:
    wider = replace(POLICY, budget=POLICY.budget + 1)
    queued, refused, events = move(born, "set_limits", wider)
    assert refused is None
    assert (queued.s.c.policy, events[0].name) == (POLICY, "ChangeQueued")
    early = replace(queued, time=queued.time + DAY - 1)
    assert move(early, "set_limits", wider)[1] is not None
    ripe, refused, _ = move(replace(queued, time=queued.time + DAY), "set_limits", wider)
    assert refused is None
    assert ripe.s.c.policy == wider
    tighter = replace(POLICY, action_cap=1)
    assert move(born, "set_limits", tighter)[0].s.c.policy == tighter


def test_a_change_that_nobody_brought_for_a_week_waits_anew(born: Chain) -> None:
    wider = replace(POLICY, budget=POLICY.budget + 1)
    queued, _, _ = move(born, "set_limits", wider)
    [(change, ready)] = queued.s.c.queue.items()
    last = ready + 7 * DAY
    seen = [ready_at(queued.s.c, change, now) for now in (ready - 1, last, last + 1)]
    assert seen == [ready, ready, 0]
    assert ready_at(queued.s.c, bytes(32), ready) == 0
    assert move(replace(queued, time=last), "set_limits", wider)[0].s.c.policy == wider
    anew, refused, events = move(replace(queued, time=last + 1), "set_limits", wider)
    assert (refused, anew.s.c.policy, events[0].name) == (None, POLICY, "ChangeQueued")
    assert anew.s.c.queue[change] == last + 1 + DAY


def test_two_epochs_count_against_a_budget() -> None:
    spent = Spending(current=30 * FINNEY, previous=20 * FINNEY, epoch=10)
    at = [budget_left(POLICY, spent, epoch * POLICY.window) for epoch in (10, 11, 12)]
    assert at == [20 * FINNEY, 40 * FINNEY, 70 * FINNEY]


def test_the_pause_after_failures_doubles_up_to_a_day() -> None:
    timing = Timing(interval=60, heartbeat=3_600, window=300, gas_limit=1)
    pauses = [loop.after_failure(timing, failures=n, now=0) for n in (0, 1, 4, 5, 6, 200)]
    assert pauses == [3_600, 7_200, 57_600, DAY, DAY, DAY]


def test_liberty_and_utility_fall_with_what_is_closed(born: Chain) -> None:
    names = {f"action {number}": selector for number, selector in enumerate(actions.ACTIONS)}
    free = affordable(born, {}, names)
    assert liberty(free) == len(actions.ACTIONS)
    dear = affordable(born, {"action 0": 51 * FINNEY}, names)
    assert liberty(dear) == liberty(free) - 1
    assert utility(born, dear, alpha=7, beta=100) == 7 * liberty(dear) + 100
    paused, _, _ = move(born, "pause")
    assert affordable(paused, {}, names) == []
    assert set(actions.ACTIONS) > actions.SELF_SCHEDULING


def test_a_stranger_is_refused_and_changes_nothing(born: Chain) -> None:
    for name, given in (("pause", ()), ("drain", (1,)), ("withdraw", (1, OWNER))):
        after, refused, events = move(born, name, *given, sender=PAYEE)
        assert refused is not None
        assert (refused.name, after, events) == ("Agent_NotOwner", born, [])


def test_all_functions_of_the_contract_are_known_and_no_others() -> None:
    selectors = {
        entry("CounterAgent", "function", str(one["name"])).selector: one["stateMutability"]
        for one in artifact("CounterAgent").abi
        if one["type"] == "function"
    }
    assert set(selectors) == set(actions._FUNCTIONS)
    views = {name for name, kind in selectors.items() if kind in ("view", "pure")}
    assert views == set(interface.VIEWS)
    assert len(views) >= 23


@pytest.mark.parametrize(
    ("function", "types", "fit", "unfit"),
    [
        ("isRecipient", ["address"], [PAYEE], (0, 1 << 160)),
        ("isEnabled", ["bytes4"], [b"\1\2\3\4"], (0, 1)),
        ("isValidSignature", ["bytes32", "bytes"], [HASH, b"abc"], (1, 2**64)),
        ("isValidSignature", ["bytes32", "bytes"], [HASH, b"abc"], (2, 33)),
        ("ruleOf", ["address", "bytes4"], [PAYEE, b"\1\2\3\4"], (1, 1 << 223)),
    ],
)
def test_a_view_is_no_action_and_unfit_arguments_fail(
    born: Chain, function: str, types: list[str], fit: list[object], unfit: tuple[int, int]
) -> None:
    data = selector_of(f"{function}({','.join(types)})") + encode(types, fit)
    assert ended(born, data) == Result.REJECTED
    at, word = unfit
    start = 4 + 32 * at
    spoilt = data[:start] + word.to_bytes(32, "big") + data[start + 32 :]
    assert ended(born, spoilt) == Result.FAILED
    assert ended(born, data[:35]) == Result.FAILED


@pytest.mark.parametrize("items", [[], [b""], [b"\1" * 4, b"\2" * 37], [bytes(100)] * 8])
def test_a_list_of_bytes_is_read_as_it_was_encoded(items: list[bytes]) -> None:
    found = CallData(batch(*items)).bytes_list(0)
    assert [found.item(number) for number in range(found.length)] == items


def test_what_leads_out_of_the_call_data_is_refused() -> None:
    honest = batch(HOLD, HOLD)
    for at, word in ((0, 2**64), (1, 2**64), (1, 7), (0, len(honest))):
        start = 4 + 32 * at
        spoilt = honest[:start] + word.to_bytes(32, "big") + honest[start + 32 :]
        with pytest.raises(Revert):
            CallData(spoilt).bytes_list(0)
    dirty = transfer(PAYEE, 1)
    with pytest.raises(Revert):
        CallData(dirty[:4] + b"\1" + dirty[5:]).address(0)
    with pytest.raises(Revert):
        CallData(dirty[:-1]).need(2)

"""A: the actions of an agent, and how the bytes of a decision become actions.

"A is the set of possible actions of the agent, including: core business logic actions,
self-scheduling actions, state management actions." Here: `count`; `wakeIn` and `stopLoop`, which
are A_ss; and what moves money. Source: contracts/agent/AgentActions.sol, CounterAgent.sol.
"""

from __future__ import annotations

from collections.abc import Callable

from agent_sdk.model import treasury
from agent_sdk.model.calldata import CallData
from agent_sdk.model.frame import Acting, Revert, Transaction, require
from agent_sdk.model.interface import ENGINES, FACTORYS, OWNERS, VIEWS, Decoder
from agent_sdk.model.loop import REJECTED, SELDOM, STOP
from agent_sdk.model.policy import accept_owner, require_owner
from agent_sdk.payloads import selector as selector_of
from agent_sdk.types import Result

__all__ = ["ACTIONS", "SELF_SCHEDULING", "act"]

Body = Callable[[Transaction, CallData], None]

_MIN_BATCH = 2
_MAX_BATCH = 8
_MAX_WORD = 2**256 - 1


def act(tx: Transaction, decision: bytes) -> tuple[Result, int]:
    """Act upon a decision, all or nothing; it never reverts. Source: AgentActions._act. [AGT-2].

    Returns:
        What became of it, and when the agent wishes to run next (Unix s, `loop.STOP`, or 0).
    """
    if tx.c.paused:
        return Result.PAUSED, SELDOM
    if len(decision) < 4:
        return Result.REJECTED, REJECTED
    tx.acting = Acting()
    tx.failure = tx.attempt(lambda: call_self(tx, decision))
    acting, tx.acting = tx.acting, None
    if tx.failure is not None:
        return Result.FAILED, 0
    if acting.entered == 0:
        return Result.REJECTED, REJECTED
    return Result.ACTED, acting.wake or 0


def call_self(tx: Transaction, data: bytes) -> None:
    """A call of the agent by itself: an action, or whatever else the contract has."""
    call = CallData(data)
    if not data:
        return  # receive()
    body = None if len(data) < 4 else _FUNCTIONS.get(call.selector)
    if body is None:
        require(call.selector in _RECEIVERS, "Agent_NoFunction", call.selector)
    else:
        body(tx, call)


def _enter(tx: Transaction, call: CallData) -> Acting:
    """The `action` modifier: only while acting, and only what is enabled."""
    acting = tx.acting
    if acting is None:
        raise Revert("Agent_NotActing", tx.sender)
    enabled = call.selector not in tx.c.disabled
    require(enabled, "Agent_ActionDisabled", call.selector)
    acting.entered += 1
    return acting


def _hold(tx: Transaction, call: CallData) -> None:
    _enter(tx, call)


def _wake_in(tx: Transaction, call: CallData) -> None:
    """Self-scheduling: run next after so many seconds; the last wake counts."""
    call.need(1)
    _enter(tx, call).wake = tx.now + min(call.word(0), 2**40 - 1)


def _stop_loop(tx: Transaction, call: CallData) -> None:
    """Self-scheduling: never again."""
    _enter(tx, call).wake = STOP


def _count(tx: Transaction, call: CallData) -> None:
    """Business logic of CounterAgent."""
    call.need(1)
    _enter(tx, call)
    total = tx.c.total + call.word(0)
    require(total <= _MAX_WORD, "Panic", 0x11)
    tx.learn(total=total)


def _transfer(tx: Transaction, call: CallData) -> None:
    call.need(2)
    to = call.address(0)
    _enter(tx, call)
    treasury.send(tx, to, call.word(1))


def _transfer_token(tx: Transaction, call: CallData) -> None:
    call.need(3)
    token, to = call.address(0), call.address(1)
    _enter(tx, call)
    treasury.send_token(tx, token, to)


def _call(tx: Transaction, call: CallData) -> None:
    call.need(3)
    target, value, data = call.address(0), call.word(1), call.bytes_at(2)
    _enter(tx, call)
    treasury.call(tx, target, value, data)


def _batch(tx: Transaction, call: CallData) -> None:
    """Several actions, all or nothing; no action itself. Source: AgentActions.batch."""
    call.need(1)
    items = call.bytes_list(0)
    acting = tx.acting
    if acting is None:
        raise Revert("Agent_NotActing", tx.sender)
    require(items.length >= _MIN_BATCH, "Agent_BatchSize", items.length, _MIN_BATCH)
    require(items.length <= _MAX_BATCH, "Agent_BatchSize", items.length, _MAX_BATCH)
    for number in range(items.length):
        item = items.item(number)
        before = acting.entered
        call_self(tx, item)
        one = acting.entered == before + 1
        require(one, "Agent_NotAnAction", item[:4].ljust(4, b"\0"))


def _view(decode: Decoder) -> Body:
    """A function that only reads: with fit arguments it succeeds, and is no action."""
    return lambda _, call: decode(call)


def _owners(decode: Decoder) -> Body:
    """A function of the owner's: the agent is not its own owner."""

    def body(tx: Transaction, call: CallData) -> None:
        decode(call)
        require_owner(tx, tx.setting.agent)

    return body


def _others(decode: Decoder, error: str) -> Body:
    """A function of Everloop's or of the factory's."""

    def body(tx: Transaction, call: CallData) -> None:
        decode(call)
        raise Revert(error, tx.setting.agent)

    return body


ACTIONS: dict[bytes, Body] = {
    selector_of("hold()"): _hold,
    selector_of("wakeIn(uint256)"): _wake_in,
    selector_of("stopLoop()"): _stop_loop,
    selector_of("count(uint256)"): _count,
    selector_of("transfer(address,uint256)"): _transfer,
    selector_of("transferToken(address,address,uint256)"): _transfer_token,
    selector_of("call(address,uint256,bytes)"): _call,
}
"""A, by selector."""

SELF_SCHEDULING = frozenset({selector_of("wakeIn(uint256)"), selector_of("stopLoop()")})
"""A_ss."""

_FUNCTIONS: dict[bytes, Body] = {
    **ACTIONS,
    **{name: _view(decode) for name, decode in VIEWS.items()},
    **{name: _owners(decode) for name, decode in OWNERS.items()},
    **{name: _others(decode, "Agent_NotEverloop") for name, decode in ENGINES.items()},
    **{name: _others(decode, "Agent_NotFactory") for name, decode in FACTORYS.items()},
    selector_of("batch(bytes[])"): _batch,
    selector_of("refuel()"): lambda tx, _: treasury.refuel(tx, tx.setting.agent),
    selector_of("acceptOwner()"): lambda tx, _: accept_owner(tx, tx.setting.agent),
}
"""All functions of the contract, which a decision may reach."""

_RECEIVERS = frozenset(
    {
        selector_of("onERC721Received(address,address,uint256,bytes)"),
        selector_of("onERC1155Received(address,address,uint256,uint256,bytes)"),
        selector_of("onERC1155BatchReceived(address,address,uint256[],uint256[],bytes)"),
    }
)
"""What the fallback answers."""

"""Play a trace on both sides, find the first difference, and make it small."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from random import Random
from typing import Any

from agent_sdk.abi import decode_error
from agent_sdk.errors import ConfigError
from agent_sdk.model.evolution import apply
from agent_sdk.model.frame import Revert, Transaction
from agent_sdk.model.state import Chain
from formal import meter, multicall
from formal.generate import next_move, prelude
from formal.moves import Move, Tip, Transact, resolve
from formal.node import Node
from formal.observe import compare, events_of, readings
from formal.world import World

__all__ = ["Bench", "BirthDiffersError", "Played"]

GAS = 6_000_000
SHORTEST, LONGEST = 5, 12


@dataclass(frozen=True)
class Played:
    """One trace as it went: its moves, and what differs after the last one."""

    moves: tuple[Move, ...]
    differences: tuple[str, ...]
    endings: tuple[str, ...]
    """what became of each move, in a word"""


@dataclass
class _Side:
    """Where a trace stands."""

    chain: Chain
    tip: Tip


class BirthDiffersError(Exception):
    """Model and contracts differ in the moves with which every trace begins."""


class Bench:
    """One node with the world on it, for any number of traces."""

    def __init__(self, node: Node, world: World) -> None:
        self._node = node
        self._world = world
        node.ask(
            ("evm_setAutomine", [False]), ("anvil_setCode", [multicall.ADDRESS, multicall.CODE])
        )
        self._here = _Side(world.start, Tip(number=0, hash=bytes(32)))
        for move in prelude(world):
            differences, ending = self._step(move)
            if differences or ending != "done":
                told = differences[0] if differences else f"it ends with {ending}"
                raise BirthDiffersError(f"{move.name}, with which all traces begin: {told}")
        self._start = replace_side(self._here)
        (self._snapshot,) = node.ask(("evm_snapshot", []))

    @property
    def state(self) -> Chain:
        """B behind the last move, as the model has it."""
        return self._here.chain

    def random(self, seed: int, trace: int) -> Played:
        """Play the random trace of a seed and a number."""
        random = Random(f"{seed}:{trace}")
        queued: dict[bytes, Move] = {}

        def moves() -> Iterable[Move]:
            for _ in range(random.randint(SHORTEST, LONGEST)):
                before = self._here.chain.s.c.queue
                move = next_move(random, self._world, self._here.chain, queued)
                yield move
                queued.update(
                    dict.fromkeys(self._here.chain.s.c.queue.keys() - before.keys(), move)
                )

        return self.play(moves())

    def play(self, moves: Iterable[Move]) -> Played:
        """Play moves from the start, up to the first difference."""
        self._rewind()
        played: list[Move] = []
        endings: list[str] = []
        differences: list[str] = []
        for move in moves:
            played.append(move)
            differences, ending = self._step(move)
            endings.append(ending)
            if differences:
                break
        return Played(tuple(played), tuple(differences), tuple(endings))

    def shrink(self, found: Played) -> Played:
        """Return a trace with the same kind of difference from which no move can be left out."""
        at = 0
        while at < len(found.moves):
            shorter = self.play(found.moves[:at] + found.moves[at + 1 :])
            if shorter.differences:
                found = shorter
            else:
                at += 1
        return found

    def _rewind(self) -> None:
        (done,) = self._node.ask(("evm_revert", [self._snapshot]))
        assert done, "anvil lost the beginning of the traces"
        (self._snapshot,) = self._node.ask(("evm_snapshot", []))
        self._here = replace_side(self._start)

    def _step(self, move: Move) -> tuple[list[str], str]:
        """Make one move on both sides; return what differs and how it ended."""
        world, before = self._world, self._here.chain
        chain = replace(before, time=before.time + move.wait, base_fee=move.base_fee)
        sent = resolve(world, chain, move, self._here.tip)
        price = move.base_fee + move.tip
        transaction = {
            "from": world.roles[move.sender],
            "to": sent.to,
            "data": "0x" + sent.data.hex(),
            "value": hex(move.value),
            "gas": hex(GAS),
            "gasPrice": hex(price),
        }
        hash_ = self._node.mine(chain.time, move.base_fee, transaction)
        (receipt,) = self._node.ask(("eth_getTransactionReceipt", [hash_]))
        tx = Transaction(
            world.setting,
            chain,
            sender=world.roles[move.sender],
            gas_price=price,
            data=sent.data,
            value=move.value,
        )
        try:
            differences, ending = self._compare(tx, move, sent, receipt)
            differences += compare(self._node, readings(world, tx.chain))
        except ConfigError as error:
            differences, ending = [f"{move.name}: the model breaks: {error}"], "breaks"
        number, block = int(receipt["blockNumber"], 16), bytes.fromhex(receipt["blockHash"][2:])
        self._here = _Side(tx.chain, Tip(number=number, hash=block))
        return differences, ending

    def _compare(
        self, tx: Transaction, move: Move, sent: Transact, receipt: Any
    ) -> tuple[list[str], str]:
        """Apply the move to the model and compare how it ended, why, and its events."""
        events = events_of(self._world, receipt["logs"])
        before, job = tx.chain, tx.chain.record
        tx.metered = meter.measure(tx, job, events)
        refused = apply(tx, move.name, *sent.arguments)
        status = receipt["status"] == "0x1"
        if status != (refused is None):
            told = "succeeds" if refused is None else f"reverts with {_text(refused)}"
            why = "" if status else f" with {self._reason(receipt)}"
            chain = "succeeds" if status else f"reverts{why}"
            return [f"{move.name}: the model {told}, the contract {chain}"], "differs"
        if refused is not None:
            return self._same_reason(move.name, refused, self._reason(receipt)), refused.name
        differences = [
            f"event {number}: the model {expected}, the contract {actual}"
            for number, (expected, actual) in enumerate(zip_longest(tx.events, events))
            if expected != actual
        ]
        if move.name == "deliver" and tx.failure is not None:
            inner = self._reason(receipt, of=self._world.setting.agent)
            differences += self._same_reason("the decision", tx.failure, inner)
        wrong = meter.check(tx, before, int(receipt["gasUsed"], 16))
        differences += [wrong] if wrong else []
        return differences, _ending(tx)

    def _same_reason(self, what: str, expected: Revert, actual: str) -> list[str]:
        if _text(expected) == actual:
            return []
        return [f"{what}: the model fails with {_text(expected)}, the contract with {actual}"]

    def _reason(self, receipt: Any, *, of: str | None = None) -> str:
        """Return why a transaction, or an agent's call of itself in it, reverted."""
        options = {"tracer": "callTracer"}
        (frame,) = self._node.ask(("debug_traceTransaction", [receipt["transactionHash"], options]))
        if of is not None:
            frame = _self_call(frame, of.lower())
        data = bytes.fromhex(((frame or {}).get("output") or "0x")[2:])
        known = decode_error(data) if data else ("", {})
        return f"0x{data.hex()}" if known is None else _text(Revert(known[0], *known[1].values()))


def _ending(tx: Transaction) -> str:
    """Return in a word how a move ended that was not refused."""
    if tx.failure is not None:
        return tx.failure.name
    return "done" if tx.result is None else tx.result.name.lower()


def replace_side(side: _Side) -> _Side:
    """Return a copy of where a trace stands."""
    return _Side(side.chain, side.tip)


def _self_call(frame: Any, agent: str) -> Any:
    """Return the first call by the agent to itself."""
    if frame["type"] == "CALL" and frame["from"] == agent and frame["to"] == agent:
        return frame
    for inner in frame.get("calls", ()):
        found = _self_call(inner, agent)
        if found is not None:
            return found
    return None


def _text(reason: Revert) -> str:
    values = ", ".join(v.hex() if isinstance(v, bytes) else str(v) for v in reason.values)
    return f"{reason.name}({values})" if reason.name else "no data"

"""Several pieces of work in one transaction, where that works and saves gas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent_sdk.abi import decode_result
from agent_sdk.contracts import EverloopContract
from agent_sdk.daemons.bundles import Ready, dearest
from agent_sdk.daemons.dispatch import Dispatcher
from agent_sdk.daemons.lifecycle import log
from agent_sdk.errors import ChainUnavailable, EverloopError
from agent_sdk.types import Answer, Call, Outcome, Receipt, Refusal

__all__ = ["Joint", "Method", "Sent", "deliveries", "executions"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A function of Everloop that takes many items and leaves out what it cannot do."""

    function: str
    call: Callable[[Sequence[Ready]], Call]
    order: Callable[[Ready], int]
    """place of an item among the others"""
    done: frozenset[int]
    """results of items that are not left out"""


def executions(engine: EverloopContract) -> Method:
    """Return how due tasks are run together."""
    return Method(
        function="executeBatch",
        call=lambda items: engine.execute_batch([item.known.job for item in items]),
        order=lambda _: 0,
        done=frozenset({Outcome.SUCCEEDED, Outcome.FAILED}),
    )


def deliveries(engine: EverloopContract) -> Method:
    """Return how answers are delivered together; Everloop wants them by owner."""
    return Method(
        function="deliverBatch",
        call=lambda items: engine.deliver_batch([_answer(item) for item in items]),
        order=lambda item: int(item.known.job.owner, 16),
        done=frozenset({Refusal.NONE}),
    )


Sent = tuple[Sequence[Ready], Call, int]
"""items, the call that does them, and its gas"""


class Joint:
    """Sends bundles of one kind of work."""

    def __init__(self, dispatcher: Dispatcher, method: Method) -> None:
        """Send through `dispatcher`, many items by `method`."""
        self._dispatcher = dispatcher
        self._method = method

    def plan(self, bundle: Sequence[Ready]) -> list[Sent]:
        """Return the transactions for a bundle, in order.

        It is one for all that it would not leave out, where it takes less gas than one for each.
        Its limit is nevertheless the sum of theirs: each holds all the gas that its target may
        take, and one that took little when simulated may take all of it in the block.
        """
        alone: list[Sent] = [([item], item.call, item.gas) for item in bundle]
        if len(bundle) == 1:
            return alone
        try:
            fitting = self._fitting(sorted(bundle, key=self._method.order))
            call = self._method.call(fitting)
            gas = self._dispatcher.simulate(call)
        except ChainUnavailable:
            raise
        except EverloopError as error:
            log("bundle left", reason=str(error), jobs=len(bundle))
            return alone
        limit = sum(item.gas for item in fitting)
        return [(fitting, call, limit)] if len(fitting) > 1 and gas < limit else alone

    def send(self, sent: Sent) -> dict[bytes, Receipt]:
        """Send one transaction of a plan; return the receipt by job, see `Dispatcher.act_all`."""
        items, call, gas = sent
        return self._dispatcher.act_all(
            [item.work for item in items],
            call,
            gas=gas,
            fees=items[0].fees,
            fee_cap=dearest(items),
        )

    def _fitting(self, bundle: Sequence[Ready]) -> Sequence[Ready]:
        """Return the items that are done when all are sent: one owner's money may not last."""
        while len(bundle) > 1:
            call, gas = self._method.call(bundle), sum(item.gas for item in bundle)
            answer = self._dispatcher.foresee(call, gas=gas, fees=bundle[0].fees)
            results = decode_result("Everloop", self._method.function, answer)
            found = zip(bundle, results, strict=True)
            fitting = [item for item, result in found if result in self._method.done]
            if len(fitting) == len(bundle):
                break
            bundle = fitting
        return bundle


def _answer(item: Ready) -> Answer:
    if item.answer is None:
        raise TypeError("only answers are delivered")
    return item.answer

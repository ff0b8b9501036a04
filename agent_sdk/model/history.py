"""h: the hash chain over all steps. Source: contracts/agent/AgentHistory.sol.

"Action a_t updates both the agent's and the blockchain's history: h_{t+1} = h_t u a_t."
"""

from __future__ import annotations

from agent_sdk.model.frame import Transaction
from agent_sdk.model.state import History
from agent_sdk.payloads import next_head
from agent_sdk.types import Result, StepReport

__all__ = ["record"]


def record(
    tx: Transaction,
    *,
    run: int,
    pinned_block: int,
    pinned_hash: bytes,
    decision_hash: bytes,
    result: Result,
) -> None:
    """Append one step to h. [AGT-1]."""
    h = tx.chain.s.h
    report = StepReport(
        run=run, pinned_block=pinned_block, time=tx.now, result=int(result), step=h.steps
    )
    loop = tx.setting.loop_id
    head = next_head(
        h.head, id=loop, report=report, pinned_hash=pinned_hash, decision_hash=decision_hash
    )
    tx.chain = tx.chain.with_state(h=History(head=head, steps=h.steps + 1))
    tx.emit(tx.setting.agent, "Stepped", loop, report.pack(), pinned_hash, decision_hash)

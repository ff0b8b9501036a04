"""An agent's history, rebuilt from events alone and checked against the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract
from agent_sdk.errors import ChainError
from agent_sdk.history_steps import Finding, StepReader
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import next_head
from agent_sdk.types import Event, Step, StepReport

__all__ = ["GENESIS", "Finding", "History", "fold", "read"]

GENESIS = bytes(28)
"""Head before the first step."""

_READINGS = 3
"""of a history at the newest block that does not verify"""
_BOOKINGS = ("InferenceRequested", "InferenceResumed")
_ENDINGS = ("InferenceDelivered", "InferenceExpired", "InferenceDeclined", "InferenceResigned")


@dataclass(frozen=True, kw_only=True)
class History:
    """All steps of an agent up to a block."""

    agent: str
    block: int
    """the block up to which it reaches"""
    steps: tuple[Step, ...]
    head: bytes
    """28 bytes, derived from the events"""
    chain_head: bytes
    """28 bytes, as the agent says"""
    chain_steps: int
    """as the agent says"""
    findings: tuple[Finding, ...]

    @property
    def verified(self) -> bool:
        """Whether head and count re-derive from the events, unaltered: [AGT-1]."""
        return not any(finding.breaks_history for finding in self.findings)


def fold(events: Iterable[Event], *, head: bytes = GENESIS) -> bytes:
    """Return the history head after the `Stepped` events given, 28 bytes."""
    for event in events:
        if event.name == "Stepped":
            head = _next(head, event)
    return head


def read(
    chain: Chain,
    engine: EverloopContract,
    agent: str,
    *,
    from_block: int = 0,
    to_block: int | None = None,
    manifest: Manifest | None = None,
    check_blocks: bool = True,
) -> History:
    """Rebuild an agent's history and check it.

    It is checked both ways: each step by the delivery in its transaction, and each delivery of the
    loop by its step, since an agent that records nothing has no step to check.

    Args:
        chain: where.
        engine: the Everloop that the agent uses.
        agent: its address.
        from_block: a block before the agent was made.
        to_block: last block; the newest if None. At the newest, a node's events may be a moment
            behind its state, so what does not verify there is read anew.
        manifest: reads the decisions; the agent's own if None.
        check_blocks: also check the pinned blocks, three requests a step.
    """
    readings = _READINGS if to_block is None else 1
    for reading in range(readings):
        last = chain.height() if to_block is None else to_block
        history = _read_at(chain, engine, agent, from_block, last, manifest, check_blocks)
        if history.verified or reading == readings - 1:
            break
    return history


def _read_at(
    chain: Chain,
    engine: EverloopContract,
    agent: str,
    from_block: int,
    last: int,
    manifest: Manifest | None,
    check_blocks: bool,
) -> History:
    contract = AgentContract(chain, agent, block=last)
    stepped = contract.events("Stepped", from_block=from_block, to_block=last)
    loop = contract.loop_id()
    ids = sorted({loop, *(event.args["id"] for event in stepped)})
    market = engine.events(
        *_BOOKINGS, *_ENDINGS, from_block=from_block, to_block=last, topics=[ids]
    )
    if manifest is None:
        manifest = Manifest.parse(contract.manifest_text())
    head, chain_head, chain_steps = fold(stepped), contract.history_head(), contract.steps()
    reader = StepReader(
        chain,
        market,
        manifest,
        agent=agent,
        loop=loop,
        is_derived=head == chain_head,
        check_blocks=check_blocks,
    )
    steps = tuple(reader.step(number, event) for number, event in enumerate(stepped))
    reader.check_loop()
    if len(steps) != chain_steps:
        reader.find(None, f"the agent counts {chain_steps} steps and its events are {len(steps)}")
    if head != chain_head:
        reader.find(None, f"the events give head 0x{head.hex()} and the agent 0x{chain_head.hex()}")
        _locate(reader, contract, stepped)
    return History(
        agent=agent,
        block=last,
        steps=steps,
        head=head,
        chain_head=chain_head,
        chain_steps=chain_steps,
        findings=tuple(reader.findings),
    )


def _locate(reader: StepReader, contract: AgentContract, stepped: Sequence[Event]) -> None:
    """Name the first step behind which the agent's head was another than its events give.

    A node that keeps no old state cannot tell, and then no step is named.
    """
    heads, head = [], GENESIS
    for event in stepped:
        heads.append(head := _next(head, event))

    def agrees(number: int) -> bool:
        return contract.at_block(stepped[number].block).history_head() == heads[number]

    low, high = 0, len(stepped)
    try:
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if agrees(middle) else (low, middle)
    except ChainError:
        return
    if low == len(stepped):
        reader.find(low, "its event is missing, and so are those of all later steps")
    else:
        block = stepped[low].block
        reader.find(low, f"the agent's head at block {block} is another than its events give")


def _next(head: bytes, event: Event) -> bytes:
    args = event.args
    return next_head(
        head,
        id=args["id"],
        report=StepReport(
            run=args["run"],
            pinned_block=args["pinnedBlock"],
            time=args["time"],
            result=int(args["result"]),
            step=args["step"],
        ),
        pinned_hash=args["pinnedHash"],
        decision_hash=args["decisionHash"],
    )

"""An agent's history, rebuilt from events alone and checked against the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_sdk.chain import Chain
from agent_sdk.contracts import AgentContract, EverloopContract
from agent_sdk.errors import ChainError, SpecError
from agent_sdk.manifest import Action, Manifest
from agent_sdk.payloads import keccak, next_head
from agent_sdk.types import Block, Event, Step, StepReport

__all__ = ["GENESIS", "Finding", "History", "fold", "read"]

GENESIS = bytes(28)
"""Head before the first step."""

_BOOKINGS = ("InferenceRequested", "InferenceResumed")
_ENDINGS = ("InferenceDelivered", "InferenceExpired", "InferenceDeclined", "InferenceResigned")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that does not hold."""

    step: int | None
    """number of the step, None for the history as a whole"""
    text: str
    breaks_history: bool
    """False where the chain is sound but a provider did not keep to the rules"""

    def __str__(self) -> str:
        """One line."""
        return self.text if self.step is None else f"step {self.step}: {self.text}"


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

    Args:
        chain: where.
        engine: the Everloop that the agent uses.
        agent: its address.
        from_block: a block before the agent was made.
        to_block: last block; the newest if None.
        manifest: reads the decisions; the agent's own if None.
        check_blocks: also check the pinned blocks, three requests a step.
    """
    last = chain.height() if to_block is None else to_block
    contract = AgentContract(chain, agent, block=last)
    stepped = contract.events("Stepped", from_block=from_block, to_block=last)
    ids = sorted({event.args["id"] for event in stepped})
    market = (
        engine.events(*_BOOKINGS, *_ENDINGS, from_block=from_block, to_block=last, topics=[ids])
        if ids
        else []
    )
    if manifest is None:
        manifest = Manifest.parse(contract.manifest_text())
    reader = _Reader(chain, market, manifest, agent=agent, check_blocks=check_blocks)
    steps = tuple(reader.step(number, event) for number, event in enumerate(stepped))
    head, chain_head, chain_steps = fold(stepped), contract.history_head(), contract.steps()
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


class _Reader:
    """Joins each step with the delivery in its transaction and notes what does not hold."""

    def __init__(
        self,
        chain: Chain,
        market: list[Event],
        manifest: Manifest,
        *,
        agent: str,
        check_blocks: bool,
    ) -> None:
        self._agent = agent
        self._runs: set[tuple[bytes, int]] = set()
        self.findings: list[Finding] = []
        self._chain = chain
        self._market = market
        self._manifest = manifest
        self._check_blocks = check_blocks
        self._blocks: dict[int, Block] = {}
        self._delivered = {
            (e.tx, e.args["id"], e.args["run"]): e for e in market if e.name == "InferenceDelivered"
        }

    def find(self, step: int | None, text: str, *, breaks_history: bool = True) -> None:
        self.findings.append(Finding(step=step, text=text, breaks_history=breaks_history))

    def step(self, number: int, event: Event) -> Step:
        args = event.args
        delivery = self._delivered.get((event.tx, args["id"], args["run"]))
        decision = b""
        if args["step"] != number:
            self.find(number, f"its event says step {args['step']}")
        if delivery is None:
            self.find(number, "its transaction holds no delivery of this run by Everloop")
        else:
            decision = delivery.args["decision"]
        if delivery is not None and keccak(decision) != args["decisionHash"]:
            self.find(number, "the decision delivered has another hash than the one recorded")
        self._check_run(number, event)
        if self._check_blocks:
            self._check_times(number, event)
        return Step(
            step=number,
            id=args["id"],
            run=args["run"],
            pinned_block=args["pinnedBlock"],
            pinned_hash=args["pinnedHash"],
            time=args["time"],
            decision_hash=args["decisionHash"],
            result=args["result"],
            decision=decision,
            actions=_actions(self._manifest, decision),
            provider=delivery.args["provider"] if delivery else "",
            paid=delivery.args["paid"] if delivery else 0,
            next_due=delivery.args["due"] if delivery else 0,
            block=event.block,
            tx=event.tx,
        )

    def _check_run(self, number: int, event: Event) -> None:
        """Refuse what a contract that is no agent may tell: a stranger's run, or one told twice."""
        run = (event.args["id"], event.args["run"])
        if run in self._runs:
            self.find(number, f"run {run[1]} was told before")
        self._runs.add(run)
        records = [e for e in self._before(event) if e.name == "InferenceRequested"]
        if not records:
            self.find(number, "no booking comes before it")
            return
        job = records[-1].args["job"]
        if (job.owner, job.target) != (self._agent, self._agent):
            self.find(number, f"its run is of a job of {job.owner} for {job.target}")

    def _check_times(self, number: int, event: Event) -> None:
        pinned = event.args["pinnedBlock"]
        if self._block(event.block).time != event.args["time"]:
            self.find(number, f"block {event.block} has another time than the one recorded")
        if pinned >= event.block or self._block(pinned).hash != event.args["pinnedHash"]:
            self.find(number, f"pinned block {pinned} is not the chain's block of that hash")
            return
        earlier = self._before(event)
        if not earlier:
            return
        # What booked the run: the newest event of its job.
        booking = earlier[-1]
        due = int(booking.args["due"])
        # Several blocks may share a time; those before the booking's own do not know the run.
        late = pinned > booking.block and self._block(pinned - 1).time >= due
        if late or pinned < booking.block or self._block(pinned).time < due:
            text = f"pinned block {pinned} is not the first one at or after the due time {due}"
            self.find(number, text, breaks_history=False)

    def _before(self, event: Event) -> list[Event]:
        """Return the events of the step's job before it, oldest first."""
        return [
            e
            for e in self._market
            if e.args["id"] == event.args["id"] and (e.block, e.index) < (event.block, event.index)
        ]

    def _block(self, number: int) -> Block:
        if number not in self._blocks:
            self._blocks[number] = self._chain.block(number)
        return self._blocks[number]


def _locate(reader: _Reader, contract: AgentContract, stepped: Sequence[Event]) -> None:
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


def _actions(manifest: Manifest, decision: bytes) -> tuple[Action, ...] | None:
    try:
        return manifest.decode(decision)
    except SpecError:
        return None


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

"""Reading an agent's steps one after another, each looked up in what Everloop told of its job."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_sdk.chain import Chain
from agent_sdk.manifest import Manifest
from agent_sdk.payloads import keccak
from agent_sdk.tools import shown
from agent_sdk.types import Block, Event, Result, Step

__all__ = ["Finding", "StepReader", "Timeline"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that does not hold."""

    step: int | None
    """number of the step, None for the history as a whole"""
    text: str
    breaks_history: bool
    """False where the history holds and there is something to know all the same"""

    def __str__(self) -> str:
        """One line."""
        return self.text if self.step is None else f"step {self.step}: {self.text}"


class Timeline:
    """Events of each job in the order of the chain."""

    def __init__(self, events: Iterable[Event]) -> None:
        """Sort events that have an `id`, given in any order."""
        self._events: dict[bytes, list[Event]] = defaultdict(list)
        for event in sorted(events, key=_place):
            self._events[event.args["id"]].append(event)

    def knows(self, id: bytes) -> bool:
        """Whether anything was told of a job."""
        return id in self._events

    def before(self, event: Event) -> Event | None:
        """Return the newest event before another one of the same job; None if it is the first.

        It is searched for by halves: a history has as many steps as events to look through.
        """
        known = self._events.get(event.args["id"], [])
        at = bisect_left(known, _place(event), key=_place)
        return known[at - 1] if at else None


class StepReader:
    """Joins each step with the delivery in its transaction and notes what does not hold."""

    def __init__(
        self,
        chain: Chain,
        market: Sequence[Event],
        manifest: Manifest,
        *,
        agent: str,
        loop: bytes,
        is_derived: bool,
        check_blocks: bool,
    ) -> None:
        """Read steps of an agent.

        Args:
            chain: where.
            market: what Everloop told of its loop and of the jobs of all its steps.
            manifest: reads the decisions.
            agent: its address.
            loop: the id of its loop's inference, 32 bytes.
            is_derived: whether its events add up to its head.
            check_blocks: also check the pinned blocks.
        """
        self._agent = agent
        self._loop = loop
        self._is_derived = is_derived
        self._stepped: set[tuple[bytes, bytes, int]] = set()
        self._runs: set[tuple[bytes, int]] = set()
        self.findings: list[Finding] = []
        self._chain = chain
        self._told = Timeline(market)
        self._booked = Timeline(e for e in market if e.name == "InferenceRequested")
        self._manifest = manifest
        self._check_blocks = check_blocks
        self._blocks: dict[int, Block] = {}
        self._delivered = {
            (e.tx, e.args["id"], e.args["run"]): e for e in market if e.name == "InferenceDelivered"
        }

    def find(self, step: int | None, text: str, *, breaks_history: bool = True) -> None:
        """Note what does not hold."""
        self.findings.append(Finding(step=step, text=text, breaks_history=breaks_history))

    def step(self, number: int, event: Event) -> Step:
        """Return a step by its `Stepped` event, and note what does not hold of it."""
        args = event.args
        place = (event.tx, args["id"], args["run"])
        delivery = self._delivered.get(place)
        self._stepped.add(place)
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
            self._check_times(number, event, is_told=delivery is not None)
        actions = self._manifest.try_decode(decision)
        if delivery is not None and actions is None and args["result"] is Result.ACTED:
            text = f"its manifest cannot read what was acted upon: {shown(None, decision)}"
            self.find(number, text, breaks_history=False)
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
            actions=actions,
            provider=delivery.args["provider"] if delivery else "",
            paid=delivery.args["paid"] if delivery else 0,
            next_due=delivery.args["due"] if delivery else 0,
            block=event.block,
            tx=event.tx,
        )

    def check_loop(self) -> None:
        """Find each run of the loop that was delivered and is no step; call it behind all steps.

        However a run was answered, an agent records it in the same transaction, or it is none:
        whatever the bytes, its callback succeeds [AGT-2]. Misses are no deliveries, and the answers
        to questions and signed orders are deliveries of other inferences. Its birth books the loop.
        """
        if not self._booked.knows(self._loop):
            self.find(None, "Everloop never booked its loop")
        for place, delivery in self._delivered.items():
            if place[1] == self._loop and place not in self._stepped:
                ending = delivery.args["ending"].name.lower()
                run = f"run {place[2]} of its loop was delivered in block {delivery.block}"
                self.find(None, f"{run} ({ending}), and is no step")

    def _check_run(self, number: int, event: Event) -> None:
        """Refuse what a contract that is no agent may tell: a stranger's run, or one told twice."""
        run = (event.args["id"], event.args["run"])
        if run in self._runs:
            self.find(number, f"run {run[1]} was told before")
        self._runs.add(run)
        booking = self._booked.before(event)
        if booking is None:
            self.find(number, "no booking comes before it")
            return
        job = booking.args["job"]
        if (job.owner, job.target) != (self._agent, self._agent):
            self.find(number, f"its run is of a job of {job.owner} for {job.target}")
        elif event.args["id"] != self._loop:
            self.find(number, "its run is not of the agent's loop")

    def _check_times(self, number: int, event: Event, *, is_told: bool) -> None:
        pinned = event.args["pinnedBlock"]
        if self._block(event.block).time != event.args["time"]:
            self.find(number, f"block {event.block} has another time than the one recorded")
        if pinned >= event.block or self._block(pinned).hash != event.args["pinnedHash"]:
            self._find_pin(number, pinned, is_told=is_told)
            return
        # What booked the run: the newest event of its job.
        booking = self._told.before(event)
        if booking is None:
            return
        due = int(booking.args["due"])
        # Several blocks may share a time; those before the booking's own do not know the run.
        late = pinned > booking.block and self._block(pinned - 1).time >= due
        if late or pinned < booking.block or self._block(pinned).time < due:
            text = f"pinned block {pinned} is not the first one at or after the due time {due}"
            self.find(number, text, breaks_history=False)

    def _find_pin(self, number: int, pinned: int, *, is_told: bool) -> None:
        """Find a pinned hash that is not that of the chain's own block.

        Where `block.number` is a parent chain's, `blockhash` answers for numbers that are not the
        chain's own, with a word that no block has as its hash. A provider may deliver with it, and
        Everloop takes it. The step then records truly what Everloop took, and can never again be
        otherwise, so that is a note of the provider: where Everloop told the delivery and the
        events add up to the head, of which the pinned hash is a part. A node that changes the hash
        alone is found by the head, and then the step is named at fault as well.
        """
        text = f"pinned block {pinned} is not the chain's block of that hash"
        if is_told and self._is_derived:
            more = "though Everloop took it: nobody can tell what state its prompt was read at"
            self.find(number, f"{text}, {more}", breaks_history=False)
        else:
            self.find(number, text)

    def _block(self, number: int) -> Block:
        if number not in self._blocks:
            self._blocks[number] = self._chain.block(number)
        return self._blocks[number]


def _place(event: Event) -> tuple[int, int]:
    """Return where on the chain an event stands."""
    return event.block, event.index

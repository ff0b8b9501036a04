"""Run an app with faulty operators in virtual time: no chain, no clock, one seed, one result.

Each fault belongs to one operator. At any time at most `at_once` of them are at fault, by default
the floor((N - 1) / 3) that the thresholds allow for; who is, changes after a few rounds.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from agent_sdk.errors import ConfigError
from agent_sdk.fsm.app import Context, FsmApp
from agent_sdk.fsm.data import SynchronizedData
from agent_sdk.fsm.model import App, Event, Payload, Round, Step, tolerated
from agent_sdk.fsm.model.values import identity

__all__ = ["Fault", "Result", "simulate"]

#: A period that takes more rounds than this stands still.
ROUNDS_OF_A_PERIOD = 200
#: Virtual seconds between blocks, and at most until a payload is in one.
BLOCK_SECONDS = 1
LATENCY_SECONDS = 3.0
#: How many rounds the same operators are at fault.
STINT_ROUNDS = 8


class Fault(StrEnum):
    """What an operator does wrong."""

    CRASH = "crash"
    LIE = "lie"
    DELAY = "delay"
    EQUIVOCATE = "equivocate"


@dataclass(frozen=True)
class Result:
    """What a simulation found.

    Attributes:
        periods: periods that ended.
        rounds: rounds in them.
        wrong_values: values that were agreed on and that no honest operator would send, and
            periods whose result is not true.
        stalled: periods that did not end.
        keeper_rotations: keepers that missed or failed and were replaced.
    """

    periods: int
    rounds: int
    wrong_values: int
    stalled: int
    keeper_rotations: int

    @property
    def ok(self) -> bool:
        """Whether nothing wrong was agreed on and every period ended."""
        return self.wrong_values == 0 and self.stalled == 0


def simulate(
    app: FsmApp,
    *,
    operators: int,
    faults: Sequence[Fault] = (),
    periods: int = 1,
    seed: int = 0,
    at_once: int | None = None,
) -> Result:
    """Run an app for a number of periods.

    Args:
        app: the declared app.
        operators: how many there are.
        faults: one operator for each.
        periods: how many to run.
        seed: of everything that is random.
        at_once: operators at fault at the same time; by default what the threshold tolerates.

    Raises:
        ConfigError: if there are more faults than operators, or a source is in no world.
    """
    if len(faults) > operators:
        raise ConfigError(
            f"{len(faults)} faults of {operators} operators: name at most {operators}"
        )
    names = [f"operator{number:02}" for number in range(operators)]
    plan = _Plan(names, faults, tolerated(operators) if at_once is None else at_once, seed)
    return _Simulation(app, names, plan, seed).run(periods)


class _Plan:
    """Who is at fault in which round."""

    def __init__(
        self, names: Sequence[str], faults: Sequence[Fault], at_once: int, seed: int
    ) -> None:
        self._random = Random(f"faults {seed}")
        self._faults = dict(zip(self._random.sample(names, len(faults)), faults, strict=True))
        self._at_once = min(at_once, len(faults))
        self._active: dict[str, Fault] = {}
        self._until = 0

    def at(self, round_count: int) -> Mapping[str, Fault]:
        """Return the operators at fault in a round, and what they do."""
        if round_count >= self._until:
            chosen = self._random.sample(sorted(self._faults), self._at_once)
            self._active = {name: self._faults[name] for name in chosen}
            self._until = round_count + self._random.randint(1, STINT_ROUNDS)
        return self._active


class _Simulation:
    def __init__(self, app: FsmApp, names: Sequence[str], plan: _Plan, seed: int) -> None:
        self._declared = app
        self._names = names
        self._plan = plan
        self._random = Random(f"blocks {seed}")
        self._worlds = [world(seed) for world in app.worlds]
        self._app = App(app.rules, app.first_store(names), entropy=self._random.getrandbits(64))
        self._time = 0.0
        self._height = 0
        self._wrong = 0
        self._queue: list[tuple[float, int, Payload]] = []
        self._sent = 0
        self._honest: set[Any] = set()
        self._rounds = 0
        self._unknown: str | None = None

    def run(self, periods: int) -> Result:
        """Run until so many periods have ended, or one stands still."""
        ended = 0
        while ended < periods and self._period():
            ended += 1
        return Result(
            periods=ended,
            rounds=self._rounds,
            wrong_values=self._wrong,
            stalled=periods - ended,
            keeper_rotations=self._app.rotations,
        )

    def _period(self) -> bool:
        """Run one period; tell whether it ended."""
        period, latest = self._app.store.period, self._app.round_count + ROUNDS_OF_A_PERIOD
        spoken = -1
        while self._app.store.period == period:
            if self._app.round_count != spoken:
                spoken = self._app.round_count
                self._speak(spoken)
            if not self._block() or self._app.round_count > latest:
                return False
            if self._app.round is None:
                self._app.restart(time=self._time, entropy=self._random.getrandbits(64))
        self._check_period(period)
        return True

    def _block(self) -> bool:
        """Make the next block in which anything can happen; tell whether there is one."""
        due = [timer[0] for timer in self._app.pending[:1]] + [row[0] for row in self._queue[:1]]
        before = self._app.round
        if before is not None and before.confirmations:
            due.append(self._time)
        if not due or before is None:
            return False
        self._time = max(math.ceil(min(due)), self._time + BLOCK_SECONDS)
        self._height += 1
        arrived = []
        while self._queue and self._queue[0][0] <= self._time:
            arrived.append(heapq.heappop(self._queue)[2])
        entropy = self._random.getrandbits(64)
        step = self._app.call(arrived, time=self._time, height=self._height, entropy=entropy)
        if not step.timeouts:
            self._check_round(before, step)
        return True

    def _speak(self, round_count: int) -> None:
        """Let every operator send what it sends in this round."""
        faults = self._plan.at(round_count)
        self._honest = set()
        self._rounds += 1
        keeper = self._app.round.keeper if self._app.round else None
        for name in self._names:
            payload = self._act(name)
            fault = faults.get(name)
            self._honest.add(identity(payload.values, exact=True))
            if fault is None and keeper not in (None, name):
                continue
            for sent, latest in self._sends(payload, fault):
                self._sent += 1
                arrival = self._time + self._random.uniform(0.1, latest)
                heapq.heappush(self._queue, (arrival, self._sent, sent))

    def _act(self, name: str) -> Payload:
        current, period = self._app.round, self._app.store.period
        assert current is not None
        context = Context(
            operator=name,
            keeper=current.keeper,
            round_count=current.round_count,
            time=self._time,
            source=lambda source: self._read(source, name, period),
        )
        payload = self._declared.act(current.rules.name, self._app.store, context)
        if self._unknown is not None:
            # The behaviour has said None for it, round after round it would.
            raise ConfigError(
                f"state {current.rules.name} reads source {self._unknown}, which is in no world of "
                "the app: add a world that has it"
            )
        return payload

    def _read(self, source: str, operator: str, period: int) -> Any:
        for world in self._worlds:
            if source in world.sources:
                return world.read(source, operator, period)
        self._unknown = source
        raise ConfigError(f"source {source} is in no world of the app")

    def _sends(self, payload: Payload, fault: Fault | None) -> list[tuple[Payload, float]]:
        """Return what arrives of a payload, and the seconds it takes at most."""
        if fault is Fault.CRASH:
            return []
        lie = Payload(payload.sender, payload.kind, payload.round_count, _lie(payload.attributes))
        if fault is Fault.LIE:
            return [(lie, LATENCY_SECONDS)]
        if fault is Fault.EQUIVOCATE:
            return [(payload, LATENCY_SECONDS), (lie, LATENCY_SECONDS)]
        seconds = [timer[0] - self._time for timer in self._app.pending]
        slow = 2 * max(seconds, default=LATENCY_SECONDS) if fault is Fault.DELAY else 0
        return [(payload, LATENCY_SECONDS + slow)]

    def _check_round(self, ended: Round, step: Step) -> None:
        """Count a value that was agreed on although no honest operator sent it."""
        agreed = step.outcome.values if step.outcome else None
        if agreed is None or step.outcome is None or step.outcome.event is Event.FAIL:
            return
        if identity(agreed, exact=True) not in self._honest:
            self._wrong += 1

    def _check_period(self, period: int) -> None:
        """Count a period whose result is not true."""
        for world in self._worlds:
            data: SynchronizedData = world.data(self._app.store, period=period)
            self._wrong += not world.is_right(data)


def _lie(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return other values of the same types; all liars tell the same lie."""
    return {name: _other(value) for name, value in attributes.items()}


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 10**9
    if isinstance(value, str):
        return f"not {value}"
    if isinstance(value, bytes):
        return bytes(byte ^ 255 for byte in value)
    return [_other(each) for each in value] if isinstance(value, list) else 10**9

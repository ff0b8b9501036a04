"""An app under way: the table, its rounds, timeouts and periods; pure, time and height are given.

One call does this, in order: due timeouts, payloads, background apps, the round; at most one
ending. `poke` is a call without payloads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agent_sdk.errors import SpecError
from agent_sdk.fsm.model.background import Background, Effect
from agent_sdk.fsm.model.keeper import Draw, keeper_of
from agent_sdk.fsm.model.kinds import new_round
from agent_sdk.fsm.model.operators import Operators
from agent_sdk.fsm.model.rounds import Event, Outcome, Round, RoundRules
from agent_sdk.fsm.model.semantics import CHAIN, Semantics
from agent_sdk.fsm.model.store import Store
from agent_sdk.fsm.model.values import Payload, Refusal
from agent_sdk.fsm.spec import RoundKind

__all__ = ["CASCADE", "KEEPER_KEY", "App", "AppRules", "Step"]

#: Timeouts that one call fires at most: a call has bounded gas.
CASCADE = 8
#: Key that names the keeper where the operators agreed on one.
KEEPER_KEY = "most_voted_keeper_address"


@dataclass(frozen=True)
class AppRules:
    """What a specification says of an app.

    Attributes:
        table: next state by (state, event).
        start: the first state.
        rounds: rules by state; a final state has none.
        timeouts: seconds by event, by state.
        cross_period: keys that a new period takes over.
        depth: periods that are kept.
        previous_depth: names of previous rounds that are kept, None for all.
    """

    table: Mapping[tuple[str, str], str]
    start: str
    rounds: Mapping[str, RoundRules]
    timeouts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    cross_period: tuple[str, ...] = ()
    depth: int = 2
    previous_depth: int | None = 64


@dataclass(frozen=True)
class Step:
    """What one call did.

    Attributes:
        timeouts: events of the timeouts that fired.
        refusals: for each payload why it was refused, None where it was taken.
        event: event that ended the round, or None.
        effect: what the background apps did.
        outcome: ending of the round, with its writes.
    """

    timeouts: tuple[str, ...]
    refusals: tuple[Refusal | None, ...]
    event: str | None = None
    effect: Effect | None = None
    outcome: Outcome | None = None


class App:
    """A replicated app: the same calls give every operator the same state.

    Attributes:
        state: current state, None after a dead end.
        round: round under way, None in a final state.
        round_count: number of rounds before this one.
        previous: names of the rounds before, latest last.
        pending: timeouts that are set, (deadline in seconds, event), earliest first.
        store: synchronized data.
        rotations: how often a keeper missed or failed and another one was drawn.
    """

    def __init__(
        self,
        rules: AppRules,
        store: Store,
        *,
        semantics: Semantics = CHAIN,
        time: float = 0.0,
        entropy: int = 0,
        execute: Callable[[tuple[Any, ...]], bool] = lambda values: True,
    ) -> None:
        if not semantics.dead_ends:
            _refuse_gaps(rules)
        self.rules = rules
        self.store = store
        self.semantics = semantics
        self.state: str | None = None
        self.round: Round | None = None
        self.round_count = -1
        self.previous: list[str] = []
        self.pending: list[tuple[float, str]] = []
        self.background = Background(self.operators)
        self.rotations = 0
        self._execute = execute
        self._draws: dict[str, Draw] = {}
        self._paused_at = time
        self._entropy = entropy
        self._opened = False
        self._enter(rules.start, time if semantics.timed_start else None)

    @property
    def operators(self) -> Operators:
        """The operators as the synchronized data has them now."""
        latest = self.store.latest
        one_set = self.semantics.one_operator_set
        return Operators.of(
            latest("all_participants", ()),
            active=None if one_set else latest("participants"),
            override=latest("consensus_threshold"),
        )

    @property
    def ended(self) -> bool:
        """Whether nothing can happen any more."""
        return self.round is None or self.background.terminated

    def poke(self, *, time: float, height: int, entropy: int = 0) -> Step:
        """Fire what is due and end the round if it can; free for everybody."""
        return self.call((), time=time, height=height, entropy=entropy)

    def call(
        self, payloads: Iterable[Payload], *, time: float, height: int, entropy: int = 0
    ) -> Step:
        """Run one call of a block.

        Args:
            payloads: in their order of arrival.
            time: time of the block, seconds.
            height: number of the block.
            entropy: randomness of the block.
        """
        self._entropy = entropy
        fired = self._fire(time)
        refusals = tuple(self._offer(payload, time) for payload in payloads)
        effect = self.background.end()
        if effect is not None:
            self._apply(effect, time)
            return Step(fired, refusals, effect=effect)
        if self.round is None or self._halted(time):
            return Step(fired, refusals)
        outcome = self.round.end(height)
        if outcome is None:
            return Step(fired, refusals)
        outcome = self._settled(self.round, outcome)
        return Step(fired, refusals, self._end(self.round, outcome, time), outcome=outcome)

    def restart(self, *, time: float, entropy: int = 0) -> None:
        """Begin again at the start state, in a new period unless the last round opened one.

        Raises:
            SpecError: if the app is in no final state, or terminated.
        """
        if self.background.terminated:
            raise SpecError("the operators terminated the app: deploy it anew")
        if not self.ended:
            raise SpecError(f"state {self.state} is not final: the app goes on by itself")
        self._entropy = entropy
        self._remember(str(self.state))
        if not self._opened:
            self._open()
        self._enter(self.rules.start, time)

    def prune(self, depth: int, history: int | None = None) -> None:
        """Forget periods, and previous rounds, but for so many; at least one of each stays."""
        self.previous = self.previous[-max(depth, 1) :]
        self.store.prune(depth, history)

    def _offer(self, payload: Payload, time: float) -> Refusal | None:
        if self.background.takes(payload):
            return self.background.offer(payload)
        if self.background.paused:
            return Refusal.PAUSED
        if self.round is None or self.background.terminated:
            return Refusal.ENDED
        if self._halted(time):
            return Refusal.TIMEOUTS_DUE
        return self.round.offer(payload)

    def _halted(self, time: float) -> bool:
        """Tell whether the round must not move: paused, ended, or more timeouts are due."""
        if self.background.paused or self.background.terminated:
            return True
        return bool(self.pending) and self.pending[0][0] <= time

    def _fire(self, time: float) -> tuple[str, ...]:
        """Fire due timeouts, the earliest first; each enters a state with timeouts of its own."""
        fired: list[str] = []
        if self.background.paused:
            return ()
        while self.pending and self.pending[0][0] <= time and len(fired) < CASCADE:
            deadline, event = self.pending[0]
            fired.append(event)
            self._move(event, deadline if self.semantics.chained_deadlines else time)
        return tuple(fired)

    def _end(self, ended: Round, outcome: Outcome, time: float) -> str:
        """Write what the round found and go on; return the event."""
        event = ended.rules.name_of(outcome.event)
        self.store.append(outcome.writes)
        self._opened = ended.rules.opens_period and outcome.event is Event.DONE
        if self._opened:
            self._open()
        self._move(event, time)
        return event

    def _settled(self, ended: Round, outcome: Outcome) -> Outcome:
        """Make the agreed call, if this round makes one; a call that fails is another ending."""
        if not ended.rules.executes or outcome.event is not Event.DONE:
            return outcome
        return outcome if self._execute(outcome.values or ()) else Outcome(Event.FAIL)

    def _open(self) -> None:
        self.store.open(self.rules.cross_period)
        self._draws = {}
        if self.semantics.one_operator_set:
            self.store.prune(self.rules.depth)

    def _move(self, event: str, time: float) -> None:
        """Follow the table."""
        left = str(self.state)
        self._remember(left)
        following = self.rules.table.get((left, event))
        if following is None:
            self.state, self.round, self.pending = None, None, []
        else:
            self._enter(following, time)

    def _remember(self, state: str) -> None:
        self.previous.append(state)
        if self.rules.previous_depth is not None:
            self.previous = self.previous[-self.rules.previous_depth :]

    def _enter(self, state: str, time: float | None) -> None:
        rules = self.rules.rounds.get(state)
        before = self.round.rules.payload if self.round else None
        self.round_count += 1
        self.state = state
        timeouts = self.rules.timeouts.get(state, {}) if time is not None else {}
        self.pending = sorted(
            ((float(time or 0) + seconds, event) for event, seconds in timeouts.items()),
            key=lambda timer: timer[0],
        )
        self.round = None if rules is None else self._begin(rules, before)

    def _begin(self, rules: RoundRules, before: str | None) -> Round:
        operators = self.operators
        keeper = None
        if rules.kind is RoundKind.ONLY_KEEPER_SENDS:
            keeper = self.store.latest(KEEPER_KEY) or self._drawn(rules.name, operators)
        return new_round(
            rules,
            operators=operators,
            round_count=self.round_count,
            semantics=self.semantics,
            previous_payload=before if before != rules.payload else None,
            keeper=keeper,
        )

    def _drawn(self, state: str, operators: Operators) -> str:
        """Draw the keeper of a state; entered again in the same period it is another one's turn."""
        before = self._draws.get(state)
        self._draws[state] = before.again() if before else Draw(self._entropy)
        self.rotations += before is not None
        return keeper_of(self._draws[state], operators.everyone)

    def _apply(self, effect: Effect, time: float) -> None:
        """Let a pause stop the clocks, and an end clear them."""
        if effect is Effect.PAUSE:
            self._paused_at = time
        elif effect is Effect.RESUME:
            stood = time - self._paused_at
            self.pending = [(deadline + stood, event) for deadline, event in self.pending]
        else:
            self.pending = []


def _refuse_gaps(rules: AppRules) -> None:
    """Refuse a table that lacks an event that can happen."""
    for state, of_state in sorted(rules.rounds.items()):
        for event in (*of_state.endings, *rules.timeouts.get(state, {})):
            if (state, event) not in rules.table:
                raise SpecError(f"state {state} can end with {event}: add a transition for it")

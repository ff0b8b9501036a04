"""Declare an app: a specification, and for each state a round and a behaviour as small classes."""

from __future__ import annotations

import dataclasses
import logging
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from agent_sdk.errors import SpecError
from agent_sdk.fsm.check import check
from agent_sdk.fsm.compose import compose
from agent_sdk.fsm.data import SynchronizedData, keys_of
from agent_sdk.fsm.model import AppRules, Payload, Store, app_rules
from agent_sdk.fsm.spec import RoundKind, RoundSpec, Spec

__all__ = ["Behaviour", "Context", "FsmApp", "Round", "World"]

D = TypeVar("D", bound=SynchronizedData)

_log = logging.getLogger(__name__)


class Round:
    """The rules side of a state; named like the state, the specification says the rest.

    Attributes:
        kind: when it ends; must be that of the specification.
        payload: what an operator sends, a frozen dataclass; a field may be None for "I failed".
    """

    kind: ClassVar[RoundKind]
    payload: ClassVar[type]


@dataclass(frozen=True)
class Context:
    """What a behaviour may know beside the synchronized data.

    Attributes:
        operator: who runs it; only for telling oneself apart from the keeper.
        keeper: who acts alone in this round, or None.
        round_count: number of rounds before this one.
        time: time of the block in which the round began, seconds: the only clock there is.
        source: the world outside, by name; what it says may differ between operators.
    """

    operator: str
    keeper: str | None
    round_count: int
    time: float
    source: Callable[[str], Any]

    def read(self, name: str) -> Any:
        """Ask the world outside; only where the round collects different values."""
        return self.source(name)


class Behaviour(Generic[D]):
    """What an operator does in one state: `act` returns its payload.

    A behaviour that raises, returns None, or returns what the payload of the specification cannot
    hold, sends a payload of None values: the round then says how to go on. Retries are transitions,
    not loops.
    """

    round: ClassVar[type[Round]]
    #: The synchronized data that it reads, from its type argument.
    data: ClassVar[type[SynchronizedData]] = SynchronizedData

    def __init_subclass__(cls) -> None:
        for base in getattr(cls, "__orig_bases__", ()):
            for argument in typing.get_args(base):
                if isinstance(argument, type) and issubclass(argument, SynchronizedData):
                    cls.data = argument

    def act(self, data: D, context: Context) -> Any:
        """Return the payload of this operator."""
        raise NotImplementedError


class World:
    """The world outside, as a simulation has it; the same seed gives the same world.

    Attributes:
        sources: names that behaviours read.
        data: synchronized data that `is_right` looks at.
    """

    sources: ClassVar[tuple[str, ...]] = ()
    data: ClassVar[type[SynchronizedData]] = SynchronizedData

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def read(self, source: str, operator: str, period: int) -> Any:
        """Return what a source says to one operator."""
        raise NotImplementedError

    def is_right(self, data: SynchronizedData) -> bool:
        """Tell whether what was agreed on in a period is true."""
        return True


@dataclass(frozen=True)
class FsmApp:
    """A declared app.

    Attributes:
        spec: table and rounds.
        behaviours: one for each state that is not final.
        worlds: what a simulation needs outside of the app.
        cross_period: keys that a new period takes over.
        rules: what the model runs.
    """

    spec: Spec
    behaviours: Mapping[str, Behaviour[Any]]
    worlds: tuple[type[World], ...] = ()
    cross_period: tuple[str, ...] = ()
    rules: AppRules = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", app_rules(self.spec, cross_period=self.cross_period))

    @classmethod
    def declare(
        cls,
        spec: Spec,
        behaviours: Sequence[type[Behaviour[Any]]],
        *,
        worlds: Sequence[type[World]] = (),
    ) -> FsmApp:
        """Put a specification and its classes together.

        Raises:
            SpecError: names everything that does not fit.
        """
        broken = [f"{one.rule}: {one.message}" for one in check(spec)]
        found = [*broken, *_problems(spec, behaviours)]
        if found:
            raise SpecError(f"{spec.label}: " + "; ".join(found))
        crossing = sorted({key for each in behaviours for key in each.data.cross_period})
        by_state = {each.round.__name__: each() for each in behaviours}
        return cls(spec, by_state, tuple(worlds), tuple(crossing))

    @classmethod
    def compose(cls, apps: Sequence[FsmApp], mapping: Mapping[str, str], *, label: str) -> FsmApp:
        """Chain apps into one: each keeps its classes, which read the same synchronized data.

        Args:
            apps: the entry first.
            mapping: start state by final state.
            label: of the composition.

        Raises:
            SpecError: if the composition must be refused.
        """
        spec = compose([app.spec for app in apps], mapping, label=label)
        behaviours = {
            state: behaviour
            for app in apps
            for state, behaviour in app.behaviours.items()
            if state in spec.states
        }
        worlds = tuple(world for app in apps for world in app.worlds)
        crossing = sorted({key for app in apps for key in app.cross_period})
        return cls(spec, behaviours, worlds, tuple(crossing))

    def first_store(self, operators: Sequence[str], threshold: int | None = None) -> Store:
        """Return synchronized data in which nothing is agreed on yet."""
        return Store({"all_participants": [list(operators)], "consensus_threshold": [threshold]})

    def act(self, state: str, store: Store, context: Context) -> Payload:
        """Run the behaviour of a state for one operator; what fails says None."""
        behaviour = self.behaviours[state]
        names = [each.name for each in dataclasses.fields(behaviour.round.payload)]
        try:
            found = behaviour.act(behaviour.data(store), context)
            values = _attributes(found, behaviour.round.payload, names)
            _refuse_unencodable(self.spec.rounds[state], tuple(values.values()))
        except Exception:
            _log.exception(
                "%s of %s failed in round %d", state, context.operator, context.round_count
            )
            values = dict.fromkeys(names)
        return Payload(context.operator, state, context.round_count, values)


def _attributes(found: Any, payload: type, names: Sequence[str]) -> dict[str, Any]:
    if found is None:
        return dict.fromkeys(names)
    if not isinstance(found, payload):
        raise SpecError(f"a behaviour returned {found!r}: return {payload.__name__} or None")
    return {name: getattr(found, name) for name in names}


def _refuse_unencodable(of_state: RoundSpec, values: tuple[Any, ...]) -> None:
    """Refuse values that the chain cannot take as the payload; None says nothing to it."""
    from eth_abi.abi import is_encodable

    if None in values:
        return
    value = values if of_state.is_tuple else values[0]
    if not is_encodable(of_state.payload, value):
        raise SpecError(f"a behaviour returned {value!r}, which is no {of_state.payload}")


def _problems(spec: Spec, behaviours: Sequence[type[Behaviour[Any]]]) -> Iterator[str]:
    """Yield what does not fit between a specification and its classes."""
    named = [each.round.__name__ for each in behaviours]
    active = spec.states - spec.final_states
    for state in sorted(active - set(named)):
        yield f"state {state} has no behaviour"
    for state in sorted({state for state in named if named.count(state) > 1}):
        yield f"state {state} has two behaviours"
    for each in behaviours:
        state = each.round.__name__
        if state not in active:
            yield f"{each.__name__} is for {state}, which is no state that runs"
        elif state in spec.rounds:
            yield from _misfits(spec, each)


def _misfits(spec: Spec, behaviour: type[Behaviour[Any]]) -> Iterator[str]:
    declared, state = behaviour.round, behaviour.round.__name__
    of_state = spec.rounds[state]
    if declared.kind is not of_state.kind:
        yield f"{state} is {of_state.kind} in the file and {declared.kind} in its class"
    if not dataclasses.is_dataclass(declared.payload):
        yield f"the payload of {state} is no dataclass"
        return
    fields = dataclasses.fields(declared.payload)
    parts = of_state.components
    if len(fields) != parts:
        yield f"the payload of {state} has {len(fields)} fields and {of_state.payload} has {parts}"
    known = keys_of(behaviour.data)
    for key in of_state.keys:
        if key not in known:
            yield f"{behaviour.data.__name__} does not annotate {key}, which {state} writes"
    for key in behaviour.data.cross_period:
        if key not in known:
            yield f"{behaviour.data.__name__} does not annotate {key}, which crosses periods"

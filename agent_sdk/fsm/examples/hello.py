"""Hello: the operators agree on one greeting, and that is all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agent_sdk.fsm.app import Behaviour, Context, FsmApp, Round
from agent_sdk.fsm.data import SynchronizedData
from agent_sdk.fsm.spec import RoundKind, Spec

__all__ = ["APP", "Greet", "GreetRound", "Greeting", "HelloData"]


@dataclass(frozen=True)
class Greeting:
    """What an operator says."""

    text: str | None


class HelloData(SynchronizedData):
    """What the operators agree on."""

    greeting: str


class GreetRound(Round):
    """The same greeting of k operators."""

    kind = RoundKind.COLLECT_SAME_UNTIL_THRESHOLD
    payload = Greeting


class Greet(Behaviour[HelloData]):
    """Greet; what all know leads all to the same greeting."""

    round = GreetRound

    def act(self, data: HelloData, context: Context) -> Greeting:
        """Return the greeting of this period."""
        return Greeting(f"hello, period {data.period}")


APP = FsmApp.declare(Spec.load(Path(__file__).with_name("hello.yaml")), [Greet])

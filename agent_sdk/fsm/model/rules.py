"""From a specification with its second section to the rules that the model runs."""

from __future__ import annotations

from collections.abc import Iterable

from agent_sdk.errors import SpecError
from agent_sdk.fsm.model.app import AppRules
from agent_sdk.fsm.model.rounds import Event, RoundRules
from agent_sdk.fsm.round_rules import unconfirmed
from agent_sdk.fsm.spec import RoundSpec, Spec

__all__ = ["CARRIED", "app_rules", "round_rules"]

#: Keys about the service itself, which every period takes over.
CARRIED = ("all_participants", "consensus_threshold")


def round_rules(state: str, spec: RoundSpec) -> RoundRules:
    """Return the rules of one state; its payloads are known by its name."""
    collects = spec.kind.is_collected
    return RoundRules(
        name=state,
        kind=spec.kind,
        payload=state,
        keys=() if collects else spec.keys,
        collection=spec.keys[0] if collects and spec.keys else None,
        confirmations=spec.confirmations or 0,
        opens_period=spec.action == "period",
        executes=spec.action == "execute",
        events={Event(role): spec.event(role) for role in spec.roles},
    )


def app_rules(spec: Spec, *, cross_period: Iterable[str] = (), depth: int = 2) -> AppRules:
    """Return the rules of an app.

    Args:
        spec: has a round for each state that is not final.
        cross_period: keys that a new period takes over, beside those about the service.
        depth: periods that are kept.

    Raises:
        SpecError: if a state has no round, or a value ends an app that nobody has confirmed.
    """
    for state in sorted(spec.states - spec.final_states):
        if state not in spec.rounds:
            raise SpecError(f"{spec.label}: state {state} has no round: describe it under `rounds`")
    for _, message in unconfirmed(spec.rounds, spec.transition_func, spec.final_states):
        raise SpecError(f"{spec.label}: {message}")
    return AppRules(
        table=spec.transition_func,
        start=spec.default_start_state,
        rounds={state: round_rules(state, of) for state, of in spec.rounds.items()},
        timeouts={
            state: {of.event("TIMEOUT"): of.seconds}
            for state, of in spec.rounds.items()
            if of.seconds is not None
        },
        cross_period=(*CARRIED, *cross_period),
        depth=depth,
    )

"""The specification of an FSM App: load it, hold it, write it.

A file has exactly seven fields, as in open-autonomy, and optionally a second section, `rounds`.
Loading refuses what has no meaning; whether the app is sound is what `agent_sdk.fsm.check` says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_sdk.fsm.draft import Draft, parse
from agent_sdk.fsm.finding import Finding, RulesBroken
from agent_sdk.fsm.rounds import RoundKind, RoundSpec
from agent_sdk.fsm.source import read

__all__ = ["RoundKind", "RoundSpec", "Spec", "dump_yaml"]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """An FSM App.

    Attributes:
        label: name of the app; ends in `AbciApp`.
        default_start_state: where it begins.
        start_states: where it may be entered.
        states: all states, final ones included.
        final_states: where it ends, or hands over to another app.
        alphabet_in: events.
        transition_func: next state by (state, event).
        rounds: what each state's round is; empty without a second section.
    """

    label: str
    default_start_state: str
    start_states: frozenset[str]
    states: frozenset[str]
    final_states: frozenset[str]
    alphabet_in: frozenset[str]
    transition_func: Mapping[tuple[str, str], str]
    rounds: Mapping[str, RoundSpec] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Any, *, file: str = "specification", compat: bool = False) -> Spec:
        """Read a specification from the value of a file.

        Args:
            data: a mapping with the seven fields and optionally `rounds`.
            file: what messages call it.
            compat: take what open-autonomy takes.

        Raises:
            RulesBroken: a field is missing, unknown or of a wrong type, or a value stands twice.
        """
        draft, findings = parse(data, file=file, compat=compat)
        if findings:
            raise RulesBroken(findings)
        return cls.from_draft(draft)

    @classmethod
    def from_draft(cls, draft: Draft) -> Spec:
        """Return the specification of a draft that has every field."""
        lists = {name: frozenset(values or ()) for name, values in draft.lists.items()}
        assert draft.label is not None
        assert draft.default_start_state is not None
        assert draft.transitions is not None
        return cls(
            label=draft.label,
            default_start_state=draft.default_start_state,
            transition_func=MappingProxyType(dict(sorted(draft.transitions.items()))),
            rounds=MappingProxyType(dict(sorted(draft.rounds.items()))),
            **lists,
        )

    @classmethod
    def load(cls, path: Path | str, *, compat: bool = False) -> Spec:
        """Read a specification from a YAML or JSON file.

        Raises:
            RulesBroken: the file cannot be read, or `from_dict` refuses it.
        """
        source = read(path)
        if source.findings and (source.broken or not compat):
            raise RulesBroken(source.findings)
        return cls.from_dict(source.data, file=source.file, compat=compat)

    def events(self, state: str) -> Mapping[str, str]:
        """Return the next state by event, for one state."""
        return {e: target for (s, e), target in self.transition_func.items() if s == state}

    def to_dict(self) -> dict[str, Any]:
        """Return the seven fields, lists sorted, transitions sorted by state and event."""
        return {
            "alphabet_in": sorted(self.alphabet_in),
            "default_start_state": self.default_start_state,
            "final_states": sorted(self.final_states),
            "label": self.label,
            "start_states": sorted(self.start_states),
            "states": sorted(self.states),
            "transition_func": {
                f"({state}, {event})": target
                for (state, event), target in sorted(self.transition_func.items())
            },
        }

    def to_document(self) -> dict[str, Any]:
        """Return what a file holds: the seven fields, and `rounds` if there are any."""
        rounds = {state: spec.to_dict() for state, spec in sorted(self.rounds.items())}
        return self.to_dict() | ({"rounds": rounds} if rounds else {})

    def dumps(self, *, form: str = "yaml") -> str:
        """Return the text of a file.

        Args:
            form: `yaml` or `json`.
        """
        if form == "json":
            return json.dumps(self.to_document(), indent=2) + "\n"
        return dump_yaml(self.to_document())

    def save(self, path: Path | str) -> None:
        """Write a file: JSON if its name ends in .json, YAML otherwise."""
        form = "json" if Path(path).suffix.lower() == ".json" else "yaml"
        Path(path).write_text(self.dumps(form=form), encoding="utf-8")

    def findings(self, *, file: str = "specification") -> list[Finding]:
        """Return every rule that the app breaks; none if it is sound."""
        from agent_sdk.fsm.check import check

        return check(self, file=file)


def dump_yaml(data: Any) -> str:
    """Return a value as YAML, in the form of published specifications."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    form = {"indent": 4, "sort_keys": True, "allow_unicode": True, "width": 1_000}
    return str(yaml.dump(data, Dumper=dumper, default_flow_style=False, **form))

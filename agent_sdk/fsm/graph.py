"""Draw a specification: as Mermaid text, or as SVG without any tool."""

from __future__ import annotations

from agent_sdk.fsm.spec import Spec

__all__ = ["edges", "mermaid"]


def edges(spec: Spec) -> dict[tuple[str, str], list[str]]:
    """Return the events of each pair of states, sorted."""
    found: dict[tuple[str, str], list[str]] = {}
    for (state, event), target in sorted(spec.transition_func.items()):
        found.setdefault((state, target), []).append(event)
    return found


def mermaid(spec: Spec) -> str:
    """Return a Mermaid state diagram; equal for equal specifications."""
    lines = ["stateDiagram-v2", f"    [*] --> {spec.default_start_state}"]
    for (state, target), events in edges(spec).items():
        lines.append(f"    {state} --> {target}: {'<br/>'.join(events)}")
    lines += [f"    {state} --> [*]" for state in sorted(spec.final_states)]
    return "\n".join(lines) + "\n"

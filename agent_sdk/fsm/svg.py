"""A specification as SVG: boxes in rows, curved edges with their events, no tool needed."""

from __future__ import annotations

from html import escape

from agent_sdk.fsm.graph import edges
from agent_sdk.fsm.layout import GAP_X, HEIGHT, Box, place
from agent_sdk.fsm.spec import Spec

__all__ = ["svg"]

_MARGIN = 60
_LINE = 12
_LOOP = 26
_STYLE = (
    "text{font-family:sans-serif;font-size:12px;text-anchor:middle;fill:#222}"
    ".event{font-size:10px;fill:#555;paint-order:stroke;stroke:#fff;stroke-width:3px}"
    "rect{fill:#eef3fb;stroke:#3b5b92}"
    ".start{stroke-width:3px}"
    ".final{fill:#e9f5ec;stroke:#2f7a45;stroke-dasharray:4 2}"
    "path{fill:none;stroke:#777}"
)


def svg(spec: Spec) -> str:
    """Return an SVG document; equal for equal specifications."""
    boxes = place(spec)
    width = max((box.x + box.width for box in boxes.values()), default=0) + 2 * _MARGIN
    height = max((box.y for box in boxes.values()), default=0) + HEIGHT + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img">',
        f"<title>{_text(spec.label)}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#777"/></marker>'
        "</defs>",
        f'<g transform="translate({_MARGIN} {_MARGIN})">',
    ]
    for (state, target), events in edges(spec).items():
        if state in boxes and target in boxes:
            parts += _edge(boxes[state], boxes[target], events)
    parts += [_box(spec, state, box) for state, box in sorted(boxes.items())]
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def _box(spec: Spec, state: str, box: Box) -> str:
    kinds = [
        name
        for name, states in (("start", spec.start_states), ("final", spec.final_states))
        if state in states
    ]
    mark = f' class="{" ".join(kinds)}"' if kinds else ""
    return (
        f'<rect{mark} rx="8" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{HEIGHT}"/>'
        f'<text x="{box.middle:.1f}" y="{box.y + HEIGHT / 2 + 4:.1f}">{_text(state)}</text>'
    )


def _edge(tail: Box, head: Box, events: list[str]) -> list[str]:
    """Return the curve from one box to another and its events beside its middle."""
    if tail == head:
        right, top = tail.x + tail.width, tail.y + HEIGHT / 2
        path = f"M{right:.1f} {top - 8:.1f}c{_LOOP} -{_LOOP} {_LOOP} {_LOOP + 16} 0 16"
        return [_path(path), *_events(right + _LOOP, top - _LOOP / 2, events)]
    if tail.y < head.y:
        x1, y1, x2, y2 = tail.middle, tail.y + HEIGHT, head.middle, head.y
        bend_x, bend_y = (x1 + x2) / 2, (y1 + y2) / 2
        path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {bend_y:.1f} {x2:.1f} {bend_y:.1f} {x2:.1f} {y2:.1f}"
        return [_path(path), *_events(bend_x, bend_y, events)]
    # Upwards and sideways: around the right, so that it does not cover the way down.
    side = max(tail.x + tail.width, head.x + head.width) + GAP_X / 2
    x1, y1 = tail.x + tail.width * 0.8, tail.y
    x2, y2 = head.x + head.width * 0.8, head.y + HEIGHT
    if tail.y == head.y:
        y2 = head.y
        side, lift = (x1 + x2) / 2, tail.y - _LOOP
        path = f"M{x1:.1f} {y1:.1f}Q{side:.1f} {lift:.1f} {x2:.1f} {y2:.1f}"
        return [_path(path), *_events(side, lift + _LOOP / 2, events)]
    middle = (y1 + y2) / 2
    path = f"M{x1:.1f} {y1:.1f}C{side:.1f} {middle:.1f} {side:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    return [_path(path), *_events((x1 + x2 + 6 * side) / 8, middle, events)]


def _text(value: str) -> str:
    # XML has no way to write control characters.
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value))


def _path(d: str) -> str:
    return f'<path marker-end="url(#arrow)" d="{d}"/>'


def _events(x: float, y: float, events: list[str]) -> list[str]:
    top = y - _LINE * (len(events) - 1) / 2
    return [
        f'<text class="event" x="{x:.1f}" y="{top + _LINE * number:.1f}">{_text(event)}</text>'
        for number, event in enumerate(events)
    ]

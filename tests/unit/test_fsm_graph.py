"""Diagrams: deterministic, complete, safe to embed."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from agent_sdk.fsm.graph import edges, mermaid
from agent_sdk.fsm.layout import HEIGHT, place
from agent_sdk.fsm.spec import Spec
from agent_sdk.fsm.svg import svg

SPECS = Path(__file__).parent / "data/fsm/specs"
PATHS = sorted(SPECS.glob("*.yaml"))
RESET = SPECS / "ResetPauseAbciApp__b4882ef0a7.yaml"
SVG = "{http://www.w3.org/2000/svg}"


def test_mermaid_draws_entry_transitions_and_ends() -> None:
    assert mermaid(Spec.load(RESET)) == (
        "stateDiagram-v2\n"
        "    [*] --> ResetAndPauseRound\n"
        "    ResetAndPauseRound --> FinishedResetAndPauseRound: DONE\n"
        "    ResetAndPauseRound --> FinishedResetAndPauseErrorRound: "
        "NO_MAJORITY<br/>RESET_AND_PAUSE_TIMEOUT\n"
        "    FinishedResetAndPauseErrorRound --> [*]\n"
        "    FinishedResetAndPauseRound --> [*]\n"
    )


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_svg_shows_every_state_and_every_event(path: Path) -> None:
    spec = Spec.load(path)
    root = ElementTree.fromstring(svg(spec))
    texts = [element.text for element in root.iter(f"{SVG}text")]
    drawn = len(root.findall(f"{SVG}g/{SVG}path"))
    assert sorted(text for text in texts if text in spec.states) == sorted(spec.states)
    assert sorted(text for text in texts if text in spec.alphabet_in) == sorted(
        event for _, event in spec.transition_func
    )
    assert drawn == len(edges(spec))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_boxes_do_not_overlap_and_rows_go_down_from_the_entry(path: Path) -> None:
    spec = Spec.load(path)
    boxes = place(spec)
    assert set(boxes) == spec.states
    assert boxes[spec.default_start_state].y == 0
    placed = sorted(boxes.values(), key=lambda box: (box.y, box.x))
    for left, right in pairwise(placed):
        assert right.y >= left.y + HEIGHT or right.x > left.x + left.width


def test_equal_specifications_give_equal_diagrams() -> None:
    spec = Spec.load(RESET)
    turned = replace(spec, transition_func=dict(reversed(list(spec.transition_func.items()))))
    assert svg(spec) == svg(turned)
    assert mermaid(spec) == mermaid(turned)


def test_a_label_cannot_break_out_of_the_svg() -> None:
    spec = replace(Spec.load(RESET), label="</title><script>\x1bAbciApp")
    root = ElementTree.fromstring(svg(spec))
    assert root.findtext(f"{SVG}title") == "</title><script>\N{REPLACEMENT CHARACTER}AbciApp"
    assert root.find(f".//{SVG}script") is None


def test_states_that_nothing_leads_to_are_drawn_too() -> None:
    spec = Spec.load(RESET)
    lost = replace(spec, states=spec.states | {"LostRound"})
    assert place(lost)["LostRound"].y == max(box.y for box in place(lost).values())

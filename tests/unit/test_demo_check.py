"""An answer in a demo's report is what was delivered, with the reason that it gives."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agent_sdk.demo_answers import check_answer
from agent_sdk.engines import Budget
from agent_sdk.engines.exemplar import ExemplarEngine
from agent_sdk.engines.utility import UtilityEngine
from agent_sdk.manifest import HOLD, Action, Manifest
from agent_sdk.types import Step

DATA = Path(__file__).parent / "data" / "treasury_manifest.json"
MANIFEST = Manifest.parse(DATA.read_text(encoding="utf-8"))
PAY = (Action("pay", {"finney": 61}),)
PAYS = '{"actions":[{"action":"pay","args":{"finney":61}}]}'
HOLDS = '{"actions":[{"action":"hold","args":{}}]}'
UNFIT = "the answer is not JSON"


def fields(
    raw: str,
    reason: str,
    delivered: tuple[Action, ...],
    *,
    engine: str = "llama",
    prompt: str = "Seen.",
    budget: Budget | None = None,
) -> set[str]:
    """Return the fields that are refused."""
    step = SimpleNamespace(step=3, decision=MANIFEST.encode(delivered))
    decision: dict[str, Any] = {
        "raw_output": raw,
        "reason": reason,
        "tokens": 0,
        "prompt": prompt,
    }
    lines = check_answer(decision, cast("Step", step), MANIFEST, engine=engine, budget=budget)
    return {line.partition(":")[0] for line in lines}


def test_an_answer_that_encodes_to_what_was_delivered_passes() -> None:
    assert fields(PAYS, "", PAY) == set()
    assert fields(HOLDS, "", (HOLD,)) == set()


@pytest.mark.parametrize("reason", ["forged", "no answer within 3.0 s", "the model refuses: no"])
def test_a_reason_for_a_proper_hold_is_refused(reason: str) -> None:
    assert fields(HOLDS, reason, (HOLD,)) == {"decisions[3].reason"}


def test_an_answer_with_a_reason_is_not_what_it_says() -> None:
    found = {"decisions[3].reason", "decisions[3].raw_output"}
    assert fields(PAYS, "forged", (HOLD,)) == found


def test_an_unfit_answer_has_the_reason_that_it_gives() -> None:
    unfit = "I would rather not"
    assert fields(unfit, "forged", (HOLD,)) == {"decisions[3].reason"}
    assert fields(unfit, "", (HOLD,)) == {"decisions[3].reason"}
    assert fields(unfit, "answer cut off at 256 tokens", (HOLD,)) == set()
    assert fields(unfit, "I cannot help with that", (HOLD,), engine="http") == set()
    assert fields("", "no answer within 30.0 s", (HOLD,)) == set()


def test_an_answer_over_the_limit_is_measured() -> None:
    length = len(MANIFEST.encode(PAY))
    assert fields(PAYS, f"the answer takes {length} bytes of 35", (HOLD,)) == set()
    for reason in ("the answer takes 99 bytes of 35", f"the answer takes {length} bytes of 900"):
        assert "decisions[3].reason" in fields(PAYS, reason, (HOLD,))


def test_what_the_exemplar_does_is_derived_again() -> None:
    prompt = MANIFEST.examples[1].observation
    found = ExemplarEngine().decide(MANIFEST, prompt, Budget())
    assert fields("", "", found.actions, engine="exemplar", prompt=prompt) == set()
    wrong = "decisions[3].raw_output"
    assert fields(HOLDS, "", found.actions, engine="exemplar", prompt=prompt) == {wrong}
    assert "decisions[3].reason" in fields(
        "", "forged", found.actions, engine="exemplar", prompt=prompt
    )


def test_what_utility_does_is_derived_again_from_what_was_affordable() -> None:
    prompt = MANIFEST.examples[-1].observation
    free = UtilityEngine().decide(MANIFEST, prompt, Budget()).actions
    assert free != (HOLD,)
    assert fields("", "", free, engine="utility", prompt=prompt) == set()
    poor = Budget(liberty=("hold",))
    assert fields("", "", (HOLD,), engine="utility", prompt=prompt, budget=poor) == set()
    assert fields("", "", free, engine="utility", prompt=prompt, budget=poor) == {
        "decisions[3].raw_output"
    }

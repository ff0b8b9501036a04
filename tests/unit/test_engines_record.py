"""What an engine answers is kept, and `replay` gives it again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_sdk.engines import Budget, Checkable, Engine, Writer, engine, prompt_key
from agent_sdk.engines.openai import OpenAIEngine
from agent_sdk.engines.record import record
from agent_sdk.engines.replay import ReplayEngine
from agent_sdk.engines.utility import UtilityEngine
from agent_sdk.errors import ConfigError, EngineError
from agent_sdk.manifest import Manifest

DATA = Path(__file__).parent / "data" / "treasury_manifest.json"
MANIFEST = Manifest.parse(DATA.read_text(encoding="utf-8"))
PROMPTS = [
    "A bill of 61 finney is due. Cash is on target. Savings are empty.",
    "No bill is due. Cash is 40 finney above target. Savings are empty.",
]


def test_what_is_recorded_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    mind = record(UtilityEngine(), file)
    decided = [mind.decide(MANIFEST, prompt, Budget()).actions for prompt in PROMPTS]
    again = engine(f"replay:{file}")
    assert [again.decide(MANIFEST, p, Budget()).actions for p in reversed(PROMPTS)] == decided[::-1]
    with pytest.raises(EngineError, match="no answer is recorded"):
        again.decide(MANIFEST, "Something else.", Budget())


def test_a_refusal_is_replayed_as_hold(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    record(ReplayEngine(["I would rather not"]), file).decide(MANIFEST, "x", Budget())
    found = ReplayEngine.load(file).decide(MANIFEST, "x", Budget())
    assert (str(found.actions[0]), found.reason) == ("hold()", "")


def test_words_are_recorded(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    mind = record(ReplayEngine(["The Tagus."]), file)
    assert isinstance(mind, Writer)
    assert mind.complete("Which river?", limit=99).text == "The Tagus."
    assert ReplayEngine.load(file).complete("Which river?", limit=99).text == "The Tagus."


def test_a_recording_goes_on_and_the_last_answer_counts(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    for text in ("first", "second"):
        mind = record(ReplayEngine([text]), file)
        assert isinstance(mind, Writer)
        mind.complete(text, limit=9)
        record(ReplayEngine([[]]), file).decide(MANIFEST, "x", Budget())
    kept = json.loads(file.read_text())["prompts"]
    assert {kept[prompt_key(text)] for text in ("first", "second")} == {"first", "second"}
    assert len(kept) == 3


def test_a_failure_leaves_no_record(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    with pytest.raises(EngineError):
        record(ReplayEngine(), file).decide(MANIFEST, "x", Budget())
    assert json.loads(file.read_text()) == {"prompts": {}}


def test_a_recorder_can_what_its_engine_can(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    minds: list[Engine] = [
        UtilityEngine(),
        ReplayEngine(),
        OpenAIEngine("http://127.0.0.1:9/v1", "m"),
    ]
    for mind in minds:
        found = record(mind, file)
        assert isinstance(found, Engine)
        assert isinstance(found, Writer) == isinstance(mind, Writer)
        assert isinstance(found, Checkable) == isinstance(mind, Checkable)
        assert (found.name, found.model, found.model_sha256) == (
            mind.name,
            mind.model,
            mind.model_sha256,
        )


def test_what_is_no_recording_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    file.write_text("[]")
    with pytest.raises(ConfigError, match="must be an object"):
        record(UtilityEngine(), file)
    assert file.read_text() == "[]"


def test_a_file_that_cannot_be_written_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        record(UtilityEngine(), tmp_path / "no" / "folder.json")

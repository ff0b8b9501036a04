"""The guide to FSM Apps does what it says: its files, code, commands and outputs."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent_sdk.cli import main
from agent_sdk.fsm.graph import mermaid
from agent_sdk.fsm.model import CHAIN
from agent_sdk.fsm.spec import RoundKind, Spec

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "agent_sdk" / "fsm" / "examples"
GUIDE = ROOT / "docs" / "guides" / "fsm-apps.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
BLOCKS = BLOCK.findall(GUIDE.read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the guide writes, beside the examples that it names."""
    (tmp_path / "agent_sdk").symlink_to(ROOT / "agent_sdk")
    for _, text in BLOCKS:
        if named := re.match(r"# (\w+\.\w+)\n", text):
            (tmp_path / named[1]).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_commands_print_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    checked = 0
    for (language, text), (_, shown) in pairwise(BLOCKS):
        if language != "sh":
            continue
        for line in text.splitlines():
            words = shlex.split(line)
            assert words[0] == "everloop"
            code = main(words[1:])
            assert code == (1 if "--at-once" in words else 0), line
        assert shown == capsys.readouterr().out
        checked += 1
    assert checked == 8


@pytest.mark.usefixtures("folder")
def test_the_code_runs_from_top_to_bottom() -> None:
    names: dict[str, Any] = {"__name__": "guide"}
    blocks = [text for language, text in BLOCKS if language == "python"]
    assert len(blocks) == 6
    for text in blocks:
        exec(compile(text, str(GUIDE), "exec", dont_inherit=True), names)


def test_the_oracle_is_drawn_as_it_is() -> None:
    drawn = [text for language, text in BLOCKS if language == "mermaid"]
    assert drawn[-1].strip() == mermaid(Spec.load(EXAMPLES / "oracle.yaml")).strip()


def test_the_mapping_is_that_of_the_example() -> None:
    shown = [text for language, text in BLOCKS if language == "yaml"][-1]
    assert shown.partition("\n")[2] == (EXAMPLES / "composed.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", [*RoundKind, *vars(CHAIN)])
def test_every_kind_and_every_difference_is_explained(name: str) -> None:
    assert f"| `{name}` |" in GUIDE.read_text("utf-8")


def test_sentences_stand_on_their_own_lines_and_links_stay_inside() -> None:
    prose = BLOCK.sub("", GUIDE.read_text("utf-8"))
    assert [line for line in prose.splitlines() if re.search(r"[a-z`]\. [A-Z]", line)] == []
    assert re.findall(r"https?://", prose) == []

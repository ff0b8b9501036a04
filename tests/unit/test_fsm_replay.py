"""Records of open-autonomy: the model repeats each, and a record that was changed is noticed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from agent_sdk.cli import main
from agent_sdk.errors import SpecError
from agent_sdk.fsm.model import CHAIN, OPEN_AUTONOMY
from agent_sdk.fsm.replay import replay, replay_file

DATA = Path(__file__).with_name("data") / "fsm"
ROUNDS, APP = DATA / "rounds.sample.json", DATA / "app.sample.json"


@pytest.mark.parametrize(("path", "traces", "blocks"), [(ROUNDS, 560, 2026), (APP, 20, 840)])
def test_every_recorded_trace_is_repeated(path: Path, traces: int, blocks: int) -> None:
    report = replay_file(path, OPEN_AUTONOMY)
    assert (traces, blocks, []) == (report.traces, report.blocks, report.mismatches)


def test_a_history_of_zero_leaves_the_histories_alone() -> None:
    data = json.loads(APP.read_text("utf-8"))
    blocks = [
        step
        for trace in data["traces"]
        for step in trace["steps"]
        if step.get("cleanup", [0, 1])[1] is None and max(step["hist_len"].values()) > 1
    ]
    assert blocks
    for history, differs in ((None, False), (0, False), (1, True)):
        for step in blocks:
            step["cleanup"][1] = history
        found = replay(data, OPEN_AUTONOMY).mismatches
        assert differs == any(each.field == "hist_len" for each in found)


def test_the_rules_of_the_chain_differ_only_where_they_are_meant_to() -> None:
    report = replay_file(ROUNDS, CHAIN)
    data = json.loads(ROUNDS.read_text("utf-8"))["rounds"]
    assert report.mismatches
    for found in report.mismatches:
        name, _, number = found.trace.partition("#")
        trace = data[name]["traces"][int(number)]
        subset = trace["participants"] != trace["all_participants"]
        strangers = "UntilAll" in name
        misaligned = name == "CollectNonEmptyUntilThresholdRound/tuple/conf0"
        assert subset or strangers or misaligned, found


def test_the_chain_refuses_an_app_whose_table_has_gaps() -> None:
    with pytest.raises(SpecError, match="state PauseRound can end with NONE"):
        replay_file(APP, CHAIN)


def one_trace(path: Path, name: str) -> tuple[dict[str, Any], list[dict[str, Any]], int]:
    """Return a record of one trace that has something under a name, its blocks and where it is."""
    data = json.loads(path.read_text("utf-8"))
    kinds = {"": data} if "composed" in data else data["rounds"]
    for kind, of_kind in kinds.items():
        for trace in of_kind["traces"]:
            blocks = trace.get("steps") or trace.get("blocks")
            for index, block in enumerate(blocks):
                if block.get(name):
                    small = {**of_kind, "traces": [trace]}
                    return (small if not kind else {"rounds": {kind: small}}), blocks, index
    raise AssertionError(f"no block has {name}")


CHANGES = [
    *((ROUNDS, name) for name in ("event", "conf", "db_appended", "new_period", "period_db")),
    *((APP, name) for name in ("event", "timeouts", "round", "round_count", "period", "pending")),
    *((APP, name) for name in ("prev_rounds", "db_appended", "period_db", "periods_kept")),
    (APP, "hist_len"),
]


@pytest.mark.parametrize(("path", "name"), CHANGES)
def test_a_changed_field_of_a_block_is_noticed(path: Path, name: str) -> None:
    record, blocks, index = one_trace(path, name)
    assert replay(record, OPEN_AUTONOMY).mismatches == []
    blocks[index][name] = "changed"
    (found,) = replay(record, OPEN_AUTONOMY).mismatches
    assert (found.block, found.field, found.expected) == (index, name, "changed")


@pytest.mark.parametrize("path", [ROUNDS, APP], ids=["rounds", "app"])
def test_a_changed_verdict_of_a_payload_is_noticed(path: Path) -> None:
    record, blocks, index = one_trace(path, "txs")
    blocks[index]["txs"][0]["r"] = "late"
    assert [each.field for each in replay(record, OPEN_AUTONOMY).mismatches] == ["refusals"]


def test_true_is_not_one_in_a_record() -> None:
    data = json.loads(ROUNDS.read_text("utf-8"))["rounds"]
    voting = data["VotingRound"]
    trace = next(t for t in voting["traces"] if t["blocks"][-1]["event"] == "DONE")
    changed = copy.deepcopy(trace)
    rows = changed["blocks"][-1]["db_appended"]["col"][0]["__collection__"]
    row = next(row for row in rows if row[1]["vote"] is True)
    row[1]["vote"] = 1
    record = {"rounds": {"VotingRound": {**voting, "traces": [changed]}}}
    assert [each.field for each in replay(record, OPEN_AUTONOMY).mismatches] == ["db_appended"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "is no record of traces"),
        ('{"rounds": {"NoSuchRound": {"traces": [{"blocks": []}], "config": {}}}}', "is no record"),
    ],
)
def test_a_file_that_is_no_record_is_refused_by_name(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "traces.json"
    path.write_text(text)
    assert main(["fsm", "replay", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert str(path) in line
    assert message in line


def test_a_missing_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fsm", "replay", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(("path", "traces", "blocks"), [(ROUNDS, 560, 2026), (APP, 20, 840)])
def test_the_command_prints_what_it_replayed(
    path: Path, traces: int, blocks: int, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["fsm", "replay", str(path), "--engine", "python", "--compat", "open-autonomy"]
    assert main([*words, "--json"]) == 0
    expected = {"traces": traces, "blocks": blocks, "mismatches": []}
    assert expected == json.loads(capsys.readouterr().out)
    assert main(words) == 0
    assert f"traces      {traces}" in capsys.readouterr().out


def test_the_command_names_differences_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fsm", "replay", str(ROUNDS), "--json"]) == 1
    first = json.loads(capsys.readouterr().out)["mismatches"][0]
    assert list(first) == ["trace", "block", "field", "expected", "actual"]
    assert main(["fsm", "replay", str(ROUNDS)]) == 1
    assert "recorded" in capsys.readouterr().out

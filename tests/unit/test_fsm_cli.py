"""`everloop fsm check | compose | graph | lint | table`: exit codes, JSON, files."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent_sdk.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tests/unit/data/fsm"
PRODUCTS = json.loads((DATA / "compositions.sample.json").read_text("utf-8"))["cases"]
VALIDITY = json.loads((DATA / "validity.sample.json").read_text("utf-8"))
RESET = str(DATA / "specs/ResetPauseAbciApp__b4882ef0a7.yaml")
REGISTER = str(DATA / "specs/AgentRegistrationAbciApp__478f352c33.yaml")
DEAD_END = next(c["spec"] for c in VALIDITY["spec_checks"] if c["name"].startswith("dead-end"))

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dead.json").write_text(json.dumps(DEAD_END))
    Path("map.yaml").write_text("{FinishedRegistrationRound: ResetAndPauseRound}")
    Path("wrong.yaml").write_text("{RegistrationRound: ResetAndPauseRound}")


def test_help_imports_no_parser() -> None:
    heavy = ("yaml", "eth_abi", "eth_utils", "web3", "hypothesis", "agent_sdk.fsm.spec")
    script = (
        "import sys\nfrom agent_sdk.cli import main\nassert main(['fsm', '--help']) == 0\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stderr.strip() == "[]"


class TestCheck:
    """0 and ok · 1 and every finding of every file · --compat."""

    def test_sound_files(self, capsys: Output) -> None:
        assert main(["fsm", "check", RESET, REGISTER, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"ok": True, "findings": []}
        assert main(["fsm", "check", RESET, REGISTER]) == 0
        assert capsys.readouterr().out == "2 specifications sound\n"

    def test_findings_of_all_files(self, capsys: Output) -> None:
        assert main(["fsm", "check", "dead.json", RESET, "none.yaml", "--json"]) == 1
        result = json.loads(capsys.readouterr().out)
        assert result["ok"] is False
        assert [(one["file"], one["rule"]) for one in result["findings"]] == [
            ("dead.json", "dead-end"),
            ("none.yaml", "file"),
        ]
        assert {"file", "rule", "message"} == set(result["findings"][0])
        assert main(["fsm", "check", "dead.json"]) == 1
        assert capsys.readouterr().out.startswith("dead.json: dead-end: state DeadRound is not")

    def test_compat(self, capsys: Output) -> None:
        assert main(["fsm", "check", "dead.json", "--compat", "open-autonomy", "--json"]) == 0
        assert main(["fsm", "check", "dead.json", "--compat", "other"]) == 2

    def test_a_file_is_needed(self) -> None:
        assert main(["fsm", "check"]) == 2

    def test_text_of_strangers_moves_no_cursor(self, capsys: Output) -> None:
        Path("odd.yaml").write_text(yaml.safe_dump({**DEAD_END, "label": "\x1b[2JAbciApp\u202e"}))
        assert main(["fsm", "check", "odd.yaml"]) == 1
        assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("case", VALIDITY["chain_checks"], ids=lambda case: case["name"])
def test_recorded_verdicts(case: dict[str, Any], capsys: Output) -> None:
    command = ["fsm", "compose", "--label", "XAbciApp", "--compat", "open-autonomy"]
    for number, spec in enumerate(case["specs"]):
        Path(f"{number}.json").write_text(json.dumps(spec))
        command += ["--app", f"{number}.json"]
    Path("map.json").write_text(json.dumps(case["mapping"]))
    meta = {name: case[name] for name in ("event_to_timeout", "db_pre", "db_post")}
    if case["name"].startswith("pre-conditions missing"):
        meta["db_pre"] = [{} for _ in case["specs"]]
    Path("meta.json").write_text(json.dumps(meta))
    code = main([*command, "--mapping", "map.json", "--meta", "meta.json"])
    shown = capsys.readouterr()
    if case["open_autonomy"] == "accepted":
        assert code == 0
        assert yaml.safe_load(shown.out) == case["composed"]
    else:
        assert code == 2
        assert shown.out == ""
        assert shown.err.startswith("everloop: ")


class TestCompose:
    """0 and the seven fields · 2 and the broken rules on stderr · OUT untouched when refused."""

    @pytest.mark.parametrize("out", [None, "out.yaml", "out.json"])
    def test_a_published_product(self, out: str | None, capsys: Output) -> None:
        product = PRODUCTS[0]
        Path("product.json").write_text(json.dumps(product["mapping"]))
        command = ["fsm", "compose", "--label", product["label"], "--mapping", "product.json"]
        for path in product["constituents"]:
            command += ["--app", str(DATA / path)]
        assert main([*command, *(("-o", out) if out else ())]) == 0
        text = capsys.readouterr().out
        composed = yaml.safe_load(Path(out).read_text() if out else text)
        assert composed == yaml.safe_load((DATA / product["composed_spec"]).read_text())
        assert (text == "") == (out is not None)
        assert main([*command, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == composed

    def test_refusals_name_file_and_rule_on_stderr(self, capsys: Output) -> None:
        Path("out.yaml").write_text("mine")
        files = ["--app", REGISTER, "--app", RESET, "--mapping", "wrong.yaml", "-o", "out.yaml"]
        assert main(["fsm", "compose", *files]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err == (
            "everloop: wrong.yaml: mapping-key: state RegistrationRound, mapped to "
            "ResetAndPauseRound, is not final in its app\n"
        )
        assert Path("out.yaml").read_text() == "mine"

    def test_unreadable_files_are_refusals(self, capsys: Output) -> None:
        assert main(["fsm", "compose", "--app", "no.yaml", "--mapping", "no.json"]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 2

    def test_a_place_that_cannot_be_written_is_named(self, capsys: Output) -> None:
        files = ["--app", REGISTER, "--app", RESET, "--mapping", "map.yaml", "-o", "no/out.yaml"]
        assert main(["fsm", "compose", *files]) == 2
        assert "no/out.yaml cannot be written" in capsys.readouterr().err

    def test_the_default_label_ends_as_labels_do(self, capsys: Output) -> None:
        files = ["--app", REGISTER, "--app", RESET, "--mapping", "map.yaml"]
        assert main(["fsm", "compose", *files]) == 0
        assert yaml.safe_load(capsys.readouterr().out)["label"] == "ComposedAbciApp"
        assert main(["fsm", "compose", *files, "--label", "Mine"]) == 2
        assert "Mine: label-name" in capsys.readouterr().err


class TestGraph:
    """Mermaid by default · SVG · 2 for what does not load."""

    def test_both_formats(self, capsys: Output) -> None:
        assert main(["fsm", "graph", RESET]) == 0
        assert capsys.readouterr().out.startswith("stateDiagram-v2\n")
        assert main(["fsm", "graph", RESET, "--format", "svg", "-o", "a.svg"]) == 0
        assert ElementTree.parse("a.svg").getroot().tag.endswith("svg")

    def test_what_does_not_load(self, capsys: Output) -> None:
        assert main(["fsm", "graph", "map.yaml"]) == 2
        assert capsys.readouterr().err.startswith("everloop: map.yaml: missing-field: ")


def test_lint_exits_like_check(capsys: Output) -> None:
    Path("good.py").write_text("x = 1\n")
    Path("bad.py").write_text("x = 1.5\n")
    assert main(["fsm", "lint", "good.py", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "findings": []}
    assert main(["fsm", "lint", ".", "--json"]) == 1
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["file"], finding["rule"]) == ("bad.py", "float")


class TestTable:
    """JSON or Python bindings · 2 and the rules that a whole app breaks."""

    APP = """\
label: TinyAbciApp
default_start_state: AskRound
start_states: [AskRound]
states: [AskRound, EndRound]
final_states: [EndRound]
alphabet_in: [DONE, ROUND_TIMEOUT]
transition_func:
    (AskRound, DONE): EndRound
    (AskRound, ROUND_TIMEOUT): AskRound
rounds:
    AskRound: {kind: CollectDifferentUntilAll, payload: uint256, seconds: 30}
"""

    def test_both_forms(self, capsys: Output) -> None:
        Path("tiny.yaml").write_text(self.APP)
        assert main(["fsm", "table", "tiny.yaml"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["states"] == ["AskRound", "EndRound"]
        assert len(bytes.fromhex(shown["code"].removeprefix("0x"))) == 96
        assert main(["fsm", "table", "tiny.yaml", "--python"]) == 0
        assert "class State(IntEnum):" in capsys.readouterr().out

    def test_what_is_no_whole_app(self, capsys: Output) -> None:
        assert main(["fsm", "table", RESET]) == 2
        assert "table-rounds" in capsys.readouterr().err

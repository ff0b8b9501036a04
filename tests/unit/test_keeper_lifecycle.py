"""Daemons begin alone, end in time, wait out a dead node, and write one JSON object a line."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent_sdk.daemons.lifecycle import Aside, Status, Stop, log, run_loop, setup_logs, sole_user
from agent_sdk.daemons.settings import KeeperSettings
from agent_sdk.errors import ChainUnavailable, ConfigError

DAEMON = [sys.executable, "-m", "agent_sdk.daemons"]


class Brief(Stop):
    """Stops after so many pauses, which it notes instead of taking."""

    def __init__(self, pauses: int) -> None:
        super().__init__()
        self.taken: list[float] = []
        self._left = pauses

    @property
    def is_set(self) -> bool:
        return self._left <= 0

    def wait(self, seconds: float) -> bool:
        self.taken.append(seconds)
        self._left -= 1
        return self.is_set


def test_an_idle_loop_pauses_and_a_busy_one_does_not() -> None:
    stop = Brief(2)
    ticks = iter([True, True, False, True, False])
    run_loop(lambda: next(ticks), stop, poll_seconds=0.5)
    assert stop.taken == [0.5, 0.5]


def test_a_node_that_does_not_answer_is_asked_ever_more_rarely() -> None:
    def tick() -> bool:
        raise ChainUnavailable("nobody answers")

    stop = Brief(8)
    run_loop(tick, stop, poll_seconds=0.5)
    assert stop.taken == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_fault_in_one_tick_does_not_end_the_loop() -> None:
    outcomes: list[Exception | bool] = [ValueError("a bug"), False]

    def tick() -> bool:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    stop = Brief(2)
    run_loop(tick, stop, poll_seconds=0.5)
    assert (stop.taken, outcomes) == ([1.0, 0.5], [])


def test_work_aside_returns_its_result_or_its_fault() -> None:
    assert Aside(lambda: 7).wait(Stop()) == 7

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Aside(fail).wait(Stop())


def test_work_aside_is_left_when_asked_to_stop() -> None:
    began = time.monotonic()
    assert Aside(lambda: time.sleep(20)).wait(Brief(0)) is None
    assert time.monotonic() - began < 5.0


def test_work_aside_is_not_waited_for_longer_than_said() -> None:
    began = time.monotonic()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
        Aside(lambda: time.sleep(20)).wait(Stop(), seconds=0.1)
    assert time.monotonic() - began < 5.0


def test_a_stop_notices_that_its_parent_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.Timer.start", lambda self: None)
    assert not Stop(parent=os.getppid()).is_set
    assert Stop(parent=1 if os.getppid() != 1 else 2).is_set


def test_a_directory_is_one_daemons(tmp_path: Path) -> None:
    first = sole_user(tmp_path, "keeper")
    with pytest.raises(ConfigError, match="another keeper works in"):
        sole_user(tmp_path, "keeper")
    first.close()
    sole_user(tmp_path, "keeper").close()


def test_an_unwritable_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be used"):
        sole_user(tmp_path / "file", "keeper")


def test_a_status_is_whole_or_not_there(tmp_path: Path) -> None:
    place = tmp_path / "keeper.json"
    status = Status(place, "keeper")
    assert Status.read(place) is None
    status.write(block=3)
    found = Status.read(place)
    assert found is not None
    assert (found["block"], found["pid"], found["role"]) == (3, os.getpid(), "keeper")
    place.write_text("{")
    assert Status.read(place) is None


def test_logs_are_json_with_role_and_job(capfd: pytest.CaptureFixture[str]) -> None:
    setup_logs("keeper")
    log("left", level=logging.WARNING, job=bytes(32), reason="over")
    line = json.loads(capfd.readouterr().err)
    assert (line["role"], line["level"], line["message"]) == ("keeper", "warning", "left")
    assert (line["job"], line["reason"]) == ("0x" + 64 * "0", "over")


@pytest.mark.parametrize(
    ("role", "words"),
    [("keeper", "EVERLOOP_RPC is missing"), ("operator", "is no daemon: keeper or provider")],
)
def test_a_daemon_that_cannot_start_says_why_in_one_line(role: str, words: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EVERLOOP_")}
    done = subprocess.run(
        [*DAEMON, role], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_daemon_without_a_node_says_so(tmp_path: Path) -> None:
    settings = KeeperSettings(
        rpc="http://127.0.0.1:9",
        chain_id=31337,
        everloop="0x" + "ee" * 20,
        account="dev:1",
        directory=tmp_path,
    )
    environment = {**os.environ, **settings.to_environment()}
    done = subprocess.run(
        [*DAEMON, "keeper"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 3
    assert "no node answers at http://127.0.0.1:9" in done.stderr


def test_sigterm_ends_a_thread_that_never_returns_in_time() -> None:
    code = (
        "import sys, time; from agent_sdk.daemons.lifecycle import Aside, Stop\n"
        "stop = Stop(); stop.install(); print('ready', flush=True)\n"
        "Aside(lambda: time.sleep(60)).wait(stop)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5.0) == 0


def test_a_line_of_the_log_is_never_longer_than_a_few_kilobytes(
    capfd: pytest.CaptureFixture[str],
) -> None:
    setup_logs("provider")
    log("left", reason="A" * 500_000)
    text = capfd.readouterr().err
    assert len(text) < 3_000
    assert json.loads(text)["reason"].endswith("… and 498000 more characters")

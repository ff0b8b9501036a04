"""A daemon tells over loopback HTTP whether it lives, is ready, and what it counts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from agent_sdk.anvil import free_port
from agent_sdk.daemons import health
from agent_sdk.daemons.health import serve_health
from agent_sdk.daemons.lifecycle import Status
from agent_sdk.errors import ConfigError


@pytest.fixture
def status(tmp_path: Path) -> Status:
    return Status(tmp_path / "keeper.json", "keeper")


@pytest.fixture
def url(status: Status) -> Iterator[str]:
    port = free_port()
    server = serve_health(status, port)
    assert server is not None
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    server.server_close()


def get(url: str) -> tuple[int, str]:
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_a_daemon_is_not_ready_before_its_first_look(url: str, status: Status) -> None:
    assert [get(f"{url}/{path}")[0] for path in ("readyz", "healthz")] == [503, 503]
    status.write(block=1)
    assert [get(f"{url}/{path}")[0] for path in ("readyz", "healthz")] == [200, 200]


def test_a_daemon_that_cannot_do_its_work_is_not_ready_and_says_why(
    url: str, status: Status
) -> None:
    status.write(block=1, ready=False, unready="it has no money")
    assert get(f"{url}/readyz") == (503, "it has no money\n")
    assert "everloop_keeper_ready 0.0" in get(f"{url}/metrics")[1]
    status.write(block=2, ready=True, unready="")
    assert get(f"{url}/readyz") == (200, "ready\n")


def test_a_daemon_that_no_longer_looks_is_not_healthy(
    url: str, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    status.write(block=1)
    monkeypatch.setattr(health, "STALE_SECONDS", -1.0)
    assert [get(f"{url}/{path}")[0] for path in ("readyz", "healthz")] == [200, 503]


def test_numbers_are_metrics_and_words_are_not(url: str, status: Status) -> None:
    status.write(block=42, jobs=3, model="m")
    code, text = get(f"{url}/metrics")
    assert code == 200
    assert "everloop_keeper_block 42.0" in text
    assert "# HELP everloop_keeper_jobs jobs known" in text
    assert "everloop_keeper_jobs 3.0" in text
    assert "model" not in text


def test_an_unknown_path_names_the_known_ones(url: str) -> None:
    assert get(f"{url}/key") == (404, "/healthz, /readyz, /metrics\n")


def test_no_port_serves_nothing(status: Status) -> None:
    assert serve_health(status, 0) is None


def test_a_port_in_use_is_named(status: Status) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"health port {port} is in use"):
            serve_health(status, port)

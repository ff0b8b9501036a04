"""An engine that does not answer is paid for nothing: its runs move on, and it shows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from agent_sdk import accounts
from agent_sdk.agent import Agent
from agent_sdk.anvil import free_port
from agent_sdk.daemons.health import serve_health
from agent_sdk.engines import engine
from agent_sdk.network import Everloop
from agent_sdk.payloads import keccak
from agent_sdk.stack import LocalStack
from tests.e2e.desks import PROVIDER, ProviderDesk
from tests.e2e.questions import QUESTION, Mind, ask, come_to, deploy_box, last_answer

pytestmark = pytest.mark.usefixtures("_impatient")


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask, and look at the engine, at each look at the chain."""
    monkeypatch.setattr("agent_sdk.daemons.patience.FIRST_PAUSE", 0.0)
    monkeypatch.setattr("agent_sdk.daemons.engine_state.LOOK_SECONDS", 0.0)


@pytest.fixture
def box(net: Everloop) -> str:
    return deploy_box(net)


@pytest.fixture
def wary(net: Everloop) -> Agent:
    """An agent that has a second provider."""
    net.providers.enroll(accounts.dev(3), governor=accounts.dev(0))
    choices = sorted(net.providers.serving(), key=lambda c: c.provider != PROVIDER.address)
    return net.agents.create("TreasuryAgent", fund="1 ether", salt="wary", providers=choices)


class Endpoint:
    """An OpenAI-compatible server on the loopback interface that is there, or is not."""

    def __init__(self) -> None:
        self.port = free_port()
        self.server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.say({"data": [{"id": "m"}]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.say({"choices": [{"message": {"content": "The Tagus."}}]})

            def say(self, answer: object) -> None:
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    found = Endpoint()
    yield found
    found.close()


@pytest.fixture
def desk(net: Everloop, tmp_path: Path, endpoint: Endpoint) -> ProviderDesk:
    return ProviderDesk(net, tmp_path, engine(f"http://127.0.0.1:{endpoint.port}/v1#m"))


def a_quarter_later(net: Everloop, agent: Agent) -> None:
    """Move the clock to where runs without an answer are handed back."""
    job = agent.job()
    assert job is not None
    waits = agent.slot().due + min(300, job.timing.window / 4) - net.chain.block().time
    net.chain.advance(int(waits) + 1)


def readiness(desk: ProviderDesk) -> tuple[int, str, str]:
    """Return status code and text of /readyz, and the metrics."""
    port = free_port()
    server = serve_health(desk.provider.status, port)
    assert server is not None
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return answer.status, answer.read().decode(), metrics
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), metrics
    finally:
        server.shutdown()
        server.server_close()


def test_an_agent_moves_on_from_an_engine_that_is_dead(
    net: Everloop, desk: ProviderDesk, wary: Agent
) -> None:
    before = net.engine.balance_of(PROVIDER.address)
    desk.provider.state.look_now()
    assert not desk.provider.tick()
    a_quarter_later(net, wary)
    assert desk.provider.tick()
    job, account = wary.job(), net.engine.account_of(PROVIDER.address)
    assert job is not None
    assert job.provider == accounts.dev(3).address
    assert (account.delivered, account.missed, account.declined) == (0, 0, 1)
    assert (account.balance, wary.contract.steps()) == (before, 0)
    (entry,) = desk.journal.entries("decline")
    assert "Connection refused" in entry.data["reason"]


def test_a_dead_engine_is_neither_ready_nor_unseen_and_is_seen_to_come_back(
    desk: ProviderDesk, endpoint: Endpoint
) -> None:
    desk.provider.state.look_now()
    desk.provider.tick()
    code, text, metrics = readiness(desk)
    assert code == 503
    assert text.startswith("the engine does not answer: http://127.0.0.1:")
    assert "Connection refused" in text
    assert "everloop_provider_engine_ready 0.0" in metrics
    endpoint.start()
    last = time.monotonic() + 20.0
    while readiness(desk)[0] != 200:
        assert time.monotonic() < last
        desk.provider.tick()
        time.sleep(0.05)
    assert "everloop_provider_engine_ready 1.0" in readiness(desk)[2]


def test_a_provider_says_at_its_start_that_its_engine_is_dead(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1#m"
    with LocalStack.up(tmp_path, engine=url, providers=1, keeper=False) as stack:
        status = stack.daemon_status("provider-1")
        lines = (tmp_path / "provider-1.log").read_text().splitlines()
    said = [json.loads(line) for line in lines]
    assert [line["message"] for line in said[:2]] == [
        "the engine does not answer",
        "provider works",
    ]
    assert "Connection refused" in said[0]["reason"]
    assert status is not None
    assert (status["ready"], status["engine_ready"]) == (False, False)


def test_an_engine_that_comes_back_in_time_answers(
    net: Everloop, desk: ProviderDesk, endpoint: Endpoint, box: str
) -> None:
    ask(net, box, QUESTION)
    assert not desk.provider.tick()
    endpoint.start()
    assert desk.provider.tick()
    assert last_answer(net, box) == keccak(b"The Tagus.")
    assert readiness(desk)[0] == 200


def test_a_fault_of_one_run_hands_that_run_back(net: Everloop, tmp_path: Path, wary: Agent) -> None:
    desk = ProviderDesk(net, tmp_path, Mind(fails=True))
    assert not desk.provider.tick()
    assert desk.provider.state.failures == 1
    a_quarter_later(net, wary)
    assert desk.provider.tick()
    (entry,) = desk.journal.entries("decline", stages=("mined",))
    assert entry.data["reason"] == "the engine does not answer: no server answers"


def test_an_engine_that_was_silent_once_is_waited_for_a_quarter_of_the_next_window(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.answers.TURN_SECONDS", 0.1)
    desk = ProviderDesk(net, tmp_path, Mind(hangs=60.0))
    first = ask(net, box, QUESTION)
    assert not desk.provider.tick()
    come_to(net, first, left=20)
    assert desk.provider.tick()
    assert desk.delivered().args["decision"] == b""
    assert "no answer within" in readiness(desk)[1]
    agent = net.agents.create("TreasuryAgent", fund="1 ether", salt="next")
    assert not desk.provider.tick()
    a_quarter_later(net, agent)
    assert desk.provider.tick()
    assert (net.engine.account_of(PROVIDER.address).declined, agent.contract.steps()) == (1, 0)


def test_a_run_that_an_engine_has_no_time_for_is_handed_back_before_it_is_too_late(
    net: Everloop, tmp_path: Path, box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_sdk.daemons.answers.TURN_SECONDS", 0.1)
    desk = ProviderDesk(net, tmp_path, Mind(hangs=60.0))
    ask(net, box, QUESTION)
    assert not desk.provider.tick()
    other = ask(net, box, QUESTION, salt=b"other")
    assert not desk.provider.tick()
    come_to(net, other, left=70)
    assert desk.provider.tick()
    (entry,) = desk.journal.entries("decline", stages=("mined",))
    assert entry.data["reason"] == "the engine is at other runs"


def test_an_account_without_gas_money_is_not_ready(net: Everloop, tmp_path: Path) -> None:
    desk = ProviderDesk(net, tmp_path, Mind())
    net.chain.set_balance(PROVIDER.address, 1_000)
    desk.provider.tick()
    code, text, metrics = readiness(desk)
    assert code == 503
    assert text.startswith(f"account {PROVIDER.address} has 1000 wei and a transaction takes up to")
    assert "everloop_provider_balance_wei 1000.0" in metrics

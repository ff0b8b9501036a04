"""What an RPC address may answer, and what becomes of it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from agent_sdk.anvil import free_port
from agent_sdk.chain import Chain
from agent_sdk.errors import (
    ChainUnavailable,
    ConfigError,
    InsufficientFunds,
    Reverted,
    RpcRefused,
)
from agent_sdk.rpc import Rpc
from agent_sdk.transport import _Session
from agent_sdk.types import Call

ANSWERS: dict[str, Any] = {}
ASKED: list[str] = []


class Node(BaseHTTPRequestHandler):
    """Answers each method with what the test put into ANSWERS, and notes it in ASKED."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        ASKED.append(request["method"])
        answer = ANSWERS[request["method"]]
        status, answer = answer if isinstance(answer, tuple) else (200, answer)
        answer = answer(*request["params"]) if callable(answer) else answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Node)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    ANSWERS.clear()
    ASKED.clear()
    ANSWERS["eth_chainId"] = {"result": "0x7a69"}
    yield f"http://127.0.0.1:{server.server_port}/secret-path"
    server.shutdown()
    thread.join()
    server.server_close()


def test_importing_the_transport_warns_of_nothing() -> None:
    strict = [sys.executable, "-W", "error", "-c", "import agent_sdk.transport"]
    done = subprocess.run(strict, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_nobody_there_is_one_clear_line_without_the_path() -> None:
    port = free_port()
    with pytest.raises(ChainUnavailable) as refused:
        Chain.connect(f"http://user:word@127.0.0.1:{port}/secret-path")
    assert refused.value.exit_code == 3
    assert f"no node answers at http://127.0.0.1:{port} (connection refused" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "word" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8545", "ws://127.0.0.1", "http://", "http://x:y", ""]
)
def test_addresses_of_another_kind_are_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="RPC address"):
        Rpc(address)


def test_wrong_chain_id_names_both(url: str) -> None:
    with pytest.raises(ConfigError, match="serves chain 31337 and chain 1 is meant"):
        Chain.connect(url, chain_id=1)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"{}", b'{"error": "no"}'])
def test_answers_that_are_no_json_rpc_mean_no_node(url: str, body: bytes) -> None:
    ANSWERS["eth_chainId"] = body
    with pytest.raises(ChainUnavailable, match="check --rpc"):
        Chain.connect(url)


def test_a_refusal_carries_code_reason_and_data(url: str) -> None:
    ANSWERS["eth_x"] = {"error": {"code": -32601, "message": "no such method", "data": 5}}
    with pytest.raises(RpcRefused, match="refuses eth_x: no such method") as refused:
        Chain.connect(url).rpc("eth_x")
    assert (refused.value.code, refused.value.reason, refused.value.data) == (
        -32601,
        "no such method",
        5,
    )


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: {"data": d}, lambda d: f"Reverted {d}"])
def test_revert_data_is_found_wherever_nodes_put_it(url: str, wrap: Any) -> None:
    data = "0xe0b1a4d2"
    ANSWERS["eth_call"] = {
        "error": {"code": 3, "message": "execution reverted", "data": wrap(data)}
    }
    with pytest.raises(Reverted) as refused:
        Chain.connect(url).call(Call(to="0x" + 40 * "1", data=b"", note="A.b"))
    assert refused.value.data.hex() == data[2:]
    assert str(refused.value).startswith(
        "A.b reverted: no compiled contract knows the error 0xe0b1"
    )


def test_missing_funds_are_told_apart_from_reverts(url: str) -> None:
    ANSWERS["eth_estimateGas"] = {
        "error": {"code": -32003, "message": "Insufficient funds for gas * price + value"}
    }
    with pytest.raises(InsufficientFunds, match="1 ether") as refused:
        Chain.connect(url).estimate(
            Call(to="0x" + 40 * "1", data=b"", value=10**18), sender="0x" + 40 * "2"
        )
    assert refused.value.exit_code == 4


def test_log_ranges_are_halved_until_the_node_answers(url: str) -> None:
    asked: list[int] = []

    def picky(query: dict[str, Any]) -> dict[str, Any]:
        first, last = (int(query[key], 16) for key in ("fromBlock", "toBlock"))
        if last - first >= 10:
            return {"error": {"code": -32005, "message": "too many"}}
        asked.append(last - first + 1)
        return {"result": []}

    ANSWERS["eth_getLogs"] = picky
    Chain.connect(url).logs(from_block=0, to_block=99)
    assert sum(asked) == 100
    assert max(asked) <= 10


def test_a_block_that_the_chain_does_not_have_is_named(url: str) -> None:
    ANSWERS["eth_getBlockByNumber"] = {"result": None}
    ANSWERS["eth_blockNumber"] = {"result": "0x5"}
    with pytest.raises(ConfigError, match="has no block 9: the newest is 5"):
        Chain.connect(url).block(9)


def test_an_error_under_a_failed_http_status_is_read(url: str) -> None:
    ANSWERS["eth_x"] = (400, {"error": {"code": -32000, "message": "too fast"}})
    with pytest.raises(RpcRefused, match="refuses eth_x: too fast"):
        Chain.connect(url).rpc("eth_x")
    ANSWERS["eth_x"] = (503, b"<html>")
    with pytest.raises(ChainUnavailable, match="with HTTP 503 and no JSON") as refused:
        Chain.connect(url).rpc("eth_x")
    assert "secret" not in str(refused.value)


def test_a_transaction_is_handed_over_once_when_the_node_hangs(url: str) -> None:
    ANSWERS["eth_sendRawTransaction"] = lambda _: time.sleep(0.3) or b""
    with pytest.raises(ChainUnavailable, match="timed out"):
        Chain.connect(url, timeout=0.1).broadcast(b"\x02")
    time.sleep(0.5)
    assert ASKED.count("eth_sendRawTransaction") == 1


@pytest.mark.parametrize(
    "data",
    ["0x556f1830" + 64 * "0", "0x4e487b71" + 62 * "0" + "99", "Reverted 0xff", "0x556f1830zz"],
)
def test_malformed_revert_data_is_still_a_revert(url: str, data: str) -> None:
    ANSWERS["eth_call"] = {"error": {"code": 3, "message": "execution reverted", "data": data}}
    with pytest.raises(Reverted):
        Chain.connect(url).call(Call(to="0x" + 40 * "1", data=b""))


def test_a_block_of_a_proof_of_authority_chain_is_read(url: str) -> None:
    ANSWERS["eth_getBlockByNumber"] = {
        "result": {
            "number": "0x5",
            "hash": "0x" + 64 * "a",
            "timestamp": "0x7",
            "extraData": "0x" + 97 * "00",
        }
    }
    block = Chain.connect(url).block()
    assert (block.number, block.time, block.base_fee) == (5, 7, 0)


def test_proxies_of_the_environment_are_not_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    chain = Chain.connect(url)
    assert chain.chain_id == 31337
    ANSWERS["eth_blockNumber"] = {"jsonrpc": "2.0", "id": 1, "result": "0x5"}
    assert chain.web3.eth.block_number == 5


def test_a_call_asks_the_node_one_thing(url: str) -> None:
    chain = Chain.connect(url)
    ANSWERS["eth_call"] = {"result": "0x01"}
    ASKED.clear()
    assert chain.call(Call(to="0x" + 40 * "1", data=b"")) == b"\x01"
    assert ASKED == ["eth_call"]


def test_the_chain_id_of_web3_is_pinned(url: str) -> None:
    chain = Chain.connect(url)
    ANSWERS["eth_chainId"] = {"jsonrpc": "2.0", "id": 1, "result": "0x1"}
    assert chain.web3.eth.chain_id == 31337
    assert chain.web3 is chain.web3


def test_web3_fails_without_the_path_as_well(url: str) -> None:
    chain = Chain.connect(url)
    ANSWERS["eth_blockNumber"] = (503, b"<html>")
    with pytest.raises(ChainUnavailable) as refused:
        _ = chain.web3.eth.block_number
    assert "secret" not in str(refused.value)


def test_nothing_of_the_address_is_logged(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Chain.connect(url)
    mine = [record for record in caplog.records if not record.name.startswith("urllib3")]
    assert "secret" not in "".join(record.getMessage() for record in mine)


def test_threads_share_neither_connections_nor_cookies() -> None:
    session = _Session()
    seen: list[Any] = []
    thread = threading.Thread(
        target=lambda: seen.extend([session.adapters, session.cookies, session.trust_env])
    )
    thread.start()
    thread.join()
    assert seen[0] is not session.adapters
    assert seen[1] is not session.cookies
    assert seen[2] is False


def test_importing_the_package_does_not_import_web3() -> None:
    script = "import sys, agent_sdk.network; sys.exit('web3' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)

"""What an RPC address may answer, and what becomes of it."""

from __future__ import annotations

import json
import threading
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
from agent_sdk.types import Call

ANSWERS: dict[str, Any] = {}


class Node(BaseHTTPRequestHandler):
    """Answers each method with what the test put into ANSWERS."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = ANSWERS[request["method"]]
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(200)
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
    ANSWERS["eth_chainId"] = {"result": "0x7a69"}
    yield f"http://127.0.0.1:{server.server_port}/secret-path"
    server.shutdown()
    thread.join()
    server.server_close()


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

    class Picky(Rpc):
        def request(self, method: str, *params: Any) -> Any:
            if method != "eth_getLogs":
                return super().request(method, *params)
            first, last = (int(params[0][key], 16) for key in ("fromBlock", "toBlock"))
            if last - first >= 10:
                raise RpcRefused("too many", code=-32005, reason="too many")
            asked.append(last - first + 1)
            return []

    Chain(Picky(url), chain_id=31337).logs(from_block=0, to_block=99)
    assert sum(asked) == 100
    assert max(asked) <= 10


def test_a_block_that_the_chain_does_not_have_is_named(url: str) -> None:
    ANSWERS["eth_getBlockByNumber"] = {"result": None}
    ANSWERS["eth_blockNumber"] = {"result": "0x5"}
    with pytest.raises(ConfigError, match="has no block 9: the newest is 5"):
        Chain.connect(url).block(9)

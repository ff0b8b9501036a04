"""One anvil that mines when told, and requests to it in batches."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agent_sdk.anvil import start_anvil
from agent_sdk.chain import Chain
from agent_sdk.errors import ConfigError
from agent_sdk.processes import end

__all__ = ["GENESIS_TIME", "Node", "private_node"]

GENESIS_TIME = 1_700_000_000
"""Unix s; fixed, so that a trace has the same hashes each time"""

Request = tuple[str, list[Any]]


class Node:
    """A node spoken to in batches over one connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def ask(self, *requests: Request) -> list[Any]:
        """Send requests together and return their results; None where one was refused.

        The node may take them in any order.
        """
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(requests)
        ]
        headers = {"Content-Type": "application/json"}
        self._connection.request("POST", "/", json.dumps(body), headers)
        answers = json.loads(self._connection.getresponse().read())
        answers.sort(key=lambda answer: answer["id"])
        return [answer.get("result") for answer in answers]

    def mine(self, time: int, base_fee: int, transaction: dict[str, str]) -> str:
        """Mine one block with one transaction and return its hash."""
        _, _, sent = self.ask(
            ("evm_setNextBlockTimestamp", [time]),
            ("anvil_setNextBlockBaseFeePerGas", [hex(base_fee)]),
            ("eth_sendTransaction", [transaction]),
        )
        if sent is None:
            raise ConfigError(f"anvil refused a transaction from {transaction['from']}")
        self.ask(("evm_mine", []))
        return str(sent)


@contextmanager
def private_node(log: Path) -> Iterator[tuple[Node, Chain]]:
    """Start an anvil with a fixed clock, and end it afterwards."""
    process, chain = start_anvil(log, genesis_time=GENESIS_TIME)
    try:
        # Without a clock of its own a trace would meet other budget epochs each time.
        chain.rpc("anvil_setBlockTimestampInterval", 1)
        node = Node(chain.url)
        try:
            yield node, chain
        finally:
            node.close()
    finally:
        end([process])

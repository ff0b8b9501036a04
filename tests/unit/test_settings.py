"""Which node is meant where none is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_sdk.cli.options import Connection
from agent_sdk.settings import CURRENT, DEFAULT_RPC, current_rpc


def connection() -> Connection:
    return Connection(rpc=None, chain_id=None, deployment=None, account=None, password_file=None)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    CURRENT.parent.mkdir()


def test_it_is_the_node_that_was_started_here() -> None:
    CURRENT.write_text('{"rpc": "http://127.0.0.1:4711"}\n')
    assert current_rpc() == connection().url == "http://127.0.0.1:4711"


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"rpc": 8545}'])
def test_where_none_was_started_it_is_the_local_default(text: str | None) -> None:
    if text is not None:
        CURRENT.write_text(text)
    assert current_rpc() is None
    assert connection().url == DEFAULT_RPC

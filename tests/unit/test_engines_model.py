"""The real language model: embedded, and behind its own OpenAI-compatible server."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from agent_sdk.engines import Budget
from agent_sdk.engines.llama import LlamaEngine
from agent_sdk.engines.openai import OpenAIEngine
from agent_sdk.errors import EngineError
from agent_sdk.manifest import HOLD, Action, Manifest

DATA = Path(__file__).parent / "data" / "treasury_manifest.json"
MANIFEST = Manifest.parse(DATA.read_text(encoding="utf-8"))
SAVE = "No bill is due. Cash is 61 finney above target. Savings hold 95 finney."
KEY = "only-for-this-test"


@pytest.fixture(scope="module")
def llama() -> LlamaEngine:
    return LlamaEngine()


class TestLlama:
    def test_answers_an_unseen_case(self, llama: LlamaEngine) -> None:
        found = llama.decide(MANIFEST, SAVE, Budget())
        assert found.actions == (Action("save", {"finney": 61}),)
        assert found.reason == ""
        assert found.tokens > 0
        assert json.loads(found.raw)["actions"][0]["action"] == "save"

    def test_a_number_beyond_the_range_is_held_and_not_cut(self, llama: LlamaEngine) -> None:
        bill = "A bill of 2500000 finney is due. Cash is on target. Savings are empty."
        found = llama.decide(MANIFEST, bill, Budget())
        assert found.actions == (HOLD,)
        assert "2500000" in found.reason

    def test_same_prompt_gives_same_bytes_from_any_thread(self, llama: LlamaEngine) -> None:
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda _: llama.decide(MANIFEST, SAVE, Budget()).raw, range(2)))
        assert found == [llama.decide(MANIFEST, SAVE, Budget()).raw] * 2

    def test_never_takes_an_action_that_is_not_allowed(self, llama: LlamaEngine) -> None:
        found = llama.decide(MANIFEST, SAVE, Budget(liberty=("pay",)))
        assert {a.name for a in found.actions} <= {"pay", "hold"}

    def test_holds_when_the_prompt_exceeds_the_context(self, llama: LlamaEngine) -> None:
        found = llama.decide(MANIFEST, "word " * 3000, Budget())
        assert found.actions == (HOLD,)
        assert "exceeds the available context" in found.reason

    def test_holds_without_worked_examples(self, llama: LlamaEngine) -> None:
        found = llama.decide(replace(MANIFEST, examples=()), SAVE, Budget())
        assert found.actions == (HOLD,)
        assert "no worked example" in found.reason

    def test_answers_a_plain_question_alike_each_time(self, llama: LlamaEngine) -> None:
        first = llama.complete("What is the capital of France?", limit=400)
        assert "Paris" in first.text
        assert (first.reason, first.tokens > 0) == ("", True)
        assert first.text == llama.complete("What is the capital of France?", limit=400).text

    def test_a_short_limit_ends_an_answer_early(self, llama: LlamaEngine) -> None:
        found = llama.complete("What is the capital of France?", limit=3)
        assert 0 < found.tokens <= 3
        assert (bool(found.text), found.reason) == (True, "")

    @pytest.mark.parametrize("length", [9_000, 20_000])
    def test_a_question_that_is_too_long_has_no_answer(
        self, llama: LlamaEngine, length: int
    ) -> None:
        found = llama.complete("why? " * (length // 5), limit=400)
        assert (found.text, bool(found.reason)) == ("", True)

    def test_names_the_weights_by_their_hash(self, llama: LlamaEngine) -> None:
        expected = hashlib.sha256(llama.weights.read_bytes()).hexdigest()
        assert llama.model_sha256 == expected
        assert llama.model == f"SmolLM2-135M-Instruct.Q4_1@{expected[:16]}"

    def test_refuses_a_file_that_is_no_model(self, tmp_path: Path) -> None:
        path = tmp_path / "bad.gguf"
        path.write_bytes(b"GGUF nonsense")
        with pytest.raises(EngineError, match=r"cannot load bad\.gguf"):
            LlamaEngine(path).decide(MANIFEST, SAVE, Budget())

    def test_naming_the_engine_loads_nothing(self) -> None:
        code = (
            "import sys; from agent_sdk.engines import engine; engine('llama');"
            "sys.exit(any(m in sys.modules for m in ('xllamacpp', 'onnxruntime', 'numpy', 'web3')))"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestOpenAIServer:
    """Against llama.cpp's own server, on loopback."""

    @pytest.fixture(scope="class")
    def url(self, llama: LlamaEngine) -> str:
        from agent_sdk.engines.llama import start_server

        TestOpenAIServer.server = start_server(llama.weights, threads=2, key=KEY)
        return f"{TestOpenAIServer.server.listening_address}/v1"

    server: ClassVar[Any] = None

    def test_answers_within_the_schema(self, url: str) -> None:
        few = replace(MANIFEST, examples=MANIFEST.examples[2:4])
        found = OpenAIEngine(url, "smollm2", key=KEY).decide(few, SAVE, Budget())
        assert found.reason == ""
        assert found.tokens > 0
        assert MANIFEST.read_answer(found.raw) == found.actions

    def test_cut_off_answer_becomes_hold(self, url: str) -> None:
        few = replace(MANIFEST, examples=MANIFEST.examples[2:3])
        found = OpenAIEngine(url, "smollm2", key=KEY, max_tokens=3).decide(few, SAVE, Budget())
        assert found.actions == (HOLD,)
        assert "cut off" in found.reason

    def test_wrong_key_is_one_error_without_the_key(self, url: str) -> None:
        with pytest.raises(EngineError, match="status 401") as caught:
            OpenAIEngine(url, "smollm2", key="wrong-key").decide(MANIFEST, SAVE, Budget())
        assert "wrong-key" not in str(caught.value)


class _Endpoint(BaseHTTPRequestHandler):
    """Plays back one prepared response per request, and notes what it was sent."""

    queue: ClassVar[list[tuple[int, dict[str, str], str]]] = []
    seen: ClassVar[list[tuple[str, dict[str, Any]]]] = []

    def do_GET(self) -> None:
        self.answer({"path": self.path})

    def do_POST(self) -> None:
        self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def answer(self, body: dict[str, Any]) -> None:
        type(self).seen.append((self.headers.get("Authorization", ""), body))
        status, headers, text = type(self).queue.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""


def _completion(content: str, **more: Any) -> tuple[int, dict[str, str], str]:
    choice = {"message": {"content": content, **more}, "finish_reason": "stop"}
    return 200, {}, json.dumps({"choices": [choice], "usage": {"completion_tokens": 9}})


class TestOpenAIFailures:
    """Against a server that misbehaves as real ones do."""

    @pytest.fixture
    def url(self) -> Iterator[str]:
        _Endpoint.queue, _Endpoint.seen = [], []
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()
        server.server_close()

    def decide(self, url: str) -> Any:
        pauses: list[float] = []
        mind = OpenAIEngine(url, "m", key=KEY, timeout=5, sleep=pauses.append)
        return mind.decide(MANIFEST, SAVE, Budget(liberty=("save",)))

    def test_sends_key_schema_and_model(self, url: str) -> None:
        _Endpoint.queue = [_completion('{"actions":[{"action":"hold","args":{}}]}')]
        assert self.decide(url).actions == (HOLD,)
        key, body = _Endpoint.seen[0]
        assert key == f"Bearer {KEY}"
        assert (body["model"], body["temperature"]) == ("m", 0)
        assert body["response_format"]["json_schema"]["schema"] == MANIFEST.schema(["save", "hold"])

    def test_a_plain_question_is_sent_as_it_is(self, url: str) -> None:
        _Endpoint.queue = [_completion("Paris.")]
        found = OpenAIEngine(url, "m", key=KEY).complete("Capital of France?", limit=40)
        assert (found.text, found.tokens, found.reason) == ("Paris.", 9, "")
        (_, body), *_rest = _Endpoint.seen
        assert body["messages"] == [{"role": "user", "content": "Capital of France?"}]
        assert (body["max_tokens"], "response_format" in body) == (40, False)

    def test_a_refused_question_has_a_reason_and_no_text(self, url: str) -> None:
        _Endpoint.queue = [_completion("partly", refusal="I will not")]
        found = OpenAIEngine(url, "m", key=KEY).complete("?", limit=40)
        assert (found.text, found.reason) == ("", "the model refuses: I will not")

    def test_tries_again_when_the_server_is_busy(self, url: str) -> None:
        good = _completion('{"actions":[{"action":"hold","args":{}}]}')
        _Endpoint.queue = [(429, {}, "slow down"), (503, {}, ""), good]
        assert self.decide(url).reason == ""
        assert len(_Endpoint.seen) == 3

    def test_gives_up_after_its_tries(self, url: str) -> None:
        _Endpoint.queue = [(500, {}, f"oops {KEY}")] * 3
        with pytest.raises(EngineError, match="status 500") as caught:
            self.decide(url)
        assert KEY not in str(caught.value)

    @pytest.mark.parametrize("status", [401, 403, 500, 503])
    def test_a_look_finds_a_refused_key_and_a_broken_server(self, url: str, status: int) -> None:
        _Endpoint.queue = [(status, {}, f"oops {KEY}")]
        with pytest.raises(EngineError, match=f"status {status}") as caught:
            OpenAIEngine(url, "m", key=KEY).check()
        assert KEY not in str(caught.value)
        assert _Endpoint.seen == [(f"Bearer {KEY}", {"path": "/v1/models"})]

    @pytest.mark.parametrize("status", [200, 404, 405, 429])
    def test_a_look_needs_no_list_of_models(self, url: str, status: int) -> None:
        _Endpoint.queue = [(status, {}, "")]
        OpenAIEngine(url, "m", key=KEY).check()
        assert len(_Endpoint.seen) == 1

    def test_does_not_follow_a_redirect_with_the_key(self, url: str) -> None:
        _Endpoint.queue = [(307, {"Location": "/elsewhere"}, "")]
        with pytest.raises(EngineError, match="status 307"):
            self.decide(url)
        assert len(_Endpoint.seen) == 1

    def test_refusal_becomes_hold(self, url: str) -> None:
        _Endpoint.queue = [_completion("", refusal="I will not.")]
        found = self.decide(url)
        assert (found.actions, found.reason) == ((HOLD,), "the model refuses: I will not.")

    def test_action_that_is_not_allowed_becomes_hold(self, url: str) -> None:
        _Endpoint.queue = [_completion('{"actions":[{"action":"pay","args":{"finney":1}}]}')]
        assert "not allowed now" in self.decide(url).reason

    @pytest.mark.parametrize("text", ["", "<html>", "[]", '{"choices":[]}', '{"choices":[{}]}'])
    def test_response_that_is_no_completion_is_an_error(self, url: str, text: str) -> None:
        _Endpoint.queue = [(200, {}, text)]
        with pytest.raises(EngineError, match="check"):
            self.decide(url)

    def test_unreachable_server_is_an_error_with_the_remedy(self) -> None:
        with pytest.raises(EngineError, match="check URL, model and key"):
            self.decide("http://127.0.0.1:1/v1")

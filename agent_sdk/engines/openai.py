"""Any OpenAI-compatible endpoint: hosted, vLLM, Ollama, llama.cpp.

Plain HTTP by the standard library: one request needs no client of 15 packages in a process that
holds keys.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agent_sdk.engines.base import MAX_PROMPT, Budget, Decision, Text, settle
from agent_sdk.engines.prompt import compose
from agent_sdk.errors import ConfigError, EngineError
from agent_sdk.manifest import HOLD, Manifest

__all__ = ["OpenAIEngine", "read_key"]

_MAX_RESPONSE = 1 << 20
"""Bytes of a response that are read."""
_MAX_PAUSE = 10.0
"""s between two tries, at most."""
_CHECK_SECONDS = 5.0
"""s that a look at the endpoint takes, at most."""
_TRY_AGAIN = (408, 409, 429, 500, 502, 503, 504)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class OpenAIEngine:
    """Asks one model at one base URL; safe to call from several threads."""

    name = "openai"
    model_sha256 = ""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str = "",
        timeout: float = 60.0,
        retries: int = 2,
        max_tokens: int = 1024,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Name the endpoint; nothing is sent yet.

        Args:
            url: base URL, up to and with `/v1`.
            model: as the endpoint names it.
            key: bearer token; empty = none is sent. Never shown or logged.
            timeout: s for one try.
            retries: further tries after a time-out, a lost connection or a busy server.
            max_tokens: of one answer.
            sleep: waits between tries, s.

        Raises:
            ConfigError: no http(s) URL, no model, or a key that would cross a network in the clear.
        """
        parts = urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.password
        ):
            raise ConfigError(
                f"engine URL {_shown(url)!r} must be http(s)://host[:port]/v1 without a user"
            )
        if not model:
            raise ConfigError(f"engine URL {url!r} names no model: write {url}#MODEL")
        if key and parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ConfigError(f"engine URL {url!r} would send the key in the clear: use https")
        self.url = url.rstrip("/")
        self.model = model
        self._key = key
        self._timeout = timeout
        self._tries = retries + 1
        self._max_tokens = max_tokens
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_NoRedirect)

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """See `Engine.decide`."""
        start = time.monotonic()
        if len(prompt) > MAX_PROMPT:
            refusal = f"prompt has {len(prompt)} characters, over {MAX_PROMPT}"
            return settle(manifest, "", tokens=0, milliseconds=0, refusal=refusal)
        allowed = None if budget.liberty is None else [*budget.liberty, HOLD.name]
        answer = self._post(
            {
                "model": self.model,
                "messages": compose(manifest, prompt, history, budget, context=context),
                "temperature": 0,
                "max_tokens": self._max_tokens,
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "decision",
                        "strict": True,
                        "schema": manifest.schema(allowed),
                    },
                },
            }
        )
        raw, tokens, refusal = _read(answer)
        milliseconds = round((time.monotonic() - start) * 1000)
        return settle(
            manifest,
            raw,
            tokens=tokens,
            milliseconds=milliseconds,
            allowed=allowed,
            refusal=refusal,
        )

    def complete(self, question: str, *, limit: int) -> Text:
        """See `Writer.complete`."""
        start = time.monotonic()
        if len(question) > MAX_PROMPT:
            reason = f"question has {len(question)} characters, over {MAX_PROMPT}"
            return Text(text="", tokens=0, milliseconds=0, reason=reason)
        answer = self._post(
            {
                "model": self.model,
                "messages": [{"role": "user", "content": question}],
                "temperature": 0,
                # No token is shorter than a byte.
                "max_tokens": max(1, min(self._max_tokens, limit)),
            }
        )
        text, tokens, refusal = _read(answer, cut_is_fine=True)
        milliseconds = round((time.monotonic() - start) * 1000)
        return Text(
            text="" if refusal else text, tokens=tokens, milliseconds=milliseconds, reason=refusal
        )

    def check(self) -> None:
        """See `Checkable.check`: ask for the list of models, which some endpoints do not have."""
        request = urllib.request.Request(f"{self.url}/models", headers=self._headers())
        try:
            self._opener.open(request, timeout=min(_CHECK_SECONDS, self._timeout)).close()
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (401, 403) or error.code >= 500:
                    raise self._no_answer(self._status(error)) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._no_answer(_cause(error)) from None

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "everloop"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        return headers

    def _post(self, body: Mapping[str, Any]) -> Any:
        headers = self._headers()
        data = json.dumps(body).encode()
        failure = ""
        for attempt in range(self._tries):
            if attempt:
                self._sleep(min(2.0 ** (attempt - 1), _MAX_PAUSE))
            request = urllib.request.Request(f"{self.url}/chat/completions", data, headers)
            try:
                with self._opener.open(request, timeout=self._timeout) as response:
                    return json.loads(response.read(_MAX_RESPONSE))
            except urllib.error.HTTPError as error:
                with error:
                    failure = self._status(error)
                if error.code not in _TRY_AGAIN:
                    break
            except ValueError:
                failure = "a response that is not JSON"
                break
            except (OSError, http.client.HTTPException) as error:
                failure = _cause(error)
        raise self._no_answer(failure)

    def _no_answer(self, failure: str) -> EngineError:
        return EngineError(
            f"{self.url} gives no answer for model {self.model!r} ({failure}): "
            "check URL, model and key"
        )

    def _status(self, error: urllib.error.HTTPError) -> str:
        return f"status {error.code}: {self._hidden(error.read(300))}"

    def _hidden(self, body: bytes) -> str:
        """Some endpoints repeat the key in their complaint."""
        text = body.decode("utf-8", "replace")
        return text.replace(self._key, "***") if self._key else text


def read_key(environment: Mapping[str, str] = os.environ) -> str:
    """Return the key from `EVERLOOP_ENGINE_KEY` or the file `EVERLOOP_ENGINE_KEY_FILE`, else "".

    Raises:
        ConfigError: the file cannot be read.
    """
    path = environment.get("EVERLOOP_ENGINE_KEY_FILE", "")
    if not path:
        return environment.get("EVERLOOP_ENGINE_KEY", "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(
            f"EVERLOOP_ENGINE_KEY_FILE {path!r} cannot be read ({error.strerror}): "
            "check path and rights"
        ) from error


def _read(answer: Any, *, cut_is_fine: bool = False) -> tuple[str, int, str]:
    """Return the answer, the tokens written and, where it must not be used, why."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        tokens = int((answer.get("usage") or {}).get("completion_tokens", 0))
        raw = message.get("content") or ""
        refused = message.get("refusal") or ""
        finish = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise EngineError(
            f"the endpoint's response {str(answer)[:80]!r} is no chat completion: check the URL"
        ) from None
    if refused:
        return str(raw), tokens, f"the model refuses: {str(refused)[:200]}"
    if finish == "content_filter" or (finish == "length" and not cut_is_fine):
        return str(raw), tokens, f"answer cut off by the endpoint: {finish}"
    return str(raw), tokens, "" if raw else "the model gives no answer"


def _cause(error: Exception) -> str:
    """Return why nothing came back."""
    return str(getattr(error, "reason", error) or type(error).__name__)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(url: str) -> str:
    """Hide what may be a password."""
    return url.split("@")[-1]

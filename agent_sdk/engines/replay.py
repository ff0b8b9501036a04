"""Recorded answers, for tests and simulation."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent_sdk.engines.base import Budget, Decision, Text, prompt_key, settle
from agent_sdk.errors import ConfigError, EngineError, SpecError
from agent_sdk.manifest import Action, Manifest
from agent_sdk.strict_json import load_json

__all__ = ["ReplayEngine", "load_recording"]


class ReplayEngine:
    """Gives the answer recorded for a prompt, else the next one of a sequence.

    A recording is JSON, each key optional:
    `{"prompts": {SHA-256 of the prompt: answer}, "sequence": [answer, …], "repeat": false}`.
    An answer is text or the object that the text would hold.
    """

    name = "replay"
    model = "replay"
    model_sha256 = ""

    def __init__(
        self,
        sequence: Sequence[Any] = (),
        *,
        prompts: Mapping[str, Any] | None = None,
        repeat: bool = False,
    ) -> None:
        """Take a recording.

        Args:
            sequence: answers in order: text, an answer object, or a list of `Action`.
            prompts: answers by `prompt_key`; they go before the sequence.
            repeat: begin the sequence again at its end.
        """
        self._sequence = [_text(answer) for answer in sequence]
        self._prompts = {key: _text(answer) for key, answer in (prompts or {}).items()}
        self._repeat = repeat
        self._next = 0
        self._lock = threading.Lock()

    @classmethod
    def load(cls, path: str | Path) -> ReplayEngine:
        """Read a recording from a file.

        Raises:
            ConfigError: it cannot be read, or is no recording.
        """
        data = load_recording(path)
        return cls(
            data.get("sequence", ()), prompts=data.get("prompts"), repeat=data.get("repeat", False)
        )

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """See `Engine.decide`.

        Raises:
            EngineError: nothing is recorded for this prompt and the sequence is over.
        """
        return settle(manifest, self._recorded(prompt), tokens=0, milliseconds=0)

    def complete(self, question: str, *, limit: int) -> Text:
        """See `Writer.complete`; recorded like an answer to a prompt.

        Raises:
            EngineError: nothing is recorded for this question and the sequence is over.
        """
        return Text(text=self._recorded(question), tokens=0, milliseconds=0)

    def _recorded(self, prompt: str) -> str:
        raw = self._prompts.get(prompt_key(prompt))
        return self._following(prompt) if raw is None else raw

    def _following(self, prompt: str) -> str:
        with self._lock:
            if self._repeat and self._next == len(self._sequence):
                self._next = 0
            if self._next >= len(self._sequence):
                key = prompt_key(prompt)[:16]
                raise EngineError(
                    f"no answer is recorded for prompt {key}… and the sequence is over: record more"
                )
            self._next += 1
            return self._sequence[self._next - 1]


def load_recording(path: str | Path) -> dict[str, Any]:
    """Read the file of a recording; see `ReplayEngine`.

    Raises:
        ConfigError: it cannot be read, or is no recording.
    """
    try:
        data = load_json(Path(path).read_text(encoding="utf-8"), what=f"recording {path}")
    except (OSError, UnicodeDecodeError, SpecError) as error:
        raise ConfigError(f"recording {str(path)!r} cannot be read: {error}") from error
    known = {"prompts": dict, "sequence": list, "repeat": bool}
    if not isinstance(data, dict) or any(
        not isinstance(v, known.get(k, ())) for k, v in data.items()
    ):
        raise ConfigError(
            f"recording {str(path)!r} must be an object with the keys {sorted(known)}"
        )
    return data


def _text(answer: Any) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, Sequence):
        answer = {"actions": [a.to_dict() if isinstance(a, Action) else a for a in answer]}
    return json.dumps(answer, ensure_ascii=False)

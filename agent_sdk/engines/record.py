"""Keep what an engine answers, as a recording that `replay` gives again."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent_sdk.engines.base import Budget, Checkable, Decision, Engine, Text, Writer, prompt_key
from agent_sdk.engines.replay import load_recording
from agent_sdk.errors import ConfigError
from agent_sdk.manifest import Manifest

__all__ = ["Recorder", "record"]


class Recorder:
    """Asks another engine and writes each of its answers to a file.

    Answers are kept by the SHA-256 of their prompts; the last answer to a prompt is the one that
    counts. What is kept of a decision are its actions: those that came of it, hold() of a refusal.
    """

    def __init__(self, mind: Engine, path: str | Path) -> None:
        """Record `mind` at `path`, beside what was recorded there before.

        Raises:
            ConfigError: the file is there and is no recording, or cannot be written.
        """
        self._mind = mind
        self._path = Path(path)
        found = load_recording(self._path) if self._path.exists() else {}
        self._kept: dict[str, Any] = {"prompts": {}, **found}
        self._lock = threading.Lock()
        self._keep()

    @property
    def name(self) -> str:
        """Of the engine that is asked."""
        return self._mind.name

    @property
    def model(self) -> str:
        """Of the engine that is asked."""
        return self._mind.model

    @property
    def model_sha256(self) -> str:
        """Of the engine that is asked."""
        return self._mind.model_sha256

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """See `Engine.decide`; a question without an answer leaves no record."""
        found = self._mind.decide(manifest, prompt, budget, history=history, context=context)
        self._keep(prompt, {"actions": [action.to_dict() for action in found.actions]})
        return found

    def _keep(self, prompt: str | None = None, answer: Any = None) -> None:
        """Write the file anew, whole or not at all."""
        with self._lock:
            if prompt is not None:
                self._kept["prompts"][prompt_key(prompt)] = answer
            text = json.dumps(self._kept, indent=2, sort_keys=True, ensure_ascii=False)
            half = self._path.with_name(f"{self._path.name}.part")
            try:
                half.write_text(f"{text}\n", encoding="utf-8")
                os.replace(half, self._path)
            except OSError as error:
                raise ConfigError(
                    f"recording {str(self._path)!r} cannot be written ({error.strerror}): "
                    "name a file in a folder that is there"
                ) from error


class _WriterRecorder(Recorder):
    """Records an engine that answers plain questions as well."""

    def complete(self, question: str, *, limit: int) -> Text:
        """See `Writer.complete`."""
        assert isinstance(self._mind, Writer)
        found = self._mind.complete(question, limit=limit)
        self._keep(question, found.text)
        return found


class _EndpointRecorder(_WriterRecorder):
    """Records an engine that may be out of reach."""

    def check(self) -> None:
        """See `Checkable.check`."""
        assert isinstance(self._mind, Checkable)
        self._mind.check()


def record(mind: Engine, path: str | Path) -> Recorder:
    """Return an engine that answers as `mind` does, can what it can, and keeps its answers.

    Raises:
        ConfigError: the file is there and is no recording, or cannot be written.
    """
    if isinstance(mind, Checkable) and isinstance(mind, Writer):
        return _EndpointRecorder(mind, path)
    return _WriterRecorder(mind, path) if isinstance(mind, Writer) else Recorder(mind, path)

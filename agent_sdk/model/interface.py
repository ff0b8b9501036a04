"""What a decision reaches besides actions: the contract's views, and what others alone may call.

Each function stands as in Solidity, for two things depend on it: its selector, and which argument
words the ABI decoder refuses. A struct in memory is read whole when the function is entered, one in
call data only as far as its length. Source: the ABI of contracts/examples/CounterAgent.sol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agent_sdk.model.calldata import CallData
from agent_sdk.payloads import selector as selector_of
from agent_sdk.types import Miss, Rule

__all__ = ["ENGINES", "FACTORYS", "OWNERS", "VIEWS", "Decoder"]

Decoder = Callable[[CallData], None]
"""Refuses arguments that the contract's ABI decoder refuses."""

_JOB = "address,address,uint256,uint256,address,bytes32,bytes32,bytes32"
_LOOP = "uint32,uint32,uint24,uint24,uint24,uint48,uint48,uint32,uint64"
_POLICY = "uint80,uint80,uint32,uint64"
_CHOICE = "address,bytes32"
_STRUCTS: Mapping[str, str] = {
    "Birth": f"({_LOOP}),({_POLICY}),({_CHOICE})[],address[],uint80,uint40",
    "Choice": _CHOICE,
    "Delivery": "uint32,uint64,address,bytes32,bytes32",
    "Inference": _JOB,
    "Loop": _LOOP,
    "Policy": _POLICY,
    "TokenLimit": "uint104,uint104,uint32",
}
"""fields of each struct, of types/*.sol"""
_ENUMS: Mapping[str, int] = {"Miss": len(Miss), "Rule": len(Rule)}
"""how many values each has"""


def _functions(*declared: str) -> dict[bytes, Decoder]:
    found = {}
    for one in declared:
        name, _, rest = one.removesuffix(")").partition("(")
        given = rest.split(", ") if rest else []
        types = ",".join(_canonical(parameter.split()[0]) for parameter in given)
        found[selector_of(f"{name}({types})")] = _decoder(given)
    return found


def _canonical(kind: str) -> str:
    """Return a type as the ABI names it."""
    if kind in _ENUMS:
        return "uint8"
    item = kind.removesuffix("[]")
    return kind.replace(item, f"({_STRUCTS[item]})") if item in _STRUCTS else kind


def _decoder(given: list[str]) -> Decoder:
    """Return what reads parameters, each a type and where it is kept."""
    heads = [_words(parameter) for parameter in given]
    places = [sum(heads[:number]) for number in range(len(given))]

    def decode(call: CallData) -> None:
        call.need(sum(heads))
        for at, parameter in zip(places, given, strict=True):
            _read(call, at, *parameter.split())

    return decode


def _words(parameter: str) -> int:
    """Return how many words a parameter takes among the arguments; 1 where it is an offset."""
    fields = _STRUCTS.get(parameter.split()[0])
    return 1 if fields is None or "[" in fields else len(fields.split(","))


def _read(call: CallData, at: int, kind: str, kept: str = "") -> None:
    """Read one parameter from the word `at` on."""
    if kept == "memory":
        for number, field in enumerate(_STRUCTS[kind].split(",")):
            _read(call, at + number, field)
    elif kept == "calldata":
        _read_far(call, at, kind)
    elif kind == "address":
        call.address(at)
    elif kind == "bool":
        call.flag(at)
    elif kind == "bytes4":
        call.bytes4(at)
    elif kind != "bytes32":
        call.below(at, _ENUMS.get(kind) or 2 ** int(kind.removeprefix("uint")))


def _read_far(call: CallData, at: int, kind: str) -> None:
    """Read what stays in call data; of a struct that is no offset only the length counts."""
    if kind == "bytes":
        call.bytes_at(at)
    elif kind.endswith("[]"):
        call.list_at(at, words=len(_STRUCTS[kind.removesuffix("[]")].split(",")))
    elif kind == "Birth":
        # Loop and policy in full; two offsets and two numbers.
        call.struct_at(at, words=len(f"{_LOOP},{_POLICY}".split(",")) + 4)


VIEWS: Mapping[bytes, Decoder] = _functions(
    "budgetLeft()",
    "choices()",
    "context()",
    "historyHead()",
    "isEnabled(bytes4)",
    "isPaused()",
    "isRecipient(address)",
    "isValidSignature(bytes32, bytes calldata)",
    "loopId()",
    "loopSalt()",
    "manifest()",
    "manifestPointer()",
    "owner()",
    "pendingOwner()",
    "policy()",
    "prompt()",
    "readyAt(bytes32)",
    "ruleOf(address, bytes4)",
    "spending()",
    "steps()",
    "supportsInterface(bytes4)",
    "tokenPolicy(address)",
    "total()",
)
"""They succeed, and are no action."""

OWNERS: Mapping[bytes, Decoder] = _functions(
    "cancelChange(bytes32)",
    "drain(uint256)",
    "pause()",
    "proposeOwner(address)",
    "renounce()",
    "revokeDigest(bytes32)",
    "setAction(bytes4, bool)",
    "setLimits(Policy memory)",
    "setProviders(Choice[] calldata)",
    "setRecipient(address, bool)",
    "setTarget(address, bytes4, Rule)",
    "setTokenPolicy(address, TokenLimit memory)",
    "start(Loop calldata, uint256)",
    "stop(Inference calldata)",
    "unpause()",
    "withdraw(uint256, address)",
    "withdrawNft(address, uint256, uint256, address)",
    "withdrawToken(address, uint256, address)",
)
"""Refused to the agent itself, which is not its own owner."""

ENGINES: Mapping[bytes, Decoder] = _functions(
    "onInference(Delivery calldata, bytes calldata)",
    "onMissed(bytes32, Miss, Inference calldata)",
)
"""Refused to everybody but Everloop."""

FACTORYS: Mapping[bytes, Decoder] = _functions(
    "initialize(address, Birth calldata, bytes calldata)"
)
"""Refused to everybody but the factory."""

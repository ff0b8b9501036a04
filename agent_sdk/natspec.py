"""Make an agent's manifest out of what solc says of its source: ABI and syntax tree.

/// @custom:instructions Keep cash near target.          on the contract
/// @notice Pay the bill.                                what the action does
/// @param finney Amount in finney.                      what the argument means
/// @custom:range finney 1 1_000                         integer: bounds; anything else: lengths
/// @custom:cost 0.001 ether                             the least ETH that it moves; else 0
/// @custom:action plan                                  these bytes are an action themselves
/// @custom:example A bill of 5 is due. => pay(5); hold()     on the action or the contract

An error names its place first: FILE:LINE:COLUMN where the text is known, else FILE:CONTRACT.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agent_sdk.arguments import check_range, check_type
from agent_sdk.errors import ConfigError, SpecError
from agent_sdk.manifest import Manifest, Tool
from agent_sdk.natspec_calls import read_example
from agent_sdk.natspec_tree import Node, Tags, Tree, first, is_action, own_tags, tags_by_argument
from agent_sdk.units import parse_wei

__all__ = ["build_manifest"]

_NUMBER = re.compile(r"(-?)([\d_]+)(?:e(\d{1,2}))?")
_OF_ACTIONS = ("custom:range", "custom:cost", "custom:action", "custom:example")
"""Tags that say something of an action, and nothing of another function."""


def build_manifest(
    solc_output: Mapping[str, Any],
    source_name: str,
    contract_name: str,
    *,
    texts: Mapping[str, str] | None = None,
) -> dict[str, Any] | None:
    """Return a contract's manifest in JSON form.

    Args:
        solc_output: standard-JSON output with `abi` of the contract and `ast` of all sources.
        source_name: as in the standard-JSON input.
        contract_name: the contract in it.
        texts: of the sources, for messages that name the line.

    Returns:
        The manifest, or None for an abstract contract, an interface, and one without actions.

    Raises:
        SpecError: a tag does not parse, an example does not fit, the result is too big.
    """
    tree = Tree.of(solc_output, texts)
    contract = tree.contract(source_name, contract_name)
    actions = [f for f in tree.functions(contract) if is_action(f)]
    if not actions or contract["abstract"] or contract["contractKind"] != "contract":
        return None
    whole = f"{source_name}:{contract_name}"
    for function in _unmarked(tree, contract):
        with _at(tree.place(function) or whole):
            _refuse_tags(function)
    abi = solc_output["contracts"][source_name][contract_name]["abi"]
    tools = []
    for function in actions:
        with _at(tree.place(function) or whole):
            tools.append(_tool(tree.tags(function), function["name"], abi))
    contract_tags = [tag for base in tree.bases(contract) for tag in own_tags(base)]
    bare = {
        "everloop": 1,
        "name": contract_name,
        "instructions": first(own_tags(contract) + contract_tags, "custom:instructions"),
        "actions": tools,
        "examples": [],
    }
    with _at(tree.place(contract) or whole):
        manifest = Manifest.from_dict(bare)
    others = {f["name"] for f in _unmarked(tree, contract)}
    examples = []
    for node in (*tree.bases(contract), *actions):
        tags = own_tags(node) if node["nodeType"] == "ContractDefinition" else tree.tags(node)
        with _at(tree.place(node) or whole):
            examples += _examples(manifest, tags, others)
    with _at(tree.place(contract) or whole):
        built = Manifest.from_dict(bare | {"examples": examples})
        built.code_data()
    return built.to_dict()


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Say where it is that the NatSpec is wrong."""
    try:
        yield
    except SpecError as error:
        raise SpecError(f"{place}: {error}") from None


def _unmarked(tree: Tree, contract: Node) -> list[Node]:
    """Return the functions that are no actions, and that nothing overrides."""
    called = {f["id"] for f in tree.functions(contract)}
    return [
        node
        for base in tree.bases(contract)
        if base["contractKind"] == "contract"
        for node in base["nodes"]
        if node["nodeType"] == "FunctionDefinition" and not is_action(node)
        if node["id"] in called or not node.get("functionSelector")
    ]


def _refuse_tags(function: Node) -> None:
    """Refuse tags that only an action has."""
    for tag, text in own_tags(function):
        if tag in _OF_ACTIONS:
            raise SpecError(
                f"{function['name']} has `@{tag} {text[:80]}` and is no action, so no model can "
                "take it: write `external action`, or remove the tag"
            )


def _examples(manifest: Manifest, tags: Tags, others: set[str]) -> list[dict[str, Any]]:
    """Return the worked examples of a contract or an action."""
    texts = [text for name, text in tags if name == "custom:example"]
    return [
        read_example(manifest, text, others) for joined in texts for text in joined.split(" | ")
    ]


def _tool(tags: Tags, name: str, abi: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [e for e in abi if e["type"] == "function" and e["name"] == name]
    if len(entries) != 1:
        raise SpecError(
            f"action {name!r} has {len(entries)} overloads: a model tells actions apart by name; "
            "rename one"
        )
    docs = tags_by_argument(tags, "param")
    ranges = tags_by_argument(tags, "custom:range")
    nested = {argument: {"action": True} for argument in tags_by_argument(tags, "custom:action")}
    inputs = []
    for argument in entries[0]["inputs"]:
        _check_argument(name, argument, is_action=argument["name"] in nested)
        found = {"name": argument["name"], "type": argument["type"]}
        found["doc"] = docs.get(argument["name"], "")
        if argument["name"] in ranges:
            found |= _range(name, argument, ranges.pop(argument["name"]))
        inputs.append(found | nested.pop(argument["name"], {}))
    for tag, left in (("range", set(ranges)), ("action", set(nested))):
        if left:
            raise SpecError(
                f"{name}: @custom:{tag} names {sorted(left)}, which are no arguments; correct them"
            )
    signature = Tool(name, inputs=tuple(_typed(i) for i in inputs))
    cost = _cost(name, first(tags, "custom:cost"))
    return {
        "name": name,
        "doc": first(tags, "notice"),
        "inputs": inputs,
        "selector": "0x" + signature.selector.hex(),
    } | ({"cost": cost} if cost != "0" else {})


def _check_argument(name: str, argument: Mapping[str, Any], *, is_action: bool) -> None:
    kind = argument["type"]
    if not argument["name"]:
        raise SpecError(
            f"{name} has an argument of type {kind} without a name: give it one, a model answers "
            "by name"
        )
    try:
        check_type(kind)
    except SpecError as error:
        raise SpecError(f"{name}.{argument['name']}: {error}") from None
    if is_action and kind != "bytes":
        raise SpecError(
            f"{name}: `@custom:action {argument['name']}`, of type {kind}: an action in an action "
            "is plain bytes; change its type, or remove the tag"
        )


def _cost(name: str, text: str) -> str:
    try:
        return str(parse_wei(text or 0))
    except ConfigError as error:
        raise SpecError(f"{name}: @custom:cost {text}: {error}") from None


def _typed(item: Mapping[str, Any]) -> Any:
    from agent_sdk.manifest import Input

    return Input(item["name"], item["type"])


def _range(name: str, argument: Mapping[str, Any], text: str) -> dict[str, int]:
    tag = f"{name}: `@custom:range {argument['name']} {text}`"
    numbers = [_NUMBER.fullmatch(word) for word in text.split()]
    if len(numbers) != 2 or not all(numbers):
        raise SpecError(f"{tag}: write two whole numbers, such as 1 1_000 or 0 1e18")
    low, high = (int(n[1] + n[2].replace("_", "")) * 10 ** int(n[3] or 0) for n in numbers if n)
    try:
        check_range(argument["type"], low, high, what=f"{name}.{argument['name']}")
    except SpecError as error:
        raise SpecError(f"{tag}: {error}") from None
    return {"min": low, "max": high}

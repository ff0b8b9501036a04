"""Make an agent's manifest out of what solc says of its source: ABI and syntax tree.

    /// @custom:instructions Keep cash near target.          on the contract
    /// @notice Pay the bill.                                what the action does
    /// @param finney Amount in finney.                      what the argument means
    /// @custom:range finney 1 1_000                         integer: bounds; anything else: lengths
    /// @custom:cost 0.001 ether                             the least ETH that it moves; else 0
    /// @custom:action plan                                  these bytes are an action themselves
    /// @custom:example A bill of 5 is due. => pay(5); hold()     on the action or the contract

The raw NatSpec is read from the tree, since solc glues repeated custom tags together; tags that are
missing, as under `@inheritdoc`, are filled in from base functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent_sdk.errors import ConfigError, SpecError
from agent_sdk.manifest import Manifest, Tool
from agent_sdk.natspec_calls import read_example
from agent_sdk.units import parse_wei

__all__ = ["build_manifest"]

_MODIFIER = "action"
_TAG = re.compile(r"\s*@([\w:-]+)\s*(.*)")
_NUMBER = re.compile(r"(-?)([\d_]+)(?:e(\d{1,2}))?")

Node = Mapping[str, Any]
Tags = list[tuple[str, str]]
"""NatSpec as (tag, text) in the order of the source."""


@dataclass(frozen=True)
class _Tree:
    """All declarations of one compilation, by the ids of the syntax tree."""

    nodes: Mapping[int, Node]

    @classmethod
    def of(cls, solc_output: Mapping[str, Any]) -> _Tree:
        nodes: dict[int, Node] = {}
        for source in solc_output.get("sources", {}).values():
            for contract in source.get("ast", {}).get("nodes", ()):
                if contract["nodeType"] == "ContractDefinition":
                    nodes[contract["id"]] = contract
                    nodes.update({member["id"]: member for member in contract["nodes"]})
        return cls(nodes)

    def bases(self, contract: Node) -> Iterator[Node]:
        """Yield the contract and what it inherits, most derived first."""
        return (self.nodes[i] for i in contract["linearizedBaseContracts"])

    def tags(self, function: Node) -> Tags:
        """Return a function's NatSpec, completed tag by tag from the functions it overrides."""
        found = [t for t in _tags(function) if t[0] != "inheritdoc"]
        own = {name for name, _ in found}
        for base in function.get("baseFunctions") or ():
            found += [t for t in self.tags(self.nodes[base]) if t[0] not in own]
            own = {name for name, _ in found}
        return found


def build_manifest(
    solc_output: Mapping[str, Any], source_name: str, contract_name: str
) -> dict[str, Any] | None:
    """Return a contract's manifest in JSON form.

    Args:
        solc_output: standard-JSON output with `abi` of the contract and `ast` of all sources.
        source_name: as in the standard-JSON input.
        contract_name: the contract in it.

    Returns:
        The manifest, or None for an abstract contract, an interface, and one without actions.

    Raises:
        SpecError: a tag does not parse, an example does not fit, the result is too big.
    """
    tree = _Tree.of(solc_output)
    members = solc_output["sources"][source_name]["ast"]["nodes"]
    contract = next(
        n for n in members if n["nodeType"] == "ContractDefinition" and n["name"] == contract_name
    )
    actions = _actions(tree, contract)
    if not actions or contract["abstract"] or contract["contractKind"] != "contract":
        return None
    abi = solc_output["contracts"][source_name][contract_name]["abi"]
    try:
        tools = [_tool(tree.tags(f), f["name"], abi) for f in actions]
        bare = {
            "everloop": 1,
            "name": contract_name,
            "instructions": "",
            "actions": tools,
            "examples": [],
        }
        manifest = Manifest.from_dict(bare)
        contract_tags = [tag for base in tree.bases(contract) for tag in _tags(base)]
        tags = contract_tags + [tag for f in actions for tag in tree.tags(f)]
        texts = [text for name, text in tags if name == "custom:example"]
        examples = [
            read_example(manifest, text) for joined in texts for text in joined.split(" | ")
        ]
        instructions = _first(_tags(contract) + contract_tags, "custom:instructions")
        built = Manifest.from_dict(bare | {"instructions": instructions, "examples": examples})
    except SpecError as error:
        raise SpecError(f"{source_name}:{contract_name}: {error}") from None
    built.code_data()
    return built.to_dict()


def _actions(tree: _Tree, contract: Node) -> list[Node]:
    """Return the functions with the modifier, inherited ones last; overrides replace their base."""
    found: dict[str, Node] = {}
    for base in tree.bases(contract):
        for node in base["nodes"]:
            if node["nodeType"] == "FunctionDefinition" and node.get("functionSelector"):
                found.setdefault(node["functionSelector"], node)
    return [
        f
        for f in found.values()
        if _MODIFIER in (m["modifierName"]["name"] for m in f["modifiers"])
    ]


def _tool(tags: Tags, name: str, abi: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [e for e in abi if e["type"] == "function" and e["name"] == name]
    if len(entries) != 1:
        raise SpecError(
            f"action {name!r} has {len(entries)} overloads: a model tells actions apart by name; "
            "rename one"
        )
    docs = _by_name(tags, "param")
    ranges = {
        argument: _range(name, argument, text)
        for argument, text in _by_name(tags, "custom:range").items()
    }
    nested = {argument: {"action": True} for argument in _by_name(tags, "custom:action")}
    inputs = [
        {"name": i["name"], "type": i["type"], "doc": docs.get(i["name"], "")}
        | ranges.pop(i["name"], {})
        | nested.pop(i["name"], {})
        for i in entries[0]["inputs"]
    ]
    for tag, left in (("range", set(ranges)), ("action", set(nested))):
        if left:
            raise SpecError(
                f"{name}: @custom:{tag} names {sorted(left)}, which are no arguments; correct them"
            )
    signature = Tool(name, inputs=tuple(_typed(i) for i in inputs))
    cost = _cost(name, _first(tags, "custom:cost"))
    return {
        "name": name,
        "doc": _first(tags, "notice"),
        "inputs": inputs,
        "selector": "0x" + signature.selector.hex(),
    } | ({"cost": cost} if cost != "0" else {})


def _cost(name: str, text: str) -> str:
    try:
        return str(parse_wei(text or 0))
    except ConfigError as error:
        raise SpecError(f"{name}: @custom:cost {text}: {error}") from None


def _typed(item: Mapping[str, Any]) -> Any:
    from agent_sdk.manifest import Input

    return Input(item["name"], item["type"])


def _range(name: str, argument: str, text: str) -> dict[str, int]:
    numbers = [_NUMBER.fullmatch(word) for word in text.split()]
    if len(numbers) != 2 or not all(numbers):
        raise SpecError(
            f"{name}: @custom:range {argument} {text}: write two whole numbers, such as 1 1_000 "
            "or 0 1e18"
        )
    low, high = (int(n[1] + n[2].replace("_", "")) * 10 ** int(n[3] or 0) for n in numbers if n)
    return {"min": low, "max": high}


def _tags(node: Node) -> Tags:
    """Split a node's NatSpec; text before the first tag is its notice."""
    documentation = node.get("documentation")
    found: list[tuple[str, str]] = []
    for line in (documentation["text"] if documentation else "").splitlines():
        match = _TAG.fullmatch(line)
        if match:
            found.append((match[1], match[2].strip()))
        elif line.strip():
            name, text = found.pop() if found else ("notice", "")
            found.append((name, f"{text} {line.strip()}".strip()))
    return found


def _first(tags: Tags, name: str) -> str:
    return next((text for tag, text in tags if tag == name), "")


def _by_name(tags: Tags, name: str) -> dict[str, str]:
    """Return the tags `@name ARGUMENT text` by argument; the first one counts."""
    found: dict[str, str] = {}
    for tag, text in tags:
        if tag == name:
            argument, _, rest = text.partition(" ")
            found.setdefault(argument, rest.strip())
    return found

"""Make an agent's manifest out of what solc says of its source: ABI and syntax tree.

    /// @custom:instructions Keep cash near target.          on the contract
    /// @notice Pay the bill.                                what the action does
    /// @param finney Amount in finney.                      what the argument means
    /// @custom:range finney 1 1_000                         integer: bounds; anything else: lengths
    /// @custom:example A bill of 5 is due. => pay(5); hold()     on the action or the contract

The raw NatSpec is read from the tree, since solc glues repeated custom tags together; tags that are
missing, as under `@inheritdoc`, are filled in from base functions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agent_sdk.errors import SpecError
from agent_sdk.manifest import MAX_BYTES, Manifest, Tool

__all__ = ["build_manifest"]

_MODIFIER = "action"
_TAG = re.compile(r"\s*@([\w:-]+)\s*(.*)")
_CALL = re.compile(r'\s*([A-Za-z_$][\w$]*)\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)\s*(;|$)')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|0x[0-9a-fA-F]*|-?\d[\d_]*')
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
        examples = [_example(manifest, text) for joined in texts for text in joined.split(" | ")]
        instructions = _first(_tags(contract) + contract_tags, "custom:instructions")
        built = Manifest.from_dict(bare | {"instructions": instructions, "examples": examples})
    except SpecError as error:
        raise SpecError(f"{source_name}:{contract_name}: {error}") from None
    size = len(built.dumps().encode())
    if size > MAX_BYTES:
        raise SpecError(
            f"{contract_name}: its manifest has {size} bytes, code data holds {MAX_BYTES}; "
            "shorten the examples"
        )
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
    inputs = [
        {"name": i["name"], "type": i["type"], "doc": docs.get(i["name"], "")}
        | ranges.pop(i["name"], {})
        for i in entries[0]["inputs"]
    ]
    if ranges:
        raise SpecError(
            f"{name}: @custom:range names {sorted(ranges)}, which are no arguments; correct them"
        )
    tool = {"name": name, "doc": _first(tags, "notice"), "inputs": inputs}
    signature = Tool(name, inputs=tuple(_typed(i) for i in inputs))
    return tool | {"selector": "0x" + signature.selector.hex()}


def _typed(item: Mapping[str, Any]) -> Any:
    from agent_sdk.manifest import Input

    return Input(item["name"], item["type"])


def _example(manifest: Manifest, text: str) -> dict[str, Any]:
    """Read `OBSERVATION => pay(25); hold()`."""
    observation, arrow, calls = text.rpartition("=>")
    if not arrow or not observation.strip():
        raise SpecError(f"@custom:example {text[:80]!r}: write OBSERVATION => action(1); action(2)")
    found, position = [], 0
    while position < len(calls.rstrip()):
        match = _CALL.match(calls, position)
        if match is None:
            raise SpecError(
                f"@custom:example {text[:80]!r}: {calls[position:].strip()[:40]!r} is no call; "
                "write name(1, 2)"
            )
        found.append(_call(manifest, match[1], match[2]))
        position = match.end()
    return {"observation": observation.strip(), "actions": found}


def _call(manifest: Manifest, name: str, written: str) -> dict[str, Any]:
    inputs = manifest.tool(name).inputs
    try:
        values = json.loads(f"[{_TOKEN.sub(_json_token, written)}]")
    except ValueError:
        raise SpecError(
            f'{name}({written}): arguments are numbers, 0x…, true, false, "text" or [lists]'
        ) from None
    if len(values) != len(inputs):
        raise SpecError(
            f"{name}({written}) has {len(values)} arguments: it takes {[i.name for i in inputs]}"
        )
    return {"action": name, "args": {i.name: v for i, v in zip(inputs, values, strict=True)}}


def _json_token(token: re.Match[str]) -> str:
    text = token[0]
    if text.startswith("0x"):
        return f'"{text}"'
    return text if text.startswith('"') else text.replace("_", "")


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

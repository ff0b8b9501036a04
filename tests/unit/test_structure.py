"""The tree keeps its shape: layers, exports, sizes, names, versions."""

from __future__ import annotations

import ast
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "agent_sdk"

#: docs/architecture.md, "Layers of the SDK": a module imports from its own row or rows above.
LAYERS = [
    {"errors"},
    {"abi", "arguments", "artifacts", "engines", "fsm", "manifest", "manifest_reader", "market"}
    | {"limits", "model"}
    | {"natspec", "natspec_calls", "natspec_checks", "natspec_tree"}
    | {"payloads", "settings", "strict_json", "tools"}
    | {"types", "units", "utility"},
    {"accounts", "chain", "compiler", "faults", "journal", "logs", "orders", "processes", "reverts"}
    | {"rpc", "transport"},
    {"contracts"},
    {"agent", "agent_changes", "agent_owner", "agent_plans", "agent_reader"}
    | {"agent_signatures"}
    | {"agent_waiting"}
    | {"agents", "blueprints", "booked"}
    | {
        "deploy",
        "deployment",
        "history",
        "history_steps",
        "inferences",
        "ledger",
        "provider_status",
        "providers",
        "scheduler",
        "step_failures",
    },
    {"anvil", "daemons", "network", "stack", "stack_files"}
    | {"demo", "demo_answers", "demo_check", "demo_clock", "demo_facts", "demo_report"}
    | {"demo_view"},
    {"cli"},
]
LAYER = {module: number for number, row in enumerate(LAYERS) for module in row}

MAX_FILE_LINES = 360
MAX_FUNCTION_LINES = 48


def python_files(*folders: str) -> list[Path]:
    """Return the Python sources below the given folders of the root."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield the first-level module of agent_sdk behind each import of a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("agent_sdk."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("agent_sdk"):
            if node.module == "agent_sdk":
                yield from (f"agent_sdk.{name.name}" for name in node.names)
            else:
                yield str(node.module)


def test_imports_point_down() -> None:
    wrong = []
    for path in python_files("agent_sdk"):
        module = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if module == "__init__":
            continue
        assert module in LAYER, f"agent_sdk/{module} has no layer; give it one in LAYERS"
        for name in imported(path):
            other = name.split(".")[1] if "." in name else ""
            # A public name of the package itself belongs to whoever may see everything.
            if LAYER.get(other, len(LAYERS) - 1) > LAYER[module]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_product_does_not_import_ape_or_tests() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in python_files("agent_sdk")
        for line in path.read_text("utf-8").splitlines()
        if re.match(r"\s*(from|import) (ape|ape_\w+|tests|scripts)\b", line)
    ]
    assert wrong == []


def test_public_names_are_sorted_and_complete() -> None:
    import agent_sdk

    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    bound = {name for node in ast.walk(tree) for name in _public_bindings(node)}
    assert sorted(agent_sdk.__all__) == list(agent_sdk.__all__)
    assert bound - set(agent_sdk.__all__) == set()
    for name in agent_sdk.__all__:
        assert getattr(agent_sdk, name) is not None


def _public_bindings(node: ast.AST) -> list[str]:
    """Return the public names of agent_sdk that one statement imports from its own modules."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("agent_sdk"):
        return [alias.asname or alias.name for alias in node.names]
    return []


def test_files_are_short() -> None:
    sizes = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for path in python_files("agent_sdk", "benchmarks", "scripts")
    }
    assert {name: size for name, size in sizes.items() if size > MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    long = {}
    for path in python_files("agent_sdk", "benchmarks", "scripts"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = _body_lines(node)
                if lines > MAX_FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function after its docstring."""
    has_docstring = ast.get_docstring(node) is not None
    start = node.body[0].end_lineno if has_docstring else node.lineno
    return (node.end_lineno or 0) - (start or 0)


def contract_names() -> list[tuple[str, str]]:
    """Return (kind, name) of every definition in contracts/."""
    pattern = re.compile(r"^(?:abstract )?(contract|interface|library) (\w+)", re.M)
    return [
        (match[1], match[2])
        for path in sorted((ROOT / "contracts").rglob("*.sol"))
        for match in pattern.finditer(path.read_text("utf-8"))
    ]


def test_contract_names_are_unique() -> None:
    counts = Counter(name for _, name in contract_names())
    assert {name: count for name, count in counts.items() if count > 1} == {}


def test_artifacts_are_of_these_contracts() -> None:
    expected = {name for kind, name in contract_names() if kind != "library"}
    assert {path.stem for path in (PACKAGE / "artifacts").glob("*.json")} == expected


def test_artifacts_have_unique_selectors_and_fit_the_chain() -> None:
    for path in (PACKAGE / "artifacts").glob("*.json"):
        artifact = json.loads(path.read_text("utf-8"))
        assert artifact["contractName"] == path.stem
        assert (ROOT / artifact["sourceName"]).is_file()
        assert len(artifact["deployedBytecode"]) // 2 - 1 <= 24_576


def test_one_compiler_version() -> None:
    version = json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]
    assert f'SOLC_VERSION = "{version}"' in (ROOT / "scripts/chain_tools.py").read_text()
    assert f"version: {version}\n" in (ROOT / "ape-config.yaml").read_text()
    pragmas = Counter(
        match
        for path in (ROOT / "contracts").rglob("*.sol")
        for match in re.findall(r"^pragma solidity .*;$", path.read_text("utf-8"), re.M)
    )
    assert len(pragmas) == 1, pragmas


def test_compilers_share_their_settings() -> None:
    forge = (ROOT / "foundry.toml").read_text()
    ape = (ROOT / "ape-config.yaml").read_text()
    build = (ROOT / "scripts/build.py").read_text()
    runs = re.search(r'"runs": ([\d_]+)', build)
    assert runs is not None
    assert f"optimizer_runs = {runs[1]}\n" in forge
    assert f"optimization_runs: {runs[1].replace('_', '')}\n" in ape
    assert 'evm_version = "osaka"' in forge
    assert "evm_version: osaka" in ape
    assert '"evmVersion": "osaka"' in build


def test_pins_are_hashed_and_name_no_host() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text()
        assert "://" not in text, path.name
        pins = re.findall(r"^[a-z0-9._-]+==", text, re.M)
        blocks = re.findall(r"^[a-z0-9._-]+==[^\n]*\\\n    --hash=sha256:", text, re.M)
        assert len(pins) == len(blocks) > 0, path.name
    assert "://" not in (ROOT / "package-lock.json").read_text()


def test_a_test_cannot_leave_the_machine() -> None:
    with socket.socket() as client, pytest.raises(AssertionError, match="only loopback"):
        client.connect(("192.0.2.1", 80))

"""The docs say what is there: links, commands, paths, tests, layers and figures."""

from __future__ import annotations

import doctest
import importlib
import json
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from agent_sdk.cli import cli
from tests.unit.scripts import load_script

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]

#: Modules whose docstrings show a session.
EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "agent_sdk").rglob("*.py"))
    if re.search(r"^ *>>> ", path.read_text("utf-8"), re.M)
]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: Paths of a machine, and hosts but those of standards and examples.
FORBIDDEN = re.compile(
    r"(?<![\w./:~$-])/[a-z]+/[a-z]|https?://(?!keepachangelog|semver|rpc\.example)|\bTODO\b|TO-FILL"
)


def prose(text: str) -> str:
    """Return a page without its fenced blocks."""
    return FENCE.sub("", text)


def anchors(text: str) -> set[str]:
    """Return the anchors that a page's headings make."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str, program: str) -> Iterator[list[str]]:
    """Yield the words of each command of a program that a page shows."""
    shown = SPAN.findall(prose(text))
    for language, block in FENCE.findall(text):
        if language == "sh":
            shown += block.splitlines()
    for line in shown:
        words = shlex.split(line.replace("…", " "), comments=True)
        words = words[:-1] if words[-1:] == ["&"] else words
        if words[:1] == [program]:
            yield words[1:]


def named_tests() -> set[str]:
    """Return the names of all tests there are, in Solidity and Python."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("*.sol"):
        pattern = r"function ((?:test|invariant)\w*)\("
        found.update(re.findall(pattern, path.read_text("utf-8")))
    for path in (ROOT / "tests").rglob("test_*.py"):
        found.update(re.findall(r"def (test_\w+)\(", path.read_text("utf-8")))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_internal_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    lost = []
    for link in LINK.findall(prose(page.read_text("utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text("utf-8"))):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    text = (ROOT / name).read_text("utf-8")
    wanted = {word for words in commands(text, "make") for word in words if "=" not in word}
    assert wanted - targets == set()


@pytest.mark.parametrize("name", NAMES)
def test_everloop_commands_and_options_exist(name: str) -> None:
    for words in commands((ROOT / name).read_text("utf-8"), "everloop"):
        command: click.Command = cli
        while isinstance(command, click.Group) and words:
            word, *words = words
            assert word in command.commands, f"everloop has no command {word}"
            command = command.commands[word]
        known = {option for parameter in command.params for option in parameter.opts}
        options = {word for word in words if word.startswith("--")}
        assert options - known - {"--help"} == set(), command.name


@pytest.mark.parametrize("name", NAMES)
def test_files_and_tests_named_exist(name: str) -> None:
    text = prose((ROOT / name).read_text("utf-8"))
    spans = set(SPAN.findall(text))
    folders = r"(?:agent_sdk|benchmarks|contracts|docs|requirements|scripts|tests)/[\w./*]+"
    paths = {span for span in spans if re.fullmatch(folders, span)}
    assert {path for path in paths if not list(ROOT.glob(path.rstrip("/")))} == set()
    tests = {span for span in spans if re.fullmatch(r"(test|invariant)(Fuzz)?_\w+", span)}
    assert tests - named_tests() == set()


@pytest.mark.parametrize("name", NAMES)
def test_pages_name_no_machine_and_leave_nothing_open(name: str) -> None:
    assert FORBIDDEN.findall((ROOT / name).read_text("utf-8")) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_line_holds_one_sentence(name: str) -> None:
    lines = prose((ROOT / name).read_text("utf-8")).splitlines()
    text = [re.sub(r"`[^`]*`", "x", line) for line in lines if not line.startswith("|")]
    assert [line for line in text if re.search(r"[a-z)][.!?] [A-Z]", line)] == []


def test_readme_opens_with_one_sentence_and_the_two_commands() -> None:
    title, sentence, block = (ROOT / "README.md").read_text("utf-8").split("\n\n")[:3]
    assert title == "# Everloop"
    assert sentence.count(". ") == 0
    assert sentence.endswith(".")
    assert [line.split("#")[0].strip() for line in block.splitlines()] == [
        "```sh",
        "make demo",
        "make test",
        "```",
    ]


def test_readme_figures_are_those_measured() -> None:
    readme = load_script("readme")
    text = (ROOT / "README.md").read_text("utf-8")
    assert readme.rendered(text) == text, "run `python scripts/readme.py`"


def test_architecture_shows_the_layers_that_are_enforced() -> None:
    layers = runpy.run_path(str(ROOT / "tests/unit/test_structure.py"))["LAYERS"]
    present = {
        path.name.removesuffix(".py")
        for path in (ROOT / "agent_sdk").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    } - {"__init__"}
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d) \| (.+) \|$", text, re.M)
    shown = {int(row): set(SPAN.findall(cells)) for row, cells in rows}
    differing = {
        row: sorted(shown.get(row, set()) ^ (modules & present))
        for row, modules in enumerate(layers)
        if shown.get(row, set()) != modules & present
    }
    assert differing == {}, "bring the table of docs/architecture.md up to date"


def test_changelog_keeps_its_format() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(r"^## \[Unreleased\]$", text, re.M)
    sections = re.findall(r"^### (.+)$", text, re.M)
    known = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(sections) <= known


@pytest.mark.parametrize("module", EXAMPLES)
def test_examples_in_docstrings_give_what_they_say(module: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(module))
    assert tried > 0
    assert failed == 0


def test_licence_is_the_standard_text() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License\n                           Version 2.0, January 2004" in text
    assert text.rstrip().endswith("limitations under the License.")
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text("utf-8")


def test_gas_table_is_what_is_measured() -> None:
    gas = json.loads((ROOT / "benchmarks" / "gas.json").read_text())
    rows = re.findall(
        r"\| `(\w+)`(?:, each)? \| ([\d,]+) \| [\d,]+ \| (?:met|\+)",
        (ROOT / "docs/gas.md").read_text(),
    )
    assert rows
    assert {path: int(figure.replace(",", "")) for path, figure in rows} == {
        path: gas[path] for path, _ in rows
    }

"""The determinism lint: what it finds, what it leaves alone, exceptions with reasons."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_sdk.fsm.lint import lint_paths, lint_source

IMPORTS = """\
import json, math, os, random as r, time, uuid
import datetime as dt
from datetime import datetime
from pathlib import Path
from time import monotonic as clock
"""


def rules(text: str) -> list[str]:
    """Return the rules that lines break after the usual imports, which break one themselves."""
    found = [finding.rule for finding in lint_source(IMPORTS + text)]
    assert found[0] == "time"
    return found[1:]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("time.time()", "time"),
        ("now = time.time", "time"),
        ("clock()", "time"),
        ("datetime.now()", "time"),
        ("dt.datetime.utcnow()", "time"),
        ("dt.date.today()", "time"),
        ("r.random()", "random"),
        ("r.SystemRandom().choice([1])", "random"),
        ("uuid.uuid4()", "random"),
        ("os.urandom(4)", "random"),
        ("x = 1.5", "float"),
        ("x = 2j", "float"),
        ("x = 3 / 2", "float"),
        ("x = 3\nx /= 2", "float"),
        ("float('1')", "float"),
        ("math.sqrt(2)", "float"),
        ("for x in {1, 2}: pass", "unordered"),
        ("[x for x in set([1])]", "unordered"),
        ("list(frozenset([1]))", "unordered"),
        ("','.join({'a'})", "unordered"),
        ("{x: 1 for x in {1} | {2}}", "unordered"),
        ("s = {1}\nfor x in s: pass", "unordered"),
        ("s = {1}.union([2])\nnext(iter(s))", "unordered"),
        ("s = {1}\ns.pop()", "unordered"),
        ("class A:\n    def f(self):\n        self.s = set()\n        list(self.s)", "unordered"),
        ("def f(s: set[int]):\n    return tuple(s)", "unordered"),
        ("s: frozenset[int] = make()\nfor x in s: pass", "unordered"),
        ("hash('a')", "unordered"),
        ("sorted([], key=id)", "unordered"),
        ("os.listdir('.')", "unordered"),
        ("json.dumps({})", "dumps"),
        ("json.dumps({}, sort_keys=False)", "dumps"),
        ("json.dump({}, None)", "dumps"),
        ("json.JSONEncoder().encode({})", "dumps"),
        ("datetime.fromtimestamp(block_time)", "time"),
        ("uuid.getnode()", "random"),
        ("x = 2 ** -1", "float"),
        ("s = {1}\nstr(s)", "unordered"),
        ("s = {1}\nf'{s}'", "unordered"),
        ("s = {1}\n[*s]", "unordered"),
        ("s = {1, 2}\na, b = s", "unordered"),
        ("s = {1}\n[].extend(s)", "unordered"),
        ("s = {1}\ndict.fromkeys(s)", "unordered"),
        ("def f(s: set[int]):\n    yield from s", "unordered"),
        ("max({1, 2}, key=abs)", "unordered"),
        ("sorted({1, 2}, key=abs)", "unordered"),
        ("list({}.keys() & {})", "unordered"),
        ("for x in Path('a').iterdir(): pass", "unordered"),
        ("os.environ['A']", "outside"),
        ("os.getenv('A')", "outside"),
        ("open('a')", "outside"),
        ("input()", "outside"),
        ("Path('a').read_text()", "outside"),
        ("Path.cwd()", "outside"),
        ("import requests\nrequests.get('a')", "outside"),
        ("import urllib.request\nurllib.request.urlopen('a')", "outside"),
        ("import socket as s\ns.socket()", "outside"),
        ("from subprocess import run", "outside"),
        ("import sys\nsys.argv", "outside"),
    ],
)
def test_what_differs_between_operators_is_found(line: str, rule: str) -> None:
    assert set(rules(line)) == {rule}


@pytest.mark.parametrize(
    "line",
    [
        "x = 3 // 2",
        "math.isqrt(2)",
        "math.floor(x)",
        "Path('a') / 'b' / 'c'",
        "def f(a: float, b: float = None) -> float: pass",
        "x: float",
        "for x in sorted({1, 2}): pass",
        "sorted(x + 1 for x in {1, 2})",
        "len({1}); 1 in {1}; max({1}); any(x for x in {1})",
        "{x + 1 for x in {1, 2}}",
        "for x in {'a': 1}: pass",
        "for x in [1]: pass",
        "def f():\n    s = {1}\ndef g():\n    for x in s: pass",
        "s = {1}\ns = sorted(s)\nfor x in s: pass",
        "def f(id, hash): return id, hash(1)",
        "self.id",
        "block.time.time()",
        "json.dumps({}, sort_keys=True)",
        "json.loads('1')",
        "datetime.fromtimestamp(block_time, tz=dt.UTC)",
        "{*{1}, 2}",
        "f'{1}'",
        "a, b = [1, 2]",
        "max([1, 2], key=abs)",
        "{}.keys()",
        "x = 2 ** 3",
        "def open(x): return x\nopen(1)",
        "self.open()",
        "context.read('price')",
    ],
)
def test_what_is_the_same_everywhere_is_left_alone(line: str) -> None:
    assert rules(line) == []


def test_a_comment_with_a_reason_allows_one_rule_on_one_line() -> None:
    assert rules("time.time()  # fsm: allow time: only logged\ntime.time()") == ["time"]
    assert rules("time.time()  # fsm: allow float: only logged") == ["time"]


@pytest.mark.parametrize(
    "comment", ["# fsm: allow time", "# fsm: allow time:", "# fsm: allow x: y"]
)
def test_an_exception_needs_a_known_rule_and_a_reason(comment: str) -> None:
    assert rules(f"time.time()  {comment}") == ["allow", "time"]


def test_findings_name_line_and_advice_in_order() -> None:
    findings = lint_source("x = 1.5\nimport time\ntime.time()\n", file="rounds.py")
    assert [str(finding) for finding in findings] == [
        "rounds.py: float: line 1: the number 1.5; use integers or Fraction",
        "rounds.py: time: line 3: time.time; take the time of the block",
    ]


@pytest.mark.parametrize(
    "text",
    ["def", "x = '\0'", "(" * 5_000, "x = " + "-" * 50_000 + "1", "+".join("x" * 5_000), 'x = "'],
    ids=["open", "nul", "brackets", "signs", "sum", "quotes"],
)
def test_what_is_not_python_is_a_finding(text: str) -> None:
    assert [finding.rule for finding in lint_source(text)] == ["syntax"]


def test_folders_are_searched_and_unreadable_files_reported(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/a.py").write_text("x = 1.5\n")
    (tmp_path / "b.py").write_bytes(b"\xff\xfe")
    (tmp_path / "c.txt").write_text("x = 1.5\n")
    found = [
        (finding.file, finding.rule) for finding in lint_paths([tmp_path, tmp_path / "none.py"])
    ]
    assert found == [
        (str(tmp_path / "b.py"), "syntax"),
        (str(tmp_path / "inner/a.py"), "float"),
        (str(tmp_path / "none.py"), "syntax"),
    ]

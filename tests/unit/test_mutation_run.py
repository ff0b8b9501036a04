"""A mutation run samples every function, resumes, and counts only what tests notice."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

sys.path.insert(0, str(ROOT / "scripts"))
campaign = importlib.import_module("mutation.campaign")
edits = importlib.import_module("mutation.edits")
generator = importlib.import_module("mutation.generator")
judging = importlib.import_module("mutation.judge")
projects = importlib.import_module("mutation.project")
reporting = importlib.import_module("mutation.report")
sampling = importlib.import_module("mutation.sample")
settings = importlib.import_module("mutation.settings")
storing = importlib.import_module("mutation.store")
workspaces = importlib.import_module("mutation.workspace")
sys.path.remove(str(ROOT / "scripts"))


def mutant(unit: str, number: int) -> Any:
    return generator.Mutant(
        path="contracts/core/A.sol",
        unit=unit,
        stratum=unit,
        unit_id=1,
        line=number,
        before=f"{unit} {number}",
        after=f"{unit} {number}!",
        edit=edits.Edit("statement", number, number, "!"),
    )


def family(**sizes: int) -> list[Any]:
    return [mutant(unit, number) for unit, size in sizes.items() for number in range(size)]


def verdict(status: str) -> Any:
    return judging.Verdict(status, "", 1.0)


class TestSampler:
    def test_every_function_has_its_share(self) -> None:
        drawn = sampling.Sampler(family(a=1, b=20, c=200), 50, 1).draw({})
        counts = Counter(m.unit for m in drawn)
        assert sum(counts.values()) == 50
        assert counts["a"] == 1
        assert 4 <= counts["b"] <= 6

    def test_a_small_sample_still_has_every_function(self) -> None:
        drawn = sampling.Sampler(family(a=5, b=5, c=5), 1, 1).draw({})
        assert sorted(m.unit for m in drawn) == ["a", "b", "c"]

    def test_a_sample_beyond_the_total_is_everything(self) -> None:
        everything = family(a=5, b=3)
        assert len(sampling.Sampler(everything, 100, 1).draw({})) == len(everything)

    def test_a_seed_gives_the_same_sample_and_another_seed_another(self) -> None:
        def sample(seed: int) -> list[Any]:
            return list(sampling.Sampler(family(a=100, b=100), 20, seed).draw({}))

        assert sample(1) == sample(1)
        assert sample(1) != sample(2)

    def test_what_is_no_mutant_is_replaced_within_its_function(self) -> None:
        sampler = sampling.Sampler(family(a=10, b=10), 8, 1)
        first = sampler.draw({})
        second = sampler.draw({"a": 4, "b": 2})
        assert [m.unit for m in second] == ["b", "b"]
        assert not set(first) & set(second)
        assert sampler.draw({"a": 4, "b": 4}) == []

    def test_where_a_function_is_used_up_another_fills_in(self) -> None:
        sampler = sampling.Sampler(family(a=1, b=10, c=20), 10, 1)
        sampler.draw({})
        quotas = sampler.quotas
        drawn = sampler.draw({"b": quotas["b"], "c": quotas["c"]})
        assert [m.unit for m in drawn] == ["c"]
        assert sampler.draw({"b": quotas["b"], "c": quotas["c"] + 1}) == []

    @pytest.mark.parametrize("size", [3, 10, 57, 300])
    def test_quotas_add_up_and_never_exceed_what_there_is(self, size: int) -> None:
        sizes = {"a": 1, "b": 17, "c": 99}
        quotas = sampling.quotas(sizes, size)
        assert sum(quotas.values()) == min(size, 117)
        assert all(1 <= quotas[name] <= sizes[name] for name in sizes)


class TestStore:
    def test_verdicts_outlive_the_run(self, tmp_path: Path) -> None:
        known, unknown = family(a=2)
        storing.Store(tmp_path, "one").put(known, verdict("killed"))
        again = storing.Store(tmp_path, "one")
        assert again.get(known) == verdict("killed")
        assert again.get(unknown) is None

    def test_other_sources_know_nothing_unless_asked_to(self, tmp_path: Path) -> None:
        [known] = family(a=1)
        storing.Store(tmp_path, "one").put(known, verdict("killed"))
        assert storing.Store(tmp_path, "two").get(known) is None
        kept = storing.Store(tmp_path, "two", keep=True)
        assert kept.get(known) == verdict("killed")
        assert kept.kept == 1

    def test_a_line_that_was_cut_off_is_judged_again(self, tmp_path: Path) -> None:
        first, second, third = family(a=3)
        storing.Store(tmp_path, "one").put(first, verdict("killed"))
        with (tmp_path / "one.jsonl").open("a") as file:
            file.write('\n{"mutant": "' + second.key)
        storing.Store(tmp_path, "one").put(third, verdict("survived"))
        again = storing.Store(tmp_path, "one")
        found = [again.get(m) for m in (first, second, third)]
        assert found == [verdict("killed"), None, verdict("survived")]


class TestProject:
    def test_a_result_depends_on_every_contract_test_and_setting(self, tmp_path: Path) -> None:
        files = ["contracts/core/A.sol", "tests/forge/mocks/B.sol", *projects.PINS]
        for name in files:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(name)
        keys = {projects.Project.read(tmp_path).key}
        for name in files:
            (tmp_path / name).write_text("changed")
            keys.add(projects.Project.read(tmp_path).key)
        assert len(keys) == 1 + len(files)
        assert projects.Project.read(tmp_path).members("core") == [files[0]]


class TestCampaign:
    def run(self, store: Any, size: int = 4) -> Any:
        def make_ready() -> Any:
            raise AssertionError("something was to be judged")

        sampler = sampling.Sampler(family(a=6), size, 1)
        return campaign.Campaign(sampler, store, make_ready, 0.0, print).run()

    def test_a_second_run_judges_nothing(self, tmp_path: Path) -> None:
        store = storing.Store(tmp_path, "one")
        for known in family(a=6):
            store.put(known, verdict("killed"))
        outcome = self.run(store)
        assert (outcome.complete, outcome.judged, len(outcome.verdicts)) == (True, 0, 4)

    def test_what_is_no_mutant_does_not_count(self, tmp_path: Path) -> None:
        store = storing.Store(tmp_path, "one")
        for number, known in enumerate(family(a=6)):
            store.put(known, verdict("same" if number < 3 else "killed"))
        outcome = self.run(store, 3)
        assert outcome.live == {"a": 3}
        assert outcome.complete

    def test_what_is_unknown_needs_the_workspaces(self, tmp_path: Path) -> None:
        with pytest.raises(AssertionError, match="to be judged"):
            self.run(storing.Store(tmp_path, "one"))


def report(statuses: str, reasons: tuple[Any, ...] = (), *, complete: bool = True) -> Any:
    """Return a report over one mutant per letter: killed, survived, gas-only, refused."""
    words = {"k": "killed", "s": "survived", "g": "gas-only", "r": "refused"}
    verdicts = [(mutant("a", n), verdict(words[letter])) for n, letter in enumerate(statuses)]
    known = settings.Settings(re.compile("gas"), reasons)
    stale = known.stale([m for m, _ in verdicts], ("contracts/core",))
    outcome = campaign.Outcome(verdicts, complete=complete)
    return reporting.Report(outcome, known, stale, 99, {"group": "core", "seed": 1})


def reason(number: int, kind: str = "equivalent") -> Any:
    words = (f"a {number}", f"a {number}!", kind, "nobody can tell")
    return settings.Reason("contracts/core/A.sol a", *words)


class TestReport:
    def test_only_what_a_test_notices_is_killed(self) -> None:
        made = report("kkkkkkkksgrr")
        assert (made.size, made.score, made.passed) == (10, 0.8, False)
        assert report("k" * 17 + "sss").passed

    def test_a_reason_is_no_kill(self) -> None:
        made = report("kkkks", (reason(4),))
        assert (made.score, made.score_without_equivalent, made.passed) == (0.8, 1.0, False)
        accepted = report("kkkks", (reason(4, "accepted"),))
        assert (accepted.score, accepted.score_without_equivalent) == (0.8, 0.8)

    def test_reasons_must_hold(self) -> None:
        assert report("k" * 20).passed
        assert not report("k" * 20, (reason(3),)).passed, "a test kills it"
        assert not report("k" * 20, (reason(30),)).passed, "there is no such mutant"

    def test_a_run_that_was_cut_short_does_not_pass(self) -> None:
        made = report("k" * 20, complete=False)
        assert not made.passed
        assert any(line.startswith("INCOMPLETE") for line in made.lines())

    def test_survivors_are_named_by_place_and_change(self) -> None:
        lines = list(report("kks", (reason(2),)).lines())
        assert lines[:4] == [
            "SURVIVED contracts/core/A.sol:2 a [statement]",
            "  - a 2",
            "  + a 2!",
            "  equivalent: nobody can tell",
        ]
        assert lines[-1].startswith("killed 2 of 3: 66.7%; without those marked equivalent 100.0%")
        json.dumps(report("kks").as_json())


def test_reasons_need_a_known_kind(tmp_path: Path) -> None:
    entry = dict(zip(("unit", "before", "after", "kind", "reason"), "abcde", strict=True))
    (tmp_path / "tests").mkdir()
    (tmp_path / settings.PATH).write_text(json.dumps({"metering": "x", "reasons": [entry]}))
    with pytest.raises(ValueError, match="kind is one of"):
        settings.read_settings(tmp_path)


def test_fast_suites_run_first_and_gas_tests_apart() -> None:
    seconds = {"tests/A.t.sol:A": 0.1, "tests/B.t.sol:B": 9.0}
    fast, slow, gas = judging.plan(seconds, [("tests/A.t.sol:A", "test_Cost()")])
    spare = ("--no-match-test", r"^(test_Cost)\(")
    assert fast == judging.Stage(("--no-match-contract", "^(B)$", *spare))
    assert slow == judging.Stage(("--match-contract", "^(B)$", *spare))
    assert gas == judging.Stage(("--match-test", r"^(test_Cost)\("), gas=True)
    assert judging.plan({"tests/A.t.sol:A": 0.1}, []) == [judging.Stage(())]


@pytest.mark.parametrize(
    ("failed", "line", "status"),
    [
        ({}, "a += 1;", "survived"),
        ({("s:S", "test_Sum()"): ""}, "a += 1;", "killed"),
        ({("s:S", "test_Cost()"): ""}, "a += 1;", "gas-only"),
        ({("s:S", "test_Cost()"): ""}, "gasUsed += 1;", "killed"),
        ({("s:S", "test_Cost()"): "", ("s:S", "test_Sum()"): ""}, "a += 1;", "killed"),
    ],
)
def test_a_gas_test_kills_only_lines_that_reckon_gas(
    failed: Any, line: str, status: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = workspaces.Run({}, frozenset(), failed)
    monkeypatch.setattr(workspaces.Workspace, "test", lambda *_: run)
    gas = frozenset({("s:S", "test_Cost()")})
    judge = judging.Judge(
        None, None, None, (), {}, [judging.Stage((), gas=True)], gas, re.compile("gas")
    )
    changed = dataclasses.replace(mutant("a", 1), before=line)
    assert judge._run(changed, workspaces.Workspace(tmp_path))[0] == status


def test_forges_durations_are_read() -> None:
    assert workspaces.read_duration("1m 2s 30ms 4us 5ns") == pytest.approx(62.030004005)
    assert workspaces.read_duration("3.5ms") == pytest.approx(0.0035)

"""The formal model and the contracts agree on random traces, and would not if either erred."""

from __future__ import annotations

import importlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent_sdk.model import actions, booking, history, loop, misses, money, policy
from agent_sdk.model.calldata import CallData, checksum
from agent_sdk.payloads import selector
from agent_sdk.types import Result, StepReport

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
try:
    formal, moves, node, others, report, trace, workers, world = (
        importlib.import_module(f"formal.{name}")
        for name in (
            "__main__",
            "moves",
            "node",
            "others",
            "report",
            "trace",
            "workers",
            "world",
        )
    )
finally:
    sys.path.remove(str(ROOT / "scripts"))

TRACES = 200
SEED = 3
ENOUGH = 150
"""traces within which a rule that is off by one must show"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with node.private_node(tmp_path_factory.mktemp("formal") / "log") as (connected, chain):
        yield trace.Bench(connected, world.build(chain))


def test_model_and_contracts_agree_on_200_random_traces(bench: Any) -> None:
    endings: Counter[tuple[str, str]] = Counter()
    for number in range(TRACES):
        played = bench.random(SEED, number)
        assert not played.differences, "\n".join(report.explain(SEED, number, played))
        endings.update(zip((move.name for move in played.moves), played.endings, strict=True))
    names = {name for name, _ in endings}
    assert names >= {"deliver", "expire", "decline", "resign", "resume", "refuel", "set_limits"}
    decisions = {ending for name, ending in endings if name == "deliver"}
    assert decisions >= {
        "acted",
        "rejected",
        "paused",
        "",
        "Agent_NotRecipient",
        "Agent_OverActionCap",
        "Agent_OverBudget",
        "Agent_UnderReserve",
        "Agent_NoRule",
        "Agent_BatchSize",
        "Agent_NotAnAction",
        "Inference_OutsideWindow",
        "Inference_WrongPinnedBlock",
    }


@pytest.mark.parametrize("is_fit", [True, False])
def test_model_and_contracts_agree_on_every_function_that_is_no_action(
    bench: Any, is_fit: bool
) -> None:
    functions = others.functions()
    played = every(bench, is_fit=is_fit)
    assert not played.differences
    views = sum(one.is_view for one in functions)
    if is_fit:
        assert len(played.moves) == len(functions)
        assert set(played.endings[:views]) == {"rejected"}
        assert "rejected" not in played.endings[views:]
    else:
        assert len(played.moves) == 4 * len(functions)
        assert played.endings.count("") > views


def every(bench: Any, *, is_fit: bool) -> Any:
    """Deliver each function of the ABI that is no action, views first, in a step of its own."""
    random, functions = Random(SEED), sorted(others.functions(), key=lambda one: not one.is_view)
    return bench.play(
        deliver(bench, one.call(random, bench._world, is_fit=is_fit))
        for one in functions
        for _ in range(1 if is_fit else 4)
    )


def deliver(bench: Any, decision: bytes) -> Any:
    """Return a move: the loop's provider answers as soon as its run is due."""
    wait = max(1, bench.state.slot.due - bench.state.time)
    args = {"decision": decision.hex()}
    return moves.Move(name="deliver", sender="provider", wait=wait, base_fee=7, tip=0, args=args)


def test_a_trace_is_the_same_each_time_and_on_any_node(bench: Any, tmp_path: Path) -> None:
    first = bench.random(SEED, 3)
    head, slot = bench.state.s.h.head, bench.state.slot
    assert first.moves != bench.random(SEED, 4).moves
    assert first == bench.random(SEED, 3)
    with node.private_node(tmp_path / "log") as (connected, chain):
        other = trace.Bench(connected, world.build(chain))
        assert other.random(SEED, 3) == first
        assert (other.state.s.h.head, other.state.slot) == (head, slot)


Alter = Callable[[pytest.MonkeyPatch], None]


def _budget(patch: pytest.MonkeyPatch) -> None:
    honest = policy.budget_left
    patch.setattr(policy, "budget_left", lambda *given: honest(*given) + 1)


def _delay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(policy, "_LOOSEN_DELAY", 86_399)


def _reserve(patch: pytest.MonkeyPatch) -> None:
    honest = booking.reserved_cost
    patch.setattr(booking, "reserved_cost", lambda *given: honest(*given) + 1)


def _share(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(money, "_BPS", 10_001)


def _bounty(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(money, "_BOUNTY_DIVISOR", 9)


def _track_record(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(misses, "with_miss", lambda account: account)


def _interval(patch: pytest.MonkeyPatch) -> None:
    honest = loop.after_success
    patch.setattr(loop, "after_success", lambda *given, **named: honest(*given, **named) or 1)


def _clamp(patch: pytest.MonkeyPatch) -> None:
    honest = loop.after_success

    def later(timing: Any, **named: int) -> int:
        return honest(replace(timing, heartbeat=timing.heartbeat + 1), **named)

    patch.setattr(loop, "after_success", later)


def _history(patch: pytest.MonkeyPatch) -> None:
    honest = history.next_head

    def without_result(head: bytes, *, report: StepReport, **named: bytes) -> bytes:
        return honest(head, report=replace(report, result=int(Result.ACTED)), **named)

    patch.setattr(history, "next_head", without_result)


def _batch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(actions, "_MAX_BATCH", 9)


def _dirty_bits(patch: pytest.MonkeyPatch) -> None:
    def lenient(call: CallData, number: int) -> str:
        return checksum((call.word(number) % 2**160).to_bytes(20, "big"))

    patch.setattr(CallData, "address", lenient)


def _view_unknown(patch: pytest.MonkeyPatch) -> None:
    patch.delitem(actions._FUNCTIONS, selector("supportsInterface(bytes4)"))


def _lax_words(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CallData, "below", lambda call, number, _limit: call.word(number))


def _short_arguments(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CallData, "need", lambda call, words: None)


def _event_left_out(patch: pytest.MonkeyPatch) -> None:
    def silent(tx: Any, of: str, _sender: str, amount: int) -> None:
        tx.write(of, money.credit(tx.account(of), amount))

    patch.setattr(money, "deposit", silent)


@pytest.mark.parametrize(
    "alter",
    [
        _budget,
        _delay,
        _reserve,
        _share,
        _bounty,
        _track_record,
        _interval,
        _clamp,
        _history,
        _batch,
        _dirty_bits,
        _short_arguments,
        _event_left_out,
    ],
)
def test_a_model_with_one_rule_altered_is_found(
    bench: Any, alter: Alter, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(monkeypatch)
    found = next(
        (played for number in range(ENOUGH) if (played := bench.random(SEED, number)).differences),
        None,
    )
    assert found is not None, f"{ENOUGH} traces see nothing"


@pytest.mark.parametrize(("alter", "is_fit"), [(_view_unknown, True), (_lax_words, False)])
def test_a_model_that_errs_about_what_is_no_action_is_found(
    bench: Any, alter: Alter, is_fit: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    alter(monkeypatch)
    assert every(bench, is_fit=is_fit).differences


def test_a_birth_that_differs_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    _event_left_out(monkeypatch)
    with pytest.raises(SystemExit) as told:
        formal.main(["--traces", "2", "--workers", "1"])
    (line,) = str(told.value).splitlines()
    assert line.startswith("FAILED formal: create, with which all traces begin: event ")
    assert line.endswith('again: make formal ARGS="--traces 1 --workers 1"')


def test_a_difference_is_told_small_and_can_be_repeated(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money, "_BOUNTY_DIVISOR", 9)
    number, found = next(
        (n, played) for n in range(ENOUGH) if (played := bench.random(SEED, n)).differences
    )
    small = bench.shrink(found)
    assert small.differences
    assert len(small.moves) <= len(found.moves)
    assert [move.name for move in small.moves][-1] == "expire"
    for left_out in range(len(small.moves)):
        fewer = small.moves[:left_out] + small.moves[left_out + 1 :]
        assert not bench.play(fewer).differences
    told = list(report.explain(SEED, number, small))
    assert any("DIFFERS event" in line and "Slashed" in line for line in told)
    assert told[-1].endswith(f'make formal ARGS="--seed {SEED} --trace {number}"')
    assert bench.random(SEED, number) == found


def test_the_command_counts_and_fails_on_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert formal.main(["--traces", "3", "--seed", "5", "--workers", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 traces, 0 differences"
    _bounty(monkeypatch)
    _interval(monkeypatch)
    _history(monkeypatch)
    assert formal.main(["--traces", "5", "--seed", "5", "--workers", "1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("5 traces, ")
    assert lines[-1] != "5 traces, 0 differences"
    assert any(line.startswith("  DIFFERS ") for line in lines)


def test_workers_play_every_trace_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # A worker begins as a process of its own, which imports `formal` anew.
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    reports = list(workers.play(5, range(6), workers=2))
    assert sum(r.played for r in reports) == 6
    assert not any(r.found for r in reports)

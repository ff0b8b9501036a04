"""Measure decision engines on held-out cases with obvious answers: `make eval`.

action     the answer names the action that the case calls for
arguments  it also gives the right arguments; of the cases whose action takes some
unseen     the action is right; of the cases whose combination of facts no worked example has
nearest    the answer names the action of the nearest worked example
permuted   the action is right although the examples' labels are exchanged: an engine that judges
           for itself stays right, one that copies its example follows the wrong label
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from agent_sdk.artifacts import artifact
from agent_sdk.engines import Budget, Engine, engine
from agent_sdk.engines.embedding import masked, nearest
from agent_sdk.errors import EverloopError, SpecError
from agent_sdk.manifest import Action, Example, Manifest
from agent_sdk.strict_json import load_json

__all__ = ["Score", "load_cases", "main", "permuted", "score"]

CASES = Path(__file__).with_name("cases.json")
ENGINES = ("exemplar", "utility", "llama")
"""Engines that need no network."""
_FEWEST = 40
"""Cases below which a figure says little."""
_EVERY = 3
"""One case in so many is asked again with permuted labels; keeps a run under 4 minutes."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one engine reached; shares are of 1."""

    engine: str
    model: str
    cases: int
    action: float
    """right action"""
    arguments: float
    """right action and arguments, of the cases whose action takes some"""
    unseen_action: float
    """right action, of the unseen combinations"""
    unseen_arguments: float
    nearest: float
    """same action as the nearest example"""
    permuted_cases: int
    permuted_action: float
    """right action with permuted labels"""
    permuted_nearest: float
    """same action as the nearest example with permuted labels"""
    refused: int
    """answers that fit no action"""
    milliseconds: float
    """mean of one decision"""


@dataclass(frozen=True)
class _Answer:
    case: Example
    unseen: bool
    actions: tuple[Action, ...]
    nearest: tuple[Action, ...]
    refused: bool
    milliseconds: int

    @property
    def right(self) -> bool:
        return _names(self.actions) == _names(self.case.actions)

    @property
    def exact(self) -> bool:
        return self.actions == self.case.actions

    @property
    def copied(self) -> bool:
        return _names(self.actions) == _names(self.nearest)


def load_cases(manifest: Manifest, path: Path = CASES) -> list[Example]:
    """Return the held-out cases.

    Raises:
        SpecError: too few, one that does not fit the manifest, one that stands in it, one that
            stands twice.
    """
    data = load_json(path.read_text(encoding="utf-8"), what=path.name)
    cases = [
        Example(c["observation"], tuple(manifest.read_action(a) for a in c["actions"]))
        for c in data["cases"]
    ]
    if len(cases) < _FEWEST:
        raise SpecError(f"{path.name} has {len(cases)} cases: at least {_FEWEST} are needed")
    known = {_plain(e.observation) for e in manifest.examples}
    for case in cases:
        if _plain(case.observation) in known:
            raise SpecError(
                f"case {case.observation!r} is an example of the manifest or stands twice: "
                "a case is held out, once; change it"
            )
        known.add(_plain(case.observation))
    return cases


def permuted(manifest: Manifest) -> Manifest:
    """Return the manifest with the labels of its examples exchanged; none keeps its action.

    Raises:
        SpecError: one action labels more than half of the examples.
    """
    ordered = sorted(manifest.examples, key=lambda e: _names(e.actions))
    labels = [e.actions for e in ordered]
    most = max(([_names(label) for label in labels].count(_names(a)) for a in labels), default=0)
    moved = labels[most:] + labels[:most]
    if any(_names(a) == _names(b) for a, b in zip(labels, moved, strict=True)):
        raise SpecError("one action labels over half of the examples: labels cannot be permuted")
    examples = (replace(e, actions=a) for e, a in zip(ordered, moved, strict=True))
    return replace(manifest, examples=tuple(examples))


def score(subject: Engine, manifest: Manifest, cases: Sequence[Example]) -> Score:
    """Ask an engine all cases, and some again with permuted labels."""
    answers = _ask(subject, manifest, cases, "")
    moved = _ask(subject, permuted(manifest), cases[::_EVERY], " with permuted labels")
    unseen = [a for a in answers if a.unseen]
    return Score(
        engine=subject.name,
        model=subject.model,
        cases=len(answers),
        action=_share([a.right for a in answers]),
        arguments=_share([a.exact for a in answers if _takes(a.case)]),
        unseen_action=_share([a.right for a in unseen]),
        unseen_arguments=_share([a.exact for a in unseen if _takes(a.case)]),
        nearest=_share([a.copied for a in answers]),
        permuted_cases=len(moved),
        permuted_action=_share([a.right for a in moved]),
        permuted_nearest=_share([a.copied for a in moved]),
        refused=sum(a.refused for a in answers),
        milliseconds=round(sum(a.milliseconds for a in answers) / len(answers), 1),
    )


def verbatim(manifest: Manifest, cases: Sequence[Example]) -> float:
    """Return the share of right arguments if the nearest example's were repeated as they are."""
    wanted = [c for c in cases if _takes(c)]
    found = [nearest(manifest.examples, c.observation) for c in wanted]
    return _share(
        [e is not None and e.actions == c.actions for e, c in zip(found, wanted, strict=True)]
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the measurement; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benchmarks.eval", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--engine", action="append", help="name or URL; repeatable [exemplar, utility, llama]"
    )
    parser.add_argument("--manifest", type=Path, help="manifest file [that of TreasuryAgent]")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    try:
        manifest = _manifest(options.manifest)
        cases = load_cases(manifest)
        scores = [score(engine(name), manifest, cases) for name in options.engine or ENGINES]
    except EverloopError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    repeated = verbatim(manifest, cases)
    if options.json:
        found = {"scores": [asdict(s) for s in scores], "verbatim_arguments": repeated}
        print(json.dumps(found, indent=2))
    else:
        print(_table(scores))
        print("\n".join(_said(scores, repeated)))
    return 0


def _ask(subject: Engine, manifest: Manifest, cases: Sequence[Example], how: str) -> list[_Answer]:
    seen = {masked(e.observation) for e in manifest.examples}
    answers = []
    for number, case in enumerate(cases, 1):
        if sys.stderr.isatty():
            print(f"\r{subject.name}: {number}/{len(cases)}{how} ", end="", file=sys.stderr)
        decision = subject.decide(manifest, case.observation, Budget())
        example = nearest(manifest.examples, case.observation)
        answers.append(
            _Answer(
                case=case,
                unseen=masked(case.observation) not in seen,
                actions=decision.actions,
                nearest=example.actions if example else (),
                refused=bool(decision.reason),
                milliseconds=decision.milliseconds,
            )
        )
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return answers


def _manifest(path: Path | None) -> Manifest:
    if path:
        return Manifest.parse(path.read_text(encoding="utf-8"))
    return Manifest.from_dict(artifact("TreasuryAgent").manifest)


def _table(scores: Sequence[Score]) -> str:
    heads = ("engine", "cases", "action", "arguments", "unseen", "nearest", "permuted", "ms")
    rows: list[tuple[str, ...]] = [heads]
    for s in scores:
        shares = (s.action, s.arguments, s.unseen_action, s.nearest, s.permuted_action)
        cells = (f"{share:.1%}" for share in shares)
        rows.append((s.engine, str(s.cases), *cells, f"{s.milliseconds:.0f}"))
    return "\n".join("".join(f"{cell:>11}" for cell in row) for row in rows)


def _said(scores: Sequence[Score], repeated: float) -> list[str]:
    lines = [
        f"{s.engine}: of {s.permuted_cases} answers with labels permuted {s.permuted_nearest:.1%} "
        f"follow the nearest example; {s.refused} answers fit no action; {s.model or 'no model'}"
        for s in scores
    ]
    lines.append(f"nearest example repeated as it is: arguments {repeated:.1%}")
    plain = next((s for s in scores if s.engine == "exemplar"), None)
    for s in scores:
        if plain and s is not plain:
            lines.append(
                f"{s.engine} over exemplar: action {_points(s.action - plain.action)}, "
                f"arguments {_points(s.arguments - plain.arguments)}; over repeating the nearest "
                f"example: arguments {_points(s.arguments - repeated)}"
            )
    return lines


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f} points"


def _names(actions: Sequence[Action]) -> tuple[str, ...]:
    return tuple(a.name for a in actions)


def _takes(case: Example) -> bool:
    return any(a.args for a in case.actions)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _share(found: Sequence[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else 0.0


if __name__ == "__main__":
    sys.exit(main())

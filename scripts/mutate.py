"""Mutation testing of the contracts: `python scripts/mutate.py [--sample 300] [--seed 1] …`.

Changes one place at a time, runs the forge tests, and lists the changes that no test notices.
The last line names the score; below 85 % the exit code is 1. See docs/mutation.md.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import re
import signal
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from mutation.campaign import Campaign
from mutation.compiler import Compiler, Refused
from mutation.generator import Mutant, generate
from mutation.processes import Stopped, stop_all
from mutation.project import GROUPS, Project, tree_settings
from mutation.report import Report
from mutation.sample import Sampler
from mutation.settings import Settings, read_settings
from mutation.setup import Ready, prepare
from mutation.store import Store
from mutation.workspace import Broken

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".everloop" / "mutate"


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"mutate: {text}", flush=True)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--group", choices=sorted(GROUPS), default="core", help="what is mutated")
    parser.add_argument("--sample", type=int, default=300, help="number of mutants")
    parser.add_argument("--seed", type=int, default=1, help="another sample for each")
    parser.add_argument("--workers", type=int, default=2, help="mutants judged at once")
    parser.add_argument("--minutes", type=float, default=60, help="begin no mutant after this time")
    parser.add_argument("--keep", action="store_true", help="reuse verdicts of changed sources")
    parser.add_argument("--match", help="only mutants whose place, unit or text this finds")
    parser.add_argument("--list", action="store_true", help="show the mutants and stop")
    return parser.parse_args()


def choose(mutants: list[Mutant], pattern: str | None) -> list[Mutant]:
    """Return the mutants that a pattern finds in what the report says of them."""
    if pattern is None:
        return mutants
    find = re.compile(pattern).search
    return [m for m in mutants if find(f"{m.place} {m.unit} - {m.before} + {m.after}")]


def show(mutants: list[Mutant]) -> None:
    """Print mutants, and their number by operator."""
    for mutant in mutants:
        print(f"{mutant.place} {mutant.unit} [{mutant.edit.operator}]")
        print(f"  - {mutant.before}\n  + {mutant.after}")
    counts = Counter(mutant.edit.operator for mutant in mutants)
    print(", ".join(f"{name} {count}" for name, count in counts.most_common()))


def run(options: argparse.Namespace) -> int:
    """Read the tree and start the compiler; return the exit code."""
    project, settings = Project.read(ROOT), read_settings(ROOT)
    with closing(Compiler(ROOT, STATE / "compiled", project.packages_key)) as compiler:
        return judge(options, project, settings, compiler)


def judge(
    options: argparse.Namespace, project: Project, settings: Settings, compiler: Compiler
) -> int:
    """Judge a sample and report; return the exit code."""
    start = time.monotonic()
    trees = compiler.trees(project.sources, tree_settings())
    members = project.members(options.group)
    everything = generate(
        {path: trees[path] for path in members}, project.contracts, settings.metering
    )
    mutants = choose(everything, options.match)
    if options.list:
        show(mutants)
        return 0
    sampler = Sampler(mutants, options.sample, options.seed)
    store = Store(STATE / "verdicts", project.key, keep=options.keep)
    say(
        f"{options.group}: sample of {sum(sampler.quotas.values())} of {len(mutants)} mutants "
        f"in {len(sampler.quotas)} strata, seed {options.seed}"
    )
    if store.kept:
        say(f"--keep: {store.kept} verdicts of other states of the sources may be taken over")

    def make_ready() -> Ready:
        return prepare(
            project, compiler, trees, settings, members, STATE, max(1, options.workers), say
        )

    deadline = start + options.minutes * 60
    outcome = Campaign(sampler, store, make_ready, deadline, say).run()
    header = {"group": options.group, "seed": options.seed, "state": project.key}
    stale = settings.stale(everything, GROUPS[options.group])
    report = Report(outcome, settings, stale, len(mutants), header)
    path = STATE / f"report-{options.group}.json"
    path.write_text(json.dumps(report.as_json(), indent=1) + "\n", "utf-8")
    for line in report.lines():
        print(line)
    if outcome.judged:
        each = outcome.seconds / outcome.judged
        say(f"{outcome.judged} judged in {outcome.seconds:.0f} s, {each:.1f} s each")
    say(f"report in {path.relative_to(ROOT)}, {time.monotonic() - start:.0f} s")
    return 0 if report.passed else 1


def interrupt(*_: object) -> None:
    """Stop, also where the shell has told background programs to ignore an interrupt."""
    raise KeyboardInterrupt


def main() -> int:
    """Hold the lock of the state folder and run; return the exit code."""
    options = parse()
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is at work in this folder")
            return 2
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, interrupt)
        try:
            return run(options)
        except (Broken, Refused, ValueError) as error:
            say(f"FAILED: {error}")
            return 2
        except (KeyboardInterrupt, Stopped):
            say("stopped; the same command goes on from here")
            return 130
        finally:
            stop_all()


if __name__ == "__main__":
    sys.exit(main())

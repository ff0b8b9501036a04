"""Put hostile outputs and observations through the real contracts and print what came of them.

Usage: python -m redteam [--match REGEX] [--seed N] [--sample N] [--engine NAME] [--json]

Each case runs on a real anvil, from the same state.  Money that leaves against a policy, a receiver
on no list, a changed policy, an approval, a dead loop or a broken history is a miss.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence

from analysis.shared import finish, floor

from agent_sdk import engines
from redteam.cases import Case
from redteam.families import all_cases
from redteam.report import misses, summary, to_json
from redteam.stage import Found, play
from redteam.world import fresh_world


def chosen(pattern: str = "", *, sample: int = 0) -> list[Case]:
    """Return the cases whose id a pattern finds, of each family so many at most, spread evenly."""
    found = [case for case in all_cases() if re.search(pattern, case.id)]
    if not sample:
        return found
    picked = []
    for family in dict.fromkeys(case.family for case in found):
        members = [case for case in found if case.family == family]
        picked += members[:: max(1, -(-len(members) // sample))]
    return picked


def run(cases: Sequence[Case], *, seed: int, engine: str = "exemplar") -> list[Found]:
    """Play cases on one world and return what became of each."""
    found = []
    with fresh_world() as world:
        world.mind = engines.engine(engine)
        for number, case in enumerate(cases, 1):
            if sys.stderr.isatty():
                print(f"\r\033[K{number}/{len(cases)} {case.id}", end="", file=sys.stderr)
            found.append(play(world, case, seed=seed))
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return found


def main() -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(prog="redteam", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--match", default="", help="only cases whose id this finds")
    parser.add_argument("--seed", type=int, default=1, help="of what is left to chance [1]")
    parser.add_argument("--sample", type=int, default=0, help="cases of each family [all]")
    parser.add_argument(
        "--engine", default="exemplar", help="what judges hostile texts, name or URL [exemplar]"
    )
    parser.add_argument("--json", action="store_true", help="print each case as JSON")
    options = parser.parse_args()
    cases = chosen(options.match, sample=options.sample)
    if not cases:
        parser.error(f"no case is found by {options.match!r}")
    is_whole = len(cases) == len(all_cases())

    def analyse() -> list[str]:
        found = run(cases, seed=options.seed, engine=options.engine)
        print(summary(found))
        return misses(found, least=floor("redteam") if is_whole else 0)

    if options.json:
        found = run(cases, seed=options.seed, engine=options.engine)
        print(json.dumps(to_json(found), indent=2))
        return 1 if misses(found) else 0
    return finish("redteam", analyse)


if __name__ == "__main__":
    sys.exit(main())

"""The action of the highest expected utility: no model, the same answer on every machine.

Source: a_t = argmax over a in A_t of E[U_{t+1} | a], U = ALPHA x L + BETA x 1[b > 0].

    candidates   the actions of each worked example with the numbers of the observation; hold()
    affordable   all of them are open, and their declared costs fit cap, budget, reserve and balance
                 together, with one more step
    expected U   of liberty and balance once the costs have left and this step is paid at its cap
    ties         what the most alike worked example calls for if it is among the best, else hold()

What an action moves is known from its declared cost alone, the least ETH that it moves: a candidate
has one outcome, and its expectation is that outcome's U. Gains are not declared, so none is
expected: no action is better than hold(), and those are as good that close nothing. Where money is
ample, that is each, and the example decides; where it is short, the agent keeps what it has.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from agent_sdk.engines.base import MAX_PROMPT, Budget, Decision
from agent_sdk.engines.exemplar import follow
from agent_sdk.manifest import HOLD, Action, Manifest
from agent_sdk.utility import Balance, Funds, utility

__all__ = [
    "Candidate",
    "UtilityEngine",
    "candidates",
    "expected_utility",
    "is_affordable",
    "likeness",
]

_WORD = re.compile(r"[^\W\d_]+|\d+")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What the agent could do in this step."""

    actions: tuple[Action, ...]
    """1 to 8 actions that fit the manifest"""
    likeness: Fraction
    """of the worked example that it is from to the observation, 0 to 1"""
    reason: str = ""
    """why it came to hold(); empty where the actions are the example's"""

    @property
    def used(self) -> tuple[Action, ...]:
        """The actions, and those among their arguments."""
        return tuple(inner for action in self.actions for inner in (action, *action.inner))

    def costs(self, manifest: Manifest) -> list[int]:
        """Return the declared cost of each action, wei; a planned one counts as done."""
        known = manifest.costs
        return [known.get(action.name, 0) for action in self.used]


_HOLDS = Candidate(actions=(HOLD,), likeness=Fraction(0))


class UtilityEngine:
    """Does what the most alike worked example calls for, unless that lowers the expected U."""

    name = "utility"
    model = ""
    model_sha256 = ""

    def decide(
        self,
        manifest: Manifest,
        prompt: str,
        budget: Budget,
        *,
        history: Sequence[str] = (),
        context: str = "",
    ) -> Decision:
        """See `Engine.decide`; neither history nor context matters here."""
        start = time.monotonic()
        if len(prompt) > MAX_PROMPT:
            taken = Candidate(
                actions=(HOLD,),
                likeness=Fraction(0),
                reason=f"a prompt of {len(prompt)} characters: at most {MAX_PROMPT} are read",
            )
        else:
            taken = _best(manifest, prompt, budget)
        milliseconds = round((time.monotonic() - start) * 1000)
        return Decision(
            actions=taken.actions,
            raw="",
            tokens=0,
            milliseconds=milliseconds,
            reason=taken.reason,
        )


def candidates(manifest: Manifest, prompt: str) -> list[Candidate]:
    """Return what the worked examples call for, in the manifest's order, and hold().

    Args:
        manifest: what the agent can do.
        prompt: what it sees.
    """
    return [*(_shown(manifest, number, prompt) for number in range(len(manifest.examples))), _HOLDS]


def is_affordable(candidate: Candidate, manifest: Manifest, budget: Budget) -> bool:
    """Whether the agent can do that now, as declared costs say; hold() it always can.

    Args:
        candidate: what it would do.
        manifest: what it can do.
        budget: what it has; where a part of that is not known, `liberty` alone decides.
    """
    if not {action.name for action in candidate.used} <= {HOLD.name, *_open(manifest, budget)}:
        return False
    costs, funds = candidate.costs(manifest), _funds(budget)
    return funds is None or not any(costs) or funds.pays(costs)


def expected_utility(candidate: Candidate, manifest: Manifest, budget: Budget) -> float:
    """Return E[U_{t+1}] of a candidate; where money is not known, nothing closes."""
    funds, names = _funds(budget), _open(manifest, budget)
    if funds is None:
        return utility(len(names), balance=1)
    left, known = funds.after(sum(candidate.costs(manifest))), manifest.costs
    liberty = left.open({name: known[name] for name in names})
    return utility(len(liberty), balance=left.balance.total)


def likeness(known: str, seen: str) -> Fraction:
    """Return how alike two observations are, 0 to 1: the share of words and pairs in common.

    Numbers all count as the same word: they say how much, not what kind of case it is.
    """
    ours, theirs = _words(known), _words(seen)
    total = ours.total() + theirs.total()
    return Fraction(2 * (ours & theirs).total(), total) if total else Fraction(0)


def _best(manifest: Manifest, prompt: str, budget: Budget) -> Candidate:
    """Return the most alike candidate if none is better, else hold(), than which none is."""
    wanted = max(candidates(manifest, prompt), key=lambda one: one.likeness)
    if not wanted.likeness or not is_affordable(wanted, manifest, budget):
        return _HOLDS
    held = expected_utility(_HOLDS, manifest, budget)
    return wanted if expected_utility(wanted, manifest, budget) >= held else _HOLDS


def _shown(manifest: Manifest, number: int, prompt: str) -> Candidate:
    """Return what a worked example calls for here; hold() where it has no fitting arguments."""
    example = manifest.examples[number]
    actions, reason = follow(manifest, example, prompt)
    alike = likeness(example.observation, prompt)
    return Candidate(actions=actions, likeness=alike, reason=reason)


def _open(manifest: Manifest, budget: Budget) -> list[str]:
    """Return the actions of A_t; all where neither liberty nor money is known."""
    liberty, known, funds = budget.liberty, manifest.costs, _funds(budget)
    costs = {name: known[name] for name in known if liberty is None or name in liberty}
    return list(costs) if funds is None else funds.open(costs)


def _funds(budget: Budget) -> Funds | None:
    """Return what pays for actions; None where a part of it is not known."""
    if (
        budget.treasury is None
        or budget.run_balance is None
        or budget.step_cost is None
        or budget.policy is None
        or budget.budget_left is None
    ):
        return None
    return Funds(
        balance=Balance(treasury=budget.treasury, run=budget.run_balance),
        step_cost=budget.step_cost,
        policy=budget.policy,
        budget_left=budget.budget_left,
    )


def _words(text: str) -> Counter[tuple[str, ...]]:
    """Return the words of a text and the pairs of neighbours, each as often as it is there."""
    words = ["7" if word.isdigit() else word.lower() for word in _WORD.findall(text)]
    return Counter([*((word,) for word in words), *pairwise(words)])

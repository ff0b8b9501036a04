"""The engine `utility`: what it can afford, what it expects, and which of equals it takes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_sdk.engines import Budget, Engine, Writer, engine
from agent_sdk.engines.base import MAX_PROMPT
from agent_sdk.engines.utility import (
    UtilityEngine,
    candidates,
    expected_utility,
    is_affordable,
    likeness,
)
from agent_sdk.manifest import HOLD, Action, Example, Input, Manifest, Tool
from agent_sdk.types import Policy
from agent_sdk.utility import ALPHA, BETA
from benchmarks import eval as measure

DATA = Path(__file__).parent / "data" / "treasury_manifest.json"
TREASURY = Manifest.parse(DATA.read_text(encoding="utf-8"))
POLICY = Policy(action_cap=50, budget=100, window=60, reserve=20)
RICH = Budget(treasury=10_000, run_balance=10_000, step_cost=20, policy=POLICY, budget_left=100)
AMOUNT = (Input("units", "uint256", min=1, max=1_000),)
SHOP = Manifest(
    name="Shop",
    instructions="Run a shop.",
    tools=(
        Tool("hold"),
        Tool("stopLoop"),
        Tool("buy", inputs=AMOUNT, cost=30),
        Tool("tip", inputs=AMOUNT, cost=5),
        Tool("plan", inputs=(Input("what", "bytes", is_action=True),)),
    ),
    examples=(
        Example("Nothing is asked for.", (HOLD,)),
        Example("Stock is 3 short.", (Action("buy", {"units": 3}),)),
        Example("A guest waits, 4 in the queue.", (Action("tip", {"units": 4}),)),
        Example(
            "Stock is 5 short and a guest waits.",
            (Action("buy", {"units": 5}), Action("tip", {"units": 1})),
        ),
        Example(
            "Stock will be 6 short tomorrow.",
            (Action("plan", {"what": {"action": "buy", "args": {"units": 6}}}),),
        ),
    ),
)
SHORT = "Stock is 8 short."


def decide(budget: Budget, prompt: str = SHORT, manifest: Manifest = SHOP) -> str:
    """Return what is decided, as text."""
    found = UtilityEngine().decide(manifest, prompt, budget)
    return "; ".join(map(str, found.actions))


def amounts(most: int = 200) -> st.SearchStrategy[int]:
    return st.integers(0, most)


policies = st.builds(
    Policy, action_cap=amounts(), budget=amounts(), window=st.just(60), reserve=amounts()
)
names = st.sets(st.sampled_from([t.name for t in SHOP.tools])).map(sorted).map(tuple)
budgets = st.builds(
    Budget,
    treasury=amounts(),
    run_balance=amounts(),
    step_cost=st.integers(1, 100),
    policy=policies,
    budget_left=amounts(),
    liberty=st.none() | names,
) | st.builds(Budget, liberty=st.none() | names)
prompts = st.sampled_from([e.observation for e in SHOP.examples]) | st.text(max_size=60)


def brute_liberty(budget: Budget, cost: int, *, steps: int) -> tuple[int, int]:
    """Return liberty and balance after a cost and so many steps, from the definition alone."""
    known = budget.liberty
    open_ = [t for t in SHOP.tools if known is None or t.name in known]
    if budget.policy is None:
        return len(open_), 1
    assert budget.treasury is not None
    assert budget.run_balance is not None
    assert budget.step_cost is not None
    assert budget.budget_left is not None

    def is_open(tool: Tool, spent: int, paid: int) -> bool:
        assert budget.treasury is not None
        assert budget.run_balance is not None
        assert budget.step_cost is not None
        assert budget.budget_left is not None
        assert budget.policy is not None
        short = max(0, paid - budget.run_balance)
        treasury = max(0, budget.treasury - spent - short)
        total = treasury + max(0, budget.run_balance - paid)
        return (
            tool.cost <= budget.policy.action_cap
            and tool.cost <= max(0, budget.budget_left - spent)
            and tool.cost <= max(0, treasury - budget.policy.reserve)
            and tool.cost + budget.step_cost <= total
        )

    open_ = [t for t in open_ if is_open(t, 0, 0)]
    paid = steps * budget.step_cost
    left = max(0, budget.treasury - cost - max(0, paid - budget.run_balance)) + max(
        0, budget.run_balance - paid
    )
    return len([t for t in open_ if is_open(t, cost, paid)]), left


class TestExpectation:
    def test_is_liberty_and_survival_after_costs_and_step(self) -> None:
        assert expected_utility(candidates(SHOP, SHORT)[1], SHOP, RICH) == 5 * ALPHA + BETA

    def test_an_action_that_closes_another_is_worth_less(self) -> None:
        tight = replace(RICH, budget_left=50)
        held, bought = (expected_utility(candidates(SHOP, SHORT)[n], SHOP, tight) for n in (0, 1))
        assert (held, bought) == (6.0, 5.0), "20 are left after it, and buying takes 30"

    def test_what_the_step_takes_from_the_treasury_counts(self) -> None:
        poor = replace(RICH, treasury=70, run_balance=0)
        held = expected_utility(candidates(SHOP, SHORT)[0], SHOP, poor)
        assert held == 6.0, "50 are left, 30 of them above the reserve"
        assert expected_utility(candidates(SHOP, SHORT)[0], SHOP, replace(poor, treasury=69)) == 5.0

    def test_an_empty_agent_is_worth_nothing(self) -> None:
        empty = replace(RICH, treasury=0, run_balance=20)
        assert expected_utility(candidates(SHOP, SHORT)[0], SHOP, empty) == 0.0

    @settings(max_examples=300, deadline=None)
    @given(budgets, prompts)
    def test_equals_the_definition(self, budget: Budget, prompt: str) -> None:
        for one in candidates(SHOP, prompt):
            liberty, balance = brute_liberty(budget, sum(one.costs(SHOP)), steps=1)
            expected = ALPHA * liberty + BETA * (balance > 0)
            assert expected_utility(one, SHOP, budget) == expected


class TestChoice:
    def test_a_rich_agent_does_what_the_most_alike_example_says(self) -> None:
        assert decide(RICH) == "buy(8)"
        assert decide(RICH, "Nothing is asked for today.") == "hold()"
        assert decide(RICH, "A guest waits, 9 in the queue.") == "tip(9)"

    def test_an_agent_keeps_money_that_a_payment_would_bind(self) -> None:
        assert decide(replace(RICH, budget_left=59)) == "hold()"
        assert decide(replace(RICH, budget_left=60)) == "buy(8)"

    def test_actions_of_one_decision_are_paid_together(self) -> None:
        both = "Stock is 2 short and a guest waits."
        assert decide(RICH, both) == "buy(2); tip(1)"
        assert decide(replace(RICH, budget_left=34), both) == "hold()"

    def test_a_planned_action_must_be_affordable_now(self) -> None:
        later = "Stock will be 9 short tomorrow."
        assert decide(RICH, later) == "plan(buy(9))"
        assert decide(replace(RICH, liberty=("plan",)), later) == "hold()"

    def test_another_case_is_not_done_instead_of_what_is_called_for(self) -> None:
        assert decide(replace(RICH, liberty=("tip", "hold"))) == "hold()"

    def test_what_no_example_shows_is_left_alone(self) -> None:
        bare = replace(SHOP, examples=())
        assert decide(RICH, manifest=bare) == "hold()"
        assert decide(RICH, "…") == "hold()"

    def test_an_argument_out_of_range_is_held_with_the_reason(self) -> None:
        found = UtilityEngine().decide(SHOP, "Stock is 0 short.", RICH)
        assert found.actions == (HOLD,)
        assert "must lie in" in found.reason

    @pytest.mark.parametrize("digits", [79, 4_301])
    def test_a_number_longer_than_any_argument_is_held_with_the_reason(self, digits: int) -> None:
        found = UtilityEngine().decide(SHOP, f"Stock is {'9' * digits} short.", RICH)
        assert found.actions == (HOLD,)
        assert "must lie in" in found.reason

    def test_an_endless_prompt_is_held_with_the_reason(self) -> None:
        found = UtilityEngine().decide(SHOP, "x" * (MAX_PROMPT + 1), RICH)
        assert found.actions == (HOLD,)
        assert "at most 16384 are read" in found.reason

    @settings(max_examples=500, deadline=None)
    @given(budgets, prompts)
    def test_is_the_argmax_over_what_is_affordable(self, budget: Budget, prompt: str) -> None:
        """Affordable, of the highest U; the most alike of the best, or hold()."""
        taken = UtilityEngine().decide(SHOP, prompt, budget)
        found = candidates(SHOP, prompt)
        able = [one for one in found if is_affordable(one, SHOP, budget)]
        worth = [expected_utility(one, SHOP, budget) for one in able]
        best = [one for one, u in zip(able, worth, strict=True) if u == max(worth)]
        assert taken.actions in [one.actions for one in best]
        nearest = max(found, key=lambda one: one.likeness)
        if nearest in best and nearest.likeness:
            assert taken.actions == nearest.actions
        else:
            assert taken.actions == (HOLD,)

    @settings(max_examples=300, deadline=None)
    @given(budgets, prompts)
    def test_costs_never_exceed_what_policy_and_balance_allow(
        self, budget: Budget, prompt: str
    ) -> None:
        taken = UtilityEngine().decide(SHOP, prompt, budget)
        used = {a.name for action in taken.actions for a in (action, *action.inner)}
        assert budget.liberty is None or used <= {*budget.liberty, "hold"}
        costs = [SHOP.tool(name).cost for name in used]
        policy = budget.policy
        if policy is None or not any(costs):
            return
        assert budget.treasury is not None
        assert budget.run_balance is not None
        assert budget.step_cost is not None
        assert budget.budget_left is not None
        assert max(costs) <= policy.action_cap
        assert sum(costs) <= budget.budget_left
        assert sum(costs) + policy.reserve <= budget.treasury
        assert sum(costs) + budget.step_cost <= budget.treasury + budget.run_balance

    @settings(max_examples=100, deadline=None)
    @given(budgets, prompts)
    def test_equal_inputs_give_equal_answers(self, budget: Budget, prompt: str) -> None:
        first, second = (UtilityEngine().decide(SHOP, prompt, budget) for _ in range(2))
        assert (first.actions, first.reason) == (second.actions, second.reason)
        assert SHOP.encode(first.actions) == SHOP.encode(second.actions)


class TestLikeness:
    def test_numbers_count_as_one_word(self) -> None:
        assert likeness("Stock is 3 short.", "stock is 777 short") == 1

    def test_order_counts(self) -> None:
        assert likeness("cash above target", "target above cash") == Fraction(6, 10)

    @given(st.text(), st.text())
    def test_is_a_share_and_symmetric(self, known: str, seen: str) -> None:
        found = likeness(known, seen)
        assert 0 <= found <= 1
        assert found == likeness(seen, known)


def test_is_right_on_all_held_out_cases_where_money_is_ample() -> None:
    cases = measure.load_cases(TREASURY)
    found = measure.score(UtilityEngine(), TREASURY, cases)
    assert (found.action, found.arguments, found.permuted_nearest) == (1.0, 1.0, 1.0)


def test_is_an_engine_without_words_and_without_a_model() -> None:
    found = engine("utility")
    assert isinstance(found, Engine)
    assert not isinstance(found, Writer)
    assert (found.name, found.model, found.model_sha256) == ("utility", "", "")


@pytest.mark.parametrize("part", ["treasury", "run_balance", "step_cost", "policy", "budget_left"])
def test_without_a_part_of_the_money_liberty_alone_decides(part: str) -> None:
    poor = Budget(treasury=0, run_balance=0, step_cost=20, policy=POLICY, budget_left=0)
    assert decide(poor) == "hold()"
    blind = replace(poor, **{part: None})
    assert decide(blind) == "buy(8)"
    assert decide(replace(blind, liberty=("hold",))) == "hold()"

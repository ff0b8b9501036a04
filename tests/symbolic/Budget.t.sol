// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {Budget} from "../../contracts/libraries/Budget.sol";
import {Policy, Spending, TokenLimit} from "../../contracts/types/Policy.sol";

/// @notice One step of the induction that no two adjoining epochs exceed the budget, for every amount and time.
/// @dev Lemma for a window of 4,096 seconds: with a symbolic one the solvers time out on the division.
contract BudgetSymbolicTest is Test {
    uint32 private constant WINDOW = 4_096;
    uint32 private constant OTHER_WINDOW = 1_024;

    /// @dev What is left is taken from {check_AGT3_LeftIsTheBudgetLessTwoEpochs}.
    function check_AGT3_SpendingWhatIsLeftKeepsTwoEpochsWithinTheBudget(
        uint104 budget,
        Spending memory spent,
        uint104 amount,
        uint40 time
    ) external {
        vm.warp(time);
        vm.assume(_sum(spent) <= budget && spent.epoch <= time / WINDOW);
        vm.assume(_used(spent, time) + amount <= budget);
        assertLe(_sum(Budget.spend(WINDOW, spent, amount)), budget, "current + previous <= budget");
    }

    function check_AGT3_SpendingWritesTheEpochOfNow(Spending memory spent, uint40 time) external {
        vm.warp(time);
        vm.assume(spent.epoch <= time / WINDOW);
        assertEq(Budget.spend(WINDOW, spent, 0).epoch, time / WINDOW);
    }

    function check_AGT3_LeftIsTheBudgetLessTwoEpochs(uint104 budget, Spending memory spent, uint40 time) external {
        vm.warp(time);
        vm.assume(_sum(spent) <= budget && spent.epoch <= time / WINDOW);
        assertEq(Budget.left(budget, WINDOW, spent), budget - _used(spent, time));
    }

    function check_AGT3_LoweredBudgetLeavesNothingInsteadOfFailing(uint104 budget, Spending memory spent, uint40 time)
        external
    {
        vm.warp(time);
        vm.assume(_sum(spent) > budget && spent.epoch == time / WINDOW);
        assertEq(Budget.left(budget, WINDOW, spent), 0);
    }

    /// @dev Whichever of two windows comes first: what counts before the change counts after it, and is dated now.
    function check_AGT3_AnotherWindowForgetsNothing(Spending memory spent, uint40 time, bool shorter) external {
        vm.warp(time);
        vm.assume(_sum(spent) <= type(uint104).max && spent.epoch <= time / WINDOW);
        uint32 window = shorter ? OTHER_WINDOW : 16 * WINDOW;
        uint256 used = _used(spent, time);
        Spending memory now_ = Budget.moved(WINDOW, window, spent);
        assertEq(_sum(now_), used, "used after = used before");
        assertEq(now_.current, used);
        assertEq(now_.epoch, time / window);
    }

    /// @dev What is dated now counts for one window of the new length from now on.
    function check_AGT3_WhatIsMovedCountsForAWindow(Spending memory spent, uint40 time, uint16 later, uint104 budget)
        external
    {
        vm.warp(time);
        vm.assume(_sum(spent) <= budget && spent.epoch <= time / WINDOW);
        vm.assume(later < OTHER_WINDOW && time < type(uint40).max - later);
        uint256 used = _used(spent, time);
        Spending memory now_ = Budget.moved(WINDOW, OTHER_WINDOW, spent);
        vm.warp(uint256(time) + later);
        assertEq(Budget.left(budget, OTHER_WINDOW, now_), budget - used);
    }

    /// @dev What is in force at once lets out no more: in any state of the ledger and for any wish.
    function check_AGT3_WhatIsNotLooserLetsNothingMoreOut(
        Policy memory old,
        Policy memory limits,
        Spending memory spent,
        uint40 time
    ) external {
        vm.warp(time);
        (old.window, limits.window) = (WINDOW, 16 * WINDOW);
        vm.assume(!limits.isLooser(old));
        vm.assume(_sum(spent) <= type(uint104).max && spent.epoch <= time / WINDOW);
        uint256 before = Budget.left(old.budget, WINDOW, spent);
        Spending memory now_ = Budget.moved(WINDOW, limits.window, spent);
        assertLe(Budget.left(limits.budget, limits.window, now_), before, "left after <= left before");
        assertLe(limits.actionCap, old.actionCap);
        assertGe(limits.reserve, old.reserve);
    }

    /// @dev Exactly one of two different limits can be in force at once, or neither.
    function check_AGT3_NoTwoLimitsAreEachTighter(TokenLimit memory one, TokenLimit memory other) external pure {
        bool same = one.actionCap == other.actionCap && one.budget == other.budget && one.window == other.window;
        assertTrue(same || one.isLooser(other) || other.isLooser(one), "a difference loosens one way at least");
        if (same) assertFalse(one.isLooser(other));
    }

    /// @dev What of it counts at `time`.
    function _used(Spending memory spent, uint40 time) private pure returns (uint256) {
        uint256 epoch = time / WINDOW;
        if (epoch == spent.epoch) return _sum(spent);
        return epoch == uint256(spent.epoch) + 1 ? spent.current : 0;
    }

    function _sum(Spending memory spent) private pure returns (uint256) {
        return uint256(spent.current) + spent.previous;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {Budget} from "../../contracts/libraries/Budget.sol";
import {Policy, Spending} from "../../contracts/types/Policy.sol";

/// @notice One step of the induction that no two adjoining epochs exceed the budget, for every amount and time.
/// @dev Lemma for a window of 4,096 seconds: with a symbolic one the solvers time out on the division.
contract BudgetSymbolicTest is Test {
    uint32 private constant WINDOW = 4_096;

    /// @dev What is left is taken from {check_AGT3_LeftIsTheBudgetLessTwoEpochs}.
    function check_AGT3_SpendingWhatIsLeftKeepsTwoEpochsWithinTheBudget(
        uint80 budget,
        Spending memory spent,
        uint80 amount,
        uint40 time
    ) external {
        vm.warp(time);
        vm.assume(_sum(spent) <= budget && spent.epoch <= time / WINDOW);
        vm.assume(_used(spent, time) + amount <= budget);
        assertLe(_sum(Budget.spend(_policy(budget), spent, amount)), budget, "current + previous <= budget");
    }

    function check_AGT3_SpendingWritesTheEpochOfNow(Spending memory spent, uint40 time) external {
        vm.warp(time);
        vm.assume(spent.epoch <= time / WINDOW);
        assertEq(Budget.spend(_policy(0), spent, 0).epoch, time / WINDOW);
    }

    function check_AGT3_LeftIsTheBudgetLessTwoEpochs(uint80 budget, Spending memory spent, uint40 time) external {
        vm.warp(time);
        vm.assume(_sum(spent) <= budget && spent.epoch <= time / WINDOW);
        assertEq(Budget.left(_policy(budget), spent), budget - _used(spent, time));
    }

    function check_AGT3_LoweredBudgetLeavesNothingInsteadOfFailing(uint80 budget, Spending memory spent, uint40 time)
        external
    {
        vm.warp(time);
        vm.assume(_sum(spent) > budget && spent.epoch == time / WINDOW);
        assertEq(Budget.left(_policy(budget), spent), 0);
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

    function _policy(uint80 budget) private pure returns (Policy memory) {
        return Policy({actionCap: type(uint80).max, budget: budget, window: WINDOW, reserve: 0});
    }
}

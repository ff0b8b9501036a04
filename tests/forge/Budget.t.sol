// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {Budget} from "../../contracts/libraries/Budget.sol";
import {Policy, Spending} from "../../contracts/types/Policy.sol";

/// @notice A spending limit over every window.
contract BudgetTest is Test {
    uint256 private constant START = 1_800_000_000;

    Spending private _spent;

    function setUp() external {
        vm.warp(START);
    }

    function test_AllIsLeftAtFirst() external view {
        assertEq(Budget.left(100, 1 hours, _spent), 100);
    }

    function test_BudgetReturnsAfterTwoWindows() external {
        Policy memory policy = _policy(100, 1_000);
        _spent = Budget.spend(policy.window, _spent, 100);
        assertEq(Budget.left(policy.budget, policy.window, _spent), 0);
        vm.warp(START + 1_000);
        assertEq(Budget.left(policy.budget, policy.window, _spent), 0, "the epoch before still counts");
        vm.warp(START + 2_000);
        assertEq(Budget.left(policy.budget, policy.window, _spent), 100);
    }

    function test_LoweredBudgetLeavesNothingInsteadOfFailing() external {
        _spent = Budget.spend(1_000, _spent, 80);
        assertEq(Budget.left(50, 1_000, _spent), 0);
    }

    /// @dev Greedy spending at random times: no window of the policy's length, wherever it begins, exceeds the budget.
    function testFuzz_AGT3_NoWindowExceedsTheBudget(uint80 budget, uint32 window, uint256[24] calldata seeds) external {
        Policy memory policy = _policy(uint80(bound(budget, 1, type(uint80).max)), uint32(bound(window, 1, 10 days)));
        uint256[] memory times = new uint256[](seeds.length);
        uint256[] memory amounts = new uint256[](seeds.length);
        uint256 time = START;
        for (uint256 i = 0; i < seeds.length; ++i) {
            time += bound(seeds[i] >> 128, 0, uint256(policy.window) * 5 / 4) / (1 + seeds[i] % 8);
            vm.warp(time);
            uint256 left = Budget.left(policy.budget, policy.window, _spent);
            uint256 amount = seeds[i] % 3 == 0 ? left : bound(seeds[i], 0, left);
            _spent = Budget.spend(policy.window, _spent, amount);
            (times[i], amounts[i]) = (time, amount);
        }
        for (uint256 first = 0; first < times.length; ++first) {
            uint256 sum = 0;
            for (uint256 i = first; i < times.length && times[i] < times[first] + policy.window; ++i) {
                sum += amounts[i];
            }
            assertLe(sum, policy.budget, "sum over [t, t + window) <= budget");
        }
    }

    function _policy(uint80 budget, uint32 window) private pure returns (Policy memory) {
        return Policy({actionCap: type(uint80).max, budget: budget, window: window, reserve: 0});
    }
}

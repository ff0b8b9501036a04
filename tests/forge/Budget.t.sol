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

    function test_AnotherWindowForgetsNothing() external {
        _spent = Budget.spend(1_000, _spent, 60);
        vm.warp(START + 1_000);
        _spent = Budget.spend(1_000, _spent, 30);
        uint256 left = Budget.left(100, 1_000, _spent);
        assertEq(left, 10);
        _spent = Budget.moved(1_000, 7, _spent);
        assertEq(Budget.left(100, 7, _spent), left, "all that counts still counts");
        _spent = Budget.moved(7, 5_000, _spent);
        assertEq(Budget.left(100, 5_000, _spent), left);
    }

    /// @dev A ledger beside it: limits change between the payments, tighter or looser. Over any time shorter than every
    /// window in force during it, no more is spent than the budget in force at its last payment.
    function testFuzz_AGT3_ChangedLimitsLetNothingMoreOut(uint256[24] calldata seeds) external {
        Entry[] memory ledger = new Entry[](seeds.length);
        (uint256 budget, uint256 window, uint256 time) = (1 ether, 1 days, START);
        for (uint256 i = 0; i < seeds.length; ++i) {
            uint256 seed = seeds[i];
            time += (seed >> 128) % (2 days) / (1 + seed % 16);
            vm.warp(time);
            uint256 amount = 0;
            if (seed % 4 == 0) {
                uint256 other = 1 + (seed >> 8) % (3 days);
                _spent = Budget.moved(window, other, _spent);
                (budget, window) = (1 + (seed >> 64) % 2 ether, other);
            } else {
                uint256 left = Budget.left(budget, window, _spent);
                amount = seed % 4 == 1 ? left : (seed >> 16) % (left + 1);
                _spent = Budget.spend(window, _spent, amount);
            }
            ledger[i] = Entry(time, amount, budget, window);
            if (amount != 0) _checkBack(ledger, i);
        }
    }

    struct Entry {
        uint256 time;
        uint256 amount;
        uint256 budget;
        uint256 window;
    }

    /// @dev From the newest entry back, as long as the time is shorter than each window on the way.
    function _checkBack(Entry[] memory ledger, uint256 newest) private pure {
        (uint256 sum, uint256 shortest) = (0, type(uint256).max);
        for (uint256 back = 0; back <= newest; ++back) {
            uint256 i = newest - back;
            if (ledger[i].window < shortest) shortest = ledger[i].window;
            if (ledger[newest].time - ledger[i].time >= shortest) return;
            sum += ledger[i].amount;
            assertLe(sum, ledger[newest].budget, "sum over less than every window <= budget in force");
        }
    }

    function _policy(uint80 budget, uint32 window) private pure returns (Policy memory) {
        return Policy({actionCap: type(uint80).max, budget: budget, window: window, reserve: 0});
    }
}

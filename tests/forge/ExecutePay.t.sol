// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice What a keeper earns: gas, tip, caps.
contract ExecutePayTest is Base {
    uint64 private constant TIP = 0.01 ether;

    address private _target = address(new Puppet());

    function testFuzz_TipGrowsLinearlyToItsMaximum(uint256 waited) external {
        waited = bound(waited, 0, 3 * WINDOW);
        Task memory record = _schedule(_task(_target), 0);
        _freeGas();
        skip(waited);
        uint256 before = everloop.balanceOf(alice);
        uint256 tip = waited >= WINDOW ? TIP : TIP * waited / WINDOW;
        assertEq(_execute(record).paid, tip);
        assertEq(everloop.balanceOf(keeper), tip);
        assertEq(everloop.balanceOf(alice), before - tip);
    }

    function test_WithoutARampTheTipIsWholeAtOnce() external {
        Task memory task = _task(_target);
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 0, 200_000, 0, 0);
        Task memory record = _schedule(task, 0);
        _freeGas();
        assertEq(_execute(record).paid, TIP);
    }

    function test_SCH4_AbsurdPriorityFeeIsNotPaid() external {
        Task memory record = _schedule(_task(_target), 0);
        uint256 snapshot = vm.snapshotState();
        uint256 fair = _execute(record).paid;
        vm.revertToState(snapshot);
        vm.txGasPrice(1_000 gwei);
        assertEq(_execute(record).paid, fair, "base fee 1 + priority 1 = 2 gwei, whatever was bid");
    }

    function test_SCH4_PriceCapHoldsWhenTheBaseFeeIsHigher() external {
        Task memory record = _schedule(_task(_target), 0);
        uint256 snapshot = vm.snapshotState();
        vm.fee(MAX_GAS_PRICE);
        vm.txGasPrice(MAX_GAS_PRICE);
        uint256 atCap = _execute(record).paid;
        vm.revertToState(snapshot);
        vm.fee(900 gwei);
        vm.txGasPrice(1_000 gwei);
        assertEq(_execute(record).paid, atCap);
    }

    function test_SCH4_KeeperIsPaidWhatItBidWhenThatIsLess() external {
        Task memory task = _task(_target);
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 5 gwei, 0, 0);
        Task memory record = _schedule(task, 0);
        uint256 snapshot = vm.snapshotState();
        uint256 atTwo = _execute(record).paid;
        vm.revertToState(snapshot);
        vm.txGasPrice(4 gwei);
        assertEq(_execute(record).paid, 2 * atTwo);
    }

    /// @dev pay <= (worst gas) x maxGasPrice + tip, for any prices, waiting time and gas eaten by the target.
    function testFuzz_SCH4_PayNeverExceedsTheOwnersCaps(
        uint48 maxGasPrice,
        uint48 maxPriorityFee,
        uint64 tip,
        uint64 baseFee,
        uint64 bid,
        uint24 waited
    ) external {
        Task memory task = _task(_target);
        maxGasPrice = uint48(bound(maxGasPrice, 0, 10_000 gwei));
        baseFee = uint64(bound(baseFee, 0, type(uint64).max / 2));
        bid = uint64(bound(bid, baseFee, type(uint64).max));
        task.pricing = PricingLib.pack(maxGasPrice, maxPriorityFee, 0, tip);
        _deposit(alice, 100 ether);
        Task memory record = _schedule(task, 0);
        vm.fee(baseFee);
        vm.txGasPrice(bid);
        skip(waited);
        uint256 before = everloop.balanceOf(alice);
        uint256 paid = _execute(record).paid;
        assertLe(paid, (90_000 + uint256(_slot(record).recordGas()) + 200_000) * maxGasPrice + tip);
        assertEq(before - everloop.balanceOf(alice), paid);
        assertEq(everloop.balanceOf(keeper), paid);
    }

    function test_SCH4_SkippedItemsArePaidNothingAndTakeTheirShare() external {
        Task memory record = _schedule(_task(_target), 0);
        Task memory later = _task(_target);
        later.salt = bytes32(uint256(1));
        later = _schedule(later, _now() + 1_000);
        uint256 snapshot = vm.snapshotState();
        uint256 alone = _execute(record).paid;
        vm.revertToState(snapshot);
        Task[] memory tasks = new Task[](2);
        (tasks[0], tasks[1]) = (record, later);
        vm.prank(keeper, keeper);
        everloop.executeBatch(tasks);
        assertLt(everloop.balanceOf(keeper), alone, "padding a batch earns nothing");
    }

    function test_SCH4_TransactionIsChargedOnceForAllCallsInIt() external {
        Task memory record = _schedule(_task(_target), 0);
        uint256 first = _execute(record).paid;
        vm.warp(_slot(record).due());
        uint256 second = _execute(record).paid;
        // Forge runs a test as one transaction; the second call found its slots written before.
        assertGe(first - second, 21_000 * 2 gwei);
    }

    function test_LargestBatchSharesTheTransaction() external {
        Task[] memory tasks = new Task[](50);
        for (uint256 i = 0; i < tasks.length; ++i) {
            tasks[i] = _task(_target);
            tasks[i].pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
            tasks[i].salt = bytes32(i);
            _schedule(tasks[i], 0);
        }
        uint256 before = everloop.balanceOf(alice);
        vm.prank(keeper, keeper);
        IScheduler.Outcome[] memory outcomes = everloop.executeBatch(tasks);
        for (uint256 i = 0; i < tasks.length; ++i) {
            assertTrue(outcomes[i] == IScheduler.Outcome.Succeeded);
        }
        assertEq(everloop.balanceOf(keeper), before - everloop.balanceOf(alice));
        assertEq(_reserved(alice), 0);
    }
}

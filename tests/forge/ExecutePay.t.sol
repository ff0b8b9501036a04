// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Job, PricingLib, TimingLib} from "../../contracts/types/Job.sol";

/// @notice What a keeper earns: gas, tip, caps.
contract ExecutePayTest is Base {
    uint64 private constant TIP = 0.01 ether;

    address private _target = address(new Puppet());

    function testFuzz_TipGrowsLinearlyToItsMaximum(uint256 waited) external {
        waited = bound(waited, 0, 3 * WINDOW);
        Job memory record = _schedule(_task(_target), 0);
        _freeGas();
        skip(waited);
        uint256 before = everloop.balanceOf(alice);
        uint256 tip = waited >= WINDOW ? TIP : TIP * waited / WINDOW;
        assertEq(_execute(record).paid, tip);
        assertEq(everloop.balanceOf(keeper), tip);
        assertEq(everloop.balanceOf(alice), before - tip);
    }

    function test_WithoutARampTheTipIsWholeAtOnce() external {
        Job memory job = _task(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 0, 200_000, 0, 0);
        Job memory record = _schedule(job, 0);
        _freeGas();
        assertEq(_execute(record).paid, TIP);
    }

    function test_SCH4_AbsurdPriorityFeeIsNotPaid() external {
        Job memory record = _schedule(_task(_target), 0);
        uint256 snapshot = vm.snapshotState();
        uint256 fair = _execute(record).paid;
        vm.revertToState(snapshot);
        vm.txGasPrice(1_000 gwei);
        assertEq(_execute(record).paid, fair, "base fee 1 + priority 1 = 2 gwei, whatever was bid");
    }

    function test_SCH4_PriceCapHoldsWhenTheBaseFeeIsHigher() external {
        Job memory record = _schedule(_task(_target), 0);
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
        Job memory job = _task(_target);
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 5 gwei, 0);
        Job memory record = _schedule(job, 0);
        uint256 snapshot = vm.snapshotState();
        uint256 atTwo = _execute(record).paid;
        vm.revertToState(snapshot);
        vm.txGasPrice(4 gwei);
        assertEq(_execute(record).paid, 2 * atTwo);
    }

    /// @dev pay <= (worst gas) x maxGasPrice + tip, for any prices, waiting time and gas eaten by the target.
    function testFuzz_SCH4_PayNeverExceedsTheOwnersCaps(
        uint64 maxGasPrice,
        uint64 maxPriorityFee,
        uint64 tip,
        uint64 baseFee,
        uint64 bid,
        uint24 waited
    ) external {
        Job memory job = _task(_target);
        maxGasPrice = uint64(bound(maxGasPrice, 0, 10_000 gwei));
        baseFee = uint64(bound(baseFee, 0, type(uint64).max / 2));
        bid = uint64(bound(bid, baseFee, type(uint64).max));
        job.pricing = PricingLib.pack(maxGasPrice, maxPriorityFee, tip);
        _deposit(alice, 100 ether);
        Job memory record = _schedule(job, 0);
        vm.fee(baseFee);
        vm.txGasPrice(bid);
        skip(waited);
        uint256 before = everloop.balanceOf(alice);
        uint256 paid = _execute(record).paid;
        assertLe(paid, (60_000 + uint256(record.timing.recordGas()) + 200_000) * maxGasPrice + tip);
        assertEq(before - everloop.balanceOf(alice), paid);
        assertEq(everloop.balanceOf(keeper), paid);
    }

    function test_SCH4_SkippedItemsArePaidNothingAndTakeTheirShare() external {
        Job memory record = _schedule(_task(_target), 0);
        Job memory later = _task(_target);
        later.salt = bytes32(uint256(1));
        later = _schedule(later, _now() + 1_000);
        uint256 snapshot = vm.snapshotState();
        uint256 alone = _execute(record).paid;
        vm.revertToState(snapshot);
        Job[] memory jobs = new Job[](2);
        (jobs[0], jobs[1]) = (record, later);
        vm.prank(keeper);
        everloop.execute(jobs);
        assertLt(everloop.balanceOf(keeper), alone, "padding a batch earns nothing");
    }

    function test_SCH4_TransactionIsChargedOnceForAllCallsInIt() external {
        Job memory record = _schedule(_task(_target), 0);
        uint256 first = _execute(record).paid;
        vm.warp(_slot(record).due());
        uint256 second = _execute(record).paid;
        // Forge runs a test as one transaction; the second call found its slots written before.
        assertGe(first - second, 21_000 * 2 gwei);
    }

    function test_LargestBatchSharesTheTransaction() external {
        Job[] memory jobs = new Job[](50);
        Job memory job = _task(_target);
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0);
        for (uint256 i = 0; i < jobs.length; ++i) {
            job.salt = bytes32(i);
            jobs[i] = _schedule(job, 0);
        }
        uint256 before = everloop.balanceOf(alice);
        vm.prank(keeper);
        IScheduler.Outcome[] memory outcomes = everloop.execute(jobs);
        for (uint256 i = 0; i < jobs.length; ++i) {
            assertTrue(outcomes[i] == IScheduler.Outcome.Succeeded);
        }
        assertEq(everloop.balanceOf(keeper), before - everloop.balanceOf(alice));
        assertEq(_reserved(alice), 0);
    }
}

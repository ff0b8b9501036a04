// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {Vm, vm} from "./Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice Several tasks in one call: what cannot be run is left out, the rest is run and paid once.
/// @dev executeBatch
/// ├─ inside a run -> Scheduler_Reentered
/// ├─ too little gas for an item's target -> ExactCall_NotEnoughGas, nothing has run
/// └─ per item, in order
///    ├─ record not booked -> TaskSkipped(Stale)
///    ├─ before due -> TaskSkipped(NotDue)
///    ├─ free balance < worst cost -> TaskSkipped(Unaffordable)
///    └─ run -> TaskExecuted
contract ExecuteBatchTest is Base {
    uint256 private constant TRANSACTION_GAS = 21_000;

    Puppet private _target = new Puppet();

    function test_SkippedItemsNameTheirReason() external {
        Task[] memory tasks = _eachOutcome();
        IScheduler.Outcome[] memory outcomes = _batch(tasks);
        for (uint256 i = 0; i < tasks.length; ++i) {
            assertEq(uint256(outcomes[i]), i, "outcomes stand in the order of the tasks");
        }
        assertEq(_target.calls(), 1, "one succeeded, and what failed was undone");
    }

    function test_EachItemIsToldInOneEventInOrder() external {
        Task[] memory tasks = _eachOutcome();
        vm.recordLogs();
        _batch(tasks);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, tasks.length);
        for (uint256 i = 0; i < logs.length; ++i) {
            bool ran = i <= uint256(IScheduler.Outcome.Failed);
            bytes32 topic = ran ? IScheduler.TaskExecuted.selector : IScheduler.TaskSkipped.selector;
            assertEq(logs[i].topics[0], topic);
            assertEq(logs[i].topics[1], _taskId(tasks[i]));
            assertEq(address(uint160(uint256(logs[i].topics[2]))), keeper);
            if (!ran) assertEq(abi.decode(logs[i].data, (uint256)), i, "the reason");
        }
    }

    function test_SkippedItemsChangeNothing() external {
        Task[] memory tasks = _eachOutcome();
        uint256 balance = everloop.balanceOf(tasks[4].owner);
        _batch(tasks);
        assertEq(_slot(tasks[3]).due(), _now() + 1);
        assertEq(_slot(tasks[3]).runs(), 0);
        assertEq(_slot(tasks[4]).due(), _now());
        assertEq(_slot(tasks[4]).runs(), 0);
        assertEq(everloop.balanceOf(tasks[4].owner), balance);
        assertEq(_reserved(tasks[4].owner), 0);
    }

    function test_SCH5_SecondCopyInOneBatchIsSkipped() external {
        Task memory once = _task(address(_target));
        once.timing = TimingLib.pack(0, 0, 0, 200_000, 0, 0);
        _schedule(once, 0);
        Task memory loops = _schedule(_salted("loops"), 0);
        Task[] memory tasks = new Task[](4);
        (tasks[0], tasks[1], tasks[2], tasks[3]) = (once, loops, once, loops);
        IScheduler.Outcome[] memory outcomes = _batch(tasks);
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[1] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[2] == IScheduler.Outcome.Stale, "a one-shot is over");
        assertTrue(outcomes[3] == IScheduler.Outcome.NotDue, "a loop waits");
        assertEq(_target.calls(), 2);
    }

    function test_EmptyBatchDoesNothing() external {
        vm.recordLogs();
        assertEq(_batch(new Task[](0)).length, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(everloop.balanceOf(keeper), 0);
    }

    /// @dev Nor does it use up what the transaction's first run is paid.
    function test_SCH4_EmptyBatchLeavesTheTransactionToTheNextCall() external {
        Task memory task = _schedule(_task(address(_target)), 0);
        uint256 snapshot = vm.snapshotState();
        uint256 alone = _execute(task).paid;
        vm.revertToState(snapshot);
        _batch(new Task[](0));
        assertEq(_execute(task).paid, alone);
    }

    function test_ItemsRunInTheOrderGiven() external {
        Task[] memory tasks = new Task[](2);
        tasks[0] = _schedule(_salted("first"), 0);
        tasks[1] = _schedule(_salted("second"), 0);
        _batch(tasks);
        assertEq(_target.lastId(), _taskId(tasks[1]));
        vm.warp(_slot(tasks[0]).due());
        (tasks[0], tasks[1]) = (tasks[1], tasks[0]);
        _batch(tasks);
        assertEq(_target.lastId(), _taskId(tasks[1]));
    }

    /// @dev The transaction is charged once, so every item but the first costs its owner at least 21,000 gas less than alone.
    function test_SCH4_ItemsShareTheGasOfTheTransaction() external {
        uint256 alone = _earned(1);
        uint256 first = TRANSACTION_GAS * 2 gwei;
        for (uint256 count = 2; count <= 8; ++count) {
            uint256 together = _earned(count);
            assertLe(together, count * alone - (count - 1) * first, "charged once");
            // What else only the first pays: its cold accounts and target, and what a batch costs once.
            assertGe(together, count * (alone - first - 10_200 * 2 gwei), "and the rest in full");
        }
    }

    /// @dev Each item takes the same share, whether it runs or not.
    function test_SCH4_PaddingABatchLosesItsShare() external {
        Task[] memory tasks = new Task[](1);
        tasks[0] = _schedule(_gasOnly("paid"), 0);
        uint256 snapshot = vm.snapshotState();
        _batch(tasks);
        uint256 alone = everloop.balanceOf(keeper);
        for (uint256 padding = 1; padding <= 4; ++padding) {
            vm.revertToState(snapshot);
            Task[] memory padded = new Task[](padding + 1);
            for (uint256 i = 0; i < padding; ++i) {
                padded[i] = _salted("not booked");
            }
            padded[padding] = tasks[0];
            _batch(padded);
            uint256 lost = TRANSACTION_GAS * padding / (padding + 1) * 2 gwei;
            assertLe(everloop.balanceOf(keeper), alone - lost, "a share for every item");
        }
    }

    function test_ItemsOfSeveralOwnersArePaidByTheirOwners() external {
        address bob = makeAddr("bob");
        _deposit(bob, 1 ether);
        Task[] memory tasks = new Task[](2);
        tasks[0] = _schedule(_gasOnly("hers"), 0);
        tasks[1] = _gasOnly("his");
        tasks[1].owner = bob;
        _schedule(tasks[1], 0);
        (uint256 hers, uint256 his) = (everloop.balanceOf(alice), everloop.balanceOf(bob));
        _batch(tasks);
        hers -= everloop.balanceOf(alice);
        his -= everloop.balanceOf(bob);
        assertGt(hers, 0);
        assertGt(his, 0);
        assertEq(everloop.balanceOf(keeper), hers + his);
    }

    /// @dev The first run spends what the second would need; the third has an owner of its own.
    function test_UnaffordableItemsDoNotStopTheRest() external {
        address poor = makeAddr("poor");
        Task[] memory tasks = new Task[](3);
        for (uint256 i = 0; i < 3; ++i) {
            tasks[i] = _salted(bytes32(i));
            if (i < 2) tasks[i].owner = poor;
            _schedule(tasks[i], 0);
        }
        _deposit(poor, _worst(tasks[0]));
        IScheduler.Outcome[] memory outcomes = _batch(tasks);
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[1] == IScheduler.Outcome.Unaffordable);
        assertTrue(outcomes[2] == IScheduler.Outcome.Succeeded);
    }

    /// @dev One task per {IScheduler.Outcome}, in its order.
    function _eachOutcome() private returns (Task[] memory tasks) {
        address poor = makeAddr("poor");
        Puppet fails = new Puppet();
        fails.setEnd(Puppet.Mode.Revert, 0);
        tasks = new Task[](5);
        tasks[0] = _schedule(_salted("succeeds"), 0);
        tasks[1] = _salted("fails");
        tasks[1].target = address(fails);
        _schedule(tasks[1], 0);
        tasks[2] = _salted("not booked");
        tasks[3] = _schedule(_salted("later"), _now() + 1);
        tasks[4] = _salted("poor");
        tasks[4].owner = poor;
        _schedule(tasks[4], 0);
        _deposit(poor, _worst(tasks[4]) - 1);
    }

    /// @dev wei that a batch of `count` equal tasks earns.
    function _earned(uint256 count) private returns (uint256 earned) {
        uint256 snapshot = vm.snapshotState();
        Task[] memory tasks = new Task[](count);
        for (uint256 i = 0; i < count; ++i) {
            tasks[i] = _gasOnly(bytes32(i));
            tasks[i].target = address(0xbeef);
            _schedule(tasks[i], 0);
        }
        _batch(tasks);
        earned = everloop.balanceOf(keeper);
        vm.revertToState(snapshot);
    }

    function _batch(Task[] memory tasks) private returns (IScheduler.Outcome[] memory) {
        vm.prank(keeper, keeper);
        return everloop.executeBatch(tasks);
    }

    function _salted(bytes32 salt) private view returns (Task memory task) {
        task = _task(address(_target));
        task.salt = salt;
    }

    function _gasOnly(bytes32 salt) private view returns (Task memory task) {
        task = _salted(salt);
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
    }

    /// @dev wei set aside for one run, computed anew.
    function _worst(Task memory task) private view returns (uint256) {
        return (90_000 + uint256(_slot(task).recordGas()) + task.timing.gasLimit()) * task.pricing.maxGasPrice()
            + task.pricing.amount() + task.pricing.maxDataFee();
    }
}

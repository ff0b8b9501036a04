// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {PricingLib, Task, Timing, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";

/// @notice Changing a booked task, outside its runs and in its own.
/// @dev update
/// ├─ the record's owner is another -> Scheduler_NotOwner
/// ├─ no task of that salt -> Scheduler_NotBooked
/// ├─ what {IScheduler-schedule} refuses -> the same
/// └─ booked anew
///    ├─ outside a run: the run that was booked is over, its number spent
///    └─ in its own run: the run is settled as it was booked, the next follows the update
contract UpdateTaskTest is Base {
    Puppet private _target = new Puppet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_target), 10 ether);
    }

    function test_UpdateReplacesRecordAndTime() external {
        Task memory old = _schedule(_task(address(_target)), 0);
        Task memory changed = _changed();
        uint40 due = uint40(_now() + 500);
        uint256 recordGas = new LibraryProbe().recordGas(changed);
        JobSlot slot = JobSlotLib.pack(_commitment(changed), due, 1, recordGas);
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskScheduled(_taskId(old), alice, due / 3600, slot, changed);
        vm.prank(alice);
        assertEq(everloop.update(changed, due), _taskId(old), "the id stays");
        assertEq(JobSlot.unwrap(_slot(old)), JobSlot.unwrap(slot));
        _expectNotBooked(old);
        vm.warp(due);
        assertEq(_execute(changed).due, due + 2 * INTERVAL, "by the new terms");
        assertEq(_target.lastDataHash(), keccak256("changed"));
    }

    function test_INF4_UpdateSpendsTheRunThatWasBooked() external {
        Task memory task = _schedule(_task(address(_target)), 0);
        assertEq(_execute(task).run, 0);
        assertEq(_slot(task).runs(), 1);
        _update(task, _now());
        assertEq(_slot(task).runs(), 2, "run 1 was booked and is over");
        assertEq(_execute(task).run, 2);
    }

    function test_UpdateForgetsFailures() external {
        Task memory task = _schedule(_task(address(_target)), 0);
        _target.setEnd(Puppet.Mode.Revert, 0);
        _execute(task);
        assertEq(_slot(task).failures(), 1);
        _update(task, 0);
        assertEq(_slot(task).failures(), 0);
        assertEq(_slot(task).due(), _now(), "a past time means now");
    }

    function test_UpdateReservesNothing() external {
        Task memory task = _schedule(_task(address(_target)), 0);
        _update(task, _now() + 3_650 days);
        assertEq(_reserved(alice), 0);
        _withdrawAll(alice);
    }

    function test_RevertWhen_UpdatingAnothersTask() external {
        Task memory task = _schedule(_task(address(_target)), 0);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, alice, keeper));
        vm.prank(keeper, keeper);
        everloop.update(task, 0);
        address orders = everloop.ORDERS();
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, alice, orders));
        vm.prank(orders);
        everloop.update(task, 0);
        task.owner = keeper;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task)));
        vm.prank(keeper, keeper);
        everloop.update(task, 0);
    }

    function test_RevertWhen_ThereIsNoTaskToUpdate() external {
        Task memory task = _task(address(_target));
        _expectUpdateRefused(task, 0, abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task)));
        _schedule(task, 0);
        vm.prank(alice);
        everloop.cancel(task.salt);
        _expectUpdateRefused(task, 0, abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task)));
    }

    function test_RevertWhen_AnInferenceOfThatSaltIsAllThereIs() external {
        _request(_inference(address(_target)), 0);
        Task memory task = _task(address(_target));
        _expectUpdateRefused(task, 0, abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task)));
    }

    function test_SCH8_RevertWhen_UpdatedToEngineExecutorOrRegistry() external {
        _schedule(_task(address(_target)), 0);
        address[3] memory forbidden = [address(everloop), everloop.EXECUTOR(), everloop.REGISTRY()];
        for (uint256 i = 0; i < forbidden.length; ++i) {
            bytes memory reason = abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, forbidden[i]);
            _expectUpdateRefused(_task(forbidden[i]), 0, reason);
        }
    }

    function test_RevertWhen_UpdatedBeyondTheRulesOfABooking() external {
        Task memory booked = _schedule(_task(address(_target)), 0);
        Task memory task = _task(address(_target));
        task.data = new bytes(449);
        _expectUpdateRefused(task, 0, _badTerms("data", 449, 448));
        task = _task(address(_target));
        task.pricing = task.pricing.withFee(7);
        _expectUpdateRefused(task, 0, _badTerms("fee", 7, 0));
        task = _task(address(_target));
        task.timing = TimingLib.pack(60, 59, 0, 0, 0, 0);
        _expectUpdateRefused(task, 0, _badTerms("heartbeat", 59, 60));
        task.timing = Timing.wrap(1 << 144);
        _expectUpdateRefused(task, 0, _badTerms("timing", 1 << 144, 0));
        uint40 mark = type(uint40).max;
        _expectUpdateRefused(_task(address(_target)), mark, _badTerms("due", mark, mark));
        assertEq(_slot(booked).runs(), 0, "nothing has changed");
    }

    // In its own run

    function test_UpdateInsideTheRunWins() external {
        Task memory task = _ownTask();
        Task memory changed = _ownTask();
        changed.timing = TimingLib.pack(0, 0, 0, 300_000, 0, 0);
        uint40 due = uint40(_now() + 5_000);
        _script(abi.encodeCall(IScheduler.update, (changed, due)));
        _target.setEnd(Puppet.Mode.Word, _now() + 70);
        Executed memory done = _execute(_schedule(task, 0));
        assertTrue(_target.results()[0]);
        assertEq(done.due, due, "the event names the new booking, not the wish");
        assertEq(_slot(task).due(), due);
        assertEq(_slot(task).commitment(), _commitment(changed));
        assertEq(_slot(task).runs(), 1, "run 0 is this one, the next is new");
        assertEq(_slot(task).failures(), 0);
    }

    /// @dev Prices and target gas of the update reach the next run only.
    function test_SCH4_UpdateInsideTheRunLeavesItsPayAsBooked() external {
        uint256 paid = _paidWithUpdateTo(_ownTask());
        Task memory free = _ownTask();
        free.pricing = PricingLib.pack(0, 0, 0, 0);
        assertEq(_paidWithUpdateTo(free), paid, "not less");
        Task memory dear = _ownTask();
        dear.pricing = PricingLib.pack(type(uint48).max, type(uint48).max, 0, type(uint64).max);
        assertEq(_paidWithUpdateTo(dear), paid, "not more");
        assertGt(paid, 0.01 ether, "tip and gas");
    }

    function test_UpdateInsideAFailingRunIsUndoneWithIt() external {
        Task memory task = _ownTask();
        _script(abi.encodeCall(IScheduler.update, (_ownTask(), uint40(_now() + 5_000))));
        _target.setEnd(Puppet.Mode.Revert, 0);
        Executed memory done = _execute(_schedule(task, 0));
        assertTrue(done.outcome == IScheduler.Outcome.Failed);
        assertEq(done.due, _now() + 2 * HEARTBEAT);
        assertEq(_slot(task).failures(), 1);
    }

    /// @dev A stop that the target answers after its update does not end the new booking.
    function test_StopAfterAnUpdateInsideTheRunIsOverruled() external {
        Task memory task = _ownTask();
        _script(abi.encodeCall(IScheduler.update, (_ownTask(), 0)));
        _target.setEnd(Puppet.Mode.Word, type(uint256).max);
        assertEq(_execute(_schedule(task, 0)).due, _now());
        assertEq(_slot(task).due(), _now());
    }

    function test_UpdateInsideTheRunAsIfRunningIsRefused() external {
        Task memory task = _ownTask();
        _script(abi.encodeCall(IScheduler.update, (_ownTask(), type(uint40).max)));
        assertEq(_execute(_schedule(task, 0)).due, _now() + INTERVAL);
        assertFalse(_target.results()[0]);
    }

    function test_SCH5_UpdateInsideTheRunDoesNotLetItsBatchRunItTwice() external {
        Task memory task = _ownTask();
        Task memory changed = _ownTask();
        changed.data = "changed";
        _script(abi.encodeCall(IScheduler.update, (changed, uint40(_now() + 1))));
        _schedule(task, 0);
        Task[] memory tasks = new Task[](3);
        (tasks[0], tasks[1], tasks[2]) = (task, task, changed);
        vm.prank(keeper, keeper);
        IScheduler.Outcome[] memory outcomes = everloop.executeBatch(tasks);
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[1] == IScheduler.Outcome.Stale);
        assertTrue(outcomes[2] == IScheduler.Outcome.NotDue);
        assertEq(_target.calls(), 1);
    }

    /// @dev What the run is charged, tip included, when its target updates it to `changed`.
    function _paidWithUpdateTo(Task memory changed) private returns (uint256 paid) {
        uint256 snapshot = vm.snapshotState();
        _script(abi.encodeCall(IScheduler.update, (changed, uint40(_now() + 5_000))));
        Task memory task = _schedule(_ownTask(), 0);
        skip(WINDOW);
        paid = _execute(task).paid;
        assertTrue(_target.results()[0]);
        vm.revertToState(snapshot);
    }

    function _ownTask() private view returns (Task memory task) {
        task = _task(address(_target));
        task.owner = address(_target);
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 2_000_000, 0, 0);
    }

    function _script(bytes memory data) private {
        _target.addStep(address(everloop), data);
    }

    function _changed() private view returns (Task memory task) {
        task = _task(address(_target));
        task.data = "changed";
        task.timing = TimingLib.pack(2 * INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, 0);
    }

    function _update(Task memory task, uint256 due) private {
        vm.prank(task.owner);
        everloop.update(task, uint40(due));
    }

    function _expectUpdateRefused(Task memory task, uint40 due, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(task.owner);
        everloop.update(task, due);
    }

    function _expectNotBooked(Task memory task) private {
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task)));
        everloop.execute(task);
    }

    function _badTerms(bytes32 field, uint256 value, uint256 limit) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, field, value, limit);
    }

    function _commitment(Task memory task) private pure returns (uint160) {
        bytes memory words = abi.encode(task.owner, task.target, task.timing, task.salt, task.pricing);
        return uint160(uint256(keccak256(bytes.concat(words, task.data))));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {REJECTED, STOP} from "../../contracts/interfaces/IConsumers.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Task, TimingLib} from "../../contracts/types/Job.sol";
import {RunReport, RunReportLib} from "../../contracts/types/Run.sol";

/// @notice Running tasks: when, how often, what comes next.
/// @dev execute
/// ├─ inside a run -> Scheduler_Reentered
/// ├─ record not booked -> Scheduler_NotBooked
/// ├─ before due -> Scheduler_NotDue
/// ├─ free balance < worst cost -> Scheduler_Unaffordable
/// └─ run
///    ├─ target fails -> Failed, back-off
///    └─ target succeeds -> next due by its answer
contract ExecuteTest is Base {
    Puppet private _target = new Puppet();

    function test_TargetHearsIdOwnerAndData() external {
        Task memory task = _task(address(_target));
        task.data = "hello";
        Task memory record = _schedule(task, 0);
        _execute(record);
        assertEq(_target.lastSender(), address(everloop));
        assertEq(_target.lastId(), _taskId(record));
        assertEq(_target.lastOwner(), alice);
        assertEq(_target.lastDataHash(), keccak256("hello"));
    }

    function test_SCH8_RawCallsLeaveFromTheExecutor() external {
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.RAW);
        task.data = abi.encodeWithSignature("anything(uint256)", 5);
        Executed memory done = _execute(_schedule(task, 0));
        assertEq(_target.lastSender(), everloop.EXECUTOR());
        assertEq(_target.lastDataHash(), keccak256(task.data), "call data as it is");
        assertTrue(done.outcome == IScheduler.Outcome.Succeeded);
    }

    function test_RawReturnValuesDoNotSteer() external {
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.RAW);
        task.data = abi.encodeCall(Puppet.refuel, ());
        _target.setEnd(Puppet.Mode.Word, STOP);
        assertEq(_execute(_schedule(task, 0)).due, _now() + INTERVAL);
    }

    function test_SCH5_RevertedOrSkippedBeforeDue() external {
        uint256 due = _now() + 10;
        Task memory record = _schedule(_task(address(_target)), due);
        _expectNotDue(record, due);
        skip(9);
        _expectNotDue(record, due);
        assertTrue(_outcome(record) == IScheduler.Outcome.NotDue);
        skip(1);
        uint256 next = _execute(record).due;
        _expectNotDue(record, next);
        assertEq(_target.calls(), 1);
    }

    function test_RevertWhen_TheRecordIsNotBooked() external {
        _expectNotBooked(_task(address(_target)));
    }

    function test_RevertWhen_TheRecordIsAltered() external {
        Task memory record = _schedule(_task(address(_target)), 0);
        record.pricing = record.pricing.withFee(1);
        _expectNotBooked(record);
        assertEq(_target.calls(), 0);
    }

    function test_RevertWhen_TheJobIsOver() external {
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(0, 0, 0, 200_000, 0, 0);
        _execute(_schedule(task, 0));
        _expectNotBooked(task);
        assertEq(_target.calls(), 1);
    }

    function test_SCH6_UnaffordableTaskStaysDue() external {
        Task memory record = _schedule(_task(address(_target)), 0);
        uint256 worst = _worst(record);
        uint256 tooMuch = everloop.freeOf(alice) - worst + 1;
        vm.prank(alice);
        everloop.withdraw(tooMuch, alice);
        bytes4 reason = IScheduler.Scheduler_Unaffordable.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, _taskId(record), worst - 1, worst));
        vm.prank(keeper, keeper);
        everloop.execute(record);
        assertEq(_slot(record).due(), _now());
        assertEq(_slot(record).runs(), 0);
        _deposit(alice, 1);
        assertTrue(_execute(record).outcome == IScheduler.Outcome.Succeeded);
    }

    function test_EventReportsTheRun() external {
        Task memory record = _schedule(_task(address(_target)), 0);
        _freeGas();
        skip(WINDOW);
        uint40 due = uint40(_now() + INTERVAL);
        RunReport report = RunReportLib.pack(0, uint256(IScheduler.Outcome.Succeeded), due, 0.01 ether);
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskExecuted(_taskId(record), keeper, due / 3600, report);
        vm.prank(keeper, keeper);
        everloop.execute(record);
    }

    function test_ReturnedWordDecidesTheNextDue() external {
        uint256 time = _now();
        assertEq(_dueAfter(Puppet.Mode.Word, 0), time + INTERVAL, "0 = the interval");
        assertEq(_dueAfter(Puppet.Mode.Word, 1), time + INTERVAL, "a past time is clamped");
        assertEq(_dueAfter(Puppet.Mode.Word, time + 100), time + 100, "a time");
        assertEq(_dueAfter(Puppet.Mode.Word, time + 10_000), time + HEARTBEAT, "a far time is clamped");
        assertEq(_dueAfter(Puppet.Mode.Word, STOP), 0, "max = stop");
        assertEq(_dueAfter(Puppet.Mode.Word, REJECTED), time + INTERVAL, "max - 1 = rejected");
        assertEq(_dueAfter(Puppet.Mode.Word, REJECTED - 1), time + HEARTBEAT);
        assertEq(_dueAfter(Puppet.Mode.Short, STOP), time + INTERVAL, "fewer than 32 bytes = 0");
        assertEq(_dueAfter(Puppet.Mode.Revert, STOP), time + 2 * HEARTBEAT, "a failure backs off");
    }

    function test_StoppedLoopIsOver() external {
        _target.setEnd(Puppet.Mode.Word, STOP);
        Task memory record = _schedule(_task(address(_target)), 0);
        _execute(record);
        assertEq(_slot(record).commitment(), 0);
        assertEq(_slot(record).runs(), 1);
    }

    function test_FailuresBackOffAndOneSuccessForgets() external {
        Task memory record = _schedule(_task(address(_target)), 0);
        _target.setEnd(Puppet.Mode.Revert, 0);
        for (uint256 f = 1; f <= 9; ++f) {
            Executed memory done = _execute(record);
            assertTrue(done.outcome == IScheduler.Outcome.Failed);
            assertEq(done.due - _now(), HEARTBEAT * 2 ** (f < 6 ? f : 6));
            assertEq(_slot(record).failures(), f);
            vm.warp(done.due);
        }
        _target.setEnd(Puppet.Mode.Word, 0);
        assertEq(_execute(record).due, _now() + INTERVAL);
        assertEq(_slot(record).failures(), 0);
    }

    function test_SCH6_LoopGoesOnThroughAnyNumberOfFailures() external {
        _deposit(alice, 100 ether);
        Task memory record = _schedule(_task(address(_target)), 0);
        _target.setEnd(Puppet.Mode.Burn, 0);
        for (uint256 i = 0; i < 300; ++i) {
            Executed memory done = _execute(record);
            assertGt(done.due, _now());
            vm.warp(done.due);
        }
        assertEq(_slot(record).failures(), 255);
        assertEq(_slot(record).runs(), 300);
    }

    function testFuzz_GridKeepsThePhaseAndFromNowDoesNot(uint32 late) external {
        late = uint32(bound(late, 0, 10 days));
        uint256 start = _now();
        Task memory fromNow = _schedule(_task(address(_target)), 0);
        Task memory grid = _task(address(_target));
        grid.salt = bytes32(uint256(1));
        grid.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.GRID);
        _schedule(grid, 0);
        skip(late);
        assertEq(_execute(fromNow).due, start + late + INTERVAL);
        assertEq(_execute(grid).due, start + (uint256(late) / INTERVAL + 1) * INTERVAL);
    }

    function test_SCH7_RunsDoNotNest() external {
        Task memory other = _task(address(new Puppet()));
        other.salt = bytes32(uint256(2));
        other = _schedule(other, 0);
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 2_000_000, 0, 0);
        Task memory record = _schedule(task, 0);
        _target.addStep(address(everloop), abi.encodeCall(IScheduler.execute, (other)));
        _target.addStep(address(everloop), abi.encodeCall(IScheduler.executeBatch, (_only(other))));
        _execute(record);
        for (uint256 i = 0; i < 2; ++i) {
            assertFalse(_target.results()[i]);
            assertEq(_target.answerOf(i), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
        }
        assertTrue(_execute(other).outcome == IScheduler.Outcome.Succeeded, "the lock opens afterwards");
    }

    /// @dev Next due time of a fresh task whose target ends so.
    function _dueAfter(Puppet.Mode mode, uint256 word) private returns (uint256 due) {
        uint256 snapshot = vm.snapshotState();
        _target.setEnd(mode, word);
        due = _execute(_schedule(_task(address(_target)), 0)).due;
        vm.revertToState(snapshot);
    }

    function _expectNotDue(Task memory task, uint256 due) private {
        bytes4 reason = IScheduler.Scheduler_NotDue.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, _taskId(task), due, _now()));
        vm.prank(keeper, keeper);
        everloop.execute(task);
    }

    function _expectNotBooked(Task memory task) private {
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task)));
        vm.prank(keeper, keeper);
        everloop.execute(task);
    }

    /// @dev wei set aside for one run, computed anew.
    function _worst(Task memory task) private view returns (uint256) {
        return (90_000 + uint256(_slot(task).recordGas()) + task.timing.gasLimit()) * task.pricing.maxGasPrice()
            + task.pricing.amount() + task.pricing.maxDataFee();
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {REJECTED, STOP} from "../../contracts/interfaces/IConsumers.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Job, TimingLib} from "../../contracts/types/Job.sol";

/// @notice Running tasks: when, how often, what comes next.
/// @dev execute
/// ├─ record not booked -> Stale
/// ├─ before due -> NotDue
/// ├─ free balance < worst cost -> Unaffordable
/// └─ run
///    ├─ target fails -> Failed, back-off
///    └─ target succeeds -> next due by its answer
contract ExecuteTest is Base {
    Puppet private _target = new Puppet();

    function test_TargetHearsIdOwnerAndData() external {
        Job memory job = _task(address(_target));
        job.data = "hello";
        Job memory record = _schedule(job, 0);
        _execute(record);
        assertEq(_target.lastSender(), address(everloop));
        assertEq(_target.lastId(), _idOf(record));
        assertEq(_target.lastOwner(), alice);
        assertEq(_target.lastDataHash(), keccak256("hello"));
    }

    function test_SCH8_RawCallsLeaveFromTheExecutor() external {
        Job memory job = _task(address(_target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.RAW);
        job.data = abi.encodeWithSignature("anything(uint256)", 5);
        Executed memory done = _execute(_schedule(job, 0));
        assertEq(_target.lastSender(), everloop.EXECUTOR());
        assertEq(_target.lastDataHash(), keccak256(job.data), "call data as it is");
        assertTrue(done.outcome == IScheduler.Outcome.Succeeded);
    }

    function test_RawReturnValuesDoNotSteer() external {
        Job memory job = _task(address(_target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.RAW);
        job.data = abi.encodeCall(Puppet.refuel, ());
        _target.setEnd(Puppet.Mode.Word, STOP);
        assertEq(_execute(_schedule(job, 0)).due, _now() + INTERVAL);
    }

    function test_SCH5_RevertedOrSkippedBeforeDue() external {
        Job memory record = _schedule(_task(address(_target)), _now() + 10);
        assertTrue(_outcome(record) == IScheduler.Outcome.NotDue);
        skip(9);
        assertTrue(_outcome(record) == IScheduler.Outcome.NotDue);
        skip(1);
        assertTrue(_outcome(record) == IScheduler.Outcome.Succeeded);
        assertTrue(_outcome(record) == IScheduler.Outcome.NotDue);
        assertEq(_target.calls(), 1);
    }

    function test_SCH5_SecondCopyInOneBatchIsSkipped() external {
        Job memory record = _schedule(_task(address(_target)), 0);
        Job[] memory jobs = new Job[](3);
        (jobs[0], jobs[1], jobs[2]) = (record, record, record);
        vm.prank(keeper);
        IScheduler.Outcome[] memory outcomes = everloop.execute(jobs);
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[1] == IScheduler.Outcome.NotDue);
        assertTrue(outcomes[2] == IScheduler.Outcome.NotDue);
        assertEq(_target.calls(), 1);
    }

    function test_AlteredRecordIsStale() external {
        Job memory record = _schedule(_task(address(_target)), 0);
        record.pricing = record.pricing.withFee(1);
        assertTrue(_outcome(record) == IScheduler.Outcome.Stale);
        assertEq(_target.calls(), 0);
    }

    function test_SkippedItemsNameTheirReason() external {
        Job memory record = _schedule(_task(address(_target)), _now() + 10);
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskSkipped(_idOf(record), keeper, IScheduler.Outcome.NotDue);
        _outcome(record);
    }

    function test_SCH6_UnaffordableTaskStaysDue() external {
        Job memory record = _schedule(_task(address(_target)), 0);
        _withdrawAll(alice);
        assertTrue(_outcome(record) == IScheduler.Outcome.Unaffordable);
        assertEq(_slot(record).due(), _now());
        _deposit(alice, 1 ether);
        assertTrue(_outcome(record) == IScheduler.Outcome.Succeeded);
    }

    function test_EventReportsTheRun() external {
        Job memory record = _schedule(_task(address(_target)), 0);
        _freeGas();
        uint40 due = uint40(_now() + INTERVAL);
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskExecuted(_idOf(record), keeper, due / 3600, 0, IScheduler.Outcome.Succeeded, due, 0);
        _outcome(record);
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
        Job memory record = _schedule(_task(address(_target)), 0);
        _execute(record);
        assertEq(_slot(record).commitment(), 0);
        assertEq(_slot(record).runs(), 1);
    }

    function test_FailuresBackOffAndOneSuccessForgets() external {
        Job memory record = _schedule(_task(address(_target)), 0);
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
        Job memory record = _schedule(_task(address(_target)), 0);
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
        Job memory job = _task(address(_target));
        Job memory fromNow = _schedule(job, 0);
        job.salt = bytes32(uint256(1));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.GRID);
        Job memory grid = _schedule(job, 0);
        skip(late);
        assertEq(_execute(fromNow).due, start + late + INTERVAL);
        assertEq(_execute(grid).due, start + (uint256(late) / INTERVAL + 1) * INTERVAL);
    }

    function test_SCH7_RunsDoNotNest() external {
        Job memory other = _task(address(new Puppet()));
        other.salt = bytes32(uint256(2));
        other = _schedule(other, 0);
        Job memory job = _task(address(_target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 2_000_000, 0, 0);
        Job memory record = _schedule(job, 0);
        _target.addStep(address(everloop), abi.encodeCall(IScheduler.execute, (_only(other))));
        _execute(record);
        assertFalse(_target.results()[0]);
        assertEq(_target.answerOf(0), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
        assertTrue(_outcome(other) == IScheduler.Outcome.Succeeded, "the lock opens afterwards");
    }

    function test_EmptyBatchDoesNothing() external {
        vm.prank(keeper);
        assertEq(everloop.execute(new Job[](0)).length, 0);
        assertEq(everloop.balanceOf(keeper), 0);
    }

    /// @dev Next due time of a fresh task whose target ends so.
    function _dueAfter(Puppet.Mode mode, uint256 word) private returns (uint256 due) {
        uint256 snapshot = vm.snapshotState();
        _target.setEnd(mode, word);
        due = _execute(_schedule(_task(address(_target)), 0)).due;
        vm.revertToState(snapshot);
    }
}

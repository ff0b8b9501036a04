// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, Task, Timing, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";

/// @notice Booking and cancelling tasks.
contract ScheduleTest is Base {
    Puppet private _target = new Puppet();

    function testFuzz_BookingCommitsToTheWholeRecord(bytes32 salt, bytes calldata data, uint32 ahead) external {
        vm.assume(data.length <= 448);
        Task memory task = _task(address(_target));
        (task.salt, task.data) = (salt, data);
        uint256 due = _now() + ahead;
        Task memory record = _schedule(task, due);

        JobSlot slot = everloop.slotOf(_taskId(record));
        assertEq(slot.commitment(), _commitment(record));
        assertEq(slot.due(), due);
        assertEq(slot.runs(), 0);
        assertEq(slot.failures(), 0);
        assertFalse(slot.isResigned());
    }

    /// @dev Never less than what the record costs as call data, and at most 5 % and 200 gas more.
    function testFuzz_RecordGasIsWhatTheRecordCostsAsCallData(bytes32 salt, bytes calldata data) external {
        vm.assume(data.length <= 448);
        Task memory task = _task(address(_target));
        (task.salt, task.data) = (salt, data);
        Task memory record = _schedule(task, 0);
        uint256 actual = _callDataGas(abi.encode(record));
        uint256 counted = _slot(record).recordGas();
        assertGe(counted, actual, "recordGas >= gas of the bytes");
        assertLe(counted, actual * 105 / 100 + 200);
    }

    function test_EventCarriesTheCompleteRecord() external {
        Task memory task = _task(address(_target));
        task.data = "all of it";
        bytes32 id = _taskId(task);
        uint40 due = uint40(_now() + 1 days);
        uint256 recordGas = new LibraryProbe().recordGas(task);
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskScheduled(
            id, alice, due / 3600, JobSlotLib.pack(_commitment(task), due, 0, recordGas), task
        );
        vm.prank(alice);
        assertEq(everloop.schedule(task, due), id);
    }

    function test_PastDueMeansNow() external {
        Task memory record = _schedule(_task(address(_target)), 5);
        assertEq(_slot(record).due(), _now());
    }

    function testFuzz_RevertWhen_ATaskNamesAFee(uint64 fee) external {
        fee = uint64(bound(fee, 1, type(uint64).max));
        Task memory task = _task(address(_target));
        task.pricing = task.pricing.withFee(fee);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("fee"), fee, 0));
        vm.prank(alice);
        everloop.schedule(task, 0);
    }

    function test_RevertWhen_DataIsLongerThan448Bytes() external {
        Task memory task = _task(address(_target));
        task.data = new bytes(449);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("data"), 449, 448));
        vm.prank(alice);
        everloop.schedule(task, 0);
        task.data = new bytes(448);
        _schedule(task, 0);
    }

    function test_RevertWhen_BookingForSomebodyElse() external {
        Task memory task = _task(address(_target));
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, alice, keeper));
        vm.prank(keeper, keeper);
        everloop.schedule(task, 0);
    }

    function test_SCH8_RevertWhen_AimedAtEngineExecutorOrRegistry() external {
        address[3] memory forbidden = [address(everloop), everloop.EXECUTOR(), everloop.REGISTRY()];
        for (uint256 i = 0; i < forbidden.length; ++i) {
            Task memory task = _task(forbidden[i]);
            vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, forbidden[i]));
            vm.prank(alice);
            everloop.schedule(task, 0);
            Inference memory job = _inference(forbidden[i]);
            vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, forbidden[i]));
            vm.prank(alice);
            everloop.request(job, "", 0);
        }
    }

    function test_RevertWhen_IdIsBooked() external {
        Task memory task = _task(address(_target));
        _schedule(task, 0);
        task.data = "other";
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_AlreadyBooked.selector, _taskId(task)));
        vm.prank(alice);
        everloop.schedule(task, 0);
    }

    function testFuzz_RevertWhen_HeartbeatIsShorterThanInterval(uint32 interval, uint32 heartbeat) external {
        interval = uint32(bound(interval, 1, type(uint32).max));
        heartbeat = uint32(bound(heartbeat, 0, interval - 1));
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(interval, heartbeat, 0, 0, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("heartbeat"), heartbeat, interval)
        );
        vm.prank(alice);
        everloop.schedule(task, 0);
    }

    function testFuzz_RevertWhen_UnusedTimingBitsAreSet(uint112 high, uint8 flags) external {
        uint256 junk = uint256(high) << 144 | uint256(flags >> 2) << 138;
        vm.assume(junk != 0);
        Task memory task = _task(address(_target));
        task.timing = Timing.wrap(Timing.unwrap(task.timing) | junk);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("timing"), junk, 0));
        vm.prank(alice);
        everloop.schedule(task, 0);
    }

    /// @dev The highest due time marks a run in progress, so no booking may carry it.
    function test_RevertWhen_DueIsTheMarkOfARun() external {
        Task memory task = _task(address(_target));
        uint40 mark = type(uint40).max;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("due"), mark, mark));
        vm.prank(alice);
        everloop.schedule(task, mark);
        assertEq(_slot(_schedule(task, mark - 1)).due(), mark - 1);
    }

    function test_INF4_CancelEndsTheJobAndTheRunThatWasBooked() external {
        Task memory record = _schedule(_task(address(_target)), 0);
        _execute(record);
        bytes32 id = _taskId(record);
        vm.expectEmit(address(everloop));
        emit IScheduler.JobCancelled(id, alice);
        vm.prank(alice);
        everloop.cancel(record.salt);
        assertEq(JobSlot.unwrap(everloop.slotOf(id)), uint256(2) << 200, "only the run counter stays");
        assertTrue(_outcome(record) == IScheduler.Outcome.Stale);
    }

    function test_RevertWhen_CancellingWhatIsNotBookedOrNotOnes() external {
        Task memory record = _schedule(_task(address(_target)), 0);
        Task memory foreign = _task(address(_target));
        foreign.owner = keeper;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(foreign)));
        vm.prank(keeper, keeper);
        everloop.cancel(record.salt);
        vm.prank(alice);
        everloop.cancel(record.salt);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(record)));
        vm.prank(alice);
        everloop.cancel(record.salt);
    }

    function test_SCH5_RunNumbersNeverRepeatOnSaltReuse() external {
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(0, 0, 0, 100_000, 0, 0);
        for (uint32 i = 0; i < 3; ++i) {
            Task memory record = _schedule(task, 0);
            assertEq(_execute(record).run, i);
            assertEq(_slot(record).runs(), i + 1);
            assertTrue(_outcome(record) == IScheduler.Outcome.Stale, "a one-shot runs once");
        }
    }

    function test_TaskAndInferenceOfOneSaltAreTwoJobs() external {
        Task memory task = _schedule(_task(address(_target)), 0);
        Inference memory inference = _request(_inference(address(_target)), 0);
        assertNotEq(_taskId(task), _inferenceId(inference));
        vm.prank(alice);
        everloop.cancel(task.salt);
        assertGt(_slot(inference).commitment(), 0);
    }

    function test_PricesAreKeptAsBooked() external {
        Task memory task = _task(address(_target));
        task.pricing = PricingLib.pack(1, 2, 3, 4);
        vm.recordLogs();
        _schedule(task, 0);
        Task memory record = _lastTask();
        assertEq(record.pricing.maxGasPrice(), 1);
        assertEq(record.pricing.maxPriorityFee(), 2);
        assertEq(record.pricing.maxDataFee(), 3 gwei);
        assertEq(record.pricing.amount(), 4);
    }

    /// @dev Computed anew: five words and the hash of the data.
    function _commitment(Task memory task) private pure returns (uint160) {
        bytes memory words = abi.encode(task.owner, task.target, task.timing, task.salt, task.pricing);
        return uint160(uint256(keccak256(bytes.concat(words, task.data))));
    }

    function _callDataGas(bytes memory data) private pure returns (uint256 gas_) {
        for (uint256 i = 0; i < data.length; ++i) {
            gas_ += data[i] == 0 ? 4 : 16;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Job, PricingLib, Timing, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";

/// @notice Booking and cancelling tasks.
contract ScheduleTest is Base {
    Puppet private _target = new Puppet();

    function testFuzz_BookingCommitsToTheWholeRecord(bytes32 salt, bytes calldata data, uint32 ahead) external {
        vm.assume(data.length <= 768);
        Job memory job = _task(address(_target));
        (job.salt, job.data) = (salt, data);
        uint256 due = _now() + ahead;
        Job memory record = _schedule(job, due);

        bytes32 id = keccak256(abi.encode(false, block.chainid, address(everloop), alice, salt));
        assertEq(everloop.idOf(false, alice, salt), id);
        JobSlot slot = everloop.slotOf(id);
        assertEq(slot.commitment(), _commitment(record));
        assertEq(slot.due(), due);
        assertEq(slot.runs(), 0);
        assertEq(slot.failures(), 0);
    }

    /// @dev Never less than what the record costs as call data, and at most 5 % and 200 gas more.
    function testFuzz_RecordGasIsWhatTheRecordCostsAsCallData(bytes32 salt, bytes calldata data) external {
        vm.assume(data.length <= 768);
        Job memory job = _task(address(_target));
        (job.salt, job.data) = (salt, data);
        Job memory record = _schedule(job, 0);
        uint256 actual = new LibraryProbe().callDataGas(abi.encode(record)) - 12 - 31 * 4 - 4;
        assertGe(record.timing.recordGas(), actual, "recordGas >= gas of the bytes");
        assertLe(record.timing.recordGas(), actual * 105 / 100 + 200);
    }

    function test_EventCarriesTheCompleteRecord() external {
        Job memory job = _task(address(_target));
        bytes32 id = everloop.idOf(false, alice, job.salt);
        uint40 due = uint40(_now() + 1 days);
        uint256 snapshot = vm.snapshotState();
        Job memory record = _schedule(job, due);
        vm.revertToState(snapshot);
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskScheduled(id, alice, due / 3600, 0, due, record);
        vm.prank(alice);
        assertEq(everloop.schedule(job, due), id);
        assertEq(record.target, job.target);
        assertEq(record.pricing.fee(), 0);
    }

    function test_PastDueMeansNow() external {
        Job memory record = _schedule(_task(address(_target)), 5);
        assertEq(_slot(record).due(), _now());
    }

    function test_FeeOfATaskIsCleared() external {
        Job memory job = _task(address(_target));
        job.pricing = job.pricing.withFee(77);
        assertEq(_schedule(job, 0).pricing.fee(), 0);
    }

    function test_RevertWhen_BookingForSomebodyElse() external {
        Job memory job = _task(address(_target));
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, alice, keeper));
        vm.prank(keeper);
        everloop.schedule(job, 0);
    }

    function test_RevertWhen_TaskNamesAProvider() external {
        Job memory job = _inference(address(_target));
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_WrongKind.selector, provider));
        vm.prank(alice);
        everloop.schedule(job, 0);
    }

    function test_SCH8_RevertWhen_AimedAtEngineExecutorOrRegistry() external {
        address[3] memory forbidden = [address(everloop), everloop.EXECUTOR(), everloop.REGISTRY()];
        for (uint256 i = 0; i < forbidden.length; ++i) {
            Job memory job = _task(forbidden[i]);
            vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, forbidden[i]));
            vm.prank(alice);
            everloop.schedule(job, 0);
            job = _inference(forbidden[i]);
            vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, forbidden[i]));
            vm.prank(alice);
            everloop.request(job, "", 0);
        }
    }

    function test_RevertWhen_IdIsBooked() external {
        Job memory job = _task(address(_target));
        _schedule(job, 0);
        job.data = "other";
        vm.expectRevert(
            abi.encodeWithSelector(IScheduler.Scheduler_AlreadyBooked.selector, everloop.idOf(false, alice, job.salt))
        );
        vm.prank(alice);
        everloop.schedule(job, 0);
    }

    function testFuzz_RevertWhen_HeartbeatIsShorterThanInterval(uint32 interval, uint32 heartbeat) external {
        interval = uint32(bound(interval, 1, type(uint32).max));
        heartbeat = uint32(bound(heartbeat, 0, interval - 1));
        Job memory job = _task(address(_target));
        job.timing = TimingLib.pack(interval, heartbeat, 0, 0, 0, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, "heartbeat", heartbeat, interval)
        );
        vm.prank(alice);
        everloop.schedule(job, 0);
    }

    function testFuzz_RevertWhen_UnusedTimingBitsAreSet(uint56 high, uint24 middle, uint8 flags) external {
        uint256 junk = uint256(high) << 200 | uint256(middle) << 144 | uint256(flags >> 2) << 138;
        vm.assume(junk != 0);
        Job memory job = _task(address(_target));
        job.timing = Timing.wrap(Timing.unwrap(job.timing) | junk);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, "timing", junk, 0));
        vm.prank(alice);
        everloop.schedule(job, 0);
    }

    /// @dev The highest due time marks a run in progress, so no booking may carry it.
    function test_RevertWhen_DueIsTheMarkOfARun() external {
        Job memory job = _task(address(_target));
        vm.expectPartialRevert(IScheduler.Scheduler_BadTerms.selector);
        vm.prank(alice);
        everloop.schedule(job, type(uint40).max);
    }

    function test_INF4_CancelEndsTheJobAndTheRunThatWasBooked() external {
        Job memory record = _schedule(_task(address(_target)), 0);
        _execute(record);
        bytes32 id = _idOf(record);
        vm.expectEmit(address(everloop));
        emit IScheduler.JobCancelled(id, alice);
        vm.prank(alice);
        everloop.cancel(record.salt);
        assertEq(JobSlot.unwrap(everloop.slotOf(id)), uint256(2) << 200, "only the run counter stays");
        assertTrue(_outcome(record) == IScheduler.Outcome.Stale);
    }

    function test_RevertWhen_CancellingWhatIsNotBookedOrNotOnes() external {
        Job memory record = _schedule(_task(address(_target)), 0);
        bytes32 foreign = everloop.idOf(false, keeper, record.salt);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, foreign));
        vm.prank(keeper);
        everloop.cancel(record.salt);
        vm.prank(alice);
        everloop.cancel(record.salt);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _idOf(record)));
        vm.prank(alice);
        everloop.cancel(record.salt);
    }

    function test_SCH5_RunNumbersNeverRepeatOnSaltReuse() external {
        Job memory job = _task(address(_target));
        job.timing = TimingLib.pack(0, 0, 0, 100_000, 0, 0);
        for (uint32 i = 0; i < 3; ++i) {
            Job memory record = _schedule(job, 0);
            assertEq(_execute(record).run, i);
            assertEq(_slot(record).runs(), i + 1);
            assertTrue(_outcome(record) == IScheduler.Outcome.Stale, "a one-shot runs once");
        }
    }

    function test_TaskAndInferenceOfOneSaltAreTwoJobs() external {
        Job memory task = _schedule(_task(address(_target)), 0);
        Job memory inference = _request(_inference(address(_target)), 0);
        assertNotEq(_idOf(task), _idOf(inference));
        vm.prank(alice);
        everloop.cancel(task.salt);
        assertGt(_slot(inference).commitment(), 0);
    }

    function test_PricesAreKeptAsBooked() external {
        Job memory job = _task(address(_target));
        job.pricing = PricingLib.pack(1, 2, 3);
        Job memory record = _schedule(job, 0);
        assertEq(record.pricing.maxGasPrice(), 1);
        assertEq(record.pricing.maxPriorityFee(), 2);
        assertEq(record.pricing.amount(), 3);
    }

    /// @dev Computed anew: eight words and the hash of the data.
    function _commitment(Job memory job) private pure returns (uint160) {
        bytes memory who = abi.encode(job.owner, job.target, job.provider, job.modelId, job.input);
        bytes memory how = abi.encode(job.timing, job.pricing, job.salt);
        return uint160(uint256(keccak256(bytes.concat(who, how, keccak256(job.data)))));
    }
}

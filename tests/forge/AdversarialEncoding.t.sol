// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {Vm, vm} from "./Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";

/// @notice Records with dirty bits, and offsets that overlap, point back, or leave the call data.
/// @dev Call data of a task: selector, offset of the struct, then from byte 36 on five fixed words, the offset of its data,
/// and where that points, length and bytes.
contract AdversarialEncodingTest is Base {
    uint256 private constant OWNER = 36;
    uint256 private constant TARGET = OWNER + 32;
    uint256 private constant DATA_OFFSET = OWNER + 5 * 32;
    uint256 private constant DATA_LENGTH = OWNER + 6 * 32;
    uint256 private constant FUNCTIONS = 4;

    Puppet private _target = new Puppet();

    // Dirty bits

    function testFuzz_SCH8_OwnersWithDirtyBitsAreRefusedEverywhere(uint96 dirt) external {
        _checkDirty(OWNER, dirt);
    }

    function testFuzz_TargetsWithDirtyBitsAreRefusedEverywhere(uint96 dirt) external {
        _checkDirty(TARGET, dirt);
    }

    function testFuzz_DueTimesWithDirtyBitsAreRefused(uint216 dirt) external {
        vm.assume(dirt != 0);
        Task memory task = _sample();
        bytes memory call_ = abi.encodeCall(IScheduler.schedule, (task, 0));
        _set(call_, 36, uint256(dirt) << 40);
        _expectRefusal(alice, call_);
        assertEq(_slot(task).commitment(), 0);
    }

    /// @dev Bits behind the end of the data cost their sender gas and change nothing.
    function testFuzz_BytesBehindTheDataAreNotPartOfIt(uint232 dirt) external {
        Task memory task = _sample();
        task.data = "raw";
        bytes memory call_ = abi.encodeCall(IScheduler.schedule, (task, 0));
        uint256 at = DATA_LENGTH + 64;
        _set(call_, at, _get(call_, at) | dirt);
        _call(alice, call_);
        assertEq(_slot(task).commitment(), _commitment(task));
        assertTrue(_execute(task).outcome == IScheduler.Outcome.Succeeded);
        assertEq(_target.lastDataHash(), keccak256("raw"));
    }

    // Offsets

    /// @dev Data may lie anywhere; what is read is what is booked, told and run.
    function testFuzz_BookingReadsOneRecordWhateverTheOffset(uint256 offset, uint8 shape) external {
        Task memory task = _sample();
        bytes memory call_ = abi.encodeCall(IScheduler.schedule, (task, 0));
        _set(call_, DATA_OFFSET + 32, _shaped(offset, shape));
        vm.recordLogs();
        vm.prank(alice);
        (bool ok,) = address(everloop).call(call_);
        if (!ok) {
            assertEq(_slot(task).commitment(), 0);
            return;
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        (JobSlot slot, Task memory told) = abi.decode(logs[0].data, (JobSlot, Task));
        assertEq(slot.commitment(), _commitment(told), "the event tells what is booked");
        assertLe(told.data.length, 448);
        assertTrue(_execute(told).outcome == IScheduler.Outcome.Succeeded, "and that can be run");
        assertEq(_target.lastDataHash(), keccak256(told.data));
    }

    function testFuzz_SCH5_ARunTakesOnlyTheBytesThatWereBooked(uint256 offset, uint8 shape) external {
        Task memory task = _schedule(_sample(), 0);
        bytes memory call_ = abi.encodeCall(IScheduler.execute, (task));
        _set(call_, DATA_OFFSET, _shaped(offset, shape));
        vm.prank(keeper, keeper);
        (bool ok,) = address(everloop).call(call_);
        assertEq(_target.calls(), ok ? 1 : 0);
        if (ok) assertEq(_target.lastDataHash(), keccak256(task.data));
    }

    function testFuzz_LengthsBeyondTheCallDataAreRefused(uint256 length) external {
        Task memory task = _schedule(_sample(), 0);
        length = bound(length, 129, type(uint256).max);
        bytes memory call_ = abi.encodeCall(IScheduler.execute, (task));
        _set(call_, DATA_LENGTH, length);
        _expectRefusal(keeper, call_);
        assertEq(_target.calls(), 0);
        call_ = abi.encodeCall(IScheduler.repost, (task));
        _set(call_, DATA_LENGTH, length);
        _expectRefusal(keeper, call_);
    }

    /// @dev The data's length is the salt word, its bytes the price word: booked and run like any other.
    function test_DataThatOverlapsTheRecordIsReadAsItStands() external {
        Task memory task = _sample();
        task.salt = bytes32(uint256(32));
        bytes memory call_ = abi.encodeCall(IScheduler.schedule, (task, 0));
        _set(call_, DATA_OFFSET + 32, 3 * 32);
        _call(alice, call_);
        task.data = abi.encode(task.pricing);
        assertEq(_slot(task).commitment(), _commitment(task));
        assertTrue(_execute(task).outcome == IScheduler.Outcome.Succeeded);
        assertEq(_target.lastDataHash(), keccak256(task.data));
    }

    /// @dev An offset that wraps around points at the word before the record: 32, the offset of the struct itself.
    function test_OffsetsThatPointBackAreReadAsTheyStand() external {
        Task memory task = _schedule(_sample(), 0);
        bytes memory call_ = abi.encodeCall(IScheduler.execute, (task));
        unchecked {
            _set(call_, DATA_OFFSET, uint256(0) - 32);
        }
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task)));
        vm.prank(keeper, keeper);
        (bool ok,) = address(everloop).call(call_);
        ok;
        assertEq(_target.calls(), 0);
    }

    // Batches

    /// @dev A table of offsets that all point at one record.
    function test_SCH5_ManyOffsetsToOneRecordRunItOnce() external {
        Task memory task = _schedule(_sample(), 0);
        bytes memory call_ = _pointingBatch(task, 20);
        bytes memory answer = _call(keeper, call_);
        IScheduler.Outcome[] memory outcomes = abi.decode(answer, (IScheduler.Outcome[]));
        assertEq(outcomes.length, 20);
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        for (uint256 i = 1; i < outcomes.length; ++i) {
            assertTrue(outcomes[i] == IScheduler.Outcome.NotDue);
        }
        assertEq(_target.calls(), 1);
    }

    function testFuzz_BatchOffsetsOutsideTheRecordRunNothing(uint256 offset, uint8 shape) external {
        Task memory task = _schedule(_sample(), 0);
        bytes memory call_ = abi.encodeCall(IScheduler.executeBatch, (_only(task)));
        offset = _shaped(offset, shape);
        vm.assume(offset != 32);
        _set(call_, 68, offset);
        vm.prank(keeper, keeper);
        (bool ok, bytes memory answer) = address(everloop).call(call_);
        if (ok) {
            IScheduler.Outcome[] memory outcomes = abi.decode(answer, (IScheduler.Outcome[]));
            assertTrue(outcomes[0] == IScheduler.Outcome.Stale);
        }
        assertEq(_target.calls(), 0);
    }

    function testFuzz_BatchLengthsBeyondTheCallDataAreRefusedCheaply(uint256 length) external {
        Task memory task = _schedule(_sample(), 0);
        bytes memory call_ = abi.encodeCall(IScheduler.executeBatch, (_only(task)));
        _set(call_, 36, bound(length, 1_000, type(uint256).max));
        _expectRefusal(keeper, call_);
        assertLt(vm.lastCallGas().gasTotalUsed, 10_000, "nothing is reserved for items that are not there");
        assertEq(_target.calls(), 0);
    }

    /// @dev Items that share one copy of their data are paid no more than items that carry it.
    function test_SCH4_SharedDataEarnsNoMoreThanDataSent() external {
        Task[] memory tasks = new Task[](2);
        for (uint256 i = 0; i < 2; ++i) {
            tasks[i] = _sample();
            tasks[i].salt = bytes32(i + 1);
            tasks[i].pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
            tasks[i].data = new bytes(400);
            _schedule(tasks[i], 0);
        }
        bytes memory call_ = abi.encodeCall(IScheduler.executeBatch, (tasks));
        uint256 snapshot = vm.snapshotState();
        _call(keeper, call_);
        uint256 honest = everloop.balanceOf(keeper);
        vm.revertToState(snapshot);
        // Both items lie behind the table of offsets; the first one's data may as well be the second one's.
        (uint256 first, uint256 second) = (_get(call_, 68), _get(call_, 100));
        _set(call_, 68 + first + 5 * 32, second - first + 6 * 32);
        IScheduler.Outcome[] memory outcomes = abi.decode(_call(keeper, call_), (IScheduler.Outcome[]));
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[1] == IScheduler.Outcome.Succeeded);
        assertLe(everloop.balanceOf(keeper), honest);
    }

    /// @dev Each function that takes a record: with dirty bits it is refused, or in a batch left out.
    function _checkDirty(uint256 at, uint96 dirt) private {
        vm.assume(dirt != 0);
        Task memory task = _sample();
        Task memory booked = _sample();
        booked.salt = "booked";
        _schedule(booked, 0);
        JobSlot slot = _slot(booked);
        for (uint256 i = 0; i <= FUNCTIONS; ++i) {
            bytes memory call_ = i == FUNCTIONS
                ? abi.encodeCall(IScheduler.executeBatch, (_only(booked)))
                : _callWith(i, i == 0 ? task : booked);
            uint256 place = i < 2 ? at + 32 : i == FUNCTIONS ? at + 64 : at;
            _set(call_, place, _get(call_, place) | uint256(dirt) << 160);
            vm.prank(alice);
            (bool ok, bytes memory answer) = address(everloop).call(call_);
            if (ok) {
                assertEq(i, FUNCTIONS, "only a batch may leave it out");
                assertTrue(abi.decode(answer, (IScheduler.Outcome[]))[0] == IScheduler.Outcome.Stale);
            }
        }
        assertEq(_slot(task).commitment(), 0);
        assertEq(JobSlot.unwrap(_slot(booked)), JobSlot.unwrap(slot));
        assertEq(_target.calls(), 0);
    }

    function _callWith(uint256 which, Task memory task) private pure returns (bytes memory) {
        if (which == 0) return abi.encodeCall(IScheduler.schedule, (task, 0));
        if (which == 1) return abi.encodeCall(IScheduler.update, (task, 0));
        if (which == 2) return abi.encodeCall(IScheduler.execute, (task));
        return abi.encodeCall(IScheduler.repost, (task));
    }

    /// @dev A batch whose `count` items are one and the same bytes.
    function _pointingBatch(Task memory task, uint256 count) private pure returns (bytes memory call_) {
        call_ = abi.encodePacked(IScheduler.executeBatch.selector, uint256(32), count);
        for (uint256 i = 0; i < count; ++i) {
            call_ = bytes.concat(call_, abi.encode(count * 32));
        }
        bytes memory record = abi.encode(task);
        for (uint256 i = 32; i < record.length; ++i) {
            call_ = bytes.concat(call_, record[i]);
        }
    }

    /// @dev Offsets of four kinds: words of the record, words before it, bytes of it, and any.
    function _shaped(uint256 offset, uint8 shape) private pure returns (uint256) {
        if (shape % 4 == 0) return offset % 13 * 32;
        if (shape % 4 == 1) return offset % 400;
        unchecked {
            if (shape % 4 == 2) return uint256(0) - offset % 7 * 32;
        }
        return offset;
    }

    function _sample() private view returns (Task memory task) {
        task = _task(address(_target));
        task.data = abi.encode("thirty-two bytes and some more of them");
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, 0, 0);
    }

    function _call(address caller, bytes memory call_) private returns (bytes memory answer) {
        bool ok;
        vm.prank(caller, caller);
        (ok, answer) = address(everloop).call(call_);
        assertTrue(ok, "accepted");
    }

    function _expectRefusal(address caller, bytes memory call_) private {
        vm.prank(caller, caller);
        (bool ok,) = address(everloop).call(call_);
        assertFalse(ok, "refused");
    }

    function _get(bytes memory data, uint256 at) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), at))
        }
    }

    function _set(bytes memory data, uint256 at, uint256 word) private pure {
        assembly ("memory-safe") {
            mstore(add(add(data, 32), at), word)
        }
    }

    function _commitment(Task memory task) private pure returns (uint160) {
        bytes memory words = abi.encode(task.owner, task.target, task.timing, task.salt, task.pricing);
        return uint160(uint256(keccak256(bytes.concat(words, task.data))));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";

/// @notice The one slot of a job.
contract JobSlotTest is Test {
    uint256 private constant STATE = (uint256(type(uint40).max) << 160) | (uint256(type(uint8).max) << 232);
    uint256 private constant RESIGNED = 1 << 255;

    function testFuzz_SlotReturnsWhatWasPacked(uint160 commitment, uint40 due, uint32 runs, uint16 recordGas)
        external
        pure
    {
        recordGas %= 2 ** 15;
        JobSlot slot = JobSlotLib.pack(commitment, due, runs, recordGas);
        assertEq(slot.commitment(), commitment);
        assertEq(slot.due(), due);
        assertEq(slot.runs(), runs);
        assertEq(slot.failures(), 0);
        assertEq(slot.recordGas(), recordGas);
        assertFalse(slot.isResigned());
        uint256 expected = commitment + (uint256(due) << 160) + (uint256(runs) << 200) + (uint256(recordGas) << 240);
        assertEq(JobSlot.unwrap(slot), expected, "the layout is the documented one");
    }

    function testFuzz_FieldsHaveTheirPlaces(uint256 raw) external pure {
        JobSlot slot = JobSlot.wrap(raw);
        assertEq(slot.commitment(), raw % 2 ** 160);
        assertEq(slot.due(), (raw >> 160) % 2 ** 40);
        assertEq(slot.runs(), (raw >> 200) % 2 ** 32);
        assertEq(slot.failures(), (raw >> 232) % 2 ** 8);
        assertEq(slot.recordGas(), (raw >> 240) % 2 ** 15);
        assertEq(slot.isResigned(), raw >> 255 == 1);
    }

    function testFuzz_BegunRunsAndCountsOne(uint256 raw) external pure {
        JobSlot before = JobSlot.wrap(raw);
        vm.assume(before.runs() != type(uint32).max);
        JobSlot slot = before.begun();
        assertTrue(slot.isRunning());
        assertFalse(slot.isBooked());
        assertEq(slot.runs(), uint256(before.runs()) + 1);
        assertEq(slot.commitment(), before.commitment());
        assertEq(slot.failures(), before.failures());
        assertEq(slot.recordGas(), before.recordGas());
    }

    function testFuzz_RearmedChangesOnlyDueAndFailures(uint256 raw, uint40 due, uint8 failures) external pure {
        JobSlot slot = JobSlot.wrap(raw).rearmed(due, failures);
        assertEq(slot.due(), due);
        assertEq(slot.failures(), failures);
        assertEq(JobSlot.unwrap(slot) & ~STATE, raw & ~STATE, "nothing else moves");
    }

    function testFuzz_FinishedKeepsOnlyTheRunCounter(uint256 raw) external pure {
        JobSlot slot = JobSlot.wrap(raw).finished();
        assertEq(JobSlot.unwrap(slot), uint256(uint32(raw >> 200)) << 200);
    }

    /// @dev A booked run ends with its job, one in progress is counted already, and a dormant job has none.
    function testFuzz_INF4_CancelledEndsTheRunThatWasBooked(uint160 commitment, uint40 due, uint32 runs) external pure {
        runs = uint32(bound(runs, 0, type(uint32).max - 1));
        due = uint40(bound(due, 1, JobSlotLib.RUNNING - 1));
        uint256 next = (uint256(runs) + 1) << 200;
        uint256 same = uint256(runs) << 200;
        assertEq(JobSlot.unwrap(JobSlotLib.pack(commitment, due, runs, 9).cancelled()), next, "booked");
        assertEq(JobSlot.unwrap(JobSlotLib.pack(commitment, 0, runs, 9).cancelled()), same, "dormant");
        JobSlot running = JobSlotLib.pack(commitment, JobSlotLib.RUNNING, runs, 9);
        assertEq(JobSlot.unwrap(running.cancelled()), same, "running");
    }

    /// @dev The job stays committed and dormant, with its mark; the run that was next ends with it, booked or not.
    function testFuzz_INF4_ResignedEndsTheNextRun(uint160 commitment, uint40 due, uint32 runs, uint8 failures)
        external
        pure
    {
        runs = uint32(bound(runs, 0, type(uint32).max - 1));
        due = uint40(bound(due, 1, JobSlotLib.RUNNING - 1));
        uint256 kept = RESIGNED + commitment + (uint256(9) << 240);
        JobSlot booked = JobSlotLib.pack(commitment, due, runs, 9).rearmed(due, failures);
        assertEq(JobSlot.unwrap(booked.resigned()), kept + ((uint256(runs) + 1) << 200), "booked");
        JobSlot dormant = booked.rearmed(0, failures);
        assertEq(JobSlot.unwrap(dormant.resigned()), kept + ((uint256(runs) + 1) << 200), "dormant");
        assertTrue(booked.resigned().isResigned());
    }

    function testFuzz_FailuresSaturate(uint8 failures) external pure {
        uint256 next = JobSlotLib.pack(1, 1, 1, 0).rearmed(1, failures).nextFailures();
        assertEq(next, failures == 255 ? 255 : uint256(failures) + 1);
    }

    function testFuzz_OnlyTheHighestDueMeansRunning(uint40 due) external pure {
        JobSlot slot = JobSlotLib.pack(1, due, 0, 0);
        assertEq(slot.isRunning(), due == 2 ** 40 - 1);
        assertEq(slot.isBooked(), due != 0 && due != 2 ** 40 - 1);
    }

    function test_TheMarkOfARunIsTheHighestDue() external pure {
        assertTrue(JobSlotLib.pack(1, JobSlotLib.RUNNING, 0, 0).isRunning());
        assertFalse(JobSlotLib.pack(1, JobSlotLib.RUNNING - 1, 0, 0).isRunning());
        assertFalse(JobSlotLib.pack(1, 0, 0, 0).isBooked(), "dormant");
    }
}

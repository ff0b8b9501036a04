// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";

/// @notice The one slot of a job.
contract JobSlotTest is Test {
    function testFuzz_SlotReturnsWhatWasPacked(uint160 commitment, uint40 due, uint32 runs, uint8 failures)
        external
        pure
    {
        JobSlot slot = JobSlotLib.pack(commitment, due, runs, failures);
        assertEq(slot.commitment(), commitment);
        assertEq(slot.due(), due);
        assertEq(slot.runs(), runs);
        assertEq(slot.failures(), failures);
        uint256 expected = commitment + (uint256(due) << 160) + (uint256(runs) << 200) + (uint256(failures) << 232);
        assertEq(JobSlot.unwrap(slot), expected, "the layout is the documented one");
    }

    function testFuzz_BegunRunsAndCountsOne(uint160 commitment, uint40 due, uint32 runs, uint8 failures) external pure {
        runs = uint32(bound(runs, 0, type(uint32).max - 1));
        JobSlot slot = JobSlotLib.pack(commitment, due, runs, failures).begun();
        assertTrue(slot.isRunning());
        assertEq(slot.runs(), uint256(runs) + 1);
        assertEq(slot.commitment(), commitment);
        assertEq(slot.failures(), failures);
    }

    function testFuzz_FinishedKeepsOnlyTheRunCounter(uint160 commitment, uint40 due, uint32 runs, uint8 failures)
        external
        pure
    {
        JobSlot slot = JobSlotLib.pack(commitment, due, runs, failures).finished();
        assertEq(JobSlot.unwrap(slot), uint256(runs) << 200);
    }

    function testFuzz_FailuresSaturate(uint8 failures) external pure {
        uint256 next = JobSlotLib.pack(1, 1, 1, failures).nextFailures();
        assertEq(next, failures == 255 ? 255 : uint256(failures) + 1);
    }

    function testFuzz_OnlyTheHighestDueMeansRunning(uint40 due) external pure {
        assertEq(JobSlotLib.pack(1, due, 0, 0).isRunning(), due == 2 ** 40 - 1);
    }
}

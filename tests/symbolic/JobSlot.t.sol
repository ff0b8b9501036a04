// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";

/// @notice The slot of a job through its life, for every word.
contract JobSlotSymbolicTest is Test {
    function check_PackIsReadBack(uint160 commitment, uint40 due, uint32 runs, uint8 failures) external pure {
        JobSlot s = JobSlotLib.pack(commitment, due, runs, failures);
        _assertFields(s, commitment, due, runs, failures);
        assertEq(s.isRunning(), due == JobSlotLib.RUNNING);
    }

    /// @dev The gas of 2^32 runs fills every block for years.
    function check_INF4_BegunCountsOneRunAndMarksIt(JobSlot s) external pure {
        vm.assume(s.runs() != type(uint32).max);
        JobSlot b = s.begun();
        assertTrue(b.isRunning());
        _assertFields(b, s.commitment(), JobSlotLib.RUNNING, uint256(s.runs()) + 1, s.failures());
    }

    function check_INF4_RearmedKeepsRunsAndCommitment(JobSlot s, uint40 due, uint8 failures) external pure {
        _assertFields(s.rearmed(due, failures), s.commitment(), due, s.runs(), failures);
    }

    /// @dev Only a booked run that has not begun takes its number with it.
    function check_INF4_CancelledUsesUpTheBookedRun(JobSlot s) external pure {
        vm.assume(s.runs() != type(uint32).max);
        bool booked = s.due() != 0 && !s.isRunning();
        _assertFields(s.cancelled(), 0, 0, uint256(s.runs()) + (booked ? 1 : 0), 0);
    }

    function check_INF4_FinishedKeepsOnlyTheRuns(JobSlot s) external pure {
        _assertFields(s.finished(), 0, 0, s.runs(), 0);
    }

    /// @dev Whatever happens to a job, the next run has another number than all before.
    function check_INF4_NoRunNumberComesTwice(JobSlot s, uint40 due, uint8 failures, bool cancels) external pure {
        vm.assume(s.runs() < type(uint32).max - 1);
        JobSlot ran = s.begun();
        JobSlot after_ = cancels ? ran.cancelled() : ran.rearmed(due, failures);
        assertGt(after_.runs(), s.runs());
        assertGe(after_.finished().runs(), after_.runs());
        assertGt(after_.begun().runs(), after_.runs());
    }

    function check_FailuresCountOneAndStopAtTheirMaximum(JobSlot s) external pure {
        uint256 next = s.nextFailures();
        assertTrue(next == uint256(s.failures()) + 1 || (next == type(uint8).max && s.failures() == next));
    }

    function _assertFields(JobSlot s, uint160 commitment, uint256 due, uint256 runs, uint256 failures) private pure {
        assertEq(s.commitment(), commitment);
        assertEq(s.due(), due);
        assertEq(s.runs(), runs);
        assertEq(s.failures(), failures);
    }
}

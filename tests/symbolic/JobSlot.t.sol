// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";

/// @notice The slot of a job through its life, for every word.
contract JobSlotSymbolicTest is Test {
    function check_PackIsReadBack(uint160 commitment, uint40 due, uint32 runs, uint256 recordGas) external pure {
        vm.assume(recordGas <= JobSlotLib.MAX_RECORD_GAS);
        JobSlot s = JobSlotLib.pack(commitment, due, runs, recordGas);
        _assertFields(s, commitment, due, runs, 0);
        _assertTerms(s, recordGas, false);
        assertEq(s.isRunning(), due == JobSlotLib.RUNNING);
    }

    /// @dev A job is dormant, booked or in its run, and only one of them.
    function check_INF4_BookedIsNeitherDormantNorRunning(JobSlot s) external pure {
        assertEq(s.isBooked(), s.due() != 0 && s.due() != JobSlotLib.RUNNING);
        assertFalse(s.begun().isBooked());
        assertFalse(s.cancelled().isBooked());
        assertFalse(s.finished().isBooked());
        assertFalse(s.resigned().isBooked());
    }

    /// @dev The gas of 2^32 runs fills every block for years.
    function check_INF4_BegunCountsOneRunAndMarksIt(JobSlot s) external pure {
        vm.assume(s.runs() != type(uint32).max);
        JobSlot b = s.begun();
        assertTrue(b.isRunning());
        _assertFields(b, s.commitment(), JobSlotLib.RUNNING, uint256(s.runs()) + 1, s.failures());
        _assertTerms(b, s.recordGas(), s.isResigned());
    }

    function check_INF4_RearmedKeepsRunsAndCommitment(JobSlot s, uint40 due, uint8 failures) external pure {
        JobSlot b = s.rearmed(due, failures);
        _assertFields(b, s.commitment(), due, s.runs(), failures);
        _assertTerms(b, s.recordGas(), s.isResigned());
    }

    /// @dev Only a booked run that has not begun takes its number with it.
    function check_INF4_CancelledUsesUpTheBookedRun(JobSlot s) external pure {
        vm.assume(s.runs() != type(uint32).max);
        JobSlot b = s.cancelled();
        _assertFields(b, 0, 0, uint256(s.runs()) + (s.isBooked() ? 1 : 0), 0);
        _assertTerms(b, 0, false);
    }

    /// @dev Booked or not, a run ends with it. The record stays, so that its owner can move it to another provider.
    function check_INF4_ResignedUsesUpARunAndKeepsTheRecord(JobSlot s) external pure {
        vm.assume(s.runs() != type(uint32).max);
        JobSlot b = s.resigned();
        _assertFields(b, s.commitment(), 0, uint256(s.runs()) + 1, 0);
        _assertTerms(b, s.recordGas(), true);
    }

    /// @dev A second end of the same run takes no second number.
    function check_INF4_ABookedRunEndsOnce(JobSlot s) external pure {
        vm.assume(s.isBooked() && s.runs() != type(uint32).max);
        uint256 ended = uint256(s.runs()) + 1;
        assertEq(s.resigned().runs(), ended);
        assertEq(s.resigned().cancelled().runs(), ended);
        assertEq(s.cancelled().cancelled().runs(), ended);
        assertEq(s.begun().cancelled().runs(), ended);
        assertEq(s.begun().finished().runs(), ended);
    }

    function check_INF4_FinishedKeepsOnlyTheRuns(JobSlot s) external pure {
        JobSlot b = s.finished();
        _assertFields(b, 0, 0, s.runs(), 0);
        _assertTerms(b, 0, false);
    }

    /// @dev Whatever happens to a job, the next run has another number than all before.
    function check_INF4_NoRunNumberComesTwice(JobSlot s, uint40 due, uint8 failures, bool cancels) external pure {
        vm.assume(s.runs() < type(uint32).max - 1);
        JobSlot ran = s.begun();
        JobSlot after_ = cancels ? ran.cancelled() : ran.rearmed(due, failures);
        assertGt(after_.runs(), s.runs());
        assertGe(after_.finished().runs(), after_.runs());
        assertGe(after_.resigned().runs(), after_.runs());
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

    function _assertTerms(JobSlot s, uint256 recordGas, bool resigned) private pure {
        assertEq(s.recordGas(), recordGas);
        assertEq(s.isResigned(), resigned);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev `commitment 160 | due 40 | runs 32 | failures 8 | recordGas 15 | resigned 1`, low bits first: all that is stored of
/// a job.
/// commitment: hash of the record, 0 = no such job. due: Unix seconds, 0 = dormant, {JobSlotLib.RUNNING} = in its run.
/// runs: runs begun so far; never reset, so (id, run) never repeats. failures: failed runs in a row, saturating.
/// recordGas: gas of the record as call data. resigned: its provider has left; it goes on with another.
type JobSlot is uint256;

using JobSlotLib for JobSlot global;

/// @dev Where a {JobSlot} is stored; a reference to it spares hashing the mapping's key again.
struct JobCell {
    JobSlot value;
}

/// @notice Fields of {JobSlot}.
library JobSlotLib {
    /// Due time of a job that is inside its run.
    uint40 internal constant RUNNING = type(uint40).max;
    /// Most gas of a record as call data that fits.
    uint256 internal constant MAX_RECORD_GAS = type(uint16).max >> 1;

    uint256 private constant DUE_AT = 160;
    uint256 private constant RUNS_AT = 200;
    uint256 private constant FAILURES_AT = 232;
    uint256 private constant RECORD_GAS_AT = 240;
    uint256 private constant RESIGNED = 1 << 255;
    /// Due time and failures: what changes from run to run, besides the count of runs.
    uint256 private constant STATE = (uint256(RUNNING) << DUE_AT) | (uint256(type(uint8).max) << FAILURES_AT);

    function commitment(JobSlot s) internal pure returns (uint160) {
        return uint160(JobSlot.unwrap(s));
    }

    function due(JobSlot s) internal pure returns (uint40) {
        return uint40(JobSlot.unwrap(s) >> DUE_AT);
    }

    function runs(JobSlot s) internal pure returns (uint32) {
        return uint32(JobSlot.unwrap(s) >> RUNS_AT);
    }

    function failures(JobSlot s) internal pure returns (uint8) {
        return uint8(JobSlot.unwrap(s) >> FAILURES_AT);
    }

    function recordGas(JobSlot s) internal pure returns (uint16) {
        return uint16((JobSlot.unwrap(s) >> RECORD_GAS_AT) & MAX_RECORD_GAS);
    }

    function isRunning(JobSlot s) internal pure returns (bool) {
        return s.due() == RUNNING;
    }

    function isResigned(JobSlot s) internal pure returns (bool) {
        return JobSlot.unwrap(s) & RESIGNED != 0;
    }

    /// @dev The caller bounds `recordGas_` by {MAX_RECORD_GAS}.
    function pack(uint160 commitment_, uint40 due_, uint32 runs_, uint256 recordGas_) internal pure returns (JobSlot) {
        return JobSlot.wrap(
            uint256(commitment_) | (uint256(due_) << DUE_AT) | (uint256(runs_) << RUNS_AT)
                | (recordGas_ << RECORD_GAS_AT)
        );
    }

    /// @notice The count of failures in a row after one more, saturating.
    function nextFailures(JobSlot s) internal pure returns (uint8) {
        unchecked {
            return s.failures() == type(uint8).max ? s.failures() : s.failures() + 1;
        }
    }

    /// @notice The slot of a job whose next run has begun.
    /// @dev Runs cannot overflow: the gas of 2^32 runs fills every block for years.
    function begun(JobSlot s) internal pure returns (JobSlot) {
        unchecked {
            return JobSlot.wrap((JobSlot.unwrap(s) | (uint256(RUNNING) << DUE_AT)) + (1 << RUNS_AT));
        }
    }

    /// @notice The slot with another due time and count of failures.
    function rearmed(JobSlot s, uint40 due_, uint8 failures_) internal pure returns (JobSlot) {
        return
            JobSlot.wrap((JobSlot.unwrap(s) & ~STATE) | (uint256(due_) << DUE_AT) | (uint256(failures_) << FAILURES_AT));
    }

    /// @notice The slot of a job that its provider has left: dormant until it is booked with another. A run ends with it,
    /// booked or not, so that its number is not used again. [INF-4]
    function resigned(JobSlot s) internal pure returns (JobSlot) {
        unchecked {
            return JobSlot.wrap((JobSlot.unwrap(s.rearmed(0, 0)) | RESIGNED) + (1 << RUNS_AT));
        }
    }

    /// @notice The slot of a job that its owner ends. A run that was booked ends with it, so its number is not used again;
    /// one in progress is counted already, and a dormant job has none. [INF-4]
    function cancelled(JobSlot s) internal pure returns (JobSlot) {
        unchecked {
            return pack(0, 0, s.isBooked() ? s.runs() + 1 : s.runs(), 0);
        }
    }

    /// @notice The slot of a job that is over; only the run counter stays.
    function finished(JobSlot s) internal pure returns (JobSlot) {
        return pack(0, 0, s.runs(), 0);
    }

    /// @notice Whether a run is booked and has not begun.
    function isBooked(JobSlot s) internal pure returns (bool) {
        return s.due() != 0 && !s.isRunning();
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev `run 32 | pinnedBlock 64 | time 40 | result 8 | step 32 | unused 80`, low bits first: one step of an agent, as its
/// history and its event tell it.
/// run: number of the run that was answered. pinnedBlock: the block that was read for it. time: Unix seconds of the step.
/// result: what became of the decision. step: number of the step, from 0.
type StepReport is uint256;

using StepReportLib for StepReport global;

/// @notice Fields of {StepReport}.
library StepReportLib {
    function run(StepReport r) internal pure returns (uint32) {
        return uint32(StepReport.unwrap(r));
    }

    function pinnedBlock(StepReport r) internal pure returns (uint64) {
        return uint64(StepReport.unwrap(r) >> 32);
    }

    function time(StepReport r) internal pure returns (uint40) {
        return uint40(StepReport.unwrap(r) >> 96);
    }

    function result(StepReport r) internal pure returns (uint8) {
        return uint8(StepReport.unwrap(r) >> 136);
    }

    function step(StepReport r) internal pure returns (uint32) {
        return uint32(StepReport.unwrap(r) >> 144);
    }

    function pack(uint32 run_, uint64 pinnedBlock_, uint256 time_, uint256 result_, uint32 step_)
        internal
        pure
        returns (StepReport)
    {
        return StepReport.wrap(
            uint256(run_) | (uint256(pinnedBlock_) << 32) | (time_ << 96) | (result_ << 136) | (uint256(step_) << 144)
        );
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev `run 32 | number 64 | hash 160`, low bits first: which run is answered, and the block that was read for it.
/// hash: the low 160 bits of the block's hash; finding another block with them takes 2^160 hashes.
type Pin is uint256;

/// @dev `run 32 | ending 8 | due 40 | paid 80 | unused 96`, low bits first: how one run ended, as an event tells it.
/// ending: the enum that the event names. due: Unix seconds of the next run, 0 = over or dormant. paid: wei that the
/// owner was charged.
type RunReport is uint256;

using PinLib for Pin global;
using RunReportLib for RunReport global;

/// @notice Fields of {Pin}.
library PinLib {
    function run(Pin p) internal pure returns (uint32) {
        return uint32(Pin.unwrap(p));
    }

    function number(Pin p) internal pure returns (uint64) {
        return uint64(Pin.unwrap(p) >> 32);
    }

    /// @notice Whether `hash` ends in the 160 bits that are pinned.
    function matches(Pin p, bytes32 hash) internal pure returns (bool) {
        return uint160(uint256(hash)) == uint160(Pin.unwrap(p) >> 96);
    }

    function pack(uint32 run_, uint64 number_, bytes32 hash) internal pure returns (Pin) {
        return Pin.wrap(uint256(run_) | (uint256(number_) << 32) | (uint256(hash) << 96));
    }
}

/// @notice Fields of {RunReport}.
library RunReportLib {
    function run(RunReport r) internal pure returns (uint32) {
        return uint32(RunReport.unwrap(r));
    }

    function ending(RunReport r) internal pure returns (uint8) {
        return uint8(RunReport.unwrap(r) >> 32);
    }

    function due(RunReport r) internal pure returns (uint40) {
        return uint40(RunReport.unwrap(r) >> 40);
    }

    function paid(RunReport r) internal pure returns (uint80) {
        return uint80(RunReport.unwrap(r) >> 80);
    }

    /// @dev The caller's `paid_` fits a balance, so 80 bits.
    function pack(uint32 run_, uint256 ending_, uint40 due_, uint256 paid_) internal pure returns (RunReport) {
        return RunReport.wrap(uint256(run_) | (ending_ << 32) | (uint256(due_) << 40) | (paid_ << 80));
    }
}

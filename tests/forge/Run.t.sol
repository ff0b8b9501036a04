// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {Pin, PinLib, RunReport, RunReportLib} from "../../contracts/types/Run.sol";
import {StepReport, StepReportLib} from "../../contracts/types/Step.sol";

/// @notice The packed words that name a run and tell how it ended.
contract RunTest is Test {
    function testFuzz_PinReturnsWhatWasPacked(uint32 run, uint64 number, bytes32 hash) external pure {
        Pin pin = PinLib.pack(run, number, hash);
        assertEq(pin.run(), run);
        assertEq(pin.number(), number);
        assertTrue(pin.matches(hash));
        uint256 expected = run + (uint256(number) << 32) + (uint256(uint160(uint256(hash))) << 96);
        assertEq(Pin.unwrap(pin), expected, "the layout is the documented one");
    }

    function testFuzz_PinMatchesByTheLow160Bits(Pin pin, bytes32 hash) external pure {
        assertEq(pin.matches(hash), uint160(uint256(hash)) == Pin.unwrap(pin) >> 96);
    }

    /// @dev Each of the 160 bits counts; the 96 above them do not.
    function testFuzz_PinMatchesNoOtherHash(uint32 run, uint64 number, bytes32 hash, uint8 bit) external pure {
        bytes32 other = hash ^ bytes32(uint256(1) << bit);
        assertEq(PinLib.pack(run, number, hash).matches(other), bit >= 160);
    }

    function testFuzz_RunReportReturnsWhatWasPacked(uint32 run, uint8 ending, uint40 due, uint80 paid) external pure {
        RunReport report = RunReportLib.pack(run, ending, due, paid);
        assertEq(report.run(), run);
        assertEq(report.ending(), ending);
        assertEq(report.due(), due);
        assertEq(report.paid(), paid);
        uint256 expected = run + (uint256(ending) << 32) + (uint256(due) << 40) + (uint256(paid) << 80);
        assertEq(RunReport.unwrap(report), expected, "the layout is the documented one");
    }

    function testFuzz_RunReportReadsEachFieldFromAnyWord(uint256 raw) external pure {
        RunReport report = RunReport.wrap(raw);
        assertEq(report.run(), raw % 2 ** 32);
        assertEq(report.ending(), (raw >> 32) % 2 ** 8);
        assertEq(report.due(), (raw >> 40) % 2 ** 40);
        assertEq(report.paid(), (raw >> 80) % 2 ** 80);
    }

    function testFuzz_StepReportReturnsWhatWasPacked(
        uint32 run,
        uint64 pinnedBlock,
        uint40 time,
        uint8 result,
        uint32 step
    ) external pure {
        StepReport report = StepReportLib.pack(run, pinnedBlock, time, result, step);
        assertEq(report.run(), run);
        assertEq(report.pinnedBlock(), pinnedBlock);
        assertEq(report.time(), time);
        assertEq(report.result(), result);
        assertEq(report.step(), step);
        uint256 expected = run + (uint256(pinnedBlock) << 32) + (uint256(time) << 96) + (uint256(result) << 136)
            + (uint256(step) << 144);
        assertEq(StepReport.unwrap(report), expected, "the layout is the documented one");
    }

    function testFuzz_StepReportReadsEachFieldFromAnyWord(uint256 raw) external pure {
        StepReport report = StepReport.wrap(raw);
        assertEq(report.run(), raw % 2 ** 32);
        assertEq(report.pinnedBlock(), (raw >> 32) % 2 ** 64);
        assertEq(report.time(), (raw >> 96) % 2 ** 40);
        assertEq(report.result(), (raw >> 136) % 2 ** 8);
        assertEq(report.step(), (raw >> 144) % 2 ** 32);
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {Pricing, PricingLib, Timing, TimingLib} from "../../contracts/types/Job.sol";
import {Pin, PinLib, RunReport, RunReportLib} from "../../contracts/types/Run.sol";
import {StepReport, StepReportLib} from "../../contracts/types/Step.sol";

/// @notice The words that records, pins and reports are packed into: every field is read back, whatever its neighbours are.
contract ReportsSymbolicTest is Test {
    function check_INF5_PinIsReadBack(uint32 run, uint64 number, bytes32 hash) external pure {
        Pin pin = PinLib.pack(run, number, hash);
        assertEq(pin.run(), run);
        assertEq(pin.number(), number);
        assertTrue(pin.matches(hash));
    }

    function check_INF5_PinMatchesNoHashWithAnotherEnd(Pin pin, bytes32 hash, bytes32 other) external pure {
        vm.assume(pin.matches(hash));
        assertEq(pin.matches(other), uint160(uint256(hash)) == uint160(uint256(other)));
        assertEq(Pin.unwrap(PinLib.pack(pin.run(), pin.number(), hash)), Pin.unwrap(pin), "the word holds nothing else");
    }

    function check_RunReportIsReadBack(uint32 run, uint8 ending, uint40 due, uint80 paid) external pure {
        RunReport report = RunReportLib.pack(run, ending, due, paid);
        assertEq(report.run(), run);
        assertEq(report.ending(), ending);
        assertEq(report.due(), due);
        assertEq(report.paid(), paid);
        assertEq(RunReport.unwrap(report) >> 160, 0, "nothing above");
    }

    function check_AGT1_StepReportIsReadBack(uint32 run, uint64 pinnedBlock, uint40 time, uint8 result, uint32 step)
        external
        pure
    {
        StepReport report = StepReportLib.pack(run, pinnedBlock, time, result, step);
        assertEq(report.run(), run);
        assertEq(report.pinnedBlock(), pinnedBlock);
        assertEq(report.time(), time);
        assertEq(report.result(), result);
        assertEq(report.step(), step);
        assertEq(StepReport.unwrap(report) >> 176, 0, "nothing above");
    }

    function check_TimingIsReadBack(
        uint32 interval,
        uint32 heartbeat,
        uint24 window,
        uint24 gasLimit,
        uint24 outputLimit,
        uint8 flags
    ) external pure {
        Timing timing = TimingLib.pack(interval, heartbeat, window, gasLimit, outputLimit, flags);
        assertEq(timing.interval(), interval);
        assertEq(timing.heartbeat(), heartbeat);
        assertEq(timing.window(), window);
        assertEq(timing.gasLimit(), gasLimit);
        assertEq(timing.outputLimit(), outputLimit);
        assertEq(timing.isRaw(), flags & 1 != 0);
        assertEq(timing.isGrid(), flags & 2 != 0);
    }

    function check_SCH4_PricingIsReadBack(
        uint48 maxGasPrice,
        uint48 maxPriorityFee,
        uint32 maxDataFee,
        uint64 amount,
        uint64 fee
    ) external pure {
        Pricing pricing = PricingLib.pack(maxGasPrice, maxPriorityFee, maxDataFee, amount);
        assertEq(pricing.fee(), 0, "the owner leaves it to the engine");
        pricing = pricing.withFee(fee);
        assertEq(pricing.maxGasPrice(), maxGasPrice);
        assertEq(pricing.maxPriorityFee(), maxPriorityFee);
        unchecked {
            assertEq(pricing.maxDataFee(), uint256(maxDataFee) * 1 gwei);
        }
        assertEq(pricing.amount(), amount);
        assertEq(pricing.fee(), fee);
    }

    function check_INF3_FillingInTheFeeChangesNothingElse(Pricing pricing, uint64 fee) external pure {
        uint256 filled = Pricing.unwrap(pricing.withFee(fee).withFee(pricing.fee()));
        assertEq(filled, Pricing.unwrap(pricing));
    }
}

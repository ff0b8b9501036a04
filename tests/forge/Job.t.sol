// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {Pricing, PricingLib, Timing, TimingLib} from "../../contracts/types/Job.sol";

/// @notice The packed words of a record.
contract JobTest is Test {
    function testFuzz_TimingReturnsWhatWasPacked(
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
        assertEq(timing.flags(), flags);
        assertEq(timing.isRaw(), flags % 2 == 1);
        assertEq(timing.isGrid(), (flags / 2) % 2 == 1);
        assertEq(timing.recordGas(), 0);
        uint256 expected = interval + (uint256(heartbeat) << 32) + (uint256(window) << 64) + (uint256(gasLimit) << 88)
            + (uint256(outputLimit) << 112) + (uint256(flags) << 136);
        assertEq(Timing.unwrap(timing), expected, "the layout is the documented one");
    }

    function testFuzz_RecordGasReplacesOnlyItself(uint256 raw, uint32 gas_) external pure {
        Timing timing = Timing.wrap(raw).withRecordGas(gas_);
        assertEq(timing.recordGas(), gas_);
        assertEq(uint168(Timing.unwrap(timing)), uint168(raw), "the fields below stay");
        assertEq(Timing.unwrap(timing) >> 200, 0, "the unused bits are cleared");
    }

    function testFuzz_PricingReturnsWhatWasPacked(uint64 maxGasPrice, uint64 maxPriorityFee, uint64 amount, uint64 fee)
        external
        pure
    {
        Pricing pricing = PricingLib.pack(maxGasPrice, maxPriorityFee, amount);
        assertEq(pricing.fee(), 0);
        pricing = pricing.withFee(fee);
        assertEq(pricing.maxGasPrice(), maxGasPrice);
        assertEq(pricing.maxPriorityFee(), maxPriorityFee);
        assertEq(pricing.amount(), amount);
        assertEq(pricing.fee(), fee);
        uint256 expected =
            maxGasPrice + (uint256(maxPriorityFee) << 64) + (uint256(amount) << 128) + (uint256(fee) << 192);
        assertEq(Pricing.unwrap(pricing), expected, "the layout is the documented one");
    }
}

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
        uint256 expected = interval + (uint256(heartbeat) << 32) + (uint256(window) << 64) + (uint256(gasLimit) << 88)
            + (uint256(outputLimit) << 112) + (uint256(flags) << 136);
        assertEq(Timing.unwrap(timing), expected, "the layout is the documented one");
    }

    function testFuzz_TimingReadsEachFieldFromAnyWord(uint256 raw) external pure {
        Timing timing = Timing.wrap(raw);
        assertEq(timing.interval(), raw % 2 ** 32);
        assertEq(timing.heartbeat(), (raw >> 32) % 2 ** 32);
        assertEq(timing.window(), (raw >> 64) % 2 ** 24);
        assertEq(timing.gasLimit(), (raw >> 88) % 2 ** 24);
        assertEq(timing.outputLimit(), (raw >> 112) % 2 ** 24);
        assertEq(timing.flags(), (raw >> 136) % 2 ** 8);
    }

    function testFuzz_PricingReturnsWhatWasPacked(
        uint48 maxGasPrice,
        uint48 maxPriorityFee,
        uint32 maxDataFee,
        uint64 amount,
        uint64 fee
    ) external pure {
        Pricing pricing = PricingLib.pack(maxGasPrice, maxPriorityFee, maxDataFee, amount);
        assertEq(pricing.fee(), 0);
        pricing = pricing.withFee(fee);
        assertEq(pricing.maxGasPrice(), maxGasPrice);
        assertEq(pricing.maxPriorityFee(), maxPriorityFee);
        assertEq(pricing.maxDataFee(), uint256(maxDataFee) * 1 gwei, "the record counts gwei, the reader wei");
        assertEq(pricing.amount(), amount);
        assertEq(pricing.fee(), fee);
        uint256 expected = maxGasPrice + (uint256(maxPriorityFee) << 48) + (uint256(maxDataFee) << 96)
            + (uint256(amount) << 128) + (uint256(fee) << 192);
        assertEq(Pricing.unwrap(pricing), expected, "the layout is the documented one");
    }

    function testFuzz_FeeReplacesOnlyItself(uint256 raw, uint64 fee) external pure {
        Pricing pricing = Pricing.wrap(raw).withFee(fee);
        assertEq(pricing.fee(), fee);
        assertEq(uint192(Pricing.unwrap(pricing)), uint192(raw), "the fields below stay");
    }
}

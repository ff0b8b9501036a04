// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice One booked piece of work: a task for any keeper (`provider` is zero) or an inference for one provider.
/// @dev The record lives in call data and events; one storage slot holds its commitment (see {JobSlot}).
struct Job {
    /// Account that pays, and the only one that may cancel.
    address owner;
    /// Contract that is called.
    address target;
    /// Provider that must answer; zero for a task.
    address provider;
    /// keccak256 of `name@revision` of the model asked for; zero for a task.
    bytes32 modelId;
    /// keccak256 of the input bytes emitted at booking; zero means the target's `prompt()`.
    bytes32 input;
    /// When and how often, and how much gas and output.
    Timing timing;
    /// What the owner pays at most.
    Pricing pricing;
    /// Owner's number for this job; with kind and owner it makes the id.
    bytes32 salt;
    /// Call data of a raw task, or the argument of `onTask`.
    bytes data;
}

/// @dev `interval 32 | heartbeat 32 | window 24 | gasLimit 24 | outputLimit 24 | flags 8 | unused 24 | recordGas 32`, low
/// bits first.
/// interval: s, shortest pause between runs. heartbeat: s, longest pause, and the pause after a failure; 0 = one-shot.
/// window: s, time to answer (inference) or length of the tip ramp (task). gasLimit: gas handed to the target, exactly.
/// outputLimit: bytes of a decision. recordGas: gas of the record as call data, filled in by Everloop at booking.
type Timing is uint256;

/// @dev `maxGasPrice 64 | maxPriorityFee 64 | amount 64 | fee 64`, low bits first, all in wei.
/// maxGasPrice: most paid for a unit of gas. maxPriorityFee: most paid above the base fee.
/// amount: most that a delivery costs besides gas (inference), or most that the tip grows to (task).
/// fee: what the provider takes for a delivery, filled in by Everloop at booking; zero for a task.
type Pricing is uint256;

using TimingLib for Timing global;
using PricingLib for Pricing global;

/// @notice Fields of {Timing}.
library TimingLib {
    /// The target is called through the Executor with `data` as it is, instead of `onTask`.
    uint8 internal constant RAW = 1;
    /// The next run is counted from the last due time, not from the block's time.
    uint8 internal constant GRID = 2;

    uint256 private constant RECORD_GAS_AT = 168;

    function interval(Timing t) internal pure returns (uint32) {
        return uint32(Timing.unwrap(t));
    }

    function heartbeat(Timing t) internal pure returns (uint32) {
        return uint32(Timing.unwrap(t) >> 32);
    }

    function window(Timing t) internal pure returns (uint24) {
        return uint24(Timing.unwrap(t) >> 64);
    }

    function gasLimit(Timing t) internal pure returns (uint24) {
        return uint24(Timing.unwrap(t) >> 88);
    }

    function outputLimit(Timing t) internal pure returns (uint24) {
        return uint24(Timing.unwrap(t) >> 112);
    }

    function flags(Timing t) internal pure returns (uint8) {
        return uint8(Timing.unwrap(t) >> 136);
    }

    function isRaw(Timing t) internal pure returns (bool) {
        return flags(t) & RAW != 0;
    }

    function isGrid(Timing t) internal pure returns (bool) {
        return flags(t) & GRID != 0;
    }

    function recordGas(Timing t) internal pure returns (uint32) {
        return uint32(Timing.unwrap(t) >> RECORD_GAS_AT);
    }

    function withRecordGas(Timing t, uint256 gas_) internal pure returns (Timing) {
        return Timing.wrap(uint256(uint168(Timing.unwrap(t))) | (uint256(uint32(gas_)) << RECORD_GAS_AT));
    }

    /// @param interval_ s
    /// @param heartbeat_ s
    /// @param window_ s
    /// @param gasLimit_ gas
    /// @param outputLimit_ bytes
    /// @param flags_ {RAW} | {GRID}
    function pack(
        uint32 interval_,
        uint32 heartbeat_,
        uint24 window_,
        uint24 gasLimit_,
        uint24 outputLimit_,
        uint8 flags_
    ) internal pure returns (Timing) {
        return Timing.wrap(
            uint256(interval_) | (uint256(heartbeat_) << 32) | (uint256(window_) << 64) | (uint256(gasLimit_) << 88)
                | (uint256(outputLimit_) << 112) | (uint256(flags_) << 136)
        );
    }
}

/// @notice Fields of {Pricing}.
library PricingLib {
    function maxGasPrice(Pricing p) internal pure returns (uint64) {
        return uint64(Pricing.unwrap(p));
    }

    function maxPriorityFee(Pricing p) internal pure returns (uint64) {
        return uint64(Pricing.unwrap(p) >> 64);
    }

    function amount(Pricing p) internal pure returns (uint64) {
        return uint64(Pricing.unwrap(p) >> 128);
    }

    function fee(Pricing p) internal pure returns (uint64) {
        return uint64(Pricing.unwrap(p) >> 192);
    }

    function withFee(Pricing p, uint64 fee_) internal pure returns (Pricing) {
        return Pricing.wrap(uint256(uint192(Pricing.unwrap(p))) | (uint256(fee_) << 192));
    }

    function pack(uint64 maxGasPrice_, uint64 maxPriorityFee_, uint64 amount_) internal pure returns (Pricing) {
        return Pricing.wrap(uint256(maxGasPrice_) | (uint256(maxPriorityFee_) << 64) | (uint256(amount_) << 128));
    }
}

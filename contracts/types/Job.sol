// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A timed call that any keeper may run.
/// @dev Records live in call data and events; one storage slot per job holds a record's commitment (see {JobSlot}).
struct Task {
    /// Account that pays, and the only one that may cancel.
    address owner;
    /// Contract that is called.
    address target;
    /// When and how often, and with how much gas.
    Timing timing;
    /// Owner's number for this task; with owner and kind it makes the id.
    bytes32 salt;
    /// What the owner pays at most.
    Pricing pricing;
    /// Argument of `onTask`, or the call data of a raw call.
    bytes data;
}

/// @notice A timed call whose argument is the answer of one provider.
/// @dev All fields are fixed words, so a record costs no offsets and is hashed as it lies in call data. The order of the
/// fields of both records is the one that puts the functions used most first among the selectors, which are compared in turn.
struct Inference {
    /// Account that pays, and the only one that may cancel.
    address owner;
    /// Contract that is called.
    address target;
    /// When and how often, and with how much gas and output.
    Timing timing;
    /// What the owner pays at most, and the fee agreed.
    Pricing pricing;
    /// Provider that must answer.
    address provider;
    /// keccak256 of `name@revision` of the model asked for.
    bytes32 modelId;
    /// keccak256 of the input bytes emitted at booking; zero means the target's `prompt()`.
    bytes32 input;
    /// Owner's number for this inference; with owner and kind it makes the id.
    bytes32 salt;
}

/// @dev `interval 32 | heartbeat 32 | window 24 | gasLimit 24 | outputLimit 24 | flags 8 | unused 112`, low bits first.
/// interval: s, shortest pause between runs. heartbeat: s, longest pause, and the pause after a failure; 0 = one-shot.
/// window: s, time to answer (inference) or length of the tip ramp (task). gasLimit: gas handed to the target, exactly.
/// outputLimit: bytes of a decision.
type Timing is uint256;

/// @dev `maxGasPrice 48 | maxPriorityFee 48 | maxDataFee 32 | amount 64 | fee 64`, low bits first.
/// maxGasPrice: wei, most paid for a unit of gas. maxPriorityFee: wei, most paid above the base fee.
/// maxDataFee: gwei, most paid per run for its data on a rollup. amount: wei, most that a delivery costs besides gas
/// (inference), or most that the tip grows to (task). fee: wei, what the provider takes for a delivery, filled in by
/// Everloop when an inference is booked; zero for a task.
type Pricing is uint256;

using TimingLib for Timing global;
using PricingLib for Pricing global;

/// @notice Fields of {Timing}.
library TimingLib {
    /// The target is called through the Executor with `data` as it is, instead of `onTask`.
    uint8 internal constant RAW = 1;
    /// The next run is counted from the last due time, not from the block's time.
    uint8 internal constant GRID = 2;

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
    uint256 private constant PRIORITY_AT = 48;
    uint256 private constant DATA_AT = 96;
    uint256 private constant AMOUNT_AT = 128;
    uint256 private constant FEE_AT = 192;

    function maxGasPrice(Pricing p) internal pure returns (uint48) {
        return uint48(Pricing.unwrap(p));
    }

    function maxPriorityFee(Pricing p) internal pure returns (uint48) {
        return uint48(Pricing.unwrap(p) >> PRIORITY_AT);
    }

    /// @notice wei; the record counts it in gwei.
    function maxDataFee(Pricing p) internal pure returns (uint256) {
        unchecked {
            return uint256(uint32(Pricing.unwrap(p) >> DATA_AT)) * 1 gwei;
        }
    }

    function amount(Pricing p) internal pure returns (uint64) {
        return uint64(Pricing.unwrap(p) >> AMOUNT_AT);
    }

    function fee(Pricing p) internal pure returns (uint64) {
        return uint64(Pricing.unwrap(p) >> FEE_AT);
    }

    function withFee(Pricing p, uint64 fee_) internal pure returns (Pricing) {
        return Pricing.wrap(uint256(uint192(Pricing.unwrap(p))) | (uint256(fee_) << FEE_AT));
    }

    /// @notice wei that a unit of gas is paid with in this transaction: never more than spent, nor than the caps. [SCH-4]
    function gasPrice(Pricing p) internal view returns (uint256 price) {
        unchecked {
            price = block.basefee + maxPriorityFee(p);
        }
        if (tx.gasprice < price) price = tx.gasprice;
        if (maxGasPrice(p) < price) price = maxGasPrice(p);
    }

    /// @param maxGasPrice_ wei
    /// @param maxPriorityFee_ wei
    /// @param maxDataFee_ gwei
    /// @param amount_ wei
    function pack(uint48 maxGasPrice_, uint48 maxPriorityFee_, uint32 maxDataFee_, uint64 amount_)
        internal
        pure
        returns (Pricing)
    {
        return Pricing.wrap(
            uint256(maxGasPrice_) | (uint256(maxPriorityFee_) << PRIORITY_AT) | (uint256(maxDataFee_) << DATA_AT)
                | (uint256(amount_) << AMOUNT_AT)
        );
    }
}

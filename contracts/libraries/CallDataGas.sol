// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference, Task} from "../types/Job.sol";

/// @notice What bytes cost as call data: 4 gas a zero byte, 16 gas another (EIP-2028).
library CallDataGas {
    uint256 private constant ZERO_BYTE = 4;
    uint256 private constant NONZERO_EXTRA = 12;
    uint256 private constant TASK_WORDS = 5 * 32;
    uint256 private constant INFERENCE_WORDS = 8 * 32;
    /// The words of offset and length of a task's data, and the task's own offset: two bytes not zero each.
    uint256 private constant TASK_OFFSETS = 96 * ZERO_BYTE + 3 * 2 * NONZERO_EXTRA;
    /// The fee that is filled in at booking, eight bytes; the owner left them zero.
    uint256 private constant FILLED_IN = 8 * NONZERO_EXTRA;
    uint256 private constant LOW_BITS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @notice Gas of a task's record as call data.
    function ofTask(Task calldata task, bytes calldata data) internal pure returns (uint256) {
        bytes calldata fixed_;
        assembly ("memory-safe") {
            fixed_.offset := task
            fixed_.length := TASK_WORDS
        }
        unchecked {
            return ofCallData(fixed_) + ofCallData(data) + TASK_OFFSETS;
        }
    }

    /// @notice Gas of an inference's record as call data, once Everloop has completed it.
    /// @dev Counts the record as it was booked; what is filled in then is taken as bytes that are not zero.
    function ofInference(Inference calldata job) internal pure returns (uint256) {
        bytes calldata fixed_;
        assembly ("memory-safe") {
            fixed_.offset := job
            fixed_.length := INFERENCE_WORDS
        }
        unchecked {
            return ofCallData(fixed_) + FILLED_IN;
        }
    }

    /// @notice The same of a record that has been completed: what stands for the fee is not counted twice.
    function ofCompleted(Inference calldata job) internal pure returns (uint256) {
        unchecked {
            return ofInference(job) - _nonzeroBytes(job.pricing.fee()) * NONZERO_EXTRA;
        }
    }

    /// @notice Gas of `data` as call data, padded to whole words.
    /// @dev Bytes behind its end in its last word count as they stand: they were sent and paid for like the rest.
    function ofCallData(bytes calldata data) internal pure returns (uint256) {
        uint256 nonzero;
        unchecked {
            uint256 padded = (data.length + 31) & ~uint256(31);
            for (uint256 i = 0; i < padded; i += 32) {
                uint256 word;
                assembly ("memory-safe") {
                    word := calldataload(add(data.offset, i))
                }
                nonzero += _nonzeroBytes(word);
            }
            return padded * ZERO_BYTE + nonzero * NONZERO_EXTRA;
        }
    }

    /// @notice Least gas that call data of `dataGas` adds to a transaction: the floor of EIP-7623, 10 gas where 4 are usual.
    function floorOf(uint256 dataGas) internal pure returns (uint256) {
        unchecked {
            return dataGas * 5 / 2;
        }
    }

    /// @dev Each byte's top bit becomes 1 where the byte is not zero; a multiplication adds the 32 bits up.
    function _nonzeroBytes(uint256 word) private pure returns (uint256) {
        unchecked {
            uint256 marks = ((((word & LOW_BITS) + LOW_BITS) | word) >> 7) & ONES;
            return (marks * ONES) >> 248;
        }
    }
}

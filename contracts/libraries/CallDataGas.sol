// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference, Task} from "../types/Job.sol";

/// @notice What bytes cost as call data: 4 gas a zero byte, 16 gas another (EIP-2028).
/// @dev Counts 32 bytes at a time: each byte of a sum of words counts, in its own place, the bytes that are not zero.
library CallDataGas {
    uint256 private constant ZERO_BYTE = 4;
    uint256 private constant NONZERO_EXTRA = 12;
    uint256 private constant WORD = 32;
    uint256 private constant TASK_WORDS = 5;
    uint256 private constant INFERENCE_WORDS = 8;
    /// The words of offset and length of a task's data, and the task's own offset: two bytes not zero each.
    uint256 private constant TASK_OFFSETS = 3 * (WORD * ZERO_BYTE + 2 * NONZERO_EXTRA);
    /// The fee that is filled in at booking, eight bytes; the owner left them zero.
    uint256 private constant FILLED_IN = 8 * NONZERO_EXTRA;
    /// Most words that a byte can count.
    uint256 private constant MAX_WORDS = 255;
    uint256 private constant LOW_BITS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;
    uint256 private constant EVEN_BYTES = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant DOUBLE_ONES = 0x0001000100010001000100010001000100010001000100010001000100010001;

    /// @notice Gas of a task's record as call data.
    function ofTask(Task calldata task, bytes calldata data) internal pure returns (uint256) {
        uint256 start;
        assembly ("memory-safe") {
            start := task
        }
        unchecked {
            return _ofWords(start, TASK_WORDS) + ofCallData(data) + TASK_OFFSETS;
        }
    }

    /// @notice Gas of an inference's record as call data, once Everloop has completed it.
    /// @dev Counts the record as it was booked; what is filled in then is taken as bytes that are not zero.
    function ofInference(Inference calldata job) internal pure returns (uint256) {
        uint256 start;
        assembly ("memory-safe") {
            start := job
        }
        unchecked {
            return _ofWords(start, INFERENCE_WORDS) + FILLED_IN;
        }
    }

    /// @notice The same of a record that has been completed: what stands for the fee is not counted twice.
    function ofCompleted(Inference calldata job) internal pure returns (uint256) {
        unchecked {
            return ofInference(job) - _sum(_marks(job.pricing.fee())) * NONZERO_EXTRA;
        }
    }

    /// @notice Gas of `data` as call data, padded to whole words.
    /// @dev Bytes behind its end in its last word count as they stand: they were sent and paid for like the rest.
    function ofCallData(bytes calldata data) internal pure returns (uint256 gas_) {
        uint256 start;
        assembly ("memory-safe") {
            start := data.offset
        }
        unchecked {
            uint256 words = (data.length + WORD - 1) / WORD;
            while (words > MAX_WORDS) {
                gas_ += _ofWords(start, MAX_WORDS);
                start += MAX_WORDS * WORD;
                words -= MAX_WORDS;
            }
            gas_ += _ofWords(start, words);
        }
    }

    /// @notice Least gas that call data of `dataGas` adds to a transaction: the floor of EIP-7623, 10 gas where 4 are usual.
    function floorOf(uint256 dataGas) internal pure returns (uint256) {
        unchecked {
            return dataGas * 5 / 2;
        }
    }

    /// @dev Gas of at most {MAX_WORDS} words of call data.
    function _ofWords(uint256 start, uint256 words) private pure returns (uint256) {
        unchecked {
            uint256 end = start + words * WORD;
            uint256 counts;
            for (; start != end; start += WORD) {
                uint256 word;
                assembly ("memory-safe") {
                    word := calldataload(start)
                }
                counts += _marks(word);
            }
            return words * (WORD * ZERO_BYTE) + _sum(counts) * NONZERO_EXTRA;
        }
    }

    /// @dev A 1 in each byte where `word` is not zero.
    function _marks(uint256 word) private pure returns (uint256) {
        unchecked {
            return ((((word & LOW_BITS) + LOW_BITS) | word) >> 7) & ONES;
        }
    }

    /// @dev The sum of 32 bytes, by one multiplication over pairs of them.
    function _sum(uint256 counts) private pure returns (uint256) {
        unchecked {
            uint256 pairs = (counts & EVEN_BYTES) + ((counts >> 8) & EVEN_BYTES);
            return (pairs * DOUBLE_ONES) >> 240;
        }
    }
}

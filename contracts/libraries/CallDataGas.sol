// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Job} from "../types/Job.sol";

/// @notice What bytes cost as call data: 4 gas a zero byte, 16 gas another (EIP-2028).
library CallDataGas {
    uint256 private constant ZERO_BYTE = 4;
    uint256 private constant NONZERO_EXTRA = 12;
    /// The eight fixed fields of a record.
    uint256 private constant FIXED_BYTES = 256;
    /// The words of offset and length of its data (two bytes not zero each), and `recordGas` (two) and `fee` (eight).
    uint256 private constant FILLED_IN = 64 * ZERO_BYTE + (2 * 2 + 2 + 8) * NONZERO_EXTRA;
    uint256 private constant LOW_BITS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @notice Gas of a record as call data, once Everloop has completed it.
    /// @dev Counts the record as it was booked; what is filled in then is taken as bytes that are not zero.
    function ofRecord(Job calldata job) internal pure returns (uint256) {
        bytes calldata fixed_;
        assembly ("memory-safe") {
            fixed_.offset := job
            fixed_.length := FIXED_BYTES
        }
        return ofCallData(fixed_) + ofCallData(job.data) + FILLED_IN;
    }

    /// @notice Gas of `data` as call data, padded to whole words.
    /// @dev Bytes behind its end in its last word count as they stand: they were sent and paid for like the rest.
    function ofCallData(bytes calldata data) internal pure returns (uint256) {
        uint256 nonzero;
        uint256 padded;
        unchecked {
            padded = (data.length + 31) & ~uint256(31);
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

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What bytes cost as call data: 4 gas a zero byte, 16 gas another (EIP-2028).
library CallDataGas {
    uint256 private constant ZERO_BYTE = 4;
    uint256 private constant NONZERO_EXTRA = 12;
    uint256 private constant LOW_BITS = 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f;
    uint256 private constant ONES = 0x0101010101010101010101010101010101010101010101010101010101010101;

    /// @notice Gas of `data` as call data, padded to whole words.
    function ofMemory(bytes memory data) internal pure returns (uint256 gas_) {
        uint256 nonzero;
        uint256 words = (data.length + 31) / 32;
        for (uint256 i = 1; i <= words; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(data, mul(i, 32)))
            }
            unchecked {
                nonzero += _nonzeroBytes(word);
            }
        }
        return words * 32 * ZERO_BYTE + nonzero * NONZERO_EXTRA;
    }

    /// @notice Gas of `data` as call data, padded to whole words.
    function ofCallData(bytes calldata data) internal pure returns (uint256 gas_) {
        uint256 nonzero;
        uint256 words = (data.length + 31) / 32;
        for (uint256 i = 0; i < words; ++i) {
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(add(data.offset, mul(i, 32)))
            }
            unchecked {
                nonzero += _nonzeroBytes(word);
            }
        }
        return words * 32 * ZERO_BYTE + nonzero * NONZERO_EXTRA;
    }

    /// @dev Each byte's top bit becomes 1 where the byte is not zero; a multiplication adds the 32 bits up.
    function _nonzeroBytes(uint256 word) private pure returns (uint256) {
        unchecked {
            uint256 marks = ((((word & LOW_BITS) + LOW_BITS) | word) >> 7) & ONES;
            return (marks * ONES) >> 248;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Bytes kept as the code of a contract: a STOP, then the data.
library CodeData {
    /// The leading STOP keeps the data from ever running.
    uint256 private constant OFFSET = 1;

    /// @notice The bytes kept at `pointer`; empty where there are none.
    /// @dev Assembly, since Solidity cannot copy a part of another contract's code.
    function read(address pointer) internal view returns (bytes memory data) {
        uint256 size = pointer.code.length;
        if (size <= OFFSET) return data;
        data = new bytes(size - OFFSET);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(data, 32), OFFSET, sub(size, OFFSET))
        }
    }
}

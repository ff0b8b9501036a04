// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Bytes kept as the code of a contract: a STOP, then the data.
library CodeData {
    /// The leading STOP keeps the data from ever running.
    uint256 private constant OFFSET = 1;
    /// Leaves all of the creation code that is behind these ten bytes as code: PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY,
    /// PUSH0, RETURN.
    bytes1 private constant PUSH2 = 0x61;
    bytes8 private constant RETURN_REST = 0x80600a5f395ff300;

    /// @notice The data did not become code: too long, or not enough gas.
    error CodeData_NotWritten(uint256 length);

    /// @notice Keep bytes for good: 200 gas each and 32,000, where storage costs 700 each at first.
    /// @return pointer What {read} takes.
    function write(bytes memory data) internal returns (address pointer) {
        bytes memory code = abi.encodePacked(PUSH2, uint16(data.length + OFFSET), RETURN_REST, data);
        assembly ("memory-safe") {
            pointer := create(0, add(code, 32), mload(code))
        }
        require(pointer != address(0), CodeData_NotWritten(data.length));
    }

    /// @notice The bytes kept at `pointer`; empty where there are none.
    function read(address pointer) internal view returns (bytes memory data) {
        return readFrom(pointer, 0);
    }

    /// @notice The bytes kept at `pointer` but for the first `start`.
    /// @dev Assembly, since Solidity cannot copy a part of another contract's code.
    function readFrom(address pointer, uint256 start) internal view returns (bytes memory data) {
        uint256 size = pointer.code.length;
        uint256 skipped = OFFSET + start;
        if (size <= skipped) return data;
        data = new bytes(size - skipped);
        assembly ("memory-safe") {
            extcodecopy(pointer, add(data, 32), skipped, sub(size, skipped))
        }
    }
}

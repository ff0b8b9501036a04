// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Gives back what it reads of call data, so that other readers can be compared with solc's.
contract Echo {
    function echo(
        uint256 number,
        string calldata text,
        bytes calldata data,
        uint8[] calldata small,
        bytes[] calldata parts,
        int32[2][] calldata pairs
    ) external pure returns (bytes memory) {
        return abi.encode(number, text, data, small, parts, pairs);
    }
}

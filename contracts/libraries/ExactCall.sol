// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Calls that hand over exactly the promised gas and copy at most one word back.
library ExactCall {
    /// Gas that the CALL itself takes before the 63/64 rule: 2,600 for a cold account, 2,600 more where that has delegated
    /// its code to another (EIP-7702), and its preparation.
    uint256 private constant CALL_RESERVE = 6_100;

    /// @notice The call did not bring the gas that the target must get.
    error ExactCall_NotEnoughGas(uint256 gasLeft, uint256 required);

    /// @notice Call `target` with exactly `gasLimit` gas and no value.
    /// @dev Assembly, since Solidity's call copies the whole return data: a target could make its caller pay for it.
    /// @return ok Whether the target succeeded.
    /// @return word The first 32 bytes returned; 0 where it failed or returned less.
    function call(address target, uint256 gasLimit, bytes memory data) internal returns (bool ok, uint256 word) {
        _requireGas(gasLimit);
        assembly ("memory-safe") {
            ok := call(gasLimit, target, 0, add(data, 32), mload(data), 0, 32)
            if and(ok, gt(returndatasize(), 31)) { word := mload(0) }
        }
    }

    /// @notice The same with data as it lies in call data, and without a word back.
    function forward(address target, uint256 gasLimit, bytes calldata data) internal returns (bool ok) {
        _requireGas(gasLimit);
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            ok := call(gasLimit, target, 0, free, data.length, 0, 0)
        }
    }

    function _requireGas(uint256 gasLimit) private view {
        unchecked {
            // A gas limit has 24 bits.
            uint256 required = gasLimit + gasLimit / 63 + CALL_RESERVE;
            if (gasleft() < required) revert ExactCall_NotEnoughGas(gasleft(), required);
        }
    }
}

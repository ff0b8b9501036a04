// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Whether what a call carries was sent, and paid for, as call data.
library DirectCall {
    /// @notice Whether the caller sent this transaction as it is: a contract, or an account with code (EIP-7702), may have
    /// made up in memory what it calls with.
    /// @dev Assembly, since `&&` jumps: 30 gas on every run.
    function isDirect() internal view returns (bool direct) {
        assembly ("memory-safe") {
            direct := and(eq(caller(), origin()), iszero(extcodesize(caller())))
        }
    }
}

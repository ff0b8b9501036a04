// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Burns 250,000 gas when it is called, and returns 0.
contract Burner {
    uint256 private constant BURNT = 250_000;

    fallback() external {
        uint256 end = gasleft() - BURNT;
        while (gasleft() > end) {}
        assembly ("memory-safe") {
            mstore(0, 0)
            return(0, 32)
        }
    }
}

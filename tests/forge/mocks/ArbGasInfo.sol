// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Stands where Arbitrum's precompile does: the same answer to every call of a transaction.
contract ArbGasInfo {
    uint256 private constant FEE = 100_000 gwei;

    /// @notice wei; what the whole transaction pays for its data.
    function getCurrentTxL1GasFees() external pure returns (uint256) {
        return FEE;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a rollup charges for the data of a transaction, besides gas. One implementation per kind of chain.
interface IDataFee {
    /// @notice The data fee of a part of this transaction.
    /// @dev Notes:
    /// - asked inside the run that it is paid for; the owner's `maxDataFee` caps what is charged
    ///
    /// @param size bytes of call data that belong to one run
    /// @param total bytes of call data of the transaction's call
    /// @return wei
    function feeOf(uint256 size, uint256 total) external view returns (uint256);
}

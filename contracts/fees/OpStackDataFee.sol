// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDataFee} from "../interfaces/IDataFee.sol";

/// @notice The predeployed price oracle of OP-stack chains.
interface IGasPriceOracle {
    /// @notice wei; what a transaction of `unsignedTxSize` bytes costs at most for its data (Fjord and later).
    function getL1FeeUpperBound(uint256 unsignedTxSize) external view returns (uint256);
}

/// @title OpStackDataFee
/// @notice The data fee on chains of the OP stack.
/// @dev Notes:
/// - the chain charges by compressed size, which no contract knows: this is its upper bound, so a keeper never loses; the
///   owner's `maxDataFee` bounds what that costs
contract OpStackDataFee is IDataFee {
    IGasPriceOracle private constant _ORACLE = IGasPriceOracle(0x420000000000000000000000000000000000000F);
    /// Bytes of a transaction besides its call data and signature.
    uint256 private constant ENVELOPE = 80;

    /// @inheritdoc IDataFee
    function feeOf(uint256 size, uint256 total) external view returns (uint256) {
        return size < total ? _feeOf(total) * size / total : _feeOf(total);
    }

    function _feeOf(uint256 total) private view returns (uint256) {
        return _ORACLE.getL1FeeUpperBound(total + ENVELOPE);
    }
}

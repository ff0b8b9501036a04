// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IDataFee} from "../interfaces/IDataFee.sol";

/// @notice The precompile of Arbitrum chains that knows what a transaction pays for its data.
interface IArbGasInfo {
    /// @notice wei; what the present transaction pays for its data.
    function getCurrentTxL1GasFees() external view returns (uint256);
}

/// @title ArbitrumDataFee
/// @notice The data fee on Arbitrum chains: the part of the transaction's own that a run's bytes have.
/// @dev Notes:
/// - exact where `total` is all call data of the transaction, as it is for the engine, which asks for direct calls only
contract ArbitrumDataFee is IDataFee {
    IArbGasInfo private constant _GAS_INFO = IArbGasInfo(0x000000000000000000000000000000000000006C);

    /// @inheritdoc IDataFee
    function feeOf(uint256 size, uint256 total) external view returns (uint256) {
        uint256 fee = _GAS_INFO.getCurrentTxL1GasFees();
        return size < total ? fee * size / total : fee;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IInferenceMarket} from "./IInferenceMarket.sol";
import {ILedger} from "./ILedger.sol";
import {IOfferBook} from "./IOfferBook.sol";
import {IScheduler} from "./IScheduler.sol";

/// @notice The engine: ledger, scheduler and inference market at one address.
interface IEverloop is ILedger, IScheduler, IOfferBook, IInferenceMarket {
    /// @notice The protocol's share of fees is capped, and needs a receiver.
    error Everloop_BadProtocolFee(uint256 bps, uint256 limit, address receiver);

    /// @notice A data fee is asked of a contract, or of nobody.
    error Everloop_NotAContract(address dataFee);

    /// @notice Where raw calls leave from.
    function EXECUTOR() external view returns (address);

    /// @notice Who brings what owners signed.
    function ORDERS() external view returns (address);

    /// @notice Who knows providers and stakes.
    function REGISTRY() external view returns (address);

    /// @notice Who knows what the chain charges for data; zero where it charges nothing.
    function DATA_FEE() external view returns (address);

    /// @notice The protocol's share of fees, fixed at deployment.
    /// @return bps basis points
    /// @return receiver Whose balance it goes to.
    function protocolFee() external view returns (uint256 bps, address receiver);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILedger} from "./ILedger.sol";
import {IScheduler} from "./IScheduler.sol";
import {IInferenceMarket} from "./IInferenceMarket.sol";

/// @notice The engine: ledger, scheduler and inference market at one address.
interface IEverloop is ILedger, IScheduler, IInferenceMarket {
    /// @notice Where raw calls leave from.
    function EXECUTOR() external view returns (address);

    /// @notice Who knows providers, offers and stakes.
    function REGISTRY() external view returns (address);
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agent} from "./Agent.sol";

/// @title NoTransfers
/// @notice An agent whose money leaves by its own actions only: those to send and call that every agent has are closed.
abstract contract NoTransfers is Agent {
    error Agent_NoTransfers();

    /// @dev Closed: the subclass says what is paid, to whom, and when.
    function transfer(address, uint256) external pure override {
        revert Agent_NoTransfers();
    }

    /// @dev Closed, as {transfer} is.
    function transferToken(address, address, uint256) external pure override {
        revert Agent_NoTransfers();
    }

    /// @dev Closed, as {transfer} is.
    function call(address, uint256, bytes calldata) external pure override {
        revert Agent_NoTransfers();
    }
}

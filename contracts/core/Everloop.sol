// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Executor} from "./Executor.sol";
import {InferenceMarket} from "./InferenceMarket.sol";
import {Scheduler} from "./Scheduler.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";

/// @title Everloop
/// @notice The engine: scheduler and inference market on one ledger.
contract Everloop is IEverloop, Scheduler, InferenceMarket {
    /// @param registry Who knows providers, offers and stakes; it must name this contract as its engine.
    constructor(address registry) {
        _REGISTRY = registry;
        _EXECUTOR = address(new Executor());
    }

    /// @dev Only the registry pays in without naming an account: what it slashed, credited by {expire}.
    receive() external payable {
        require(msg.sender == _REGISTRY, Ledger_UseDeposit());
    }

    /// @inheritdoc IEverloop
    function EXECUTOR() external view returns (address) {
        return _EXECUTOR;
    }

    /// @inheritdoc IEverloop
    function REGISTRY() external view returns (address) {
        return _REGISTRY;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITaskConsumer} from "../interfaces/IConsumers.sol";

/// @title CounterTask
/// @notice The smallest target of a scheduled task: it counts its runs.
contract CounterTask is ITaskConsumer {
    address private immutable _EVERLOOP;
    address private immutable _OWNER;

    uint256 public runs;

    error Counter_NotAllowed(address caller, address owner);

    /// @param everloop The engine that may call.
    /// @param owner Whose tasks may call.
    constructor(address everloop, address owner) {
        _EVERLOOP = everloop;
        _OWNER = owner;
    }

    /// @inheritdoc ITaskConsumer
    function onTask(bytes32, address owner, bytes calldata) external returns (uint256) {
        require(msg.sender == _EVERLOOP && owner == _OWNER, Counter_NotAllowed(msg.sender, owner));
        ++runs;
        return 0;
    }

    /// @notice Count a run without Everloop: for raw tasks, and to compare.
    function tick() external {
        ++runs;
    }
}

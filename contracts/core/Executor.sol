// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ExactCall} from "../libraries/ExactCall.sol";

/// @title Executor
/// @notice The sender of raw calls. It holds nothing and nothing may trust it: anyone can have it call anything.
/// @dev Notes: [SCH-8] raw calls leave from here, so no job speaks with Everloop's voice.
contract Executor {
    address private immutable _EVERLOOP;

    error Executor_NotEverloop(address caller);

    constructor() {
        _EVERLOOP = msg.sender;
    }

    /// @notice Call `target` with exactly `gasLimit` gas; a failing target does not revert.
    /// @return ok Whether the target succeeded.
    function run(address target, uint256 gasLimit, bytes calldata data) external returns (bool ok) {
        require(msg.sender == _EVERLOOP, Executor_NotEverloop(msg.sender));
        return ExactCall.forward(target, gasLimit, data);
    }
}

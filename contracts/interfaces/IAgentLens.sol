// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference} from "../types/Job.sol";

/// @notice How free an agent is, and how long it lasts.
/// @dev Notes: an action is open when the agent is not paused, the policy lets it spend the action's declared cost now, and
/// treasury and run balance together pay that cost and one more step. Liberty L counts the open actions. Utility is
/// alpha x L + beta x 1[balance > 0]. It keeps nothing and may do nothing; anyone can deploy another.
interface IAgentLens {
    /// @notice One agent at this block.
    struct AgentView {
        /// wei, the most that one step can cost.
        uint256 stepCost;
        /// wei in the agent.
        uint256 treasury;
        /// wei at Everloop that pay for steps, the reserved part included.
        uint256 runBalance;
        /// Selectors of the actions that are open.
        bytes4[] openActions;
        /// How many they are.
        uint256 liberty;
        /// In the unit of the weights.
        uint256 utility;
        /// Steps that run balance and treasury above the reserve pay for, each at its most.
        uint256 runwaySteps;
        /// Seconds that they last, a step an interval.
        uint256 runwaySeconds;
    }

    /// @notice The record is not that of the agent's loop, as it is booked.
    error AgentLens_NotLoop(address agent, bytes32 id);

    /// @notice The engine that is looked at.
    function EVERLOOP() external view returns (address);

    /// @notice Look at an agent.
    /// @dev Requirements:
    /// - `job` is the record of its loop, as booked
    ///
    /// @param agent The agent.
    /// @param job The loop's record.
    /// @param alpha Worth of one open action.
    /// @param beta Worth of having any money at all.
    function assess(address agent, Inference calldata job, uint256 alpha, uint256 beta)
        external
        view
        returns (AgentView memory);
}

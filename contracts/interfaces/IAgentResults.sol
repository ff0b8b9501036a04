// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What every part of an agent calls the outcome of a decision.
interface IAgentResults {
    /// @notice What became of a decision.
    enum Result {
        /// Every action was done.
        Acted,
        /// An action failed, so none was done.
        Failed,
        /// The answer named no action.
        Rejected,
        /// The owner had paused the agent, so nothing was done.
        Paused
    }
}

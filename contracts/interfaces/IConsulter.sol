// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Miss} from "./IConsumers.sol";

/// @notice Questions of the agent to other models: one-shot inferences that it books at Everloop.
/// @dev Notes: [AGT-1] an answer is no step: it is kept, enters the context, and never acts.
interface IConsulter {
    /// @notice Emitted when the agent asks.
    event Consulted(address indexed adviser, string question);

    /// @notice Emitted when the answer comes; `answer` is what is kept of it.
    event Advised(address indexed adviser, bytes answer);

    /// @notice Emitted when no answer comes.
    event QuestionDropped(address indexed adviser, Miss reason);

    /// @notice Ask another model; its answer is told with the next step's context.
    /// @dev Emits {Consulted}.
    ///
    /// Notes:
    /// - the fee is at most the policy's cap of an action
    /// - what is set aside for the question moves from the treasury to the run balance, and counts against the budget [AGT-3]
    ///
    /// Requirements:
    /// - a decision is acted upon; no question is open; 1 to 1,024 bytes; the list of providers has that many
    /// - budget and treasury cover it, and the run balance has as much free until it is topped up
    /// - what {IInferenceMarket-request} asks for
    ///
    /// @param choice Which provider of the agent's list, from 0.
    /// @param question What to ask, in words.
    /// @custom:range choice 0 7
    /// @custom:range question 1 1024
    function consult(uint256 choice, string calldata question) external;
}

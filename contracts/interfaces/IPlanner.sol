// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAgent} from "./IAgent.sol";
import {ITaskConsumer} from "./IConsumers.sol";

/// @notice Actions that the agent takes later, by itself: one-shot tasks that it books at Everloop.
/// @dev Notes: the policy counts when a plan runs, not when it is made. A plan is no step: it leaves no trace in the history,
/// and has no say in when the loop runs next. A plan outlives the loop, and the owner who made it possible; an owner drops it
/// with {dropPlan}, and a pause keeps it from acting. When it has run, the agent emits {PlanRun}.
interface IPlanner is ITaskConsumer {
    /// @notice Emitted when a plan is made.
    event PlanMade(uint256 indexed number, uint256 due, bytes plan);

    /// @notice Emitted when a plan is dropped.
    event PlanCancelled(uint256 indexed number);

    /// @notice Emitted when an action that was planned has been taken, or could not be.
    event PlanRun(uint256 indexed number, IAgent.Result result);

    /// @notice There is no plan of that number.
    error Agent_NoPlan(uint256 number);
    /// @notice So many plans are open already.
    error Agent_TooManyPlans(uint256 count);
    /// @notice A plan is made at most `latest` (Unix seconds) ahead.
    error Agent_PlanTooFar(uint256 when, uint256 latest);

    /// @notice Take an action later, without being asked again.
    /// @dev Emits {PlanMade}.
    ///
    /// Notes:
    /// - runs at the earliest a minute after it is made
    /// - the keeper is paid at most four times the present base fee and 2 gwei a unit of gas, and a tip
    /// - what it may cost moves from the treasury to the run balance, and counts against the budget [AGT-3]
    ///
    /// Requirements:
    /// - a decision is acted upon; at most 8 plans; at most a year ahead; 4 to 447 bytes of action
    /// - budget and treasury cover it
    ///
    /// @param when Unix time in seconds.
    /// @param plan The action.
    /// @custom:action plan
    function scheduleAction(uint256 when, bytes calldata plan) external;

    /// @notice Drop a planned action.
    /// @dev Emits {PlanCancelled}.
    ///
    /// Requirements:
    /// - a decision is acted upon; the plan is open
    ///
    /// @param number Number of the plan.
    /// @custom:range number 0 7
    function cancelAction(uint256 number) external;

    /// @notice Drop a planned action by hand.
    /// @dev Emits {PlanCancelled}.
    ///
    /// Requirements:
    /// - the caller is the owner, outside a decision; the plan is open
    ///
    /// @param number Number of the plan, 0 to 7.
    function dropPlan(uint256 number) external;
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference} from "../types/Job.sol";

/// @notice An agent whose next step anybody may bring forward, and be paid for it, when the chain calls for it.
interface IWakeable {
    /// @notice Emitted when somebody brings the next step forward; `paid` wei went to the caller's balance at Everloop.
    event Woken(address indexed caller, uint256 paid);

    /// @notice Nothing has happened that the agent wants to be woken by.
    error Agent_NothingToWake();
    /// @notice The next step does not lie ahead; it is due, dormant, or in progress.
    error Agent_NotAhead(uint256 due, uint256 time);
    /// @notice The provider asks `more` wei than the loop's next run was booked for.
    error Agent_DearerNow(uint256 more);
    /// @notice Woken already in this interval.
    error Agent_WokenLately(uint256 next, uint256 time);

    /// @notice Bring the next step forward to now, and be paid for the gas like a keeper.
    /// @dev Emits {Woken}.
    ///
    /// Notes:
    /// - at most once an interval: with the step that comes anyway, an agent that is always called for steps at most twice in one
    /// - pays gas x min(gas price, base fee + maxPriorityFee, maxGasPrice of the loop) into the caller's balance at Everloop;
    ///   a contract is not paid for the transaction itself
    /// - the treasury pays, within budget and reserve [AGT-3]
    ///
    /// Requirements:
    /// - the agent is neither acting nor paused
    /// - {shouldWake}
    /// - the record is the loop's, as booked, and due later than now
    /// - an interval has passed since the last wake
    /// - budget and treasury cover the pay
    /// - the provider asks no more than the run was booked for
    /// - what {IInferenceMarket-updateInference} asks for
    ///
    /// @param job The loop's record.
    function wake(Inference calldata job) external;

    /// @notice Whether something has happened that should not wait for the next step.
    function shouldWake() external view returns (bool);
}

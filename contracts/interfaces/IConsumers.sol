// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference} from "../types/Job.sol";

// What a target returns to say when it wants to run next: 0 = after the interval (over if the job is one-shot); a Unix
// time = then, clamped to [now + interval, now + heartbeat]; or one of these two: stop; answer rejected, next run after
// the interval.
uint256 constant STOP = type(uint256).max;
uint256 constant REJECTED = type(uint256).max - 1;

/// @notice Why a run of an inference went unanswered.
enum Miss {
    /// Nobody answered inside the window.
    Expired,
    /// The provider handed the run back.
    Declined,
    /// The provider left the job.
    Resigned,
    /// The job is dormant and its provider takes no work.
    Unserved
}

/// @notice A contract that scheduled tasks call.
interface ITaskConsumer {
    /// @notice Do the work of task `id`.
    /// @dev Notes:
    /// - called by Everloop only; anyone may book a task aimed here, so check `owner` before trusting `data`
    ///
    /// @param id The job.
    /// @param owner Who booked and pays for it.
    /// @param data The record's data.
    /// @return next When to run next, see {STOP}.
    function onTask(bytes32 id, address owner, bytes calldata data) external returns (uint256 next);
}

/// @notice One answered run of an inference.
struct Delivery {
    /// Number of the run, from 0.
    uint32 run;
    /// Block at which the prompt was read.
    uint64 pinnedBlock;
    /// Who booked and pays for it.
    address owner;
    /// The job.
    bytes32 id;
    /// Hash of the pinned block.
    bytes32 pinnedHash;
}

/// @notice A contract that receives answers.
interface IInferenceConsumer {
    /// @notice Act upon an answer.
    /// @dev Notes:
    /// - called by Everloop only; anyone may book an inference aimed here, so check `delivery.owner`
    ///
    /// @param delivery Which run is answered.
    /// @param decision The provider's answer; trust nothing in it.
    /// @return next When to run next, see {STOP}.
    function onInference(Delivery calldata delivery, bytes calldata decision) external returns (uint256 next);

    /// @notice Learn that a run goes unanswered; the place to go on with another provider.
    /// @dev Notes:
    /// - called by Everloop only, inside the run: `updateInference(job, ...)` and `cancelInference(job)` are allowed here
    /// - it gets the record's gas, but at most 300,000
    /// - a job that was resigned or unserved missed no run: book it no earlier than its interval, or two providers that hand it
    ///   to each other are paid at once
    ///
    /// @param id The job.
    /// @param reason Why there is no answer.
    /// @param job Its record.
    function onMissed(bytes32 id, Miss reason, Inference calldata job) external;
}

/// @notice An account contract that can move its own funds into its run balance.
interface IRefuelable {
    /// @notice Fill the run balance up from the treasury, within the policy. Anyone may call.
    /// @return amount wei moved
    function refuel() external returns (uint256 amount);
}

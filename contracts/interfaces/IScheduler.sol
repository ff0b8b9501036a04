// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Job} from "../types/Job.sol";
import {JobSlot} from "../types/JobSlot.sol";

/// @notice Timed calls, once or in a loop, run by any keeper and paid by their owner.
/// @dev Notes: [SCH-1] a keeper can neither consume nor be paid for a run that did not get its gas. [SCH-2] a hostile
/// target never costs the keeper money nor blocks a batch. [SCH-3] a keeper that simulates first never loses; a lost race
/// costs at most 40,000 gas. [SCH-4] pay never exceeds the owner's caps. [SCH-5] a due run happens at most once. [SCH-6]
/// while the balance suffices, a loop never stops by itself. [SCH-7] recursion depth is one. [SCH-8] no job can make a
/// contract believe that Everloop or another owner speaks to it.
interface IScheduler {
    /// @notice What became of one item of {execute}.
    enum Outcome {
        /// Run, target succeeded.
        Succeeded,
        /// Run and paid, target failed.
        Failed,
        /// Skipped: the record is not the one booked, or its job is over.
        Stale,
        /// Skipped: its time has not come.
        NotDue,
        /// Skipped: the owner's free balance does not cover the worst cost.
        Unaffordable
    }

    /// @notice Emitted when a task is booked; `bucket` is the hour of `due`.
    event TaskScheduled(
        bytes32 indexed id, address indexed owner, uint256 indexed bucket, uint32 runs, uint40 due, Job job
    );

    /// @notice Emitted when a task ran; `due` is its next time (0 = it is over), `bucket` the hour of that.
    event TaskExecuted(
        bytes32 indexed id,
        address indexed keeper,
        uint256 indexed bucket,
        uint32 run,
        Outcome outcome,
        uint40 due,
        uint256 paid
    );

    /// @notice Emitted when an item of a batch was left out.
    event TaskSkipped(bytes32 indexed id, address indexed keeper, Outcome outcome);

    /// @notice Emitted when the owner ends a job.
    event JobCancelled(bytes32 indexed id, address indexed owner);

    /// @notice The record names another owner than the caller.
    error Scheduler_NotOwner(address owner, address caller);
    /// @notice The id is booked already; cancel it or choose another salt.
    error Scheduler_AlreadyBooked(bytes32 id);
    /// @notice There is no such job, or it is over.
    error Scheduler_NotBooked(bytes32 id);
    /// @notice Jobs may not aim at this contract.
    error Scheduler_ForbiddenTarget(address target);
    /// @notice This record is for the other kind of job: a task has no provider, an inference has one.
    error Scheduler_WrongKind(address provider);
    /// @notice A field of `timing` or `pricing` is outside its rule.
    error Scheduler_BadTerms(string field, uint256 value, uint256 limit);
    /// @notice Runs do not nest.
    error Scheduler_Reentered();

    /// @notice Book a task.
    /// @dev Emits {TaskScheduled}.
    ///
    /// Notes:
    /// - nothing is reserved: a task stays due until it can be paid
    /// - a salt that was used before is cheaper than a fresh one
    ///
    /// Requirements:
    /// - the record has no provider and its owner is the caller
    /// - the target is neither Everloop, its Executor nor its registry
    /// - at most 768 bytes of data
    /// - the id is not booked
    /// - heartbeat >= interval, or both 0 (one-shot)
    ///
    /// @param job The record; its `recordGas` is filled in.
    /// @param due Unix seconds of the first run; a past time means now.
    /// @return id
    function schedule(Job calldata job, uint40 due) external returns (bytes32 id);

    /// @notice End the caller's task.
    /// @dev Emits {JobCancelled}. Inside its own run, the run in progress is still paid.
    ///
    /// Requirements:
    /// - the caller has a task of that salt
    ///
    /// @param salt Of the record.
    function cancel(bytes32 salt) external;

    /// @notice Run due tasks and earn their pay.
    /// @dev Emits {TaskExecuted} or {TaskSkipped} per item.
    ///
    /// Notes:
    /// - pay = gas x min(gas price, base fee + maxPriorityFee, maxGasPrice) + tip; the tip grows linearly from 0 at the
    ///   due time to `amount` at the end of the window
    /// - the 21,000 gas of the transaction are shared evenly by all items, also by those skipped
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - the gas left lets each target have exactly its gas limit
    ///
    /// @param jobs The records, as booked.
    /// @return outcomes One per item.
    function execute(Job[] calldata jobs) external returns (Outcome[] memory outcomes);

    /// @notice The stored slot of a job, packed as {JobSlot} says.
    function slotOf(bytes32 id) external view returns (JobSlot);

    /// @notice The id of a job: keccak256 of kind, chain, Everloop, owner and salt.
    /// @param isInference Whether the record has a provider.
    function idOf(bool isInference, address owner, bytes32 salt) external view returns (bytes32);
}

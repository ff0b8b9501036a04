// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Task} from "../types/Job.sol";
import {JobSlot} from "../types/JobSlot.sol";
import {RunReport} from "../types/Run.sol";

/// @notice Timed calls, once or in a loop, run by any keeper and paid by their owner.
/// @dev Notes: [SCH-1] a keeper can neither consume nor be paid for a run that did not get its gas. [SCH-2] a hostile
/// target never costs the keeper money nor blocks a batch. [SCH-3] a keeper that simulates first never loses, but for the
/// 120,000 gas in which an owner that cannot pay may refuel; a lost race costs at most 40,000 gas. [SCH-4] pay never
/// exceeds the owner's caps. [SCH-5] a due run happens at most once. [SCH-6] while the balance suffices, a loop never
/// stops by itself; its owner's lock only defers it. [SCH-7] recursion depth is one. [SCH-8] no job can make a contract
/// believe that Everloop or another owner speaks to it.
interface IScheduler {
    /// @notice What became of a task that was to be run.
    enum Outcome {
        /// Run, target succeeded.
        Succeeded,
        /// Run and paid, target failed.
        Failed,
        /// Left out: the record is not the one booked, or its job is over.
        Stale,
        /// Left out: its time has not come.
        NotDue,
        /// Left out: the owner's free balance does not cover the worst cost, or is locked.
        Unaffordable
    }

    /// @notice Emitted when a task is booked or changed; `slot` is what is stored, `bucket` the hour of its due time.
    event TaskScheduled(bytes32 indexed id, address indexed owner, uint256 indexed bucket, JobSlot slot, Task task);

    /// @notice Emitted when the record of a booked task is told again.
    event TaskReposted(bytes32 indexed id, address indexed owner, uint256 indexed bucket, JobSlot slot, Task task);

    /// @notice Emitted when a task ran; the report's ending is an {Outcome}, `bucket` the hour of the next due time.
    event TaskExecuted(bytes32 indexed id, address indexed keeper, uint256 indexed bucket, RunReport report);

    /// @notice Emitted when an item of a batch was left out.
    event TaskSkipped(bytes32 indexed id, address indexed keeper, Outcome outcome);

    /// @notice Emitted when the owner ends a job.
    event JobCancelled(bytes32 indexed id, address indexed owner);

    /// @notice The record names another owner than the caller.
    error Scheduler_NotOwner(address owner, address caller);
    /// @notice The id is booked already; update or cancel it, or choose another salt.
    error Scheduler_AlreadyBooked(bytes32 id);
    /// @notice There is no such job, it is over, or this is not its record.
    error Scheduler_NotBooked(bytes32 id);
    /// @notice The time of the task has not come.
    error Scheduler_NotDue(bytes32 id, uint256 due, uint256 time);
    /// @notice The owner's free balance does not cover the worst cost of a run.
    error Scheduler_Unaffordable(bytes32 id, uint256 free, uint256 required);
    /// @notice Jobs may not aim at this contract.
    error Scheduler_ForbiddenTarget(address target);
    /// @notice A field of the record is outside its rule.
    error Scheduler_BadTerms(bytes32 field, uint256 value, uint256 limit);
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
    /// - the record's owner is the caller, or signed it (see {ISignedOrders})
    /// - the target is neither Everloop, its Executor nor its registry
    /// - at most 448 bytes of data; a `fee` of zero
    /// - the id is not booked
    /// - heartbeat >= interval, or both 0 (one-shot)
    ///
    /// @param due Unix seconds of the first run; a past time means now.
    /// @return id
    function schedule(Task calldata task, uint40 due) external returns (bytes32 id);

    /// @notice Change the record or the time of a booked task.
    /// @dev Emits {TaskScheduled}. Inside its own run, the run in progress is still paid as it was booked.
    ///
    /// Requirements:
    /// - the caller has a task of that salt; what {schedule} asks for otherwise
    ///
    /// @param task The record from now on.
    /// @param due Unix seconds of the next run; a past time means now.
    /// @return id
    function update(Task calldata task, uint40 due) external returns (bytes32 id);

    /// @notice End the caller's task.
    /// @dev Emits {JobCancelled}. Inside its own run, the run in progress is still paid.
    ///
    /// Requirements:
    /// - the caller has a task of that salt
    ///
    /// @param salt Of the record.
    function cancel(bytes32 salt) external;

    /// @notice Run a due task and earn its pay.
    /// @dev Emits {TaskExecuted}.
    ///
    /// Notes:
    /// - pay = gas x min(gas price, base fee + maxPriorityFee, maxGasPrice) + tip + data fee; the tip grows linearly from 0
    ///   at the due time to `amount` at the end of the window
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - booked with this record, due, and affordable to its owner
    /// - its owner is not locked
    /// - the gas left lets the target have exactly its gas limit; a limit above 16,000,000 fits no transaction
    ///
    /// @param task The record, as booked.
    function execute(Task calldata task) external;

    /// @notice Run due tasks and earn their pay; what cannot be run is left out.
    /// @dev Emits {TaskExecuted} or {TaskSkipped} per item.
    ///
    /// Notes:
    /// - the 21,000 gas of the transaction are shared evenly by all items, also by those left out
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - the gas left lets each target have exactly its gas limit
    ///
    /// @param tasks The records, as booked.
    /// @return outcomes One per item.
    function executeBatch(Task[] calldata tasks) external returns (Outcome[] memory outcomes);

    /// @notice Tell the record of a booked task again, for those who missed its event.
    /// @dev Emits {TaskReposted}.
    ///
    /// Requirements:
    /// - booked with this record, and not inside its run
    function repost(Task calldata task) external;

    /// @notice The stored slot of a job, packed as {JobSlot} says.
    function slotOf(bytes32 id) external view returns (JobSlot);
}

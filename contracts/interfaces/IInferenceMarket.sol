// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Job} from "../types/Job.sol";

/// @notice Inferences: scheduled calls whose last argument is filled in by their assigned compute provider.
/// @dev Notes: [INF-1] a delivery in time is paid exactly once, whatever the consumer does. [INF-2] only the assigned
/// provider can be paid. [INF-3] no order of cancel, withdraw, price change or de-listing against a delivery gives free
/// work or double pay. [INF-4] every (id, run) ends exactly once. [INF-5] a result for run r touches nothing but run r.
interface IInferenceMarket {
    /// @notice Emitted when an inference is booked; `input` are the bytes behind the record's hash, if any.
    event InferenceRequested(
        bytes32 indexed id,
        address indexed provider,
        uint256 indexed bucket,
        uint32 runs,
        uint40 due,
        Job job,
        bytes input
    );

    /// @notice Emitted when a run was answered; `due` is the next time (0 = over or dormant), `bucket` the hour of that.
    event InferenceDelivered(
        bytes32 indexed id,
        address indexed provider,
        uint256 indexed bucket,
        uint32 run,
        Ending ending,
        uint40 due,
        uint256 paid,
        bytes decision
    );

    /// @notice Emitted when a run was not answered in time; `due` as in {InferenceDelivered}.
    event InferenceExpired(
        bytes32 indexed id,
        address indexed provider,
        uint256 indexed bucket,
        uint32 run,
        address keeper,
        uint40 due,
        uint256 paid
    );

    /// @notice Emitted when a dormant inference is booked again.
    event InferenceResumed(
        bytes32 indexed id, address indexed provider, uint256 indexed bucket, uint40 due, uint256 paid
    );

    /// @notice Emitted when a dormant inference was booked anew by its target, see the {InferenceRequested} before.
    event InferenceMoved(bytes32 indexed id, address indexed from, address indexed keeper, uint256 paid);

    /// @notice How the target took a decision.
    enum Ending {
        /// No callback was asked for.
        Recorded,
        /// The callback succeeded.
        Accepted,
        /// The callback succeeded and said that the answer fits nothing.
        Rejected,
        /// The callback failed.
        Failed
    }

    /// @notice The caller may not answer for this provider.
    error Inference_NotProvider(address provider, address caller);
    /// @notice The answer is for another run.
    error Inference_WrongRun(bytes32 id, uint32 expected, uint32 actual);
    /// @notice The window of this run is not open: it is [`opens`, `closes`).
    error Inference_OutsideWindow(bytes32 id, uint256 opens, uint256 closes, uint256 time);
    /// @notice The window is still open; the job cannot be cancelled or expired in it.
    error Inference_InsideWindow(bytes32 id, uint256 closes, uint256 time);
    /// @notice The decision is longer than what was paid for.
    error Inference_DecisionTooLong(uint256 length, uint256 limit);
    /// @notice The chain knows this block by another hash, or not at all.
    error Inference_WrongPinnedBlock(uint64 number, bytes32 expected, bytes32 actual);
    /// @notice The hash of the input bytes is not the one in the record.
    error Inference_WrongInput(bytes32 expected, bytes32 actual);
    /// @notice The provider does not take work now.
    error Inference_NotServing(address provider);
    /// @notice The provider's stake covers `capacity` open inferences and no more.
    error Inference_NoCapacity(address provider, uint256 open, uint256 capacity);
    /// @notice The booking is outside what the provider's offer allows.
    error Inference_OfferRefuses(string field, uint256 value, uint256 limit);
    /// @notice The job is not dormant.
    error Inference_NotDormant(bytes32 id, uint40 due);
    /// @notice Only the registry may say who serves.
    error Inference_NotRegistry(address caller);

    /// @notice Book an inference at the provider's offer as it stands.
    /// @dev Emits {InferenceRequested}.
    ///
    /// Notes:
    /// - reserves the worst cost of one run: fee + gas at `maxGasPrice`
    /// - the price stays until the job is cancelled, whatever the provider offers later
    ///
    /// Requirements:
    /// - the record has a provider and no data, and is not raw
    /// - at most 16,384 bytes of input; `job.input` is their hash, or zero where there are none
    /// - first due and heartbeat within 7 days
    /// - the provider serves and its stake covers one more open inference
    /// - window between the offer's minimum and 1 day; gas price cap, gas limit and fee as the offer and the record say
    /// - the record's owner is the caller
    /// - the target is neither Everloop, its Executor nor its registry
    /// - the id is not booked
    /// - heartbeat >= interval, or both 0 (one-shot)
    /// - the owner's free balance covers the worst cost
    ///
    /// @param job The record; its `recordGas` and `fee` are filled in.
    /// @param input The bytes behind `job.input`; empty if that is zero (then the prompt is the target's `prompt()`).
    /// @param due Unix seconds of the first run; a past time means now.
    /// @return id
    function request(Job calldata job, bytes calldata input, uint40 due) external returns (bytes32 id);

    /// @notice Answer a due inference, have the answer acted upon, and be paid.
    /// @dev Emits {InferenceDelivered}. One transaction is one whole step: check, call, settle, book again.
    ///
    /// Notes:
    /// - a failing callback is final: paid, recorded, the answer in the event
    /// - [AGT-2] the next due time is the callback's return value, clamped; see {IInferenceConsumer}
    ///
    /// Requirements:
    /// - the caller is the record's provider
    /// - the record is the one booked, `run` is its next run, and due <= now < due + window
    /// - the decision is at most `outputLimit` bytes
    /// - `pinnedHash` is the hash of block `pinnedBlock`
    /// - the gas left lets the target have exactly its gas limit
    /// - not called from inside a run
    ///
    /// @param job The record, as booked.
    /// @param run Number of the run that is answered, from 0.
    /// @param pinnedBlock Number of the lowest block with time >= due, at which the prompt was read.
    /// @param pinnedHash Its hash.
    /// @param decision The answer; for an agent, call data of one action or of a batch.
    function deliver(Job calldata job, uint32 run, uint64 pinnedBlock, bytes32 pinnedHash, bytes calldata decision)
        external;

    /// @notice End a run that was not answered in time and be paid for it.
    /// @dev Emits {InferenceExpired}.
    ///
    /// Notes:
    /// - the provider loses a fixed penalty of its stake: the keeper's bounty, the owner's gas, the rest burned
    /// - the target's `onMissed` may book anew with another provider; if not, the job runs again after its heartbeat
    ///   where the provider still serves, and otherwise goes dormant
    ///
    /// Requirements:
    /// - the record is the one booked, and now >= due + window
    /// - the gas left lets the target have exactly its gas limit
    /// - not called from inside a run
    ///
    /// @param job The record, as booked.
    function expire(Job calldata job) external;

    /// @notice Book a dormant inference again and be paid like a keeper.
    /// @dev Emits {InferenceResumed} or {InferenceMoved}. Asks the owner, if it is a contract, to refuel first.
    ///
    /// Notes:
    /// - where the provider does not take it, the target's `onMissed` may book with another one
    ///
    /// Requirements:
    /// - the record is the one booked and dormant
    /// - the provider serves and its stake covers one more open inference, or the target books with another
    /// - the owner's free balance covers the worst cost and the caller's pay
    /// - not called from inside a run
    ///
    /// @param job The record, as booked.
    function resume(Job calldata job) external;

    /// @notice End the caller's inference and release its reservation.
    /// @dev Emits {JobCancelled}.
    ///
    /// Requirements:
    /// - the record is the one booked and its owner is the caller
    /// - its window is not open, unless this is its own run
    ///
    /// @param job The record, as booked.
    function cancelInference(Job calldata job) external;

    /// @notice Mirror whether `provider` takes new work.
    /// @dev Requirements:
    /// - the caller is the registry
    function setServing(address provider, bool serving) external;

    /// @notice Most that one run of `job` can cost its owner, at the record's caps: what is reserved.
    /// @return wei
    function worstCost(Job calldata job) external pure returns (uint256);
}

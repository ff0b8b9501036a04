// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Inference} from "../types/Job.sol";
import {JobSlot} from "../types/JobSlot.sol";
import {Pin, RunReport} from "../types/Run.sol";

/// @notice Inferences: timed calls whose last argument is filled in by their assigned compute provider.
/// @dev Notes: [INF-1] a delivery in time is paid exactly once, whatever the consumer does. [INF-2] only the assigned
/// provider can be paid. [INF-3] no order of cancel, withdraw, price change or de-listing against a delivery gives free
/// work or double pay. [INF-4] every (id, run) ends exactly once. [INF-5] a result for run r touches nothing but run r.
interface IInferenceMarket {
    /// @notice One item of {deliverBatch}.
    struct Answer {
        /// The record, as booked.
        Inference job;
        /// The run that is answered and the block that was read.
        Pin pin;
        /// The provider's answer.
        bytes decision;
    }

    /// @notice What the contract of signed orders knows of one of {deliverOrder}.
    struct Order {
        /// Who brings it.
        address caller;
        /// Owner's number of it.
        uint256 nonce;
        /// gas spent on it before, its call data apart.
        uint256 gasBefore;
        /// gas of it as call data; 0 where it was not sent as such.
        uint256 dataGas;
    }

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

    /// @notice Why an answer was not taken.
    enum Refusal {
        /// It was.
        None,
        /// No such job, it is over, or this is not its record.
        NotBooked,
        /// The caller does not answer for this provider.
        NotProvider,
        /// It is for another run.
        WrongRun,
        /// The window of this run is not open.
        OutsideWindow,
        /// The decision is longer than what was paid for.
        TooLong,
        /// The chain knows the pinned block by another hash, or not at all.
        WrongPinnedBlock,
        /// The items of a batch do not stand in ascending order of their owners.
        Unsorted
    }

    /// @notice Emitted when an inference is booked or changed; `slot` is what is stored, `bucket` the hour of its due time,
    /// `input` the bytes behind the record's hash, if any.
    event InferenceRequested(
        bytes32 indexed id, address indexed provider, uint256 indexed bucket, JobSlot slot, Inference job, bytes input
    );

    /// @notice Emitted when the record of a booked inference is told again.
    event InferenceReposted(
        bytes32 indexed id, address indexed provider, uint256 indexed bucket, JobSlot slot, Inference job
    );

    /// @notice Emitted when a run was answered; the report's ending is an {Ending}, `bucket` the hour of the next due time.
    event InferenceDelivered(
        bytes32 indexed id, address indexed provider, uint256 indexed bucket, RunReport report, bytes decision
    );

    /// @notice Emitted when a signed inference was answered; the report's ending is an {Ending}.
    event SignedInferenceDelivered(
        bytes32 indexed id,
        address indexed provider,
        address indexed owner,
        RunReport report,
        uint256 nonce,
        Inference job,
        bytes input,
        bytes decision
    );

    /// @notice Emitted when an item of a batch was left out.
    event DeliverySkipped(bytes32 indexed id, address indexed provider, Refusal refusal);

    /// @notice Emitted when a run was not answered in time; `paid` of the report is what the keeper earned.
    event InferenceExpired(
        bytes32 indexed id, address indexed provider, uint256 indexed bucket, RunReport report, address keeper
    );

    /// @notice Emitted when the provider handed a run back; `counted` where that is on its record.
    event InferenceDeclined(
        bytes32 indexed id, address indexed provider, uint256 indexed bucket, RunReport report, bool counted
    );

    /// @notice Emitted when the provider left a job between two runs.
    event InferenceResigned(bytes32 indexed id, address indexed provider, uint256 indexed bucket, RunReport report);

    /// @notice Emitted when a dormant inference is booked again with its provider.
    event InferenceResumed(bytes32 indexed id, address indexed provider, uint256 indexed bucket, RunReport report);

    /// @notice Emitted when a dormant inference was booked with another by its target, see the {InferenceRequested} before.
    event InferenceMoved(bytes32 indexed id, address indexed from, address indexed keeper, uint256 paid);

    /// @notice Emitted when a dormant inference was to be resumed, its provider takes no work, and its target booked with
    /// nobody else.
    event InferenceUnserved(bytes32 indexed id, address indexed provider, address indexed keeper, uint256 paid);

    /// @notice The caller may not answer for this provider.
    error Inference_NotProvider(address provider, address caller);
    /// @notice The answer is for another run.
    error Inference_WrongRun(bytes32 id, uint32 expected, uint32 actual);
    /// @notice The window of this run is not open: it is [`opens`, `closes`).
    error Inference_OutsideWindow(bytes32 id, uint256 opens, uint256 closes, uint256 time);
    /// @notice The window is still open; the job cannot be cancelled, changed or expired in it.
    error Inference_InsideWindow(bytes32 id, uint256 closes, uint256 time);
    /// @notice The decision is longer than what was paid for.
    error Inference_DecisionTooLong(uint256 length, uint256 limit);
    /// @notice The chain knows this block by another hash, or not at all (zero).
    error Inference_WrongPinnedBlock(uint64 number, bytes32 expected);
    /// @notice The hash of the input bytes is not the one in the record.
    error Inference_WrongInput(bytes32 expected, bytes32 actual);
    /// @notice The provider takes no new work.
    error Inference_NotServing(address provider);
    /// @notice The provider's stake covers no further open inference.
    error Inference_NoCapacity(address provider, uint256 open, uint256 capacity);
    /// @notice The provider's offer refuses this booking; `field` names the rule.
    error Inference_OfferRefuses(bytes32 field, uint256 value, uint256 limit);
    /// @notice A provider cannot book itself.
    error Inference_OwnProvider(address provider);
    /// @notice The job is booked already; there is nothing to resume.
    error Inference_NotDormant(bytes32 id, uint256 due);
    /// @notice The job was tried to be resumed less than an interval ago.
    error Inference_ResumedLately(bytes32 id, uint256 until, uint256 time);
    /// @notice The provider has left this job already.
    error Inference_Resigned(bytes32 id);
    /// @notice The job waits for money or a provider and has no run that could be overdue; resume it.
    error Inference_Dormant(bytes32 id);
    /// @notice A run is handed back in the first half of its window.
    error Inference_TooLateToDecline(bytes32 id, uint256 latest, uint256 time);
    /// @notice Only the contract of signed orders brings these.
    error Inference_NotOrders(address orders, address caller);
    /// @notice A signed inference runs once: it has no interval.
    error Inference_NotOnce(uint256 interval, uint256 heartbeat);

    /// @notice Book an inference on the provider's present terms.
    /// @dev Emits {InferenceRequested}.
    ///
    /// Notes:
    /// - reserves the worst cost of one run; each delivery settles and reserves again [INF-1]
    /// - the fee is base price + output limit x price per kilobyte, and stays as booked
    ///
    /// Requirements:
    /// - the record's owner is the caller, is not locked, and not its own provider
    /// - the id is not booked; no raw flag; a `fee` of zero
    /// - `input` hashes to the record's input, or both are empty; at most 16,384 bytes
    /// - the first run is due within 7 days; heartbeat at most 7 days; window at most 1 day
    /// - the provider serves, has stake for one more, offers the model, and its offer accepts window, gas price and gas limit
    /// - the fee is at most the record's `amount`
    /// - the owner's free balance covers the worst cost
    ///
    /// @param input Question in the model's own format; empty = the provider asks the target's `prompt()`.
    /// @param due Unix seconds of the first run; a past time means now.
    /// @return id
    function request(Inference calldata job, bytes calldata input, uint40 due) external returns (bytes32 id);

    /// @notice Change a booked inference, its provider and time included, on the new provider's present terms.
    /// @dev Emits {InferenceRequested}. Inside its own run, the run in progress is still settled as it was booked.
    ///
    /// Requirements:
    /// - the caller owns both records, of one salt; the old one is booked
    /// - its window is not open, unless this is its own run
    /// - what {request} asks for
    ///
    /// @param old The record, as booked.
    /// @param job The record from now on.
    /// @param input As in {request}.
    /// @param due Unix seconds of the next run; a past time means now.
    /// @return id
    function updateInference(Inference calldata old, Inference calldata job, bytes calldata input, uint40 due)
        external
        returns (bytes32 id);

    /// @notice End an inference and release what is reserved.
    /// @dev Emits {JobCancelled}.
    ///
    /// Requirements:
    /// - the record is booked and the caller's
    /// - its window is not open, unless this is its own run [INF-3]
    ///
    /// @param job The record, as booked.
    function cancelInference(Inference calldata job) external;

    /// @notice Answer a due run.
    /// @dev Emits {InferenceDelivered}.
    ///
    /// Notes:
    /// - pays fee + gas x min(gas price, base fee + maxPriorityFee, maxGasPrice) + data fee into the provider's balance
    /// - a failing callback is final: paid, recorded, the answer in the event [INF-1]
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - booked with this record
    /// - the caller is the provider or a key that it authorised
    /// - the pinned run is the next one, and due <= now < due + window
    /// - the decision has at most `outputLimit` bytes
    /// - the pinned block is known to the chain by that hash (the last 8,191 blocks)
    /// - the gas left lets the target have exactly its gas limit
    ///
    /// @param job The record, as booked.
    /// @param pin The run that is answered and the block that was read for it: the first with time >= due.
    /// @param decision The answer.
    function deliver(Inference calldata job, Pin pin, bytes calldata decision) external;

    /// @notice Answer several due runs of one provider; what cannot be taken is left out.
    /// @dev Emits {InferenceDelivered} or {DeliverySkipped} per item.
    ///
    /// Notes:
    /// - the gas of the transaction is shared evenly by all items, also by those left out
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - the gas left lets each target have exactly its gas limit
    ///
    /// @param answers All for the first one's provider, in ascending order of their owners.
    /// @return refusals One per item.
    function deliverBatch(Answer[] calldata answers) external returns (Refusal[] memory refusals);

    /// @notice Answer an inference that its owner signed, see {ISignedOrders-deliverSigned}.
    /// @dev Emits {SignedInferenceDelivered}.
    ///
    /// Requirements:
    /// - the caller is the contract of signed orders, which has checked the signature
    /// - not called from inside a run
    /// - `caller` is the provider or a key that it authorised; the provider serves
    /// - one-shot; what {request} asks of target and input
    /// - the decision has at most `outputLimit` bytes; the pinned run is 0, its block known to the chain
    /// - the owner's free balance covers the worst cost
    ///
    /// @param order Who brings it, under which nonce, and the gas that was spent on it before.
    /// @param job The record, as signed.
    /// @param input The bytes behind the record's hash, if any.
    /// @param pin Run 0 and the block that was read.
    /// @param decision The answer.
    function deliverOrder(
        Order calldata order,
        Inference calldata job,
        bytes calldata input,
        Pin pin,
        bytes calldata decision
    ) external;

    /// @notice Hand a due run back, unpaid.
    /// @dev Emits {InferenceDeclined}. The target learns it by `onMissed` with the record's gas, at most 300,000, paid by the
    /// caller; where it does not book elsewhere, the job runs again after its heartbeat, or goes dormant.
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - booked with this record; the caller is the provider or a key of it
    /// - `run` is the next one, and its window is open
    /// - in the window's first half, which counts; or at any time, uncounted, while the base fee exceeds `maxGasPrice`
    ///
    /// @param job The record, as booked.
    /// @param run Number of the run.
    function decline(Inference calldata job, uint32 run) external;

    /// @notice Leave a job between two runs, without a mark.
    /// @dev Emits {InferenceResigned}. The target learns it by `onMissed` with the record's gas, at most 300,000; where it does
    /// not book elsewhere, the job goes dormant and {resume} brings it to another provider only.
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - booked with this record; the caller is the provider or a key of it
    /// - its run is not due yet, or it is dormant; not resigned already
    ///
    /// @param job The record, as booked.
    function resign(Inference calldata job) external;

    /// @notice End a run that was not answered in time, and earn gas and bounty.
    /// @dev Emits {InferenceExpired}. The target learns it by `onMissed`; where it does not book elsewhere, the job runs again
    /// after its heartbeat, if the provider still serves and its stake covers it; else it goes dormant.
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - booked with this record, and now >= due + window
    /// - the gas left lets the target have the record's gas, at most 300,000
    ///
    /// @param job The record, as booked.
    function expire(Inference calldata job) external;

    /// @notice Book a dormant inference again and be paid for the gas.
    /// @dev Emits {InferenceResumed}, {InferenceMoved} where its target books with another provider, or
    /// {InferenceUnserved} where it does not.
    ///
    /// Notes:
    /// - the caller's pay is set aside before the target is called, and paid whatever the target does
    /// - an owner contract that cannot pay is asked to refuel first, with 120,000 gas: if that brings nothing, the call
    ///   reverts, and that gas is all that a caller who simulated first can lose [SCH-3]
    ///
    /// Requirements:
    /// - not called from inside a run
    /// - booked with this record, and dormant
    /// - not tried within the record's interval before, or its window where it has no interval
    /// - the owner is not locked, and its free balance covers the caller's pay; also the worst cost of a run where its
    ///   provider takes work and has not resigned
    ///
    /// @param job The record, as booked.
    /// @return resumed Whether it is booked again.
    function resume(Inference calldata job) external returns (bool resumed);

    /// @notice Tell the record of a booked inference again, for those who missed its event.
    /// @dev Emits {InferenceReposted}.
    ///
    /// Requirements:
    /// - booked with this record, and not inside its run
    function repostInference(Inference calldata job) external;

    /// @notice Most that one run of `job` can cost its owner, at the record's caps: what is reserved.
    /// @return wei
    function worstCost(Inference calldata job) external pure returns (uint256);
}

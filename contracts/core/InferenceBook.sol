// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OfferBook} from "./OfferBook.sol";
import {CallDataGas} from "../libraries/CallDataGas.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {Account, AccountCell} from "../types/Account.sol";
import {Inference, Pricing, Timing} from "../types/Job.sol";
import {JobCell, JobSlot} from "../types/JobSlot.sol";
import {Offer} from "../types/Offer.sol";

/// @title InferenceBook
/// @notice Booking, changing and ending inferences, and what every end of a run shares.
abstract contract InferenceBook is OfferBook, IInferenceMarket {
    /// Furthest first run and longest heartbeat; with the longest window it bounds how long a reservation lasts. [LED-3]
    uint256 private constant MAX_HORIZON = 7 days;
    /// Most bytes of an input: a long prompt, and no burden on whoever reads the logs.
    uint256 private constant MAX_INPUT = 16_384;
    /// Most gas of a run besides the target's gas, record and decision; reserved, never charged as such.
    uint256 private constant WORST_OVERHEAD = 140_000;
    /// Most that a byte of the decision costs: at the call-data floor, which is more than as call data and in the event.
    uint256 private constant DECISION_BYTE = 40;

    /// @inheritdoc IInferenceMarket
    function request(Inference calldata job, bytes calldata input, uint40 due) external returns (bytes32 id) {
        require(job.owner == msg.sender, Scheduler_NotOwner(job.owner, msg.sender));
        id = JobHash.inferenceId(job.owner, job.salt);
        JobCell storage cell = _cellOf(id);
        JobSlot slot = cell.value;
        require(slot.commitment() == 0, Scheduler_AlreadyBooked(id));
        _request(id, cell, slot, job, input, due);
    }

    /// @inheritdoc IInferenceMarket
    function updateInference(Inference calldata old, Inference calldata job, bytes calldata input, uint40 due)
        external
        returns (bytes32 id)
    {
        require(job.owner == msg.sender, Scheduler_NotOwner(job.owner, msg.sender));
        require(job.salt == old.salt, Scheduler_BadTerms("salt", uint256(job.salt), uint256(old.salt)));
        JobCell storage cell;
        JobSlot slot;
        (id, cell, slot) = _end(old);
        _request(id, cell, slot, job, input, due);
    }

    /// @inheritdoc IInferenceMarket
    function cancelInference(Inference calldata job) external {
        (bytes32 id, JobCell storage cell, JobSlot slot) = _end(job);
        cell.value = slot;
        emit JobCancelled(id, msg.sender);
    }

    /// @inheritdoc IInferenceMarket
    function repostInference(Inference calldata job) external {
        (bytes32 id,, JobSlot slot) = _find(job);
        require(!slot.isRunning(), Scheduler_Reentered());
        emit InferenceReposted(id, job.provider, _bucketOf(slot.due()), slot, job);
    }

    /// @inheritdoc IInferenceMarket
    function worstCost(Inference calldata job) external pure returns (uint256) {
        return _worstCost(job.timing, job.pricing, CallDataGas.ofCompleted(job));
    }

    /// @dev The job that is booked with exactly this record, or a revert.
    function _find(Inference calldata job) internal view returns (bytes32 id, JobCell storage cell, JobSlot slot) {
        id = JobHash.inferenceId(job.owner, job.salt);
        cell = _cellOf(id);
        slot = cell.value;
        require(_isBooked(slot, job), Scheduler_NotBooked(id));
    }

    function _isBooked(JobSlot slot, Inference calldata job) internal pure returns (bool) {
        return slot.commitment() == JobHash.ofInference(job);
    }

    /// @dev What input and target of any inference must fulfil.
    function _checkQuestion(Inference calldata job, bytes calldata input, uint40 due) internal view {
        require(input.length <= MAX_INPUT, Scheduler_BadTerms("input", input.length, MAX_INPUT));
        bytes32 hash = input.length == 0 ? bytes32(0) : JobHash.ofBytes(input);
        require(job.input == hash, Inference_WrongInput(job.input, hash));
        require(!job.timing.isRaw(), Scheduler_BadTerms("flags", job.timing.flags(), 0));
        require(job.pricing.fee() == 0, Scheduler_BadTerms("fee", job.pricing.fee(), 0));
        require(job.owner != job.provider, Inference_OwnProvider(job.provider));
        _checkBooking(job.target, job.timing, due);
    }

    /// @dev Book again with its provider where the run left the job running, the owner can pay one more run and the
    /// provider keeps its work; else release. Take `paid` from the owner.
    /// @param owner Of the job; passed along, since reading an address from call data is checked anew each time.
    /// @param before The slot that the run began with.
    /// @param provider The provider's account now.
    /// @return due The job's due time now.
    /// @return charged wei taken, at most what was reserved.
    /// @return again Whether reservation and open run carry over to the next run.
    function _settle(
        JobCell storage cell,
        Inference calldata job,
        address owner,
        JobSlot before,
        Account provider,
        uint40 next,
        uint8 failures,
        uint256 paid
    ) internal returns (uint40 due, uint256 charged, bool again) {
        uint256 worst = _worstCost(job.timing, job.pricing, before.recordGas());
        charged = paid < worst ? paid : worst;
        AccountCell storage payer = _accounts[owner];
        Account record = payer.value;
        bool bound = record.isLocked() && _isBound(owner);
        // The mark of a lock that is over goes, since each look behind it costs a slot that is not measured here.
        if (record.isLocked() && !bound) record = record.withLock(false);
        JobSlot slot = cell.value;
        if (slot.isRunning()) {
            again = next != 0 && record.free() >= charged && provider.keepsWork() && !bound;
            due = again ? next : 0;
            cell.value = next == 0 ? slot.finished() : slot.rearmed(due, failures);
        } else {
            due = slot.due();
        }
        payer.value = again ? record.debit(charged) : record.settle(worst, charged);
    }

    /// @dev Release what is booked: reservation and open run.
    function _release(Inference calldata job, JobSlot slot) internal {
        AccountCell storage payer = _accounts[job.owner];
        payer.value = payer.value.release(_worstCost(job.timing, job.pricing, slot.recordGas()));
        AccountCell storage provider = _accounts[job.provider];
        provider.value = provider.value.closed();
    }

    /// @dev wei; gas of 33 bits by a price of 48 bits: cannot overflow.
    function _worstCost(Timing timing, Pricing pricing, uint256 recordGas) internal pure returns (uint256) {
        unchecked {
            uint256 gas_ = WORST_OVERHEAD + recordGas + timing.gasLimit();
            gas_ += uint256(timing.outputLimit()) * DECISION_BYTE;
            return gas_ * pricing.maxGasPrice() + pricing.fee() + pricing.maxDataFee();
        }
    }

    /// @dev Check and effects of a booking; `slot` is what stands there, without a run.
    function _request(
        bytes32 id,
        JobCell storage cell,
        JobSlot slot,
        Inference calldata job,
        bytes calldata input,
        uint40 due
    ) private {
        // Check: input and times; then what the provider demands.
        _checkQuestion(job, input, due);
        require(due <= block.timestamp + MAX_HORIZON, Scheduler_BadTerms("due", due, block.timestamp + MAX_HORIZON));
        uint256 heartbeat = job.timing.heartbeat();
        require(heartbeat <= MAX_HORIZON, Scheduler_BadTerms("heartbeat", heartbeat, MAX_HORIZON));
        AccountCell storage provider = _accounts[job.provider];
        Account record = provider.value;
        require(record.capacity() != 0, Inference_NotServing(job.provider));
        require(record.hasRoom(), Inference_NoCapacity(job.provider, record.open(), record.capacity()));
        Inference memory completed = JobHash.completed(job, _acceptedFee(job));

        // Effect: book, reserve, and open the run at the provider.
        slot = _booked(slot, JobHash.ofCompleted(completed), due, CallDataGas.ofInference(job));
        cell.value = slot;
        provider.value = record.opened();
        _reserve(job.owner, _worstCost(job.timing, completed.pricing, slot.recordGas()));

        emit InferenceRequested(id, job.provider, _bucketOf(slot.due()), slot, completed, input);
    }

    /// @dev Check and effects of an end that the owner wants, but for the slot itself.
    /// @return id
    /// @return cell Where the slot is.
    /// @return slot The slot without its run; the caller writes it.
    function _end(Inference calldata job) private returns (bytes32 id, JobCell storage cell, JobSlot slot) {
        // Check: the owner's own record, and no provider is at work on it.
        require(job.owner == msg.sender, Scheduler_NotOwner(job.owner, msg.sender));
        (id, cell, slot) = _find(job);
        uint256 closes = uint256(slot.due()) + job.timing.window();
        require(
            slot.isRunning() || block.timestamp < slot.due() || block.timestamp >= closes,
            Inference_InsideWindow(id, closes, block.timestamp)
        );

        // Effect: a run in progress settles what was reserved; a dormant job has nothing reserved.
        if (slot.isBooked()) _release(job, slot);
        slot = slot.cancelled();
    }

    /// @dev The fee that the provider's offer asks for this booking, or a revert naming what it refuses.
    function _acceptedFee(Inference calldata job) private view returns (uint64) {
        Offer memory terms = _offers[job.provider][job.modelId];
        require(terms.minMaxGasPrice != 0, Inference_OfferRefuses("modelId", uint256(job.modelId), 0));
        uint256 window = job.timing.window();
        require(window >= terms.minWindow, Inference_OfferRefuses("window", window, terms.minWindow));
        require(window <= MAX_WINDOW, Scheduler_BadTerms("window", window, MAX_WINDOW));
        uint256 maxGasPrice = job.pricing.maxGasPrice();
        require(
            maxGasPrice >= terms.minMaxGasPrice,
            Inference_OfferRefuses("maxGasPrice", maxGasPrice, terms.minMaxGasPrice)
        );
        uint256 gasLimit = job.timing.gasLimit();
        require(gasLimit <= terms.maxCallbackGas, Inference_OfferRefuses("gasLimit", gasLimit, terms.maxCallbackGas));
        uint256 fee;
        unchecked {
            // 64 bits + 24 by 56 bits: cannot overflow.
            fee = terms.basePrice + uint256(job.timing.outputLimit()) * terms.pricePerKilobyte / 1024;
        }
        require(fee <= job.pricing.amount(), Inference_OfferRefuses("fee", fee, job.pricing.amount()));
        return uint64(fee);
    }
}

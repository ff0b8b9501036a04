// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobBook} from "./JobBook.sol";
import {CallDataGas} from "../libraries/CallDataGas.sol";
import {ExactCall} from "../libraries/ExactCall.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {NextDue} from "../libraries/NextDue.sol";
import {PinnedBlock} from "../libraries/PinnedBlock.sol";
import {Delivery, IInferenceConsumer, IRefuelable, REJECTED} from "../interfaces/IConsumers.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {Account, AccountCell} from "../types/Account.sol";
import {Job, Pricing, Timing} from "../types/Job.sol";
import {JobCell, JobSlot} from "../types/JobSlot.sol";
import {Offer} from "../types/Offer.sol";

/// @title InferenceMarket
abstract contract InferenceMarket is JobBook, IInferenceMarket {
    /// Longest time to answer.
    uint256 private constant MAX_WINDOW = 1 days;
    /// Furthest first run and longest heartbeat; with {MAX_WINDOW} it bounds how long a reservation lasts. [LED-3]
    uint256 private constant MAX_HORIZON = 7 days;
    /// Most bytes of an input: a long prompt, and no burden on whoever reads the logs.
    uint256 private constant MAX_INPUT = 16_384;
    /// Gas of {deliver} that is not measured: its arguments besides record and decision, settling writes, event.
    uint256 private constant DELIVER_OVERHEAD = 8_700;
    /// Gas of {expire} that is not measured: its arguments, settling writes, event.
    uint256 private constant EXPIRE_OVERHEAD = 6_500;
    /// Least gas of the slash and of the owner's credit, counted into what the owner is repaid at most.
    uint256 private constant SLASH_GAS = 16_000;
    /// Gas of {resume} that is not measured.
    uint256 private constant RESUME_OVERHEAD = 5_000;
    /// Gas that a contract gets to refuel itself before it is resumed.
    uint256 private constant REFUEL_GAS = 120_000;
    /// Most gas of a run besides the target's gas, record and decision; reserved, never charged as such.
    uint256 private constant WORST_OVERHEAD = 140_000;
    /// What a byte of the decision costs in the event, its share of the copy included.
    uint256 private constant LOGGED_BYTE = 9;
    /// Most that a byte of the decision costs: at the call-data floor, which is more than as call data and in the event.
    uint256 private constant DECISION_BYTE = 40;

    /// @inheritdoc IInferenceMarket
    function request(Job calldata job, bytes calldata input, uint40 due) external returns (bytes32 id) {
        Job memory record = job;
        id = JobHash.idOf(true, job.owner, job.salt);

        // Check: kind, input and times; then what the provider demands.
        require(job.provider != address(0), Scheduler_WrongKind(job.provider));
        require(job.data.length == 0, Scheduler_BadTerms("data", job.data.length, 0));
        require(!job.timing.isRaw(), Scheduler_BadTerms("flags", job.timing.flags(), 0));
        require(input.length <= MAX_INPUT, Scheduler_BadTerms("input", input.length, MAX_INPUT));
        bytes32 inputHash = input.length == 0 ? bytes32(0) : keccak256(input);
        require(job.input == inputHash, Inference_WrongInput(job.input, inputHash));
        require(due <= block.timestamp + MAX_HORIZON, Scheduler_BadTerms("due", due, block.timestamp + MAX_HORIZON));
        uint256 heartbeat = job.timing.heartbeat();
        require(heartbeat <= MAX_HORIZON, Scheduler_BadTerms("heartbeat", heartbeat, MAX_HORIZON));
        record.pricing = job.pricing.withFee(_acceptedFee(job));

        // Effect: book, reserve, and open the run at the provider.
        (uint32 runs, uint40 firstDue) = _book(id, job, record, due);
        _reserve(job.owner, _worstInferenceCost(record.timing, record.pricing));
        AccountCell storage provider = _accounts[job.provider];
        provider.value = provider.value.opened();

        emit InferenceRequested(id, job.provider, _bucketOf(firstDue), runs, firstDue, record, input);
    }

    /// @inheritdoc IInferenceMarket
    function deliver(Job calldata job, uint32 run, uint64 pinnedBlock, bytes32 pinnedHash, bytes calldata decision)
        external
    {
        uint256 dataGas = job.timing.recordGas() + CallDataGas.ofCallData(decision);
        uint256 extraGas = gasleft() + DELIVER_OVERHEAD + dataGas + decision.length * LOGGED_BYTE;
        uint256 firstGas = _enterRun(2 * COLD_ACCOUNT);
        extraGas += firstGas;
        bytes32 id = JobHash.idOf(true, job.owner, job.salt);
        JobCell storage cell = _jobs[id];
        JobSlot slot = cell.value;

        // Check: the caller, the record, the run, its window, and the block that was read.
        require(msg.sender == job.provider, Inference_NotProvider(job.provider, msg.sender));
        _checkRecord(id, job, slot);
        _checkAnswer(id, job.timing, slot, run, decision.length);
        _checkPinned(pinnedBlock, pinnedHash);

        // Effect: the run begins; its worst cost was reserved at booking.
        cell.value = slot.begun();

        // Interaction: exactly the promised gas.
        (Ending ending, uint256 wish) =
            _callConsumer(job, Delivery(id, job.owner, run, pinnedBlock, pinnedHash), decision);

        // Effect: book again unless the run ended its own job, then pay.
        (uint40 next, uint8 failures) = _afterRun(job.timing, slot, ending, wish);
        uint256 paid = job.pricing.fee() + _atLeast(extraGas - gasleft(), firstGas + CallDataGas.floorOf(dataGas))
            * _gasPrice(job.pricing);
        bool again;
        (next, paid, again) = _settle(cell, job, next, failures, paid, true);
        AccountCell storage provider = _accounts[job.provider];
        Account record = provider.value.credit(paid).withDelivery(block.timestamp - slot.due());
        provider.value = again ? record : record.closed();
        _leaveRun();
        emit InferenceDelivered(id, job.provider, _bucketOf(next), run, ending, next, paid, decision);
    }

    /// @inheritdoc IInferenceMarket
    function expire(Job calldata job) external {
        uint256 extraGas = gasleft() + _enterRun(COLD_ACCOUNT) + EXPIRE_OVERHEAD + job.timing.recordGas();
        bytes32 id = JobHash.idOf(true, job.owner, job.salt);
        JobCell storage cell = _jobs[id];
        JobSlot slot = cell.value;

        // Check: a run is overdue.
        _checkRecord(id, job, slot);
        uint256 closes = uint256(slot.due()) + job.timing.window();
        require(slot.due() != 0 && block.timestamp >= closes, Inference_InsideWindow(id, closes, block.timestamp));

        // Effect: the run begins, and the miss is on record.
        cell.value = slot.begun();
        AccountCell storage provider = _accounts[job.provider];
        provider.value = provider.value.withMiss();

        // Interaction: the target may book with somebody else; then the registry takes the penalty.
        if (job.timing.gasLimit() != 0) {
            ExactCall.call(job.target, job.timing.gasLimit(), abi.encodeCall(IInferenceConsumer.onMissed, (id, job)));
        }
        (uint40 next, uint256 earned) = _penalise(cell, job, slot, extraGas);

        // Effect: pay the keeper.
        _credit(msg.sender, earned);
        _leaveRun();
        emit InferenceExpired(id, job.provider, _bucketOf(next), slot.runs(), msg.sender, next, earned);
    }

    /// @inheritdoc IInferenceMarket
    function resume(Job calldata job) external {
        uint256 extraGas = gasleft() + _enterRun(COLD_ACCOUNT) + RESUME_OVERHEAD + job.timing.recordGas();
        bytes32 id = JobHash.idOf(true, job.owner, job.salt);

        // Interaction: let the owner refuel; nothing is decided yet, and everything is read afterwards.
        if (job.owner.code.length != 0) {
            ExactCall.call(job.owner, REFUEL_GAS, abi.encodeCall(IRefuelable.refuel, ()));
        }

        // Check: dormant.
        JobCell storage cell = _jobs[id];
        JobSlot slot = cell.value;
        _checkRecord(id, job, slot);
        require(slot.due() == 0, Inference_NotDormant(id, slot.due()));

        // Effect: book with its provider again, or let the target book with another; then pay the caller.
        bool rebooked = _takesWork(job);
        uint40 due = rebooked ? _rebook(cell, slot, job) : _moveOn(cell, id, job);
        uint256 paid = (extraGas - gasleft()) * _gasPrice(job.pricing);
        _charge(job.owner, paid);
        _credit(msg.sender, paid);
        _leaveRun();
        if (rebooked) emit InferenceResumed(id, job.provider, _bucketOf(due), due, paid);
        else emit InferenceMoved(id, job.provider, msg.sender, paid);
    }

    /// @inheritdoc IInferenceMarket
    function cancelInference(Job calldata job) external {
        bytes32 id = JobHash.idOf(true, job.owner, job.salt);
        JobCell storage cell = _jobs[id];
        JobSlot slot = cell.value;

        // Check: the owner's own record, and no provider is at work on it.
        require(job.owner == msg.sender, Scheduler_NotOwner(job.owner, msg.sender));
        _checkRecord(id, job, slot);
        uint256 closes = uint256(slot.due()) + job.timing.window();
        require(
            slot.isRunning() || block.timestamp < slot.due() || block.timestamp >= closes,
            Inference_InsideWindow(id, closes, block.timestamp)
        );

        // Effect: a run in progress settles what was reserved; a dormant job has nothing reserved.
        cell.value = slot.cancelled();
        if (!slot.isRunning() && slot.due() != 0) {
            AccountCell storage payer = _accounts[job.owner];
            payer.value = payer.value.settle(_worstInferenceCost(job.timing, job.pricing), 0);
            AccountCell storage provider = _accounts[job.provider];
            provider.value = provider.value.closed();
        }
        emit JobCancelled(id, msg.sender);
    }

    /// @inheritdoc IInferenceMarket
    function setServing(address provider, bool serving) external {
        require(msg.sender == _REGISTRY, Inference_NotRegistry(msg.sender));
        AccountCell storage cell = _accounts[provider];
        cell.value = cell.value.withServing(serving);
    }

    /// @inheritdoc IInferenceMarket
    function worstCost(Job calldata job) external pure returns (uint256) {
        return _worstInferenceCost(job.timing, job.pricing);
    }

    /// @dev The job is booked, with exactly this record.
    function _checkRecord(bytes32 id, Job calldata job, JobSlot slot) private pure {
        uint160 commitment = slot.commitment();
        require(commitment != 0 && commitment == JobHash.ofCallData(job), Scheduler_NotBooked(id));
    }

    function _checkAnswer(bytes32 id, Timing timing, JobSlot slot, uint32 run, uint256 length) private view {
        require(run == slot.runs(), Inference_WrongRun(id, slot.runs(), run));
        uint256 opens = slot.due();
        uint256 closes = opens + timing.window();
        require(
            opens != 0 && block.timestamp >= opens && block.timestamp < closes,
            Inference_OutsideWindow(id, opens, closes, block.timestamp)
        );
        require(length <= timing.outputLimit(), Inference_DecisionTooLong(length, timing.outputLimit()));
    }

    function _checkPinned(uint64 number, bytes32 hash) private view {
        bytes32 known = PinnedBlock.hashOf(number);
        require(hash == known && known != 0, Inference_WrongPinnedBlock(number, known, hash));
    }

    function _callConsumer(Job calldata job, Delivery memory delivery, bytes calldata decision)
        private
        returns (Ending ending, uint256 wish)
    {
        uint256 gasLimit = job.timing.gasLimit();
        if (gasLimit == 0) return (Ending.Recorded, 0);
        bool ok;
        (ok, wish) =
            ExactCall.call(job.target, gasLimit, abi.encodeCall(IInferenceConsumer.onInference, (delivery, decision)));
        if (!ok) return (Ending.Failed, 0);
        return (wish == REJECTED ? Ending.Rejected : Ending.Accepted, wish);
    }

    function _afterRun(Timing timing, JobSlot slot, Ending ending, uint256 wish)
        private
        view
        returns (uint40 next, uint8 failures)
    {
        if (ending != Ending.Failed) return (NextDue.afterSuccess(timing, slot.due(), wish), 0);
        failures = slot.nextFailures();
        return (NextDue.afterFailure(timing, failures), failures);
    }

    /// @dev Take the penalty, repay the owner, and book again where the target did not and the stake still covers it.
    /// @return next The job's due time now.
    /// @return earned wei for the keeper: metered gas and bounty.
    function _penalise(JobCell storage cell, Job calldata job, JobSlot slot, uint256 extraGas)
        private
        returns (uint40 next, uint256 earned)
    {
        uint256 price = _gasPrice(job.pricing);
        uint256 ownerCost = (extraGas + SLASH_GAS - gasleft()) * price;
        ownerCost = _atMost(ownerCost, _worstInferenceCost(job.timing, job.pricing));
        (uint256 bounty, uint256 repaid, uint256 capacity) = IProviderRegistry(_REGISTRY).slash(job.provider, ownerCost);
        _credit(job.owner, repaid);

        // A second expiry in a transaction costs less than was reckoned: nobody gains by it, the rest is burned too. [REG-3]
        uint256 paid = (extraGas - gasleft()) * price;
        uint256 charged = paid < repaid ? repaid : paid;
        uint32 heartbeat = job.timing.heartbeat();
        next = heartbeat == 0 ? 0 : uint40(block.timestamp + heartbeat);
        AccountCell storage provider = _accounts[job.provider];
        bool again = provider.value.open() <= capacity;
        (next, charged, again) = _settle(cell, job, next, slot.failures(), charged, again);
        if (!again) provider.value = provider.value.closed();
        earned = bounty + _atMost(paid, charged);
    }

    /// @dev Take `paid` from the owner and book the job again at `next` where the run left it running, the owner can
    /// pay one more run and the provider still serves; a loop that cannot be booked goes dormant.
    /// @param backed Whether the provider's stake covers one more run.
    /// @return due The job's due time now.
    /// @return charged wei taken, at most what was reserved.
    /// @return again Whether reservation and open run carry over to the next run.
    function _settle(JobCell storage cell, Job calldata job, uint40 next, uint8 failures, uint256 paid, bool backed)
        private
        returns (uint40 due, uint256 charged, bool again)
    {
        uint256 worst = _worstInferenceCost(job.timing, job.pricing);
        charged = _atMost(paid, worst);
        AccountCell storage payer = _accounts[job.owner];
        Account record = payer.value;
        JobSlot slot = cell.value;
        if (slot.isRunning()) {
            again = backed && next != 0 && record.free() >= charged && _accounts[job.provider].value.isServing();
            due = again ? next : 0;
            cell.value = next == 0 ? slot.finished() : slot.rearmed(due, failures);
        } else {
            due = slot.due();
        }
        payer.value = again ? record.debit(charged) : record.settle(worst, charged);
    }

    /// @dev Effects of booking a dormant job with its own provider.
    function _rebook(JobCell storage cell, JobSlot slot, Job calldata job) private returns (uint40 due) {
        due = uint40(block.timestamp + job.timing.interval());
        cell.value = slot.rearmed(due, slot.failures());
        AccountCell storage provider = _accounts[job.provider];
        provider.value = provider.value.opened();
        _reserve(job.owner, _worstInferenceCost(job.timing, job.pricing));
    }

    /// @dev Interaction: the target of a dormant job may book with somebody else.
    function _moveOn(JobCell storage cell, bytes32 id, Job calldata job) private returns (uint40 due) {
        ExactCall.call(job.target, job.timing.gasLimit(), abi.encodeCall(IInferenceConsumer.onMissed, (id, job)));
        due = cell.value.due();
        require(due != 0, Inference_NotServing(job.provider));
    }

    function _takesWork(Job calldata job) private view returns (bool) {
        (, uint256 capacity) = IProviderRegistry(_REGISTRY).quote(job.provider, job.modelId);
        Account record = _accounts[job.provider].value;
        return record.isServing() && record.open() < capacity;
    }

    /// @dev The fee that the provider's offer asks for this booking, or a revert naming what it refuses.
    function _acceptedFee(Job calldata job) private view returns (uint64) {
        (Offer memory terms, uint256 capacity) = IProviderRegistry(_REGISTRY).quote(job.provider, job.modelId);
        Account provider = _accounts[job.provider].value;
        require(provider.isServing(), Inference_NotServing(job.provider));
        require(provider.open() < capacity, Inference_NoCapacity(job.provider, provider.open(), capacity));
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
        uint256 fee = terms.basePrice + uint256(job.timing.outputLimit()) * terms.pricePerKilobyte / 1024;
        require(fee <= job.pricing.amount(), Inference_OfferRefuses("fee", fee, job.pricing.amount()));
        return uint64(fee);
    }

    function _atLeast(uint256 value, uint256 limit) private pure returns (uint256) {
        return value > limit ? value : limit;
    }

    function _atMost(uint256 value, uint256 limit) private pure returns (uint256) {
        return value < limit ? value : limit;
    }

    /// @dev wei; gas of 33 bits by a price of 64 bits: cannot overflow.
    function _worstInferenceCost(Timing timing, Pricing pricing) private pure returns (uint256) {
        unchecked {
            uint256 gas_ = WORST_OVERHEAD + timing.recordGas() + timing.gasLimit();
            gas_ += uint256(timing.outputLimit()) * DECISION_BYTE;
            return gas_ * pricing.maxGasPrice() + pricing.fee();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobBook} from "./JobBook.sol";
import {CallDataGas} from "../libraries/CallDataGas.sol";
import {ExactCall} from "../libraries/ExactCall.sol";
import {NextDue} from "../libraries/NextDue.sol";
import {PinnedBlock} from "../libraries/PinnedBlock.sol";
import {Delivery, IInferenceConsumer, IRefuelable, REJECTED} from "../interfaces/IConsumers.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {Account} from "../types/Account.sol";
import {Job, Pricing, Timing} from "../types/Job.sol";
import {JobSlot, JobSlotLib} from "../types/JobSlot.sol";
import {Offer} from "../types/Offer.sol";

/// @title InferenceMarket
abstract contract InferenceMarket is JobBook, IInferenceMarket {
    /// Longest time to answer.
    uint256 private constant MAX_WINDOW = 1 days;
    /// Furthest first run; with {MAX_WINDOW} it bounds how long a reservation lasts. [LED-3]
    uint256 private constant MAX_HORIZON = 7 days;
    /// Gas of {deliver} that is not measured: its arguments besides record and decision, settling writes, event.
    uint256 private constant DELIVER_OVERHEAD = 16_500;
    /// Gas of {expire} that is not measured: its arguments, the slash, settling writes, event.
    uint256 private constant EXPIRE_OVERHEAD = 40_000;
    /// Gas of {resume} that is not measured.
    uint256 private constant RESUME_OVERHEAD = 12_000;
    /// Gas that a contract gets to refuel itself before it is resumed.
    uint256 private constant REFUEL_GAS = 120_000;
    /// Most gas of a run besides the target's gas, record and decision; reserved, never charged as such.
    uint256 private constant WORST_OVERHEAD = 140_000;
    /// Most that a byte of call data costs.
    uint256 private constant CALL_DATA_BYTE = 16;

    /// @inheritdoc IInferenceMarket
    function request(Job calldata job, bytes calldata input, uint40 due) external returns (bytes32 id) {
        Job memory record = job;
        id = _idOf(true, job.owner, job.salt);

        // Check: kind, input and times; then what the provider demands.
        require(job.provider != address(0), Scheduler_WrongKind(job.provider));
        bytes32 inputHash = input.length == 0 ? bytes32(0) : keccak256(input);
        require(job.input == inputHash, Inference_WrongInput(job.input, inputHash));
        require(
            due <= block.timestamp + MAX_HORIZON,
            Scheduler_BadTerms("due", due, block.timestamp + MAX_HORIZON)
        );
        record.pricing = job.pricing.withFee(_acceptedFee(job));

        // Effect: book, reserve, and open the run at the provider.
        (uint32 runs, uint40 firstDue) = _book(id, record, due);
        _reserve(job.owner, _worstInferenceCost(record.timing, record.pricing));
        _accounts[job.provider] = _accounts[job.provider].opened();

        emit InferenceRequested(id, job.provider, _bucketOf(firstDue), runs, firstDue, record, input);
    }

    /// @inheritdoc IInferenceMarket
    function deliver(Job calldata job, uint32 run, uint64 pinnedBlock, bytes32 pinnedHash, bytes calldata decision)
        external
        nonNested
    {
        uint256 gasAtStart = gasleft();
        uint256 extraGas = _chargeTransaction() + DELIVER_OVERHEAD + job.timing.recordGas();
        extraGas += CallDataGas.ofCallData(decision);
        bytes32 id = _idOf(true, job.owner, job.salt);

        // Check: the caller, the record, the run, its window, and the block that was read.
        require(msg.sender == job.provider, Inference_NotProvider(job.provider, msg.sender));
        JobSlot slot = _booked(id, job);
        _checkAnswer(id, job, slot, run, decision.length);
        bytes32 knownHash = PinnedBlock.hashOf(pinnedBlock);
        require(
            pinnedHash == knownHash && knownHash != 0, Inference_WrongPinnedBlock(pinnedBlock, knownHash, pinnedHash)
        );

        // Effect: the run begins; its worst cost was reserved at booking.
        _jobs[id] = slot.begun();

        // Interaction: exactly the promised gas.
        Delivery memory delivery = Delivery(id, job.owner, run, pinnedBlock, pinnedHash);
        (Ending ending, uint256 wish) = _callConsumer(job, delivery, decision);

        // Effect: book again unless the run ended its own job, then pay.
        uint8 failures = ending == Ending.Failed ? slot.nextFailures() : 0;
        uint40 next = ending == Ending.Failed
            ? NextDue.afterFailure(job.timing, failures)
            : NextDue.afterSuccess(job.timing, slot.due(), wish);
        uint256 paid = job.pricing.fee() + (gasAtStart - gasleft() + extraGas) * _gasPrice(job.pricing);
        bool again;
        (next, paid, again) = _settle(id, job, next, failures, paid);
        Account provider = _accounts[job.provider].credit(paid).withDelivery(block.timestamp - slot.due());
        _accounts[job.provider] = again ? provider : provider.closed();
        emit InferenceDelivered(id, job.provider, _bucketOf(next), run, ending, next, paid, decision);
    }

    /// @inheritdoc IInferenceMarket
    function expire(Job calldata job) external nonNested {
        uint256 gasAtStart = gasleft();
        uint256 extraGas = _chargeTransaction() + EXPIRE_OVERHEAD + job.timing.recordGas();
        bytes32 id = _idOf(true, job.owner, job.salt);

        // Check: a run is overdue.
        JobSlot slot = _booked(id, job);
        uint256 closes = uint256(slot.due()) + job.timing.window();
        require(slot.due() != 0 && block.timestamp >= closes, Inference_InsideWindow(id, closes, block.timestamp));

        // Effect: the run begins, and the miss is on record.
        _jobs[id] = slot.begun();
        _accounts[job.provider] = _accounts[job.provider].withMiss();

        // Interaction: the target may book with somebody else; then the registry takes the penalty.
        if (job.timing.gasLimit() != 0) {
            ExactCall.call(
                job.target, job.timing.gasLimit(), abi.encodeCall(IInferenceConsumer.onMissed, (id, job))
            );
        }
        uint256 paid = (gasAtStart - gasleft() + extraGas) * _gasPrice(job.pricing);
        (uint256 bounty, uint256 repaid) = IProviderRegistry(_REGISTRY).slash(job.provider, paid);

        // Effect: book again where the target did not, pay the keeper, repay the owner.
        uint32 heartbeat = job.timing.heartbeat();
        uint40 next = heartbeat == 0 ? 0 : uint40(block.timestamp + heartbeat);
        bool again;
        (next, paid, again) = _settle(id, job, next, slot.failures(), paid);
        if (!again) _accounts[job.provider] = _accounts[job.provider].closed();
        _credit(job.owner, repaid);
        _credit(msg.sender, paid + bounty);
        emit InferenceExpired(id, job.provider, _bucketOf(next), slot.runs(), msg.sender, next, paid + bounty);
    }

    /// @inheritdoc IInferenceMarket
    function resume(Job calldata job) external nonNested {
        uint256 gasAtStart = gasleft();
        uint256 extraGas = _chargeTransaction() + RESUME_OVERHEAD + job.timing.recordGas();
        bytes32 id = _idOf(true, job.owner, job.salt);

        // Interaction: let the owner refuel; nothing is decided yet, and everything is read afterwards.
        if (job.owner.code.length != 0) {
            ExactCall.call(job.owner, REFUEL_GAS, abi.encodeCall(IRefuelable.refuel, ()));
        }

        // Check: dormant, and the provider takes it.
        JobSlot slot = _booked(id, job);
        require(slot.due() == 0, Inference_NotDormant(id, slot.due()));
        (, uint256 capacity) = IProviderRegistry(_REGISTRY).quote(job.provider, job.modelId);
        _checkProvider(job.provider, capacity);

        // Effect: reserve, open the run at the provider, pay the caller.
        uint40 due = uint40(block.timestamp + job.timing.interval());
        _jobs[id] = JobSlotLib.pack(slot.commitment(), due, slot.runs(), slot.failures());
        _accounts[job.provider] = _accounts[job.provider].opened();
        uint256 paid = (gasAtStart - gasleft() + extraGas) * _gasPrice(job.pricing);
        _reserve(job.owner, _worstInferenceCost(job.timing, job.pricing));
        _charge(job.owner, paid);
        _credit(msg.sender, paid);
        emit InferenceResumed(id, job.provider, _bucketOf(due), due, paid);
    }

    /// @inheritdoc IInferenceMarket
    function cancelInference(Job calldata job) external {
        bytes32 id = _idOf(true, job.owner, job.salt);

        // Check: the owner's own record, and no provider is at work on it.
        require(job.owner == msg.sender, Scheduler_NotOwner(job.owner, msg.sender));
        JobSlot slot = _booked(id, job);
        uint256 closes = uint256(slot.due()) + job.timing.window();
        require(
            slot.isRunning() || block.timestamp < slot.due() || block.timestamp >= closes,
            Inference_InsideWindow(id, closes, block.timestamp)
        );

        // Effect: a run in progress settles what was reserved; a dormant job has nothing reserved.
        _jobs[id] = slot.finished();
        if (!slot.isRunning() && slot.due() != 0) {
            uint256 worst = _worstInferenceCost(job.timing, job.pricing);
            _accounts[job.owner] = _accounts[job.owner].release(worst);
            _accounts[job.provider] = _accounts[job.provider].closed();
        }
        emit JobCancelled(id, msg.sender);
    }

    /// @inheritdoc IInferenceMarket
    function setServing(address provider, bool serving) external {
        require(msg.sender == _REGISTRY, Inference_NotRegistry(msg.sender));
        _accounts[provider] = _accounts[provider].withServing(serving);
    }

    /// @inheritdoc IInferenceMarket
    function worstCost(Job calldata job) external pure returns (uint256) {
        return _worstInferenceCost(job.timing, job.pricing);
    }

    /// @dev The slot of a job that is booked with exactly this record.
    function _booked(bytes32 id, Job calldata job) private view returns (JobSlot slot) {
        slot = _jobs[id];
        require(slot.commitment() != 0 && slot.commitment() == _commitmentOf(job), Scheduler_NotBooked(id));
    }

    function _checkAnswer(bytes32 id, Job calldata job, JobSlot slot, uint32 run, uint256 length) private view {
        require(run == slot.runs(), Inference_WrongRun(id, slot.runs(), run));
        uint256 opens = slot.due();
        uint256 closes = opens + job.timing.window();
        require(
            opens != 0 && block.timestamp >= opens && block.timestamp < closes,
            Inference_OutsideWindow(id, opens, closes, block.timestamp)
        );
        require(length <= job.timing.outputLimit(), Inference_DecisionTooLong(length, job.timing.outputLimit()));
    }

    function _callConsumer(Job calldata job, Delivery memory delivery, bytes calldata decision)
        private
        returns (Ending ending, uint256 wish)
    {
        uint256 gasLimit = job.timing.gasLimit();
        if (gasLimit == 0) return (Ending.Recorded, 0);
        bool ok;
        (ok, wish) = ExactCall.call(
            job.target, gasLimit, abi.encodeCall(IInferenceConsumer.onInference, (delivery, decision))
        );
        if (!ok) return (Ending.Failed, 0);
        return (wish == REJECTED ? Ending.Rejected : Ending.Accepted, wish);
    }

    /// @dev Take `paid` from the owner and book the job again at `next` where the run left it running, the owner can
    /// pay one more run and the provider still serves; a loop that cannot be booked goes dormant.
    /// @return due The job's due time now.
    /// @return charged wei taken, at most what was reserved.
    /// @return again Whether reservation and open run carry over to the next run.
    function _settle(bytes32 id, Job calldata job, uint40 next, uint8 failures, uint256 paid)
        private
        returns (uint40 due, uint256 charged, bool again)
    {
        uint256 worst = _worstInferenceCost(job.timing, job.pricing);
        charged = paid > worst ? worst : paid;
        Account payer = _accounts[job.owner];
        JobSlot slot = _jobs[id];
        if (slot.isRunning()) {
            again = next != 0 && payer.free() >= charged && _accounts[job.provider].isServing();
            due = again ? next : 0;
            _jobs[id] = next == 0 ? slot.finished() : JobSlotLib.pack(slot.commitment(), due, slot.runs(), failures);
        } else {
            due = slot.due();
        }
        _accounts[job.owner] = (again ? payer : payer.release(worst)).debit(charged);
    }

    /// @dev The fee that the provider's offer asks for this booking, or a revert naming what it refuses.
    function _acceptedFee(Job calldata job) private view returns (uint64) {
        (Offer memory terms, uint256 capacity) = IProviderRegistry(_REGISTRY).quote(job.provider, job.modelId);
        _checkProvider(job.provider, capacity);
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
        require(
            gasLimit <= terms.maxCallbackGas, Inference_OfferRefuses("gasLimit", gasLimit, terms.maxCallbackGas)
        );
        uint256 fee = terms.basePrice + uint256(job.timing.outputLimit()) * terms.pricePerKilobyte / 1024;
        require(fee <= job.pricing.amount(), Inference_OfferRefuses("fee", fee, job.pricing.amount()));
        return uint64(fee);
    }

    function _checkProvider(address provider, uint256 capacity) private view {
        Account record = _accounts[provider];
        require(record.isServing(), Inference_NotServing(provider));
        require(record.open() < capacity, Inference_NoCapacity(provider, record.open(), capacity));
    }

    /// @dev wei
    function _worstInferenceCost(Timing timing, Pricing pricing) private pure returns (uint256) {
        uint256 gas_ = WORST_OVERHEAD + timing.recordGas() + timing.gasLimit();
        gas_ += uint256(timing.outputLimit()) * CALL_DATA_BYTE;
        return gas_ * pricing.maxGasPrice() + pricing.fee();
    }
}

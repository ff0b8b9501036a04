// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceBook} from "./InferenceBook.sol";
import {CallDataGas} from "../libraries/CallDataGas.sol";
import {DirectCall} from "../libraries/DirectCall.sol";
import {ExactCall} from "../libraries/ExactCall.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {NextDue} from "../libraries/NextDue.sol";
import {PinnedBlock} from "../libraries/PinnedBlock.sol";
import {IInferenceConsumer, REJECTED} from "../interfaces/IConsumers.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {Account, AccountCell} from "../types/Account.sol";
import {Inference, Timing} from "../types/Job.sol";
import {JobCell, JobSlot} from "../types/JobSlot.sol";
import {Pin, RunReportLib} from "../types/Run.sol";

/// @title Deliveries
/// @notice Answered runs: single, in batches, and signed.
abstract contract Deliveries is InferenceBook {
    /// Gas of {deliver} that is not measured: its arguments besides record and decision, settling writes, event.
    uint256 private constant DELIVER_OVERHEAD = 7_200;
    /// Gas of {deliverBatch} that is not measured, once per call.
    uint256 private constant BATCH_OVERHEAD = 2_240;
    /// Gas of an item of a batch that is not measured: settling writes, event, loop.
    uint256 private constant ITEM_OVERHEAD = 6_900;
    /// Gas of {deliverOrder} that is not measured: settling writes, event.
    uint256 private constant ORDER_OVERHEAD = 5_800;
    /// Bytes of an answer up to which a delivery costs more than the call-data floor of EIP-7623.
    uint256 private constant LONG_ANSWER = 1_024;
    /// What a byte of decision or input costs in the event, its share of the copy included.
    uint256 private constant LOGGED_BYTE = 9;
    /// Bytes of a delivery as call data besides its decision.
    uint256 private constant RECORD_BYTES = 420;
    /// Bytes of a signed order as call data that do not reach the engine: its signature, with offset and length.
    uint256 private constant SIGNATURE_BYTES = 160;
    uint256 private constant BPS = 10_000;

    /// Basis points of a fee that go to the protocol; fixed for good, so that no booking's terms can change.
    uint256 internal immutable _PROTOCOL_BPS;
    address internal immutable _PROTOCOL_RECEIVER;

    /// @inheritdoc IInferenceMarket
    function deliver(Inference calldata job, Pin pin, bytes calldata decision) external {
        uint256 extraGas = gasleft();
        unchecked {
            uint256 firstGas = _enterRun(COLD_ACCOUNT + _coldAccounts());
            extraGas += firstGas + DELIVER_OVERHEAD;
            Refusal refusal = _deliver(job, pin, decision, extraGas, firstGas, DirectCall.isDirect());
            if (refusal != Refusal.None) _refuse(job, pin, decision.length, refusal);
        }
        _leaveRun();
    }

    /// @inheritdoc IInferenceMarket
    function deliverBatch(Answer[] calldata answers) external returns (Refusal[] memory refusals) {
        refusals = new Refusal[](answers.length);
        if (answers.length == 0) return refusals;
        uint256 firstGas = _enterRun(_coldAccounts());
        uint256 share = (firstGas + BATCH_OVERHEAD) / answers.length + ITEM_OVERHEAD;
        bool direct = DirectCall.isDirect();
        address provider = answers[0].job.provider;
        address last;
        for (uint256 i = 0; i < answers.length; ++i) {
            uint256 extraGas = gasleft();
            Answer calldata answer = answers[i];
            Inference calldata job = answer.job;
            address owner = job.owner;
            Refusal refusal;
            if (job.provider != provider) {
                refusal = Refusal.NotProvider;
            } else if (owner < last) {
                refusal = Refusal.Unsorted;
            } else {
                unchecked {
                    extraGas += share;
                    if (firstGas != 0 && owner != last) extraGas += COLD_ACCOUNT;
                }
                refusal = _deliver(job, answer.pin, answer.decision, extraGas, 0, direct);
            }
            if (refusal == Refusal.None) {
                last = owner;
            } else {
                refusals[i] = refusal;
                emit DeliverySkipped(JobHash.inferenceId(owner, job.salt), provider, refusal);
            }
        }
        _leaveRun();
    }

    /// @inheritdoc IInferenceMarket
    function deliverOrder(
        Order calldata order,
        Inference calldata job,
        bytes calldata input,
        Pin pin,
        bytes calldata decision
    ) external {
        uint256 extraGas = gasleft();
        uint256 firstGas = _enterRun(COLD_ACCOUNT + _coldAccounts());
        extraGas += firstGas + ORDER_OVERHEAD + order.gasBefore + order.dataGas;
        extraGas += (input.length + decision.length) * LOGGED_BYTE;

        // Check: signed, a one-shot for this provider, and an answer as for any run.
        require(msg.sender == _ORDERS, Inference_NotOrders(_ORDERS, msg.sender));
        _checkQuestion(job, input, 0);
        bytes32 pinnedHash = PinnedBlock.hashOf(pin.number());
        bytes32 id = _checkOrder(order, job, pin, pinnedHash, decision.length);

        // Effect: the target cannot spend what the answer costs.
        uint256 worst =
            _setAside(job, order.gasBefore + CallDataGas.floorOf(order.dataGas) + input.length * LOGGED_BYTE);

        // Interaction: exactly the promised gas.
        (Ending ending,) = _callConsumer(job, job.owner, id, pin, pinnedHash, decision);

        // Effect: pay.
        uint256 fee = job.pricing.amount();
        uint256 size = msg.data.length + SIGNATURE_BYTES;
        uint256 paid = fee + _dataFee(job.pricing, size, size, order.dataGas != 0);
        uint256 gas_ = _orFloor(extraGas - gasleft(), firstGas, order.dataGas);
        paid += gas_ * job.pricing.gasPrice();
        if (paid > worst) paid = worst;
        AccountCell storage payer = _accounts[job.owner];
        payer.value = payer.value.settle(worst, paid);
        AccountCell storage provider = _accounts[job.provider];
        provider.value = provider.value.withDelivery();
        _credit(job.provider, paid - _takeShare(fee));
        _leaveRun();
        emit SignedInferenceDelivered(
            id,
            job.provider,
            job.owner,
            RunReportLib.pack(0, uint256(ending), 0, paid),
            order.nonce,
            job,
            input,
            decision
        );
    }

    /// @dev One answered run.
    /// @param extraGas Gas at the start and all that is not measured, but for record and decision.
    /// @param firstGas The transaction's own gas where this is all that it does; 0 = it is not.
    /// @param direct Whether record and decision were sent as call data, see {DirectCall}.
    function _deliver(
        Inference calldata job,
        Pin pin,
        bytes calldata decision,
        uint256 extraGas,
        uint256 firstGas,
        bool direct
    ) private returns (Refusal refusal) {
        address owner = job.owner;
        bytes32 id = JobHash.inferenceId(owner, job.salt);
        JobCell storage cell = _cellOf(id);
        JobSlot slot = cell.value;
        bytes32 pinnedHash = PinnedBlock.hashOf(pin.number());

        // Check: the record, the caller, the run, its window, and the block that was read.
        address provider = job.provider;
        refusal = _refusal(job, provider, slot, pin, pinnedHash, decision.length);
        if (refusal != Refusal.None) return refusal;

        // Effect: the run begins; its worst cost was reserved at booking.
        cell.value = slot.begun();

        // Interaction: exactly the promised gas.
        (Ending ending, uint256 wish) = _callConsumer(job, owner, id, pin, pinnedHash, decision);

        // Effect: book again unless the run ended its own job, then pay.
        (uint40 next, uint8 failures) = _afterRun(job.timing, slot, ending, wish);
        uint256 paid = _price(job, slot.recordGas(), decision, extraGas, firstGas, direct);
        uint256 share = _takeShare(job.pricing.fee());
        AccountCell storage account = _accounts[provider];
        Account record = account.value;
        bool again;
        (next, paid, again) = _settle(cell, job, owner, slot, record, next, failures, paid);
        if (!again) record = record.closed();
        unchecked {
            // What is paid covers the fee, and that its share.
            account.value = record.withDelivery(block.timestamp - slot.due()).credit(paid - share);
        }
        emit InferenceDelivered(
            id, provider, _bucketOf(next), RunReportLib.pack(pin.run(), uint256(ending), next, paid), decision
        );
    }

    /// @dev A {Delivery} is encoded field by field: its words stand in call data as if they were arguments themselves.
    function _callConsumer(
        Inference calldata job,
        address owner,
        bytes32 id,
        Pin pin,
        bytes32 pinnedHash,
        bytes calldata decision
    ) private returns (Ending ending, uint256 wish) {
        uint256 gasLimit = job.timing.gasLimit();
        if (gasLimit == 0) return (Ending.Recorded, 0);
        bool ok;
        (ok, wish) = ExactCall.call(
            job.target,
            gasLimit,
            abi.encodeWithSelector(
                IInferenceConsumer.onInference.selector, pin.run(), pin.number(), owner, id, pinnedHash, decision
            )
        );
        if (!ok) return (Ending.Failed, 0);
        return (wish == REJECTED ? Ending.Rejected : Ending.Accepted, wish);
    }

    /// @dev Effects: what the worst run of a signed inference costs its owner. It may be locked: that is what locks are for.
    function _setAside(Inference calldata job, uint256 dataGas) private returns (uint256 worst) {
        worst = _worstCost(job.timing, job.pricing.withFee(job.pricing.amount()), dataGas);
        AccountCell storage payer = _accounts[job.owner];
        Account record = payer.value;
        require(worst <= record.free(), Ledger_NotEnoughFree(job.owner, record.free(), worst));
        payer.value = record.reserve(worst);
    }

    /// @dev Credit the protocol's part of a fee.
    /// @return share wei
    function _takeShare(uint256 fee) private returns (uint256 share) {
        if (_PROTOCOL_BPS == 0) return 0;
        share = fee * _PROTOCOL_BPS / BPS;
        _credit(_PROTOCOL_RECEIVER, share);
    }

    /// @dev Why an answer cannot be taken, in the order of the rules.
    function _refusal(
        Inference calldata job,
        address provider,
        JobSlot slot,
        Pin pin,
        bytes32 pinnedHash,
        uint256 length
    ) private view returns (Refusal refusal) {
        if (!_isBooked(slot, job)) refusal = Refusal.NotBooked;
        else if (!_speaks(msg.sender, provider)) refusal = Refusal.NotProvider;
        else if (pin.run() != slot.runs()) refusal = Refusal.WrongRun;
        else if (!_isOpen(slot.due(), job.timing.window())) refusal = Refusal.OutsideWindow;
        else if (length > job.timing.outputLimit()) refusal = Refusal.TooLong;
        else if (pinnedHash == 0 || !pin.matches(pinnedHash)) refusal = Refusal.WrongPinnedBlock;
    }

    /// @dev Whether a window is open; that of a dormant job, due at 0, is over.
    function _isOpen(uint256 opens, uint256 window) private view returns (bool) {
        unchecked {
            return block.timestamp >= opens && block.timestamp - opens < window;
        }
    }

    /// @dev Say with figures why {deliver} cannot take an answer.
    function _refuse(Inference calldata job, Pin pin, uint256 length, Refusal refusal) private view {
        bytes32 id = JobHash.inferenceId(job.owner, job.salt);
        JobSlot slot = _cellOf(id).value;
        require(refusal != Refusal.NotBooked, Scheduler_NotBooked(id));
        require(refusal != Refusal.NotProvider, Inference_NotProvider(job.provider, msg.sender));
        require(refusal != Refusal.WrongRun, Inference_WrongRun(id, slot.runs(), pin.run()));
        require(
            refusal != Refusal.OutsideWindow,
            Inference_OutsideWindow(id, slot.due(), uint256(slot.due()) + job.timing.window(), block.timestamp)
        );
        require(refusal != Refusal.TooLong, Inference_DecisionTooLong(length, job.timing.outputLimit()));
        revert Inference_WrongPinnedBlock(pin.number(), PinnedBlock.hashOf(pin.number()));
    }

    /// @dev The rules of an answer that nothing was booked for.
    function _checkOrder(Order calldata order, Inference calldata job, Pin pin, bytes32 pinnedHash, uint256 length)
        private
        view
        returns (bytes32 id)
    {
        require(_speaks(order.caller, job.provider), Inference_NotProvider(job.provider, order.caller));
        require(_accounts[job.provider].value.capacity() != 0, Inference_NotServing(job.provider));
        Timing timing = job.timing;
        require(timing.heartbeat() == 0, Inference_NotOnce(timing.interval(), timing.heartbeat()));
        require(length <= timing.outputLimit(), Inference_DecisionTooLong(length, timing.outputLimit()));
        id = JobHash.signedId(job.owner, order.nonce);
        require(pin.run() == 0, Inference_WrongRun(id, 0, pin.run()));
        bool known = pinnedHash != 0 && pin.matches(pinnedHash);
        require(known, Inference_WrongPinnedBlock(pin.number(), pinnedHash));
    }

    function _afterRun(Timing timing, JobSlot slot, Ending ending, uint256 wish)
        private
        view
        returns (uint40 next, uint8 failures)
    {
        if (ending == Ending.Failed) {
            failures = slot.nextFailures();
            next = NextDue.afterFailure(timing, failures);
        } else {
            next = NextDue.afterSuccess(timing, slot.due(), wish);
        }
    }

    /// @dev wei; what the owner pays for a run, before its caps: fee, metered gas, data fee.
    function _price(
        Inference calldata job,
        uint256 recordGas,
        bytes calldata decision,
        uint256 extraGas,
        uint256 firstGas,
        bool direct
    ) private view returns (uint256 paid) {
        unchecked {
            // Before the gas is read: asking what data costs is paid like the rest.
            paid = job.pricing.fee() + _dataFee(job.pricing, RECORD_BYTES + decision.length, msg.data.length, direct);
            uint256 dataGas = direct ? recordGas + CallDataGas.ofCallData(decision) : 0;
            uint256 gas_ = extraGas + dataGas + decision.length * LOGGED_BYTE - gasleft();
            if (decision.length > LONG_ANSWER) gas_ = _orFloor(gas_, firstGas, dataGas);
            paid += gas_ * job.pricing.gasPrice();
        }
    }

    /// @dev What a transaction costs that carries much data and does little else: the floor of EIP-7623.
    /// @param firstGas The transaction's own gas where this is all that it does; 0 = it is not.
    function _orFloor(uint256 gas_, uint256 firstGas, uint256 dataGas) private pure returns (uint256) {
        if (firstGas == 0 || dataGas == 0) return gas_;
        uint256 floor_ = firstGas + CallDataGas.floorOf(dataGas);
        return gas_ < floor_ ? floor_ : gas_;
    }

    /// @dev Gas of the accounts besides the owner's that a delivery writes first in a transaction.
    function _coldAccounts() private view returns (uint256) {
        return _PROTOCOL_BPS == 0 ? COLD_ACCOUNT : 2 * COLD_ACCOUNT;
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InferenceBook} from "./InferenceBook.sol";
import {DirectCall} from "../libraries/DirectCall.sol";
import {ExactCall} from "../libraries/ExactCall.sol";
import {IInferenceConsumer, IRefuelable, Miss} from "../interfaces/IConsumers.sol";
import {IInferenceMarket} from "../interfaces/IInferenceMarket.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {Account, AccountCell} from "../types/Account.sol";
import {Inference, Timing} from "../types/Job.sol";
import {JobCell, JobSlot} from "../types/JobSlot.sol";
import {RunReport, RunReportLib} from "../types/Run.sol";

/// @title Misses
/// @notice Unanswered runs: declined, resigned and expired ones, and waking what is dormant.
abstract contract Misses is InferenceBook {
    /// Gas of {expire} that is not measured: its arguments, settling writes, event.
    uint256 private constant EXPIRE_OVERHEAD = 6_500;
    /// Least gas of the slash and of the owner's credit, counted into what the owner is repaid at most.
    uint256 private constant SLASH_GAS = 16_000;
    /// Gas of {resume} that is not measured.
    uint256 private constant RESUME_OVERHEAD = 5_000;
    /// Most gas of {resume} besides refuelling, the target's gas and the record; set aside, never charged as such.
    uint256 private constant RESUME_WORST = 170_000;
    /// Gas that a contract gets to refuel itself before it is resumed.
    uint256 private constant REFUEL_GAS = 120_000;
    /// Most gas of {IInferenceConsumer-onMissed}, whatever the record promises: enough to book with another provider. Who
    /// leaves a job pays it, and a hostile record must not make that dear.
    uint256 private constant MISS_GAS = 300_000;
    /// Bytes of a record as call data.
    uint256 private constant RECORD_BYTES = 260;

    /// Before this a job is not resumed again. [LED-2]
    mapping(bytes32 id => uint256 time) private _resumableAt;

    /// @inheritdoc IInferenceMarket
    function expire(Inference calldata job) external {
        uint256 extraGas = gasleft() + _enterRun(COLD_ACCOUNT) + EXPIRE_OVERHEAD;
        (bytes32 id, JobCell storage cell, JobSlot slot) = _find(job);
        bool direct = DirectCall.isDirect();
        if (direct) extraGas += slot.recordGas();

        // Check: a run is overdue.
        uint256 closes = uint256(slot.due()) + job.timing.window();
        require(slot.due() != 0, Inference_Dormant(id));
        require(block.timestamp >= closes, Inference_InsideWindow(id, closes, block.timestamp));

        // Effect: the run begins, and the miss is on record.
        cell.value = slot.begun();
        AccountCell storage provider = _accounts[job.provider];
        provider.value = provider.value.withMiss();

        // Interaction: the target may book with somebody else; then the registry takes the penalty.
        _tell(id, Miss.Expired, job);
        (uint40 next, uint256 earned) = _penalise(cell, job, slot, extraGas, direct);

        // Effect: pay the keeper.
        _credit(msg.sender, earned);
        _leaveRun();
        emit InferenceExpired(id, job.provider, _bucketOf(next), _report(slot, Miss.Expired, next, earned), msg.sender);
    }

    /// @inheritdoc IInferenceMarket
    function decline(Inference calldata job, uint32 run) external {
        _enterRun(0);
        (bytes32 id, JobCell storage cell, JobSlot slot) = _find(job);

        // Check: the provider, its run, and while others can still answer in good time.
        require(_speaks(msg.sender, job.provider), Inference_NotProvider(job.provider, msg.sender));
        require(run == slot.runs(), Inference_WrongRun(id, slot.runs(), run));
        bool counted = block.basefee <= job.pricing.maxGasPrice();
        _checkDecline(id, slot.due(), job.timing.window(), counted);

        // Effect: the run begins, and is on record.
        cell.value = slot.begun();
        AccountCell storage provider = _accounts[job.provider];
        if (counted) provider.value = provider.value.withDecline();

        // Interaction: the target may book with somebody else.
        _tell(id, Miss.Declined, job);

        // Effect: book again where it did not.
        (uint40 next,, bool again) =
            _settle(cell, job, job.owner, slot, provider.value, _afterMiss(job), slot.failures(), 0);
        if (!again) provider.value = provider.value.closed();
        _leaveRun();
        emit InferenceDeclined(id, job.provider, _bucketOf(next), _report(slot, Miss.Declined, next, 0), counted);
    }

    /// @inheritdoc IInferenceMarket
    function resign(Inference calldata job) external {
        _enterRun(0);
        (bytes32 id, JobCell storage cell, JobSlot slot) = _find(job);

        // Check: the provider, and not a run that is due.
        require(_speaks(msg.sender, job.provider), Inference_NotProvider(job.provider, msg.sender));
        require(
            slot.due() == 0 || block.timestamp < slot.due(),
            Inference_InsideWindow(id, uint256(slot.due()) + job.timing.window(), block.timestamp)
        );
        require(!slot.isResigned(), Inference_Resigned(id));

        // Effect: a booked run ends with it; the job is dormant.
        if (slot.due() != 0) _release(job, slot);
        cell.value = slot.resigned();

        // Interaction: the target may book with somebody else.
        _tell(id, Miss.Resigned, job);
        uint40 next = cell.value.due();
        _leaveRun();
        emit InferenceResigned(id, job.provider, _bucketOf(next), _report(slot, Miss.Resigned, next, 0));
    }

    /// @inheritdoc IInferenceMarket
    function resume(Inference calldata job) external returns (bool resumed) {
        uint256 extraGas = gasleft() + _enterRun(COLD_ACCOUNT) + RESUME_OVERHEAD;

        // Check: dormant, and not tried a moment ago.
        (bytes32 id, JobCell storage cell, JobSlot slot) = _findDormant(job);
        _checkPause(id, job.timing);

        // Interaction: an owner that cannot pay may refuel, at the caller's risk; then everything is read again.
        uint256 aside = _resumeCost(job, slot);
        uint256 worst = _worstCost(job.timing, job.pricing, slot.recordGas());
        if (_accounts[job.owner].value.free() < aside + worst && job.owner.code.length != 0) {
            ExactCall.call(job.owner, REFUEL_GAS, abi.encodeCall(IRefuelable.refuel, ()));
            (id, cell, slot) = _findDormant(job);
        }

        // Effect: set the caller's pay aside, so that nothing that is called from here can take it away. [SCH-2]
        _reserve(job.owner, aside);
        bool direct = DirectCall.isDirect();
        if (direct) extraGas += slot.recordGas();

        // Effect: book with its provider again, or let the target book with another.
        bool rebooked = _accounts[job.provider].value.hasRoom() && !slot.isResigned();
        if (rebooked) _rebook(cell, slot, job);
        else _tell(id, Miss.Unserved, job);
        uint40 due = cell.value.due();
        resumed = due != 0;

        // Effect: pay the caller, whatever came of it.
        uint256 paid = _dataFee(job.pricing, RECORD_BYTES, msg.data.length, direct);
        paid += (extraGas - gasleft()) * job.pricing.gasPrice();
        if (paid > aside) paid = aside;
        AccountCell storage payer = _accounts[job.owner];
        payer.value = payer.value.settle(aside, paid);
        _credit(msg.sender, paid);
        _leaveRun();
        if (rebooked) {
            emit InferenceResumed(id, job.provider, _bucketOf(due), RunReportLib.pack(slot.runs(), 0, due, paid));
        } else if (resumed) {
            emit InferenceMoved(id, job.provider, msg.sender, paid);
        } else {
            emit InferenceUnserved(id, job.provider, msg.sender, paid);
        }
    }

    /// @dev Interaction: the target learns that nobody answers, with exactly the record's gas or {MISS_GAS}.
    function _tell(bytes32 id, Miss reason, Inference calldata job) private {
        uint256 gasLimit = _missGas(job.timing);
        if (gasLimit == 0) return;
        ExactCall.call(job.target, gasLimit, abi.encodeCall(IInferenceConsumer.onMissed, (id, reason, job)));
    }

    /// @dev Take the penalty, repay the owner, and book again where the target did not and the stake still covers it.
    /// @return next The job's due time now.
    /// @return earned wei for the keeper: metered gas and bounty.
    /// @param direct Whether the record was sent as call data, see {DirectCall}.
    function _penalise(JobCell storage cell, Inference calldata job, JobSlot slot, uint256 extraGas, bool direct)
        private
        returns (uint40 next, uint256 earned)
    {
        uint256 price = job.pricing.gasPrice();
        uint256 ownerCost = (extraGas + SLASH_GAS - gasleft()) * price;
        uint256 worst = _worstCost(job.timing, job.pricing, slot.recordGas());
        if (ownerCost > worst) ownerCost = worst;
        (uint256 bounty, uint256 repaid) = IProviderRegistry(_REGISTRY).slash(job.provider, ownerCost);
        _credit(job.owner, repaid);

        // A second expiry in a transaction costs less than was reckoned: nobody gains by it, the rest is burned too. [REG-3]
        uint256 paid = _dataFee(job.pricing, RECORD_BYTES, msg.data.length, direct);
        paid += (extraGas - gasleft()) * price;
        uint256 charged = paid < repaid ? repaid : paid;
        AccountCell storage provider = _accounts[job.provider];
        bool again;
        (next, charged, again) =
            _settle(cell, job, job.owner, slot, provider.value, _afterMiss(job), slot.failures(), charged);
        if (!again) provider.value = provider.value.closed();
        earned = bounty + (paid < charged ? paid : charged);
    }

    /// @dev Effects of booking a dormant job with its own provider.
    function _rebook(JobCell storage cell, JobSlot slot, Inference calldata job) private {
        uint40 due = uint40(block.timestamp + job.timing.interval());
        cell.value = slot.rearmed(due, slot.failures());
        AccountCell storage provider = _accounts[job.provider];
        provider.value = provider.value.opened();
        _reserve(job.owner, _worstCost(job.timing, job.pricing, slot.recordGas()));
    }

    /// @dev Once an interval, or a window where there is none: neither can callers spend the owner's money by trying on and
    /// on, nor can two providers that hand a job to each other.
    function _checkPause(bytes32 id, Timing timing) private {
        require(block.timestamp >= _resumableAt[id], Inference_ResumedLately(id, _resumableAt[id], block.timestamp));
        uint256 interval = timing.interval();
        _resumableAt[id] = block.timestamp + (interval == 0 ? timing.window() : interval);
    }

    function _findDormant(Inference calldata job)
        private
        view
        returns (bytes32 id, JobCell storage cell, JobSlot slot)
    {
        (id, cell, slot) = _find(job);
        require(slot.due() == 0, Inference_NotDormant(id, slot.due()));
    }

    /// @dev wei; the most that {resume} can cost at this transaction's price.
    function _resumeCost(Inference calldata job, JobSlot slot) private view returns (uint256) {
        uint256 gas_ = RESUME_WORST + REFUEL_GAS + slot.recordGas() + _missGas(job.timing);
        return gas_ * job.pricing.gasPrice() + job.pricing.maxDataFee();
    }

    function _missGas(Timing timing) private pure returns (uint256 gas_) {
        gas_ = timing.gasLimit();
        if (gas_ > MISS_GAS) gas_ = MISS_GAS;
    }

    function _checkDecline(bytes32 id, uint256 opens, uint256 window, bool counted) private view {
        require(
            opens != 0 && block.timestamp >= opens && block.timestamp < opens + window,
            Inference_OutsideWindow(id, opens, opens + window, block.timestamp)
        );
        uint256 latest = opens + window / 2;
        require(!counted || block.timestamp < latest, Inference_TooLateToDecline(id, latest, block.timestamp));
    }

    /// @dev When a job whose target did nothing runs next; 0 = it was one-shot and is over.
    function _afterMiss(Inference calldata job) private view returns (uint40) {
        uint32 heartbeat = job.timing.heartbeat();
        return heartbeat == 0 ? 0 : uint40(block.timestamp + heartbeat);
    }

    function _report(JobSlot slot, Miss reason, uint40 next, uint256 paid) private pure returns (RunReport) {
        return RunReportLib.pack(slot.runs(), uint256(reason), next, paid);
    }
}

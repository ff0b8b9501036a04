// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Executor} from "./Executor.sol";
import {JobBook} from "./JobBook.sol";
import {ExactCall} from "../libraries/ExactCall.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {NextDue} from "../libraries/NextDue.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {ITaskConsumer} from "../interfaces/IConsumers.sol";
import {AccountCell} from "../types/Account.sol";
import {Job, Timing} from "../types/Job.sol";
import {JobCell, JobSlot} from "../types/JobSlot.sol";

/// @title Scheduler
abstract contract Scheduler is JobBook {
    /// Most bytes of a task's data: up to here a run costs more than the call-data floor of EIP-7623, so the keeper is paid
    /// for all that it spends.
    uint256 private constant MAX_DATA = 768;
    /// Gas of {execute} that is not measured, once per call: its arguments, lock, and a write to the keeper's warm account.
    uint256 private constant CALL_OVERHEAD = 2_200;
    /// Gas of an item that is not measured: settling writes, event, loop.
    uint256 private constant ITEM_OVERHEAD = 4_450;
    /// Most gas of a run besides the target's gas and the record; a bound for the reservation, never charged as such.
    uint256 private constant WORST_OVERHEAD = 60_000;

    /// @inheritdoc IScheduler
    function schedule(Job calldata job, uint40 due) external returns (bytes32 id) {
        require(job.provider == address(0), Scheduler_WrongKind(job.provider));
        require(job.data.length <= MAX_DATA, Scheduler_BadTerms("data", job.data.length, MAX_DATA));
        Job memory record = job;
        record.pricing = job.pricing.withFee(0);
        id = JobHash.idOf(false, job.owner, job.salt);

        // Check and effect: the shared rules of a booking.
        (uint32 runs, uint40 firstDue) = _book(id, job, record, due);

        emit TaskScheduled(id, record.owner, _bucketOf(firstDue), runs, firstDue, record);
    }

    /// @inheritdoc IScheduler
    function cancel(bytes32 salt) external {
        bytes32 id = JobHash.idOf(false, msg.sender, salt);

        // Check: the id binds the caller, so a booked slot is the caller's.
        JobCell storage cell = _jobs[id];
        JobSlot slot = cell.value;
        require(slot.commitment() != 0, Scheduler_NotBooked(id));

        // Effect: a run in progress sees the empty slot and does not book again.
        cell.value = slot.cancelled();
        emit JobCancelled(id, msg.sender);
    }

    /// @inheritdoc IScheduler
    function execute(Job[] calldata jobs) external returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](jobs.length);
        if (jobs.length == 0) return outcomes;
        uint256 share = (_enterRun(COLD_ACCOUNT) + CALL_OVERHEAD) / jobs.length;
        uint256 earned;
        for (uint256 i = 0; i < jobs.length; ++i) {
            (Outcome outcome, uint256 paid) = _execute(jobs[i], share);
            outcomes[i] = outcome;
            earned += paid;
        }
        _leaveRun();
        _credit(msg.sender, earned);
    }

    /// @dev One item: check, set the worst cost aside, call, settle. Everything that moved during the call is re-read.
    function _execute(Job calldata job, uint256 share) private returns (Outcome outcome, uint256 paid) {
        uint256 extraGas = gasleft() + job.timing.recordGas() + share + ITEM_OVERHEAD;
        bytes32 id = JobHash.idOf(false, job.owner, job.salt);
        JobCell storage cell = _jobs[id];
        AccountCell storage payer = _accounts[job.owner];
        JobSlot slot = cell.value;
        uint256 worst = _worstTaskCost(job);

        // Check: booked, due, affordable; else leave it out.
        outcome = _executable(job, slot, payer, worst);
        if (outcome != Outcome.Succeeded) {
            emit TaskSkipped(id, msg.sender, outcome);
            return (outcome, 0);
        }

        // Effect: the run begins; the target cannot spend what it will cost.
        cell.value = slot.begun();
        payer.value = payer.value.reserve(worst);

        // Interaction: exactly the promised gas.
        (bool ok, uint256 wish) = _callTask(id, job);

        // Effect: book again unless the run ended its own job, then pay.
        uint40 next = _settleTask(cell, job.timing, slot, ok, wish);
        if (!ok) outcome = Outcome.Failed;
        paid = (extraGas - gasleft()) * _gasPrice(job.pricing) + _tip(job, slot.due());
        if (paid > worst) paid = worst;
        payer.value = payer.value.settle(worst, paid);
        emit TaskExecuted(id, msg.sender, _bucketOf(next), slot.runs(), outcome, next, paid);
    }

    function _executable(Job calldata job, JobSlot slot, AccountCell storage payer, uint256 worst)
        private
        view
        returns (Outcome)
    {
        uint160 commitment = slot.commitment();
        if (commitment == 0 || commitment != JobHash.ofCallData(job)) return Outcome.Stale;
        if (slot.due() > block.timestamp) return Outcome.NotDue;
        if (payer.value.free() < worst) return Outcome.Unaffordable;
        return Outcome.Succeeded;
    }

    function _callTask(bytes32 id, Job calldata job) private returns (bool ok, uint256 wish) {
        if (job.timing.isRaw()) {
            return (Executor(_EXECUTOR).run(job.target, job.timing.gasLimit(), job.data), 0);
        }
        return ExactCall.call(
            job.target, job.timing.gasLimit(), abi.encodeCall(ITaskConsumer.onTask, (id, job.owner, job.data))
        );
    }

    function _settleTask(JobCell storage cell, Timing timing, JobSlot before, bool ok, uint256 wish)
        private
        returns (uint40 next)
    {
        JobSlot slot = cell.value;
        if (!slot.isRunning()) return slot.due();
        uint8 failures = ok ? 0 : before.nextFailures();
        next = ok ? NextDue.afterSuccess(timing, before.due(), wish) : NextDue.afterFailure(timing, failures);
        cell.value = next == 0 ? slot.finished() : slot.rearmed(next, failures);
    }

    /// @dev wei; grows linearly from 0 at `due` to its maximum at the end of the window. 64 by 40 bits: cannot overflow.
    function _tip(Job calldata job, uint256 due) private view returns (uint256) {
        uint256 most = job.pricing.amount();
        uint256 window = job.timing.window();
        unchecked {
            uint256 waited = block.timestamp - due;
            return waited >= window ? most : most * waited / window;
        }
    }

    /// @dev wei; gas of 33 bits by a price of 64 bits: cannot overflow.
    function _worstTaskCost(Job calldata job) private pure returns (uint256) {
        unchecked {
            uint256 gas_ = WORST_OVERHEAD + job.timing.recordGas() + job.timing.gasLimit();
            return gas_ * job.pricing.maxGasPrice() + job.pricing.amount();
        }
    }
}

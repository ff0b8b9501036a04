// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Executor} from "./Executor.sol";
import {JobBook} from "./JobBook.sol";
import {CallDataGas} from "../libraries/CallDataGas.sol";
import {DirectCall} from "../libraries/DirectCall.sol";
import {ExactCall} from "../libraries/ExactCall.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {NextDue} from "../libraries/NextDue.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {ITaskConsumer} from "../interfaces/IConsumers.sol";
import {Account, AccountCell} from "../types/Account.sol";
import {Pricing, Task, Timing} from "../types/Job.sol";
import {JobCell, JobSlot} from "../types/JobSlot.sol";
import {RunReport, RunReportLib} from "../types/Run.sol";

/// @title Scheduler
abstract contract Scheduler is JobBook {
    /// Most bytes of a task's data: up to here a run costs more than the call-data floor of EIP-7623, also in a batch, so the
    /// keeper is paid for all that it spends.
    uint256 private constant MAX_DATA = 448;
    /// Gas of {execute} that is not measured: its arguments, lock, settling writes, event.
    uint256 private constant EXECUTE_OVERHEAD = 3_950;
    /// Gas of {executeBatch} that is not measured, once per call: its arguments, lock, and a write to the keeper's account.
    uint256 private constant BATCH_OVERHEAD = 2_450;
    /// Gas of an item of a batch that is not measured: settling writes, event, loop.
    uint256 private constant ITEM_OVERHEAD = 3_450;
    /// Most gas of a run besides the target's gas and the record; a bound for the reservation, never charged as such.
    uint256 private constant WORST_OVERHEAD = 90_000;
    /// Bytes of a task's record as call data besides its data.
    uint256 private constant RECORD_BYTES = 256;

    /// @inheritdoc IScheduler
    function schedule(Task calldata task, uint40 due) external returns (bytes32 id) {
        address owner = task.owner;
        require(owner == msg.sender || msg.sender == _ORDERS, Scheduler_NotOwner(owner, msg.sender));
        return _schedule(task, owner, due, false);
    }

    /// @inheritdoc IScheduler
    function update(Task calldata task, uint40 due) external returns (bytes32 id) {
        address owner = task.owner;
        require(owner == msg.sender, Scheduler_NotOwner(owner, msg.sender));
        return _schedule(task, owner, due, true);
    }

    /// @inheritdoc IScheduler
    function cancel(bytes32 salt) external {
        bytes32 id = JobHash.taskId(msg.sender, salt);

        // Check: the id binds the caller, so a booked slot is the caller's.
        JobCell storage cell = _cellOf(id);
        JobSlot slot = cell.value;
        require(slot.commitment() != 0, Scheduler_NotBooked(id));

        // Effect: a run in progress sees the empty slot and does not book again.
        cell.value = slot.cancelled();
        emit JobCancelled(id, msg.sender);
    }

    /// @inheritdoc IScheduler
    function execute(Task calldata task) external {
        uint256 extraGas = gasleft();
        unchecked {
            extraGas += _enterRun(COLD_ACCOUNT) + EXECUTE_OVERHEAD;
        }
        (Outcome outcome, uint256 paid) = _run(task, extraGas, DirectCall.isDirect());
        if (outcome > Outcome.Failed) _refuse(task, outcome);
        _leaveRun();
        _credit(msg.sender, paid);
    }

    /// @inheritdoc IScheduler
    function executeBatch(Task[] calldata tasks) external returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](tasks.length);
        if (tasks.length == 0) return outcomes;
        uint256 share = (_enterRun(COLD_ACCOUNT) + BATCH_OVERHEAD) / tasks.length + ITEM_OVERHEAD;
        bool direct = DirectCall.isDirect();
        uint256 earned;
        for (uint256 i = 0; i < tasks.length; ++i) {
            (Outcome outcome, uint256 paid) = _run(tasks[i], gasleft() + share, direct);
            outcomes[i] = outcome;
            earned += paid;
            if (outcome > Outcome.Failed) {
                emit TaskSkipped(JobHash.taskId(tasks[i].owner, tasks[i].salt), msg.sender, outcome);
            }
        }
        _leaveRun();
        _credit(msg.sender, earned);
    }

    /// @inheritdoc IScheduler
    function repost(Task calldata task) external {
        bytes32 id = JobHash.taskId(task.owner, task.salt);
        JobSlot slot = _cellOf(id).value;
        require(slot.commitment() == JobHash.ofTask(task, task.data), Scheduler_NotBooked(id));
        require(!slot.isRunning(), Scheduler_Reentered());
        emit TaskReposted(id, task.owner, _bucketOf(slot.due()), slot, task);
    }

    /// @dev Book, or change what is booked; the owner is known to want it.
    function _schedule(Task calldata task, address owner, uint40 due, bool live) private returns (bytes32 id) {
        bytes calldata data = task.data;
        id = JobHash.taskId(owner, task.salt);
        JobCell storage cell = _cellOf(id);
        JobSlot slot = cell.value;

        // Check: the id is free, or the one to change; then the record.
        if (live) require(slot.commitment() != 0, Scheduler_NotBooked(id));
        else require(slot.commitment() == 0, Scheduler_AlreadyBooked(id));
        require(data.length <= MAX_DATA, Scheduler_BadTerms("data", data.length, MAX_DATA));
        require(task.pricing.fee() == 0, Scheduler_BadTerms("fee", task.pricing.fee(), 0));
        _checkBooking(task.target, task.timing, due);

        // Effect: commit to the record; a run that was booked with the old one is over, so its number is not used again.
        if (live) slot = slot.cancelled();
        slot = _booked(slot, JobHash.ofTask(task, data), due, CallDataGas.ofTask(task, data));
        cell.value = slot;
        emit TaskScheduled(id, owner, _bucketOf(slot.due()), slot, task);
    }

    /// @dev One run: check, set the worst cost aside, call, settle. Everything that moved during the call is re-read.
    /// @param extraGas Gas at the start and all that is not measured, but for the record as call data.
    /// @param direct Whether the record was sent as call data, see {DirectCall}.
    function _run(Task calldata task, uint256 extraGas, bool direct) private returns (Outcome outcome, uint256 paid) {
        bytes calldata data = task.data;
        address owner = task.owner;
        bytes32 id = JobHash.taskId(owner, task.salt);
        JobCell storage cell = _cellOf(id);
        JobSlot slot = cell.value;

        // Check: booked, due, affordable; else leave it out.
        if (slot.commitment() != JobHash.ofTask(task, data)) return (Outcome.Stale, 0);
        if (slot.due() > block.timestamp) return (Outcome.NotDue, 0);
        AccountCell storage payer = _accounts[owner];
        Account record = payer.value;
        uint256 worst = _worstCost(task, slot);
        if (record.free() < worst || (record.isLocked() && _isBound(owner))) return (Outcome.Unaffordable, 0);

        // Effect: the run begins; the target cannot spend what it will cost.
        cell.value = slot.begun();
        payer.value = record.reserve(worst);

        // Interaction: exactly the promised gas.
        (bool ok, uint256 wish) = _callTask(id, owner, task, data);

        // Effect: book again unless the run ended its own job, then pay.
        uint40 next = _settle(cell, task.timing, slot, ok, wish);
        if (!ok) outcome = Outcome.Failed;
        unchecked {
            paid = _tip(task, slot.due()) + _dataFee(task.pricing, RECORD_BYTES + data.length, msg.data.length, direct);
            if (direct) extraGas += slot.recordGas();
            paid += (extraGas - gasleft()) * task.pricing.gasPrice();
        }
        if (paid > worst) paid = worst;
        payer.value = payer.value.settle(worst, paid);
        emit TaskExecuted(id, msg.sender, _bucketOf(next), RunReportLib.pack(slot.runs(), uint256(outcome), next, paid));
    }

    function _callTask(bytes32 id, address owner, Task calldata task, bytes calldata data)
        private
        returns (bool ok, uint256 wish)
    {
        if (task.timing.isRaw()) {
            ok = Executor(_EXECUTOR).run(task.target, task.timing.gasLimit(), data);
        } else {
            bytes memory call_ = abi.encodeCall(ITaskConsumer.onTask, (id, owner, data));
            (ok, wish) = ExactCall.call(task.target, task.timing.gasLimit(), call_);
        }
    }

    function _settle(JobCell storage cell, Timing timing, JobSlot before, bool ok, uint256 wish)
        private
        returns (uint40 next)
    {
        JobSlot slot = cell.value;
        if (slot.isRunning()) {
            uint8 failures;
            if (ok) {
                next = NextDue.afterSuccess(timing, before.due(), wish);
            } else {
                failures = before.nextFailures();
                next = NextDue.afterFailure(timing, failures);
            }
            cell.value = next == 0 ? slot.finished() : slot.rearmed(next, failures);
        } else {
            next = slot.due();
        }
    }

    /// @dev Say with figures why {execute} cannot run a task.
    function _refuse(Task calldata task, Outcome outcome) private view {
        bytes32 id = JobHash.taskId(task.owner, task.salt);
        JobSlot slot = _cellOf(id).value;
        require(outcome != Outcome.Stale, Scheduler_NotBooked(id));
        require(outcome != Outcome.NotDue, Scheduler_NotDue(id, slot.due(), block.timestamp));
        Account record = _accounts[task.owner].value;
        _requireUnlocked(task.owner, record);
        revert Scheduler_Unaffordable(id, record.free(), _worstCost(task, slot));
    }

    /// @dev wei; grows linearly from 0 at `due` to its maximum at the end of the window. 64 by 40 bits: cannot overflow.
    function _tip(Task calldata task, uint256 due) private view returns (uint256 tip) {
        tip = task.pricing.amount();
        if (tip != 0) {
            uint256 window = task.timing.window();
            unchecked {
                uint256 waited = block.timestamp - due;
                if (waited < window) tip = tip * waited / window;
            }
        }
    }

    /// @dev wei; gas of 33 bits by a price of 48 bits: cannot overflow.
    function _worstCost(Task calldata task, JobSlot slot) private pure returns (uint256) {
        Pricing pricing = task.pricing;
        unchecked {
            uint256 gas_ = WORST_OVERHEAD + slot.recordGas() + task.timing.gasLimit();
            return gas_ * pricing.maxGasPrice() + pricing.amount() + pricing.maxDataFee();
        }
    }
}

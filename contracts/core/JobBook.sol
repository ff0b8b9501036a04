// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ledger} from "./Ledger.sol";
import {CallDataGas} from "../libraries/CallDataGas.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {Job, Pricing, Timing} from "../types/Job.sol";
import {JobCell, JobSlot, JobSlotLib} from "../types/JobSlot.sol";

/// @title JobBook
/// @notice What tasks and inferences share: one slot a job, the rules of a booking, one run at a time, metering.
abstract contract JobBook is Ledger, IScheduler {
    /// Gas that every transaction pays before its first instruction.
    uint256 private constant TRANSACTION_GAS = 21_000;
    /// What an account costs more to write when it is cold: 2,100 to reach it, 2,800 to change it first.
    uint256 internal constant COLD_ACCOUNT = 4_900;
    /// Bits of {Timing} that mean nothing: the upper six flags, 24 and the top 56.
    uint256 private constant UNUSED_TIMING = ~(uint256(1 << 138) - 1) ^ (uint256(type(uint32).max) << 168);
    /// Length of an event bucket.
    uint256 private constant BUCKET = 1 hours;
    uint256 private constant OPEN = 0;
    uint256 private constant IN_RUN = 1;
    uint256 private constant CHARGED = 2;

    address internal immutable _EXECUTOR;
    address internal immutable _REGISTRY;

    mapping(bytes32 id => JobCell slot) internal _jobs;

    /// {OPEN} until the first run of a transaction, then {IN_RUN} in runs and {CHARGED} between them.
    uint256 private transient _phase;

    /// @inheritdoc IScheduler
    function slotOf(bytes32 id) external view returns (JobSlot) {
        return _jobs[id].value;
    }

    /// @inheritdoc IScheduler
    function idOf(bool isInference, address owner, bytes32 salt) external view returns (bytes32) {
        return JobHash.idOf(isInference, owner, salt);
    }

    /// @dev Runs do not nest: one lock over everything that calls a target or settles. [SCH-7]
    /// @param coldGas What the first call of a transaction pays for touching accounts that a later one finds warm.
    /// @return firstGas The transaction's own gas and `coldGas`, once per transaction; 0 for later calls in it.
    function _enterRun(uint256 coldGas) internal returns (uint256 firstGas) {
        uint256 phase = _phase;
        require(phase != IN_RUN, Scheduler_Reentered());
        _phase = IN_RUN;
        return phase == OPEN ? TRANSACTION_GAS + coldGas : 0;
    }

    function _leaveRun() internal {
        _phase = CHARGED;
    }

    /// @dev Check what any booking must fulfil and write the slot. The record in memory gets its `recordGas`.
    function _book(bytes32 id, Job calldata job, Job memory record, uint40 due)
        internal
        returns (uint32 runs, uint40 firstDue)
    {
        // Check: the owner books for itself, aims outside, and the id is free.
        require(job.owner == msg.sender, Scheduler_NotOwner(job.owner, msg.sender));
        address target = job.target;
        require(
            target != address(this) && target != _EXECUTOR && target != _REGISTRY, Scheduler_ForbiddenTarget(target)
        );
        JobCell storage cell = _jobs[id];
        JobSlot slot = cell.value;
        require(slot.commitment() == 0, Scheduler_AlreadyBooked(id));
        _checkTerms(job.timing);
        require(due < JobSlotLib.RUNNING, Scheduler_BadTerms("due", due, JobSlotLib.RUNNING));

        // Effect: complete the record and commit to it.
        record.timing = job.timing.withRecordGas(CallDataGas.ofRecord(job));
        firstDue = due > block.timestamp ? due : uint40(block.timestamp);
        runs = slot.runs();
        cell.value = JobSlotLib.pack(JobHash.ofMemory(record), firstDue, runs, 0);
    }

    function _checkTerms(Timing timing) private pure {
        uint256 heartbeat = timing.heartbeat();
        require(
            heartbeat == 0 ? timing.interval() == 0 : heartbeat >= timing.interval(),
            Scheduler_BadTerms("heartbeat", heartbeat, timing.interval())
        );
        uint256 unused = Timing.unwrap(timing) & UNUSED_TIMING;
        require(unused == 0, Scheduler_BadTerms("timing", unused, 0));
    }

    /// @dev wei that a unit of gas is paid with: never more than spent, nor than the owner's caps.
    function _gasPrice(Pricing pricing) internal view returns (uint256 price) {
        unchecked {
            price = block.basefee + pricing.maxPriorityFee();
        }
        if (tx.gasprice < price) price = tx.gasprice;
        if (pricing.maxGasPrice() < price) price = pricing.maxGasPrice();
    }

    function _bucketOf(uint256 due) internal pure returns (uint256) {
        unchecked {
            return due / BUCKET;
        }
    }
}

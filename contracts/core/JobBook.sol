// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ledger} from "./Ledger.sol";
import {CallDataGas} from "../libraries/CallDataGas.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {Job, Pricing, Timing} from "../types/Job.sol";
import {JobSlot, JobSlotLib} from "../types/JobSlot.sol";

/// @title JobBook
/// @notice What tasks and inferences share: one slot a job, the rules of a booking, one run at a time, metering.
abstract contract JobBook is Ledger, IScheduler {
    /// Gas that every transaction pays before its first instruction.
    uint256 private constant TRANSACTION_GAS = 21_000;
    /// Length of an event bucket.
    uint256 private constant BUCKET = 1 hours;
    /// Stands for `recordGas` while it is being computed, so that its own bytes are counted.
    uint256 private constant FULL_RECORD_GAS = type(uint32).max;

    address internal immutable _EXECUTOR;
    address internal immutable _REGISTRY;

    mapping(bytes32 id => JobSlot slot) internal _jobs;

    bool private transient _isRunning;
    bool private transient _transactionIsCharged;

    /// @dev Runs do not nest: one lock over everything that calls a target or settles.
    modifier nonNested() {
        require(!_isRunning, Scheduler_Reentered());
        _isRunning = true;
        _;
        _isRunning = false;
    }

    /// @inheritdoc IScheduler
    function slotOf(bytes32 id) external view returns (JobSlot) {
        return _jobs[id];
    }

    /// @inheritdoc IScheduler
    function idOf(bool isInference, address owner, bytes32 salt) external view returns (bytes32) {
        return _idOf(isInference, owner, salt);
    }

    /// @dev The transaction's own gas, once per transaction; 0 for what follows in it.
    function _chargeTransaction() internal returns (uint256 gas_) {
        if (_transactionIsCharged) return 0;
        _transactionIsCharged = true;
        return TRANSACTION_GAS;
    }

    /// @dev Check what any booking must fulfil and write the slot. The record comes back with its `recordGas`.
    function _book(bytes32 id, Job memory job, uint40 due) internal returns (uint32 runs, uint40 firstDue) {
        // Check: the owner books for itself, aims outside, and the id is free.
        require(job.owner == msg.sender, Scheduler_NotOwner(job.owner, msg.sender));
        require(
            job.target != address(this) && job.target != _EXECUTOR && job.target != _REGISTRY,
            Scheduler_ForbiddenTarget(job.target)
        );
        JobSlot slot = _jobs[id];
        require(slot.commitment() == 0, Scheduler_AlreadyBooked(id));
        _checkTerms(job.timing);

        // Effect: complete the record and commit to it.
        job.timing = job.timing.withRecordGas(FULL_RECORD_GAS);
        job.timing = job.timing.withRecordGas(CallDataGas.ofMemory(abi.encode(job)));
        firstDue = due > block.timestamp ? due : uint40(block.timestamp);
        runs = slot.runs();
        _jobs[id] = JobSlotLib.pack(uint160(uint256(keccak256(abi.encode(job)))), firstDue, runs, 0);
    }

    function _checkTerms(Timing timing) private pure {
        uint256 heartbeat = timing.heartbeat();
        require(
            heartbeat == 0 ? timing.interval() == 0 : heartbeat >= timing.interval(),
            Scheduler_BadTerms("heartbeat", heartbeat, timing.interval())
        );
        require(Timing.unwrap(timing) >> 200 == 0, Scheduler_BadTerms("timing", Timing.unwrap(timing) >> 200, 0));
    }

    function _idOf(bool isInference, address owner, bytes32 salt) internal view returns (bytes32) {
        return keccak256(abi.encode(isInference, block.chainid, address(this), owner, salt));
    }

    function _commitmentOf(Job calldata job) internal pure returns (uint160) {
        return uint160(uint256(keccak256(abi.encode(job))));
    }

    /// @dev wei that a unit of gas is paid with: never more than spent, nor than the owner's caps.
    function _gasPrice(Pricing pricing) internal view returns (uint256 price) {
        price = block.basefee + pricing.maxPriorityFee();
        if (tx.gasprice < price) price = tx.gasprice;
        if (pricing.maxGasPrice() < price) price = pricing.maxGasPrice();
    }

    function _bucketOf(uint256 due) internal pure returns (uint256) {
        return due / BUCKET;
    }
}

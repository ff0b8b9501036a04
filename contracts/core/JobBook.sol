// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Ledger} from "./Ledger.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {IDataFee} from "../interfaces/IDataFee.sol";
import {IScheduler} from "../interfaces/IScheduler.sol";
import {Pricing, Timing} from "../types/Job.sol";
import {JobCell, JobSlot, JobSlotLib} from "../types/JobSlot.sol";

/// @title JobBook
/// @notice What tasks and inferences share: one slot a job, the rules of a booking, one run at a time, metering.
abstract contract JobBook is Ledger, IScheduler {
    /// Gas that every transaction pays before its first instruction.
    uint256 private constant TRANSACTION_GAS = 21_000;
    /// What an account costs more to write when it is cold: 2,100 to reach it, 2,800 to change it first.
    uint256 internal constant COLD_ACCOUNT = 4_900;
    /// Bits of {Timing} that mean nothing: the upper six flags and the top 112.
    uint256 private constant UNUSED_TIMING = ~(uint256(1 << 138) - 1);
    /// Length of an event bucket.
    uint256 private constant BUCKET = 1 hours;
    uint256 private constant OPEN = 0;
    uint256 private constant IN_RUN = 1;
    uint256 private constant CHARGED = 2;

    address internal immutable _EXECUTOR;
    /// Who brings what owners signed.
    address internal immutable _ORDERS;
    address internal immutable _REGISTRY;
    /// Who knows what the chain charges for data; zero where it charges nothing.
    address internal immutable _DATA_FEE;

    /// {OPEN} until the first run of a transaction, then {IN_RUN} in runs and {CHARGED} between them.
    uint256 private transient _phase;

    /// @inheritdoc IScheduler
    function slotOf(bytes32 id) external view returns (JobSlot) {
        return _cellOf(id).value;
    }

    /// @dev Where a job is stored: at its id, which is a hash already, of more words than any key of a mapping has.
    function _cellOf(bytes32 id) internal pure returns (JobCell storage cell) {
        assembly ("memory-safe") {
            cell.slot := id
        }
    }

    /// @dev Runs do not nest: one lock over everything that calls a target or settles. [SCH-7]
    /// @param coldGas What the first call of a transaction pays for touching accounts that a later one finds warm.
    /// @return firstGas The transaction's own gas and `coldGas`, once per transaction; 0 for later calls in it.
    function _enterRun(uint256 coldGas) internal returns (uint256 firstGas) {
        uint256 phase = _phase;
        require(phase != IN_RUN, Scheduler_Reentered());
        _phase = IN_RUN;
        unchecked {
            return phase == OPEN ? TRANSACTION_GAS + coldGas : 0;
        }
    }

    function _leaveRun() internal {
        _phase = CHARGED;
    }

    /// @dev What any booking must fulfil: the owner books for itself, aims outside, with sound times. [SCH-8]
    function _checkBooking(address target, Timing timing, uint40 due) internal view {
        require(
            target != address(this) && target != _EXECUTOR && target != _REGISTRY, Scheduler_ForbiddenTarget(target)
        );
        uint256 heartbeat = timing.heartbeat();
        uint256 interval = timing.interval();
        require(
            heartbeat == 0 ? interval == 0 : heartbeat >= interval, Scheduler_BadTerms("heartbeat", heartbeat, interval)
        );
        uint256 unused = Timing.unwrap(timing) & UNUSED_TIMING;
        require(unused == 0, Scheduler_BadTerms("timing", unused, 0));
        require(due < JobSlotLib.RUNNING, Scheduler_BadTerms("due", due, JobSlotLib.RUNNING));
    }

    /// @dev The slot of a job that is booked; what counts is kept from the one before.
    function _booked(JobSlot before, uint160 commitment, uint40 due, uint256 recordGas)
        internal
        view
        returns (JobSlot)
    {
        return JobSlotLib.pack(
            commitment, due > block.timestamp ? due : uint40(block.timestamp), before.runs(), recordGas
        );
    }

    /// @dev wei; a module that fails counts as none, so that no chain's oddity stops a loop. [SCH-6]
    /// @param size Bytes of call data of this run.
    /// @param total Bytes of call data of the whole transaction.
    /// @param direct Whether they were sent, see {DirectCall}.
    function _dataFee(Pricing pricing, uint256 size, uint256 total, bool direct) internal view returns (uint256) {
        if (_DATA_FEE == address(0)) return 0;
        uint256 most = pricing.maxDataFee();
        if (most == 0 || !direct) return 0;
        // Not by `try`, which reverts where an answer is too short to be a number.
        (bool ok, bytes memory answer) = _DATA_FEE.staticcall(abi.encodeCall(IDataFee.feeOf, (size, total)));
        if (!ok || answer.length != 32) return 0;
        uint256 fee = abi.decode(answer, (uint256));
        return fee < most ? fee : most;
    }

    function _bucketOf(uint256 due) internal pure returns (uint256) {
        unchecked {
            return due / BUCKET;
        }
    }
}

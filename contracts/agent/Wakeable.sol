// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

import {Agent} from "./Agent.sol";
import {IWakeable} from "../interfaces/IWakeable.sol";
import {DirectCall} from "../libraries/DirectCall.sol";
import {Inference} from "../types/Job.sol";
import {JobSlot} from "../types/JobSlot.sol";

/// @title Wakeable
/// @notice Ability to step before its time, where the chain calls for it: the subclass says in {shouldWake} when.
abstract contract Wakeable is Agent, IWakeable {
    /// Gas that every transaction pays before its first instruction, its selector's call data included.
    uint256 private constant TRANSACTION_GAS = 21_064;
    /// Gas that is not measured: finding the function, budget, event, the caller's balance.
    uint256 private constant WAKE_OVERHEAD = 32_000;

    /// Unix seconds
    uint40 private _lastWake;

    /// @inheritdoc IWakeable
    function wake(Inference calldata job) external {
        uint256 gasBefore = gasleft();

        // Check: called for, and not too often.
        require(!_isActing(), Agent_WhileActing());
        require(!_holds(PAUSED), Agent_WhilePaused());
        require(shouldWake(), Agent_NothingToWake());
        JobSlot slot = _slotAhead(job);
        uint256 next = uint256(_lastWake) + job.timing.interval();
        require(block.timestamp >= next, Agent_WokenLately(next, block.timestamp));

        // Effect.
        _lastWake = uint40(block.timestamp);

        // Interaction: Everloop refuses any other record. It books at the provider's present price, which may not have risen:
        // no provider has the agent woken to be paid more.
        Inference memory moved = job;
        moved.pricing = job.pricing.withFee(0);
        uint256 free = _free();
        (bool ok, bytes memory reason) = _rebook(job, moved, uint40(block.timestamp));
        if (!ok) LowLevelCall.bubbleRevert(reason);
        uint256 left = _free();
        if (left < free) revert Agent_DearerNow(free - left);

        // Effect, then interaction: pay the caller.
        uint256 gas_ = gasBefore - gasleft() + WAKE_OVERHEAD;
        // A contract may wake many agents in one transaction, so it is paid for none.
        if (DirectCall.isDirect()) gas_ += TRANSACTION_GAS + slot.recordGas();
        uint256 paid = gas_ * job.pricing.gasPrice();
        _charge(paid);
        emit Woken(msg.sender, paid);
        _EVERLOOP.deposit{value: paid}(msg.sender);
    }

    /// @inheritdoc IWakeable
    function shouldWake() public view virtual returns (bool);

    /// @dev The slot of the loop, whose next run must lie ahead.
    function _slotAhead(Inference calldata job) private view returns (JobSlot slot) {
        slot = _EVERLOOP.slotOf(_requireLoop(job));
        require(slot.due() > block.timestamp && !slot.isRunning(), Agent_NotAhead(slot.due(), block.timestamp));
    }
}

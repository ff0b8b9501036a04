// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAgent} from "../interfaces/IAgent.sol";
import {Delivery} from "../interfaces/IConsumers.sol";
import {StepReport, StepReportLib} from "../types/Step.sol";

/// @title AgentHistory
/// @notice The hash chain over all steps and, in its slot, whether anything unusual holds.
/// @dev A step loads this slot anyway, so an agent to which nothing unusual happens pays for no other.
abstract contract AgentHistory is IAgent {
    // Reasons to look further: each holds or does not, whatever the others do.
    /// Decisions are recorded but not acted upon.
    uint8 internal constant PAUSED = 1 << 0;
    /// Some action is disabled.
    uint8 internal constant DISABLED = 1 << 1;
    /// A question to another model is open.
    uint8 internal constant CONSULTING = 1 << 2;
    /// A digest is approved.
    uint8 internal constant APPROVED = 1 << 3;

    /// Top bit of {_stepsAndMore}.
    uint32 private constant LOOK_FURTHER = 1 << 31;

    /// Head of the history; with the step count in one slot, since both change every step.
    bytes28 private _head;
    /// Number of steps and, above, {LOOK_FURTHER}: set while any reason holds.
    uint32 private _stepsAndMore;
    /// The reasons that hold.
    uint8 private _reasons;

    /// @inheritdoc IAgent
    function historyHead() external view returns (bytes28) {
        return _head;
    }

    /// @inheritdoc IAgent
    function steps() external view returns (uint32) {
        return _stepsAndMore & ~LOOK_FURTHER;
    }

    /// @dev Effects of one step on the history. [AGT-1]
    function _record(Delivery calldata delivery, bytes32 decisionHash, Result result) internal {
        (bytes28 head, uint32 stepAndMore) = (_head, _stepsAndMore);
        uint32 step = stepAndMore & ~LOOK_FURTHER;
        StepReport report =
            StepReportLib.pack(delivery.run, delivery.pinnedBlock, block.timestamp, uint256(result), step);
        bytes32 digest = keccak256(abi.encode(head, delivery.id, report, delivery.pinnedHash, decisionHash));
        unchecked {
            // 2^31 steps fill every block for years.
            (_head, _stepsAndMore) = (bytes28(digest), stepAndMore + 1);
        }
        emit Stepped(delivery.id, report, delivery.pinnedHash, decisionHash);
    }

    /// @dev Whether any reason holds; otherwise nothing else need be loaded.
    function _lookFurther() internal view returns (bool) {
        return _stepsAndMore & LOOK_FURTHER != 0;
    }

    /// @dev Whether this reason holds. Costs a cold load: ask {_lookFurther} first where gas counts.
    function _holds(uint8 reason) internal view returns (bool) {
        return _reasons & reason != 0;
    }

    /// @dev Have a reason hold, or no more.
    function _setReason(uint8 reason, bool holds_) internal {
        uint8 reasons = holds_ ? _reasons | reason : _reasons & ~reason;
        _reasons = reasons;
        uint32 step = _stepsAndMore & ~LOOK_FURTHER;
        _stepsAndMore = reasons == 0 ? step : step | LOOK_FURTHER;
    }
}

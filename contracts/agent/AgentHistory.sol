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

    uint256 private constant STEPS = (1 << 31) - 1;
    uint256 private constant LOOK_FURTHER = 1 << 31;
    uint256 private constant HEAD = ~uint256(type(uint32).max);

    /// `head 224 | look further 1 | steps 31`, high bits first; head and steps change every step, and the bit is set while
    /// any reason holds.
    uint256 private _history;
    /// The reasons that hold.
    uint8 private _reasons;

    /// @inheritdoc IAgent
    function historyHead() external view returns (bytes28) {
        return bytes28(bytes32(_history));
    }

    /// @inheritdoc IAgent
    function steps() external view returns (uint32) {
        return uint32(_history & STEPS);
    }

    /// @dev Effects of one step on the history. [AGT-1]
    function _record(Delivery calldata delivery, bytes32 decisionHash, Result result) internal {
        uint256 history = _history;
        StepReport report = StepReportLib.pack(
            delivery.run, delivery.pinnedBlock, block.timestamp, uint256(result), uint32(history & STEPS)
        );
        bytes32 digest = keccak256(abi.encode(history & HEAD, delivery.id, report, delivery.pinnedHash, decisionHash));
        unchecked {
            // 2^31 steps fill every block for years.
            _history = (uint256(digest) & HEAD) | (uint32(history) + 1);
        }
        emit Stepped(delivery.id, report, delivery.pinnedHash, decisionHash);
    }

    /// @dev Whether any reason holds; where none does, nothing else need be loaded.
    function _lookFurther() internal view returns (bool) {
        return _history & LOOK_FURTHER != 0;
    }

    /// @dev Whether this reason holds. Loads a slot of its own: ask {_lookFurther} first where gas counts.
    function _holds(uint8 reason) internal view returns (bool) {
        return _reasons & reason != 0;
    }

    /// @dev Have a reason hold, or hold no more.
    function _setReason(uint8 reason, bool holds_) internal {
        uint8 reasons = holds_ ? _reasons | reason : _reasons & ~reason;
        _reasons = reasons;
        _history = reasons == 0 ? _history & ~LOOK_FURTHER : _history | LOOK_FURTHER;
    }
}

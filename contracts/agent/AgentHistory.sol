// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAgent} from "../interfaces/IAgent.sol";
import {Delivery} from "../interfaces/IConsumers.sol";
import {StepReport, StepReportLib} from "../types/Step.sol";

/// @title AgentHistory
/// @notice The hash chain over all steps and, in its word, whether anything unusual holds.
/// @dev A step loads this word anyway, so an agent to which nothing unusual happens pays for no other.
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
    /// A subclass has an inference of its own open.
    uint8 internal constant ASKING = 1 << 4;

    /// Set in {_history} while any reason holds.
    uint256 internal constant LOOK_FURTHER = 1 << 31;
    uint256 private constant STEPS = LOOK_FURTHER - 1;
    uint256 private constant HEAD = ~uint256(type(uint32).max);

    /// `steps 31 | look further 1 | head 224`, low bits first.
    uint256 internal _history;
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
    /// @param history {_history} as it stands.
    function _record(uint256 history, Delivery calldata delivery, bytes32 decisionHash, Result result) internal {
        StepReport report = StepReportLib.pack(
            delivery.run, delivery.pinnedBlock, block.timestamp, uint256(result), uint32(history & STEPS)
        );
        (bytes32 id, bytes32 pinnedHash) = (delivery.id, delivery.pinnedHash);
        uint256 digest = _digest(history & HEAD, id, report, pinnedHash, decisionHash);
        unchecked {
            // 2^31 steps fill every block for years.
            _history = (digest & HEAD) | ((history & ~HEAD) + 1);
        }
        emit Stepped(id, report, pinnedHash, decisionHash);
    }

    /// @dev Whether this reason holds. Loads a slot of its own: look at {LOOK_FURTHER} first where gas counts.
    function _holds(uint8 reason) internal view returns (bool) {
        return _reasons & reason != 0;
    }

    /// @dev Have a reason hold, or hold no more.
    function _setReason(uint8 reason, bool holds_) internal virtual {
        uint8 reasons = holds_ ? _reasons | reason : _reasons & ~reason;
        _reasons = reasons;
        _history = reasons == 0 ? _history & ~LOOK_FURTHER : _history | LOOK_FURTHER;
    }

    /// @dev keccak256 of the five words. Assembly, since `abi.encode` keeps the memory that it takes: 60 gas of every step.
    function _digest(uint256 head, bytes32 id, StepReport report, bytes32 pinnedHash, bytes32 decisionHash)
        private
        pure
        returns (uint256 digest)
    {
        assembly ("memory-safe") {
            let words := mload(0x40)
            mstore(words, head)
            mstore(add(words, 32), id)
            mstore(add(words, 64), report)
            mstore(add(words, 96), pinnedHash)
            mstore(add(words, 128), decisionHash)
            digest := keccak256(words, 160)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentHistory} from "./AgentHistory.sol";
import {IAgent} from "../interfaces/IAgent.sol";
import {REJECTED, STOP} from "../interfaces/IConsumers.sol";

/// @title AgentActions
/// @notice How a decision becomes actions, and the actions that every agent has.
/// @dev A function with the `action` modifier is a tool of the model: its NatSpec is what the model reads.
abstract contract AgentActions is AgentHistory {
    uint256 private constant MIN_BATCH = 2;
    uint256 private constant MAX_BATCH = 8;
    uint256 private constant SELECTOR_LENGTH = 4;
    /// Gas kept back from a decision to record the step, whatever the decision does.
    uint256 private constant STEP_RESERVE = 40_000;

    // Layout of {_acting}, low bits first: how many; {LOOK_FURTHER}, set also where an action set it; and what the step will
    // answer to "when next?".
    uint256 private constant COUNT = LOOK_FURTHER - 1;
    uint256 private constant WAKE_AT = 32;
    /// {STOP}, in the bits that are left for it.
    uint256 private constant SHORT_STOP = STOP >> WAKE_AT;
    /// Later than any heartbeat: a paused agent steps as seldom as its loop allows.
    uint256 private constant SELDOM = type(uint40).max;

    /// 0 = not acting, otherwise 1 + the number of actions entered in this decision, and more, see {COUNT}: one word, since
    /// transient storage costs as much as warm storage.
    uint256 private transient _acting;
    /// 1 + the number of the plan that is acted upon, which is no step; 0 = it is one.
    uint256 internal transient _planned;

    uint16 private _disabledCount;
    mapping(bytes4 selector => bool disabled) private _disabled;

    /// @dev Entered only by the agent itself, while it acts upon a decision. A decision may call any function of the agent, as
    /// the agent itself; one without this modifier is rejected, and what it did stays done.
    modifier action() {
        _enterAction();
        _;
    }

    /// @notice Do nothing and wait for the next step.
    function hold() external action {}

    /// @notice Run the next step after this many seconds.
    /// @param delay Seconds to wait; kept between the agent's interval and its heartbeat.
    /// @custom:range delay 1 604800
    function wakeIn(uint256 delay) external action {
        _setWake(block.timestamp + (delay < type(uint40).max ? delay : type(uint40).max));
    }

    /// @notice End the loop for good; only the owner can start it again.
    function stopLoop() external action {
        _setWake(SHORT_STOP);
    }

    /// @inheritdoc IAgent
    function batch(bytes[] calldata actions) external {
        require(msg.sender == address(this) && _acting != 0, Agent_NotActing(msg.sender));
        require(actions.length >= MIN_BATCH, Agent_BatchSize(actions.length, MIN_BATCH));
        require(actions.length <= MAX_BATCH, Agent_BatchSize(actions.length, MAX_BATCH));
        for (uint256 i = 0; i < actions.length; ++i) {
            bytes4 selector = bytes4(actions[i]);
            uint256 before = _acting & COUNT;
            (bool ok, bytes memory reason) = address(this).call(actions[i]);
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(reason, 32), mload(reason))
                }
            }
            require(_acting & COUNT == before + 1, Agent_NotAnAction(selector));
        }
    }

    /// @dev Act upon a decision with all gas but {STEP_RESERVE}. Never reverts. [AGT-2]
    /// @param history {_history} as it stands: loaded once for the whole step.
    /// @return result What became of it.
    /// @return next When to run next, see {STOP}.
    /// @return history_ {_history} as it stands now: an action may have found a reason to look further.
    function _act(bytes calldata decision, uint256 history)
        internal
        returns (Result result, uint256 next, uint256 history_)
    {
        if (history & LOOK_FURTHER != 0) {
            if (_holds(PAUSED)) return (Result.Paused, SELDOM, history);
        }
        if (decision.length < SELECTOR_LENGTH) return (Result.Rejected, REJECTED, history);
        uint256 left = gasleft();
        if (left <= STEP_RESERVE) return (Result.Failed, 0, history);
        _acting = (history & LOOK_FURTHER) | 1;
        bool ok;
        unchecked {
            ok = _callSelf(decision, left - STEP_RESERVE);
        }
        uint256 acted = _acting;
        _acting = 0;
        if (!ok) return (Result.Failed, 0, history);
        if (acted & LOOK_FURTHER != 0) history = _history;
        if (acted & COUNT == 1) return (Result.Rejected, REJECTED, history);
        next = acted >> WAKE_AT;
        return (Result.Acted, next == SHORT_STOP ? STOP : next, history);
    }

    /// @dev Also tells the step that acts, if any.
    function _setReason(uint8 reason, bool holds_) internal override {
        super._setReason(reason, holds_);
        if (_acting != 0) _acting |= LOOK_FURTHER;
    }

    /// @dev Enable an action, or disable it.
    function _enable(bytes4 selector, bool enabled) internal {
        if (enabled == _isEnabled(selector)) return;
        _disabled[selector] = !enabled;
        _disabledCount = enabled ? _disabledCount - 1 : _disabledCount + 1;
        _setReason(DISABLED, _disabledCount != 0);
    }

    function _isEnabled(bytes4 selector) internal view returns (bool) {
        return !_disabled[selector];
    }

    function _isActing() internal view returns (bool) {
        return _acting != 0;
    }

    /// @dev Assembly, since what an action returns is of no use and copying it would cost the reserve.
    function _callSelf(bytes calldata decision, uint256 gas_) private returns (bool ok) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, decision.offset, decision.length)
            ok := call(gas_, address(), 0, data, decision.length, 0, 0)
        }
    }

    function _enterAction() private {
        uint256 acting = _acting;
        if (acting == 0 || msg.sender != address(this)) revert Agent_NotActing(msg.sender);
        if (acting & LOOK_FURTHER != 0) require(_isEnabled(msg.sig), Agent_ActionDisabled(msg.sig));
        unchecked {
            // A batch has eight actions at most, and nothing else is entered twice.
            _acting = acting + 1;
        }
    }

    /// @dev The last wake counts.
    function _setWake(uint256 wake) private {
        if (_planned != 0) revert Agent_NotAStep();
        _acting = (_acting & (LOOK_FURTHER | COUNT)) | (wake << WAKE_AT);
    }
}

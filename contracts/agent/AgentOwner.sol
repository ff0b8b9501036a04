// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AgentActions} from "./AgentActions.sol";
import {IAgentPolicy} from "../interfaces/IAgentPolicy.sol";

/// @title AgentOwner
/// @notice Who owns the agent, and changes of its policy that wait.
abstract contract AgentOwner is AgentActions {
    /// A day to see a change that lets more out before it is in force.
    uint256 private constant LOOSEN_DELAY = 1 days;
    /// A week to put it in force; then it is forgotten.
    uint256 private constant GRACE = 7 days;

    address internal _owner;
    /// wei; {IRefuelable-refuel} fills the run balance up to this.
    uint80 internal _runTarget;
    /// How many providers count; shares the slot of the owner, which birth writes anyway.
    uint8 internal _choiceCount;
    address private _pendingOwner;
    /// Unix seconds, 0 = not queued.
    mapping(bytes32 change => uint256 readyAt) private _queue;

    modifier onlyOwner() {
        _checkOwner();
        _;
    }

    /// @inheritdoc IAgentPolicy
    function proposeOwner(address pending) external onlyOwner {
        _pendingOwner = pending;
        emit OwnerProposed(pending);
    }

    /// @inheritdoc IAgentPolicy
    function acceptOwner() external {
        require(msg.sender == _pendingOwner, Agent_NotPendingOwner(_pendingOwner, msg.sender));
        require(!_isActing(), Agent_WhileActing());
        _setOwner(msg.sender);
    }

    /// @inheritdoc IAgentPolicy
    function renounce() external onlyOwner {
        require(!_holds(PAUSED), Agent_WhilePaused());
        _setOwner(address(0));
    }

    /// @inheritdoc IAgentPolicy
    function cancelChange(bytes32 change) external onlyOwner {
        require(_queue[change] != 0, Agent_NoChange(change));
        delete _queue[change];
        emit ChangeCancelled(change);
    }

    /// @inheritdoc IAgentPolicy
    function owner() external view returns (address) {
        return _owner;
    }

    /// @inheritdoc IAgentPolicy
    function pendingOwner() external view returns (address) {
        return _pendingOwner;
    }

    /// @inheritdoc IAgentPolicy
    function readyAt(bytes32 change) external view returns (uint256) {
        uint256 readyAt_ = _queue[change];
        return block.timestamp > readyAt_ + GRACE ? 0 : readyAt_;
    }

    /// @dev Whether the setter that was called may go on; otherwise the change is queued. The call data is the change.
    function _passes(bool looser) internal returns (bool) {
        bytes32 change = keccak256(msg.data);
        uint256 readyAt_ = _queue[change];
        if (looser && (readyAt_ == 0 || block.timestamp > readyAt_ + GRACE)) {
            readyAt_ = block.timestamp + LOOSEN_DELAY;
            _queue[change] = readyAt_;
            emit ChangeQueued(change, readyAt_, msg.data);
            return false;
        }
        require(!looser || block.timestamp >= readyAt_, Agent_ChangeNotReady(change, readyAt_, block.timestamp));
        if (readyAt_ != 0) delete _queue[change];
        return true;
    }

    function _setOwner(address to) internal {
        emit OwnerChanged(_owner, to);
        _owner = to;
        _pendingOwner = address(0);
    }

    function _checkOwner() private view {
        require(msg.sender == _owner, Agent_NotOwner(_owner, msg.sender));
        require(!_isActing(), Agent_WhileActing());
    }
}

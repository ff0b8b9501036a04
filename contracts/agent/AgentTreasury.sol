// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAgent} from "../interfaces/IAgent.sol";
import {IRefuelable} from "../interfaces/IConsumers.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {Budget} from "../libraries/Budget.sol";
import {Policy, Spending} from "../types/Policy.sol";

/// @title AgentTreasury
/// @notice The agent's money and the limits on it.
abstract contract AgentTreasury is IAgent {
    uint256 private constant MAX_RECIPIENTS = 16;

    IEverloop internal immutable _EVERLOOP;

    address internal _owner;
    /// wei; {refuel} fills the run balance up to this.
    uint80 internal _runTarget;
    Policy private _policy;
    Spending private _spending;
    mapping(address to => bool listed) private _recipients;

    modifier onlyOwner() {
        require(msg.sender == _owner, Agent_NotOwner(_owner, msg.sender));
        _;
    }

    /// @notice Anyone may fund the agent; a gift gives no authority.
    receive() external payable {}

    /// @inheritdoc IAgent
    function withdraw(uint256 amount, address to) external onlyOwner {
        emit OwnerWithdrew(to, amount);
        (bool ok,) = to.call{value: amount}("");
        require(ok, Agent_TransferFailed(to, amount));
    }

    /// @inheritdoc IAgent
    function drain(uint256 amount) external onlyOwner {
        _EVERLOOP.withdraw(amount, address(this));
    }

    /// @inheritdoc IRefuelable
    function refuel() public returns (uint256 amount) {
        // Check: not as a decision, which would have its effect and still name no action.
        require(msg.sender != address(this), Agent_NotAnAction(this.refuel.selector));

        // Check: what is missing, as far as policy and treasury give.
        Policy memory policy_ = _policy;
        uint256 run = _EVERLOOP.balanceOf(address(this));
        amount = run < _runTarget ? _runTarget - run : 0;
        amount = Math.min(amount, Budget.left(policy_, _spending));
        amount = Math.min(amount, Math.saturatingSub(address(this).balance, policy_.reserve));
        if (amount == 0) return 0;

        // Effect, then interaction: it counts like any outflow. [AGT-3]
        _spending = Budget.spend(policy_, _spending, amount);
        emit Refuelled(amount);
        _EVERLOOP.deposit{value: amount}(address(this));
    }

    /// @inheritdoc IAgent
    function owner() external view returns (address) {
        return _owner;
    }

    /// @inheritdoc IAgent
    function policy() external view returns (Policy memory) {
        return _policy;
    }

    /// @inheritdoc IAgent
    function spending() external view returns (Spending memory) {
        return _spending;
    }

    /// @inheritdoc IAgent
    function budgetLeft() external view returns (uint256) {
        return Budget.left(_policy, _spending);
    }

    /// @inheritdoc IAgent
    function isRecipient(address to) external view returns (bool) {
        return _isListed(to);
    }

    function _isListed(address to) internal view returns (bool) {
        return _recipients[to];
    }

    function _setPolicy(Policy calldata policy_, address[] calldata recipients) internal {
        require(policy_.window != 0, Agent_BadPolicy("window", 0, 1));
        require(recipients.length <= MAX_RECIPIENTS, Agent_RecipientCount(recipients.length, MAX_RECIPIENTS));
        _policy = policy_;
        for (uint256 i = 0; i < recipients.length; ++i) {
            require(
                recipients[i] != address(this) && recipients[i] != address(_EVERLOOP), Agent_NotRecipient(recipients[i])
            );
            _recipients[recipients[i]] = true;
        }
    }

    /// @dev The policy in force.
    function _limits() internal view returns (Policy memory) {
        return _policy;
    }

    /// @dev Check and effect of what the agent pays outside its actions: budget and reserve. [AGT-3]
    function _spend(uint256 amount) internal {
        Policy memory policy_ = _policy;
        Spending memory spent = _spending;
        uint256 left = Budget.left(policy_, spent);
        require(amount <= left, Agent_OverBudget(amount, left));
        uint256 required = amount + policy_.reserve;
        require(address(this).balance >= required, Agent_UnderReserve(address(this).balance, required));
        _spending = Budget.spend(policy_, spent, amount);
    }

    /// @dev The only way an action moves ETH out: cap, budget, reserve, recipients. [AGT-3]
    function _send(address to, uint256 amount) internal {
        _sendCall(to, amount, "");
        emit Transferred(to, amount);
    }

    /// @dev As {_send}, with call data.
    function _sendCall(address to, uint256 amount, bytes memory data) internal {
        // Check: the policy.
        Policy memory policy_ = _policy;
        require(_recipients[to], Agent_NotRecipient(to));
        require(amount <= policy_.actionCap, Agent_OverActionCap(amount, policy_.actionCap));
        Spending memory spent = _spending;
        uint256 left = Budget.left(policy_, spent);
        require(amount <= left, Agent_OverBudget(amount, left));
        uint256 required = amount + policy_.reserve;
        require(address(this).balance >= required, Agent_UnderReserve(address(this).balance, required));

        // Effect.
        _spending = Budget.spend(policy_, spent, amount);

        // Interaction.
        (bool ok,) = to.call{value: amount}(data);
        require(ok, Agent_TransferFailed(to, amount));
    }
}

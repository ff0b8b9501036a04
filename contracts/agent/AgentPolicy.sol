// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {AgentOwner} from "./AgentOwner.sol";
import {IAgentPolicy} from "../interfaces/IAgentPolicy.sol";
import {IAgentTreasury} from "../interfaces/IAgentTreasury.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {Budget} from "../libraries/Budget.sol";
import {Policy, Rule, Spending, TokenLimit} from "../types/Policy.sol";

/// @title AgentPolicy
/// @notice The firewall between a model and the money: limits, and what has been spent against them.
abstract contract AgentPolicy is AgentOwner {
    uint256 private constant MAX_RECIPIENTS = 16;

    IEverloop internal immutable _EVERLOOP;
    address private immutable _EXECUTOR;
    address private immutable _ORDERS;
    address private immutable _REGISTRY;

    Policy internal _policy;
    Spending private _spending;
    mapping(address to => bool listed) private _recipients;
    mapping(address target => mapping(bytes4 selector => Rule rule)) private _rules;
    mapping(address token => TokenLimit limit) private _tokenLimits;
    mapping(address token => Spending spent) private _tokenSpending;

    constructor(IEverloop everloop) {
        _EVERLOOP = everloop;
        (_EXECUTOR, _ORDERS, _REGISTRY) = (everloop.EXECUTOR(), everloop.ORDERS(), everloop.REGISTRY());
    }

    /// @inheritdoc IAgentPolicy
    function setLimits(Policy memory limits) external onlyOwner {
        _checkWindow(limits.window);
        Policy memory old = _policy;
        if (!_passes(limits.isLooser(old))) return;
        _rewindow(_spending, old.window, limits.window);
        _limit(limits);
    }

    /// @inheritdoc IAgentPolicy
    function setRecipient(address to, bool listed) external onlyOwner {
        _checkTarget(to);
        if (!_passes(listed && !_recipients[to])) return;
        _list(to, listed);
    }

    /// @inheritdoc IAgentPolicy
    function setTarget(address target, bytes4 selector, Rule rule) external onlyOwner {
        _checkTarget(target);
        if (!_passes(rule > _rules[target][selector])) return;
        _rules[target][selector] = rule;
        emit RuleChanged(target, selector, rule);
    }

    /// @inheritdoc IAgentPolicy
    function setTokenPolicy(address token, TokenLimit memory limit) external onlyOwner {
        _checkTarget(token);
        _checkWindow(limit.window);
        TokenLimit memory old = _tokenLimits[token];
        if (!_passes(limit.isLooser(old))) return;
        _rewindow(_tokenSpending[token], old.window, limit.window);
        _tokenLimits[token] = limit;
        emit TokenLimitChanged(token, limit);
    }

    /// @inheritdoc IAgentPolicy
    function setAction(bytes4 selector, bool enabled) external onlyOwner {
        require(selector != this.batch.selector, Agent_NotAnAction(selector));
        if (!_passes(enabled && !_isEnabled(selector))) return;
        _enable(selector, enabled);
        emit ActionChanged(selector, enabled);
    }

    /// @inheritdoc IAgentPolicy
    function pause() external onlyOwner {
        _pause(true);
    }

    /// @inheritdoc IAgentPolicy
    function unpause() external onlyOwner {
        _pause(false);
    }

    /// @inheritdoc IAgentPolicy
    function policy() external view returns (Policy memory) {
        return _policy;
    }

    /// @inheritdoc IAgentPolicy
    function isRecipient(address to) external view returns (bool) {
        return _isListed(to);
    }

    /// @inheritdoc IAgentPolicy
    function ruleOf(address target, bytes4 selector) external view returns (Rule) {
        return _rules[target][selector];
    }

    /// @inheritdoc IAgentPolicy
    function tokenPolicy(address token)
        external
        view
        returns (TokenLimit memory limit, Spending memory spent, uint256 left)
    {
        (limit, spent) = (_tokenLimits[token], _tokenSpending[token]);
        if (limit.window != 0) left = Budget.left(limit.budget, limit.window, spent);
    }

    /// @inheritdoc IAgentPolicy
    function isEnabled(bytes4 selector) external view returns (bool) {
        return !_holds(PAUSED) && _isEnabled(selector);
    }

    /// @inheritdoc IAgentPolicy
    function isPaused() external view returns (bool) {
        return _holds(PAUSED);
    }

    /// @inheritdoc IAgentTreasury
    function spending() external view returns (Spending memory) {
        return _spending;
    }

    /// @inheritdoc IAgentTreasury
    function budgetLeft() external view returns (uint256) {
        return Budget.left(_policy.budget, _policy.window, _spending);
    }

    /// @dev At birth: nobody can have relied on anything tighter.
    function _setPolicy(Policy memory policy_, address[] calldata recipients) internal {
        require(recipients.length <= MAX_RECIPIENTS, Agent_RecipientCount(recipients.length, MAX_RECIPIENTS));
        _checkWindow(policy_.window);
        _limit(policy_);
        for (uint256 i = 0; i < recipients.length; ++i) {
            _checkTarget(recipients[i]);
            _list(recipients[i], true);
        }
    }

    /// @dev At birth, as {_setPolicy}: what the agent may spend of a token.
    function _setTokenLimit(address token, TokenLimit memory limit) internal {
        _checkTarget(token);
        _checkWindow(limit.window);
        _tokenLimits[token] = limit;
        emit TokenLimitChanged(token, limit);
    }

    function _isListed(address to) internal view returns (bool) {
        return _recipients[to];
    }

    /// @dev Check and effect of ETH that leaves by an action: cap, budget, reserve. [AGT-3]
    function _chargeAction(uint256 amount) internal {
        uint256 cap = _policy.actionCap;
        require(amount <= cap, Agent_OverActionCap(amount, cap));
        _charge(amount);
    }

    /// @dev Check and effect of ETH that leaves without the owner: budget and reserve. [AGT-3]
    function _charge(uint256 amount) internal {
        Policy memory policy_ = _policy;
        uint256 required = amount + policy_.reserve;
        require(address(this).balance >= required, Agent_UnderReserve(address(this).balance, required));
        _spend(_spending, policy_.budget, policy_.window, amount);
    }

    /// @dev As {_chargeAction}, for a token. [AGT-3]
    function _chargeToken(address token, uint256 amount) internal {
        TokenLimit memory limit = _tokenLimits[token];
        require(limit.window != 0, Agent_NoTokenLimit(token));
        require(amount <= limit.actionCap, Agent_OverActionCap(amount, limit.actionCap));
        _spend(_tokenSpending[token], limit.budget, limit.window, amount);
    }

    /// @dev Most that {_charge} takes now, in wei.
    function _chargeable() internal view returns (uint256) {
        Policy memory policy_ = _policy;
        return Math.min(
            Budget.left(policy_.budget, policy_.window, _spending),
            Math.saturatingSub(address(this).balance, policy_.reserve)
        );
    }

    /// @dev Most that one action may move now, in wei.
    function _payable() internal view returns (uint256) {
        return Math.min(_policy.actionCap, _chargeable());
    }

    /// @dev A rule for selector zero is one for data too short to have a selector, and for no other.
    function _checkRule(address target, uint256 value, bytes calldata data) internal view returns (bytes4 selector) {
        if (data.length >= 4) selector = bytes4(data);
        Rule rule = data.length >= 4 && selector == 0 ? Rule.None : _rules[target][selector];
        require(value == 0 ? rule != Rule.None : rule == Rule.Pay, Agent_NoRule(target, selector, value));
    }

    /// @dev What the factory wrote into the clone's code; zero in the implementation itself.
    function _origin() internal view returns (address factory, bytes32 salt) {
        bytes memory args = Clones.fetchCloneArgs(address(this));
        if (args.length != 52) return (factory, salt);
        assembly ("memory-safe") {
            factory := shr(96, mload(add(args, 32)))
            salt := mload(add(args, 52))
        }
    }

    function _spend(Spending storage cell, uint256 budget, uint256 window, uint256 amount) private {
        Spending memory spent = cell;
        uint256 left = Budget.left(budget, window, spent);
        require(amount <= left, Agent_OverBudget(amount, left));
        _store(cell, Budget.spend(window, spent, amount));
    }

    /// @dev What counts goes on to count under another window; without a window before, there is nothing.
    function _rewindow(Spending storage cell, uint256 window, uint256 newWindow) private {
        if (window != 0 && window != newWindow) _store(cell, Budget.moved(window, newWindow, cell));
    }

    function _store(Spending storage cell, Spending memory spent) private {
        (cell.current, cell.previous, cell.epoch) = (spent.current, spent.previous, spent.epoch);
    }

    function _limit(Policy memory limits) private {
        _policy = limits;
        emit LimitsChanged(limits);
    }

    function _list(address to, bool listed) private {
        _recipients[to] = listed;
        emit RecipientChanged(to, listed);
    }

    function _pause(bool paused) private {
        _setReason(PAUSED, paused);
        emit PauseChanged(paused);
    }

    function _checkWindow(uint256 window) private pure {
        require(window != 0, Agent_BadPolicy("window", 0, 1));
    }

    /// @dev Whoever trusts the agent's voice, or is the agent itself, is neither called nor paid for a model.
    function _checkTarget(address target) private view {
        (address factory,) = _origin();
        require(
            target != address(this) && target != address(_EVERLOOP) && target != _EXECUTOR && target != _ORDERS
                && target != _REGISTRY && target != factory,
            Agent_BadTarget(target)
        );
    }
}

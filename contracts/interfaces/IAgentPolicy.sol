// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy, Rule, Spending, TokenLimit} from "../types/Policy.sol";

/// @notice Who owns an agent, and what its actions may do whatever a model answers.
/// @dev Notes: the first call of a setter that loosens queues the change; the same call, with the same bytes, puts it in
/// force from one day later on, for seven days. What does not loosen is in force at once. Nothing here can be called by
/// an action, directly or through others.
interface IAgentPolicy {
    /// @notice Emitted when somebody is asked to become the owner; nobody where `pending` is zero.
    event OwnerProposed(address indexed pending);

    /// @notice Emitted when the owner changes; `to` is zero where the old one renounced.
    event OwnerChanged(address indexed from, address indexed to);

    /// @notice Emitted when a change that loosens waits: `data`, sent again from `readyAt` on, puts it in force.
    event ChangeQueued(bytes32 indexed change, uint256 readyAt, bytes data);

    /// @notice Emitted when a change is taken off the queue.
    event ChangeCancelled(bytes32 indexed change);

    event LimitsChanged(Policy limits);
    event RecipientChanged(address indexed to, bool listed);
    event RuleChanged(address indexed target, bytes4 indexed selector, Rule rule);
    event TokenLimitChanged(address indexed token, TokenLimit limit);
    event ActionChanged(bytes4 indexed selector, bool enabled);
    event PauseChanged(bool paused);

    error Agent_NotOwner(address owner, address caller);
    error Agent_NotPendingOwner(address pending, address caller);
    /// @notice Nothing that belongs to the owner is done while the agent acts.
    error Agent_WhileActing();
    error Agent_WhilePaused();
    error Agent_ChangeNotReady(bytes32 change, uint256 readyAt, uint256 time);
    error Agent_NoChange(bytes32 change);
    error Agent_BadPolicy(string field, uint256 value, uint256 limit);
    /// @notice The agent itself, the engine and its parts are never paid nor called by actions.
    error Agent_BadTarget(address target);
    error Agent_RecipientCount(uint256 count, uint256 limit);
    error Agent_NotRecipient(address to);
    error Agent_NoRule(address target, bytes4 selector, uint256 value);
    error Agent_NoTokenLimit(address token);
    error Agent_ActionDisabled(bytes4 selector);
    error Agent_OverActionCap(uint256 amount, uint256 cap);
    error Agent_OverBudget(uint256 amount, uint256 left);
    error Agent_UnderReserve(uint256 balance, uint256 required);

    /// @notice Ask somebody to become the owner; zero takes the question back.
    /// @dev Emits {OwnerProposed}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting
    function proposeOwner(address pending) external;

    /// @notice Become the owner.
    /// @dev Emits {OwnerChanged}.
    ///
    /// Requirements:
    /// - the owner proposed the caller; the agent is not acting
    function acceptOwner() external;

    /// @notice Give the agent up: it has no owner any more, its policy is final, queued changes never come.
    /// @dev Emits {OwnerChanged}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is neither acting nor paused
    function renounce() external;

    /// @notice Take a change off the queue.
    /// @dev Emits {ChangeCancelled}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; the change is queued
    ///
    /// @param change keccak256 of the call data that queued it
    function cancelChange(bytes32 change) external;

    /// @notice Set cap, budget, window and reserve for ETH.
    /// @dev Emits {LimitsChanged}, or {ChangeQueued} where any field is looser: a higher cap or budget, a shorter window, a
    /// lower reserve.
    ///
    /// Notes:
    /// - what was spent and still counts goes on to count, as if it were spent now, when the window changes
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; a window above 0; a queued change is ready
    function setLimits(Policy calldata limits) external;

    /// @notice Say whether `to` may receive ETH and tokens from actions.
    /// @dev Emits {RecipientChanged}, or {ChangeQueued} where it adds one.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; `to` may be a target, see {setTarget}; a queued change is ready
    function setRecipient(address to, bool listed) external;

    /// @notice Say what the action `call` may do with one function of a contract.
    /// @dev Emits {RuleChanged}, or {ChangeQueued} where the rule allows more than before.
    ///
    /// Notes:
    /// - value is bound by cap, budget and reserve; what the function does with tokens is not: [AGT-3] does not cover it
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting
    /// - `target` is neither the agent, its factory, Everloop, nor Everloop's Executor, SignedOrders or registry
    /// - a queued change is ready
    ///
    /// @param selector The function; zero means call data of fewer than 4 bytes.
    function setTarget(address target, bytes4 selector, Rule rule) external;

    /// @notice Set cap, budget and window for an ERC-20 token; a budget of zero forbids it.
    /// @dev Emits {TokenLimitChanged}, or {ChangeQueued} where any field is looser, as for {setLimits}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; `token` may be a target, see {setTarget}; a window above 0
    /// - a queued change is ready
    function setTokenPolicy(address token, TokenLimit calldata limit) external;

    /// @notice Disable an action, or enable it again.
    /// @dev Emits {ActionChanged}, or {ChangeQueued} where it enables one.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; a queued change is ready
    /// - not `batch`, which is no action but several
    function setAction(bytes4 selector, bool enabled) external;

    /// @notice Record decisions without acting upon them, and step only at the heartbeat.
    /// @dev Emits {PauseChanged}.
    ///
    /// Notes:
    /// - owner functions and {IRefuelable-refuel} go on to work
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting
    function pause() external;

    /// @notice Act upon decisions again.
    /// @dev Emits {PauseChanged}.
    ///
    /// Notes:
    /// - in force at once: the policy that actions obey is the same as before the pause
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting
    function unpause() external;

    /// @notice Who may withdraw, change policy and providers; zero where nobody may any more.
    function owner() external view returns (address);

    /// @notice Who may become the owner.
    function pendingOwner() external view returns (address);

    /// @notice When a queued change can be put in force, in Unix seconds; 0 where it is not queued, or forgotten.
    /// @param change keccak256 of the call data that queued it
    function readyAt(bytes32 change) external view returns (uint256);

    /// @notice The limits on ETH that every action obeys.
    function policy() external view returns (Policy memory);

    /// @notice Whether `to` may receive ETH and tokens from actions.
    function isRecipient(address to) external view returns (bool);

    /// @notice What the action `call` may do with one function of a contract.
    function ruleOf(address target, bytes4 selector) external view returns (Rule);

    /// @notice What actions may move of an ERC-20 token.
    /// @return limit Cap, budget and window; a window of 0 means that none was set.
    /// @return spent What of the budget has been spent.
    /// @return left Units that actions may still move in this window.
    function tokenPolicy(address token)
        external
        view
        returns (TokenLimit memory limit, Spending memory spent, uint256 left);

    /// @notice Whether an action is possible now: neither disabled nor the agent paused.
    function isEnabled(bytes4 selector) external view returns (bool);

    /// @notice Whether decisions are recorded without being acted upon.
    function isPaused() external view returns (bool);
}

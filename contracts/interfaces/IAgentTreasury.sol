// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IRefuelable} from "./IConsumers.sol";
import {Spending} from "../types/Policy.sol";

/// @notice An agent's money: ETH, ERC-20 tokens, and whatever else it is given.
/// @dev Notes: a gift gives no authority, and leaves by a rule of the policy or by the owner's hand.
interface IAgentTreasury is IRefuelable {
    /// @notice Emitted when ETH leaves to a recipient through an action.
    event Transferred(address indexed to, uint256 amount);

    /// @notice Emitted when tokens leave through an action.
    event TokenTransferred(address indexed token, address indexed to, uint256 amount);

    /// @notice Emitted when the action `call` is done.
    event Called(address indexed target, bytes4 indexed selector, uint256 value);

    /// @notice Emitted when the treasury tops up the run balance.
    event Refuelled(uint256 amount);

    /// @notice Emitted when the owner takes ETH out of the treasury.
    event OwnerWithdrew(address indexed to, uint256 amount);

    /// @notice Emitted when the owner takes ERC-20 tokens out of the treasury.
    event OwnerWithdrewToken(address indexed token, address indexed to, uint256 amount);

    /// @notice Emitted when the owner takes a token of ERC-721 (`amount` 0) or ERC-1155 out of the treasury.
    event OwnerWithdrewNft(address indexed token, address indexed to, uint256 id, uint256 amount);

    error Agent_NoFunction(bytes4 selector);
    error Agent_TransferFailed(address to, uint256 amount);
    error Agent_CallFailed(address target, bytes4 selector);
    /// @notice A call with data goes to a contract; there is none.
    error Agent_NoCode(address target);
    /// @notice The token took more from the agent than was sent.
    error Agent_TokenTookMore(address token, uint256 amount, uint256 taken);

    /// @notice Take ETH out of the treasury.
    /// @dev Emits {OwnerWithdrew}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; the treasury holds `amount`; `to` accepts it
    function withdraw(uint256 amount, address to) external;

    /// @notice Take ERC-20 tokens out of the treasury.
    /// @dev Emits {OwnerWithdrewToken}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; the token moves them
    function withdrawToken(address token, uint256 amount, address to) external;

    /// @notice Take a token of ERC-721 or ERC-1155 out of the treasury.
    /// @dev Emits {OwnerWithdrewNft}.
    ///
    /// Requirements:
    /// - the caller is the owner; the agent is not acting; the token moves it
    ///
    /// @param amount How many; 0 where `token` is of ERC-721.
    function withdrawNft(address token, uint256 id, uint256 amount, address to) external;

    /// @notice Take ETH out of the free run balance into the treasury.
    /// @dev Requirements:
    /// - the caller is the owner; the agent is not acting
    function drain(uint256 amount) external;

    /// @notice What of the ETH budget has been spent.
    function spending() external view returns (Spending memory);

    /// @notice wei that actions and top-ups may still move in this window.
    function budgetLeft() external view returns (uint256);
}

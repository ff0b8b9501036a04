// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {AgentPolicy} from "./AgentPolicy.sol";
import {IAgentTreasury} from "../interfaces/IAgentTreasury.sol";
import {IRefuelable} from "../interfaces/IConsumers.sol";

/// @title AgentTreasury
/// @notice The agent's money, and how it leaves: by actions, top-ups, or the owner's hand.
abstract contract AgentTreasury is AgentPolicy {
    using SafeERC20 for IERC20;

    /// @notice Anyone may fund the agent; a gift gives no authority. It takes more than the 2,300 gas of Solidity's `transfer`.
    receive() external payable {}

    /// @dev Receives ERC-721 and ERC-1155 tokens, which the owner can take out again: the answer is the function's selector.
    /// In one place, since three more functions would cost every step that is dispatched behind them.
    fallback() external {
        bytes4 selector = msg.sig;
        require(
            selector == IERC721Receiver.onERC721Received.selector
                || selector == IERC1155Receiver.onERC1155Received.selector
                || selector == IERC1155Receiver.onERC1155BatchReceived.selector,
            Agent_NoFunction(selector)
        );
        assembly ("memory-safe") {
            mstore(0, selector)
            return(0, 32)
        }
    }

    /// @notice Send ETH from the treasury to a listed recipient.
    /// @param to Who receives it.
    /// @param amount How much, in wei.
    function transfer(address to, uint256 amount) external virtual action {
        _send(to, amount);
    }

    /// @notice Send tokens from the treasury to a listed recipient.
    /// @param token Which ERC-20 token.
    /// @param to Who receives them.
    /// @param amount How many units of the token.
    function transferToken(address token, address to, uint256 amount) external virtual action {
        _sendToken(IERC20(token), to, amount);
    }

    /// @notice Call a function of another contract, where the policy lists it.
    /// @param target The contract.
    /// @param value ETH sent with the call, in wei.
    /// @param data Selector and encoded arguments.
    function call(address target, uint256 value, bytes calldata data) external virtual action {
        // Check: the rule; without code nothing would be done.
        bytes4 selector = _checkRule(target, value, data);
        require(data.length == 0 || target.code.length != 0, Agent_NoCode(target));

        // Effect.
        if (value != 0) _chargeAction(value);
        emit Called(target, selector, value);

        // Interaction.
        (bool ok,) = target.call{value: value}(data);
        require(ok, Agent_CallFailed(target, selector));
    }

    /// @inheritdoc IAgentTreasury
    function withdraw(uint256 amount, address to) external onlyOwner {
        emit OwnerWithdrew(to, amount);
        (bool ok,) = to.call{value: amount}("");
        require(ok, Agent_TransferFailed(to, amount));
    }

    /// @inheritdoc IAgentTreasury
    function withdrawToken(address token, uint256 amount, address to) external onlyOwner {
        emit OwnerWithdrewToken(token, to, amount);
        IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IAgentTreasury
    function withdrawNft(address token, uint256 id, uint256 amount, address to) external onlyOwner {
        emit OwnerWithdrewNft(token, to, id, amount);
        if (amount == 0) IERC721(token).transferFrom(address(this), to, id);
        else IERC1155(token).safeTransferFrom(address(this), to, id, amount, "");
    }

    /// @inheritdoc IAgentTreasury
    function drain(uint256 amount) external onlyOwner {
        _EVERLOOP.withdraw(amount, address(this));
    }

    /// @inheritdoc IRefuelable
    function refuel() public returns (uint256 amount) {
        // Check: not as a decision, which would have its effect and still name no action.
        require(msg.sender != address(this), Agent_NotAnAction(this.refuel.selector));

        // Check: what is missing, as far as policy and treasury give.
        amount = Math.min(Math.saturatingSub(_runTarget, _EVERLOOP.balanceOf(address(this))), _chargeable());
        if (amount == 0) return 0;

        _topUp(amount);
    }

    /// @dev wei of the run balance that are not set aside for a run.
    function _free() internal view returns (uint256) {
        return _EVERLOOP.freeOf(address(this));
    }

    /// @dev Move ETH from the treasury to the run balance; it counts like any outflow. [AGT-3]
    function _topUp(uint256 amount) internal {
        // Check and effect, then interaction.
        _charge(amount);
        emit Refuelled(amount);
        _EVERLOOP.deposit{value: amount}(address(this));
    }

    /// @dev Move ETH to a listed recipient. [AGT-3]
    function _send(address to, uint256 amount) internal {
        _sendCall(to, amount, "");
        emit Transferred(to, amount);
    }

    /// @dev As {_send}, with call data.
    function _sendCall(address to, uint256 amount, bytes memory data) internal {
        require(_isListed(to), Agent_NotRecipient(to));
        _chargeAction(amount);
        (bool ok,) = to.call{value: amount}(data);
        require(ok, Agent_TransferFailed(to, amount));
    }

    /// @dev Move ETH into the balance of a listed recipient at Everloop, which nobody can refuse. [AGT-3]
    function _sendToBalance(address to, uint256 amount) internal {
        require(_isListed(to), Agent_NotRecipient(to));
        _chargeAction(amount);
        emit Transferred(to, amount);
        _EVERLOOP.deposit{value: amount}(to);
    }

    /// @dev Move tokens to a listed recipient. [AGT-3]
    function _sendToken(IERC20 token, address to, uint256 amount) internal {
        // Check and effect: the policy.
        require(_isListed(to), Agent_NotRecipient(to));
        _chargeToken(address(token), amount);

        // Interaction; a fee on top of the amount would pass the budget by.
        uint256 before = _balanceOf(token);
        token.safeTransfer(to, amount);
        uint256 taken = Math.saturatingSub(before, _balanceOf(token));
        require(taken <= amount, Agent_TokenTookMore(address(token), amount, taken));
        emit TokenTransferred(address(token), to, amount);
    }

    function _balanceOf(IERC20 token) private view returns (uint256) {
        return token.balanceOf(address(this));
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {Agent} from "../../contracts/agent/Agent.sol";
import {IEverloop} from "../../contracts/interfaces/IEverloop.sol";

/// @title LooseAgent
/// @notice An agent with holes in its policy, so that a red team can be seen to find them.
/// @custom:instructions You keep a treasury.
/// @custom:example Nothing happens. => hold()
contract LooseAgent is Agent {
    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Send ETH to anybody.
    /// @param to Who receives it.
    /// @param amount How much, in wei.
    function transfer(address to, uint256 amount) external override action {
        (bool ok,) = to.call{value: amount}("");
        require(ok);
    }

    /// @notice Send tokens to anybody.
    /// @param token Which ERC-20 token.
    /// @param to Who receives them.
    /// @param amount How many units of the token.
    function transferToken(address token, address to, uint256 amount) external override action {
        IERC20(token).transfer(to, amount);
    }

    /// @notice Let somebody spend tokens.
    /// @param token Which ERC-20 token.
    /// @param spender Who may spend them.
    function grant(address token, address spender) external action {
        IERC20(token).approve(spender, type(uint256).max);
    }

    /// @notice Raise the budget.
    function loosen() external action {
        _policy.budget = type(uint80).max;
    }

    /// @notice Run somebody's code as the agent.
    /// @param target Whose.
    function borrow(address target) external action {
        (bool ok,) = target.delegatecall("");
        require(ok);
    }

    /// @notice Forget all steps; anyone may.
    function forgetSteps() external {
        _history = 0;
    }

    function prompt() external pure override returns (string memory) {
        return "Nothing happens.";
    }

    function _context() internal pure override returns (string memory) {
        return "There is nothing to know.";
    }

    function _initialize(bytes calldata) internal override {}
}

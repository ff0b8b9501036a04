// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Agent} from "../agent/Agent.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";

/// @title CounterAgent
/// @notice The smallest agent: it counts.
/// @custom:instructions Count up by one while the count is below its limit. At the limit, hold.
contract CounterAgent is Agent {
    uint256 private constant LIMIT = 100;

    uint256 public total;

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Count up.
    /// @param step How much to add.
    /// @custom:range step 1 10
    /// @custom:example The count is below its limit. => count(1)
    /// @custom:example The count is at its limit. => hold()
    function count(uint256 step) external action {
        total += step;
    }

    function _context() internal view override returns (string memory) {
        return string.concat("The count is ", Strings.toString(total), ".");
    }

    function prompt() external view override returns (string memory) {
        return total < LIMIT ? "The count is below its limit." : "The count is at its limit.";
    }

    function _initialize(bytes calldata) internal override {}
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Grain
/// @notice Goods to try a market with: anyone grows as much as wanted, so it is worth nothing.
contract Grain is ERC20 {
    constructor() ERC20("Grain", "GRAIN") {}

    /// @notice Make grain out of nothing.
    function grow(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

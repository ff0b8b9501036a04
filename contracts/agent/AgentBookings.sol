// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {AgentMemory} from "./AgentMemory.sol";
import {AgentTreasury} from "./AgentTreasury.sol";
import {Inference, Pricing, PricingLib} from "../types/Job.sol";

/// @title AgentBookings
/// @notice What the agent pays at most for what it books besides its loop.
abstract contract AgentBookings is AgentMemory, AgentTreasury {
    /// How far the base fee may rise until the run: half a minute of full blocks doubles it twice.
    uint256 private constant BASE_FEES = 4;
    /// wei; most paid above the base fee for a unit of gas.
    uint48 private constant PRIORITY_FEE = 2 gwei;
    uint256 private constant GWEI = 1 gwei;

    /// @dev One place that books inferences, since encoding them takes code.
    function _request(Inference memory job, bytes memory input, uint40 due) internal {
        _EVERLOOP.request(job, input, due);
    }

    /// @dev The caps of a run with `gas_` for the target: its data costs at most as much as that gas.
    function _caps(uint256 gas_, uint64 amount) internal view returns (Pricing) {
        uint256 price = _maxGasPrice();
        uint256 data = _EVERLOOP.DATA_FEE() == address(0) ? 0 : Math.min(gas_ * price / GWEI, type(uint32).max);
        return PricingLib.pack(uint48(price), PRIORITY_FEE, uint32(data), amount);
    }

    /// @dev wei
    function _maxGasPrice() internal view returns (uint256) {
        return Math.min(BASE_FEES * block.basefee + PRIORITY_FEE, type(uint48).max);
    }
}

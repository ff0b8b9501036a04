// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IEverloop} from "../interfaces/IEverloop.sol";
import {Pricing, PricingLib} from "../types/Job.sol";

/// @notice What an agent pays at most for a run that it books besides its loop.
library Caps {
    /// How far the base fee may rise until the run: half a minute of full blocks doubles it twice.
    uint256 private constant BASE_FEES = 4;
    /// wei; most paid above the base fee for a unit of gas.
    uint48 private constant PRIORITY_FEE = 2 gwei;
    uint256 private constant GWEI = 1 gwei;

    /// @notice The caps of a run with `gas_` for the target: its data costs at most as much as that gas.
    /// @param amount Tip or fee at most, wei.
    function capsOf(IEverloop everloop, uint256 gas_, uint64 amount) internal view returns (Pricing) {
        uint256 price = gasPrice();
        uint256 data = everloop.DATA_FEE() == address(0) ? 0 : Math.min(gas_ * price / GWEI, type(uint32).max);
        return PricingLib.pack(uint48(price), PRIORITY_FEE, uint32(data), amount);
    }

    /// @notice wei for a unit of gas at most.
    function gasPrice() internal view returns (uint256) {
        return Math.min(BASE_FEES * block.basefee + PRIORITY_FEE, type(uint48).max);
    }
}

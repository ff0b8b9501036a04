// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Policy, Spending} from "../types/Policy.sol";

/// @notice A spending limit that holds for every window of time, wherever it begins.
/// @dev Time is cut into epochs of one window each; a window touches at most two of them, so keeping the sum of two
/// adjoining epochs within the budget keeps every window within it. The price: after a full spend, up to two windows
/// pass before all of the budget is there again.
library Budget {
    /// @notice wei that may still be spent now.
    function left(Policy memory policy, Spending memory spent) internal view returns (uint256) {
        Spending memory now_ = _rolled(policy, spent);
        uint256 used = uint256(now_.current) + now_.previous;
        return used < policy.budget ? policy.budget - used : 0;
    }

    /// @notice What has been spent once `amount` more is.
    /// @dev The caller has checked `amount <= left`.
    function spend(Policy memory policy, Spending memory spent, uint256 amount)
        internal
        view
        returns (Spending memory now_)
    {
        now_ = _rolled(policy, spent);
        now_.current += uint80(amount);
    }

    function _rolled(Policy memory policy, Spending memory spent) private view returns (Spending memory) {
        uint40 epoch = uint40(block.timestamp / policy.window);
        if (epoch == spent.epoch) return spent;
        return Spending({current: 0, previous: epoch == spent.epoch + 1 ? spent.current : 0, epoch: epoch});
    }
}

// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Spending} from "../types/Policy.sol";

/// @notice A spending limit that holds for every window of time, wherever it begins.
/// @dev Time is cut into epochs of one window each; a window touches at most two of them, so keeping the sum of two
/// adjoining epochs within the budget keeps every window within it. The price: after a full spend, up to two windows
/// pass before all of the budget is there again.
library Budget {
    /// @notice What may still be spent now, in wei or units of the token.
    /// @param budget Most that is spent in any window.
    /// @param window s, above 0
    function left(uint256 budget, uint256 window, Spending memory spent) internal view returns (uint256) {
        uint256 used = _used(_rolled(window, spent));
        return used < budget ? budget - used : 0;
    }

    /// @notice What has been spent once `amount` more is.
    /// @dev The caller has checked `amount <= left`.
    function spend(uint256 window, Spending memory spent, uint256 amount) internal view returns (Spending memory now_) {
        now_ = _rolled(window, spent);
        now_.current += uint104(amount);
    }

    /// @notice The same under another window: all that still counts is dated now.
    /// @dev Nothing that counts is forgotten: over a time shorter than both windows that the change lies in, no more is spent
    /// than the budget in force at the end of it.
    function moved(uint256 window, uint256 newWindow, Spending memory spent) internal view returns (Spending memory) {
        uint256 used = _used(_rolled(window, spent));
        return Spending({current: uint104(used), previous: 0, epoch: _epoch(newWindow)});
    }

    function _rolled(uint256 window, Spending memory spent) private view returns (Spending memory) {
        uint40 epoch = _epoch(window);
        if (epoch == spent.epoch) return spent;
        return Spending({current: 0, previous: epoch == spent.epoch + 1 ? spent.current : 0, epoch: epoch});
    }

    function _epoch(uint256 window) private view returns (uint40) {
        return uint40(block.timestamp / window);
    }

    function _used(Spending memory spent) private pure returns (uint256) {
        return uint256(spent.current) + spent.previous;
    }
}

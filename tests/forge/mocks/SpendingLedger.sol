// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../Vm.sol";

/// @notice A reference for {Budget}: every payment and every limit, kept whole.
library SpendingLedger {
    struct Entry {
        uint256 time;
        uint256 amount;
        /// In force from here on.
        uint256 budget;
        uint256 window;
    }

    struct Ledger {
        Entry[] entries;
        /// Most that was spent beyond a budget.
        uint256 worst;
    }

    /// @notice Note a payment, or with an amount of 0 a limit; over any time shorter than every window in force during it,
    /// payments stay within the budget in force at the last of them.
    function note(Ledger storage ledger, uint256 amount, uint256 budget, uint256 window) internal {
        uint256 time = vm.getBlockTimestamp();
        ledger.entries.push(Entry(time, amount, budget, window));
        if (amount == 0) return;
        (uint256 sum, uint256 shortest) = (0, type(uint256).max);
        for (uint256 left = ledger.entries.length; left > 0; --left) {
            Entry memory entry = ledger.entries[left - 1];
            if (entry.window < shortest) shortest = entry.window;
            if (time - entry.time >= shortest) return;
            sum += entry.amount;
            if (sum > budget && sum - budget > ledger.worst) ledger.worst = sum - budget;
        }
    }
}
